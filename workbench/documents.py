"""YAML documents: read as YAML 1.2, checked against a frozen model, every problem named at once.

YAML 1.1 readers take ``10:30`` for the number 630 and keep the last of two equal keys; neither
happens here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, TypeVar
from zoneinfo import ZoneInfo

import pydantic
import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic_core import InitErrorDetails, PydanticCustomError
from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.constructor import ConstructorError, DuplicateKeyError, SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, StreamMark
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from workbench.errors import Problem, ScenarioError, UnknownKeyError, WorkbenchError, did_you_mean

MOST_BYTES: Final = 1_000_000
"""Longest document: YAML is read at about 100 kB a second, so that a longer one would look like a hang."""

MOST_NESTED: Final = 40
"""Deepest document; the deepest of the house has six levels."""

_MOST_VALUES: Final = 100_000
"""Values of a document, those behind an alias each time: ten lines of aliases can stand for a thousand million."""

_LARGEST: Final = 2**63
_SHOWN: Final = 80  # letters of a wrong value in a message
_TOO_DEEP: Final = "the document is nested too deeply, or refers to itself"
_TWICE: Final = "a key stands twice"
_NO_SIGN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


class Frozen(BaseModel):
    """A pydantic model that neither changes, nor takes keys it does not know, nor coerces types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
    moved: ClassVar[Mapping[str, str]] = {}
    """Keys that the model had once, and what to write instead."""


def written(pattern: str, words: str) -> AfterValidator:
    """Demand that text is written in a certain way, and say so in words, not as a pattern."""
    shape = re.compile(pattern)

    def checked(text: str) -> str:
        if not shape.fullmatch(text):
            raise PydanticCustomError("written", "{words}", {"words": words})
        return text

    return AfterValidator(checked)


def misfit(expected: str, key: tuple[str, ...], found: object, mend: str = "") -> InitErrorDetails:
    """Describe what does not fit within a model, at a key of it, for ``ValidationError.from_exception_data``.

    Parameters
    ----------
    expected, found, mend
        As in :class:`~workbench.errors.Problem`.
    key
        Keys from the model inwards; ``*`` where all entries share in it.
    """
    return InitErrorDetails(
        type=PydanticCustomError("misfit", "{words}", {"words": expected, "mend": mend}), loc=key, input=found
    )


ShortName = Annotated[str, written("[a-z0-9][a-z0-9-]*", "small letters, digits and dashes, such as x-district")]
"""A name fit for files on every system."""


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (KeyError, OSError, ValueError):  # none of that name, a folder of zones, a path
        raise PydanticCustomError("zone", "a time zone by name, such as Asia/Shanghai") from None
    return text


ZoneName = Annotated[str, AfterValidator(_zone)]
"""A time zone of the IANA list."""

Model = TypeVar("Model", bound=BaseModel)


def read_yaml(path: Path, *, error: type[WorkbenchError] = ScenarioError) -> dict[str, Any]:
    """Read a YAML 1.2 document that holds a mapping.

    Parameters
    ----------
    path
        The file.
    error
        Class of the error to raise.

    Raises
    ------
    WorkbenchError
        Of class ``error``: the file is missing, not text in UTF-8, not YAML, holds a key twice, or
        is no mapping.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
        text = content.decode("utf-8-sig")
    except FileNotFoundError as cause:
        raise error(_missing_file(path)) from cause
    except UnicodeDecodeError as cause:
        mend = "Save the file as UTF-8."
        raise error(Problem(str(path), "the file is not text in UTF-8", found=str(cause.reason), mend=mend)) from cause
    except OSError as cause:
        raise error(Problem(str(path), "the file cannot be read", found=str(cause.strerror))) from cause
    except ValueError as cause:  # signs that no path holds
        raise error(Problem(repr(str(path)), "the file cannot be read", found=str(cause))) from cause
    document = yaml.load(text, _Own) if path.is_relative_to(_PACKAGE) else yaml_value(text, str(path), error=error)  # noqa: S506
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise error(Problem(str(path), "the file is no mapping", expected="key: value", found=type(document).__name__))
    return document


def yaml_value(text: str, where: str, *, key: str = "", error: type[WorkbenchError] = ScenarioError) -> Any:
    """Read a YAML 1.2 text: the one door through which YAML of others comes in.

    Parameters
    ----------
    text
        The document.
    where, key
        File or option, and key, for messages.
    error
        Class of the error to raise.

    Returns
    -------
    object
        Mappings, lists and plain values; no deeper than :data:`MOST_NESTED`, with no more than
        :data:`_MOST_VALUES`, and without signs that no name or path holds.

    Raises
    ------
    WorkbenchError
        Of class ``error``: the text is too long, not YAML, holds a key twice or a tag that does not fit its
        value, is nested too deeply, refers to itself, or holds control signs.
    """
    if len(text) > MOST_BYTES:
        found = f"more than {MOST_BYTES:,} letters"
        raise error(Problem(where, "the file is too long", key=key, expected="YAML written by hand", found=found))
    reader = YAML(typ="safe", pure=True)
    reader.Composer, reader.Constructor = _Composer, _Constructor
    try:
        value = reader.load(text)
    except _KeysTwiceError as cause:
        raise error([_stands_twice(where, key, *one) for one in cause.keys]) from cause
    except DuplicateKeyError as cause:  # one that is no text, written in two ways
        raise error(_marked(where, _TWICE, cause, "Remove one of the two.", key)) from cause
    except MarkedYAMLError as cause:
        raise error(_marked(where, "the file is not valid YAML", cause, "Mind indentation and colons.", key)) from cause
    except RecursionError as cause:
        raise error(Problem(where, _TOO_DEEP, key=key, expected=f"at most {MOST_NESTED} levels")) from cause
    except Exception as cause:
        found = str(cause).split("\n")[0][:_SHOWN] or type(cause).__name__
        raise error(Problem(where, "the file is not valid YAML", key=key, found=found)) from cause
    problem = _unfit(value, where, key)
    if problem is not None:
        raise error(problem)
    return value


_PACKAGE: Final = Path(__file__).parent
"""Where documents of this package lie: read fast, for a test reads them with all care."""


class _Own(yaml.CSafeLoader):  # type: ignore[misc]
    """Reads documents of this package as YAML 1.2: in C, and so in a tenth of the time."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}


for _tag, _written, _first in (
    ("null", "~|null|", ("~", "n", "")),
    ("bool", "true|false", "tf"),
    ("int", "[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?[0-9]+\.[0-9]+", "-+0123456789"),
):
    _Own.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_written})$"), list(_first))


class _Composer(Composer):
    """Puts nodes together, and stops at a depth where the time it takes grows with its square."""

    _levels = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self._levels += 1
        if self._levels > 2 * MOST_NESTED:
            raise RecursionError
        node = super().compose_node(parent, index)
        self._levels -= 1
        return node


_Place = tuple[StreamMark, str]
"""Where a key stands, and its value as written."""


class _KeysTwiceError(Exception):
    """Keys that stand more than once in one mapping: each with its path, and where it stands."""

    def __init__(self, keys: Sequence[tuple[tuple[str, ...], list[_Place]]]) -> None:
        super().__init__(keys)
        self.keys = keys


def _twice(root: Node) -> Iterator[tuple[tuple[str, ...], list[_Place]]]:
    """Yield the keys of a document that stand more than once in one mapping, in the order of the text."""
    waiting: list[tuple[tuple[str, ...], Node]] = [((), root)]
    seen: set[int] = set()
    while waiting:
        path, node = waiting.pop()
        if id(node) in seen:  # behind an alias
            continue
        seen.add(id(node))
        inner: list[tuple[tuple[str, ...], Node]] = []
        if isinstance(node, MappingNode):
            places: dict[tuple[str, str], list[_Place]] = {}
            for key, value in node.value:
                if isinstance(key, ScalarNode):
                    written = value.value if isinstance(value, ScalarNode) else "…"
                    places.setdefault((str(key.tag), key.value), []).append((key.start_mark, written))
                inner.append(((*path, str(key.value)), value))
            yield from (((*path, name), found) for (_, name), found in places.items() if len(found) > 1)
        elif isinstance(node, SequenceNode):
            inner = [((*path, str(place)), value) for place, value in enumerate(node.value, 1)]
        waiting += reversed(inner)


def _stands_twice(where: str, key: str, path: tuple[str, ...], places: Sequence[_Place]) -> Problem:
    """Say where a key stands more than once, and what it is each time."""
    one_line = len({mark.line for mark, _ in places}) < len(places)
    at = [f"line {mark.line + 1}" + (f", column {mark.column + 1}" if one_line else "") for mark, _ in places]
    said = "; ".join(f"{written:.{_SHOWN}} on {line}" for line, (_, written) in zip(at, places, strict=True))
    last = places[-1][0]
    return Problem(
        f"{where}, line {last.line + 1}, column {last.column + 1}",
        _TWICE,
        key=".".join((key, *path) if key else path)[:_SHOWN],
        expected="each key once",
        found=_NO_SIGN.sub("\ufffd", said.replace("\n", " ")),
        mend="Keep the one that is meant, and remove the rest.",
    )


class _Constructor(SafeConstructor):
    """Builds values, and says where a key stands twice, or a tag does not fit what it stands before."""

    def get_single_data(self) -> Any:
        root = self.composer.get_single_node()
        if root is None:
            return None
        if twice := list(_twice(root)):
            raise _KeysTwiceError(sorted(twice, key=lambda one: one[1][-1][0].index))
        return self.construct_document(root)

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (MarkedYAMLError, RecursionError):
            raise
        except Exception as cause:
            words = f"{getattr(node, 'value', '')!s:.40} as {node.tag}: {cause!s:.80}"
            raise ConstructorError(None, None, words, node.start_mark) from cause


def _unfit(document: Any, where: str, key: str) -> Problem | None:
    """Return what is legal YAML and yet no document: loops, endless nesting, signs that no name holds."""
    waiting: list[tuple[tuple[str, ...], Any]] = [((key,) if key else (), document)]
    for _ in range(_MOST_VALUES):
        if not waiting:
            return None
        path, value = waiting.pop()
        here = ".".join(path)[:_SHOWN]
        if len(path) > MOST_NESTED:
            mend = "Does an alias (*) stand inside what it names?"
            return Problem(where, _TOO_DEEP, key=here, expected=f"at most {MOST_NESTED} levels", mend=mend)
        texts = [value] if isinstance(value, str) else list(value) if isinstance(value, dict) else []
        sign = next((s for text in texts if isinstance(text, str) for s in _NO_SIGN.findall(text)), None)
        if sign is not None:
            return Problem(where, "the text holds a sign that no name may hold", key=here, found=f"U+{ord(sign):04X}")
        if isinstance(value, int) and abs(value) >= _LARGEST:
            return Problem(where, "the number is too large", key=here, expected=f"less than {_LARGEST:.0e}")
        if isinstance(value, Mapping):
            waiting += [((*path, str(name)), inner) for name, inner in reversed(list(value.items()))]
        elif isinstance(value, (list, tuple, set)):
            waiting += [((*path, str(place)), inner) for place, inner in reversed(list(enumerate(value, 1)))]
    return Problem(
        where, "the file holds too much", key=key, expected=f"at most {_MOST_VALUES:,} values, aliases counted"
    )


def _missing_file(path: Path) -> Problem:
    mend = did_you_mean(path.name, sorted(p.name for p in path.parent.glob("*.yaml")), "Check the path.", most=1)
    return Problem(str(path), "there is no such file", mend=mend)


def _marked(where: str, what: str, cause: MarkedYAMLError, mend: str, key: str) -> Problem:
    mark = cause.problem_mark
    place = f"{where}, line {mark.line + 1}, column {mark.column + 1}" if mark else where
    found = (cause.problem or "").split("\n")[0].strip().removeprefix("found ")
    return Problem(place, what, key=key, found=_NO_SIGN.sub("\ufffd", found), mend=mend)


def build(
    model: type[Model],
    document: Mapping[str, Any],
    where: str,
    *,
    origins: Mapping[str, str] | None = None,
    error: type[WorkbenchError] = ScenarioError,
) -> Model:
    """Check a document against a model.

    Parameters
    ----------
    model
        A pydantic model.
    document
        What was read.
    where
        File to name in messages.
    origins
        File that set each dotted key, where several files were merged.
    error
        Class of the error to raise; an UnknownKeyError when unknown keys are all that is wrong and
        ``error`` is ScenarioError.

    Raises
    ------
    WorkbenchError
        With every problem of the document.
    """
    try:
        return model.model_validate(document)
    except pydantic.ValidationError as cause:
        items = cause.errors()
        problems = [_problem(item, model, where, origins or {}) for item in items]
        unknown = error is ScenarioError and all(item["type"] == "extra_forbidden" for item in items)
        raise (UnknownKeyError if unknown else error)(problems) from cause


def _problem(item: Any, model: type[BaseModel], where: str, origins: Mapping[str, str]) -> Problem:
    location: tuple[str | int, ...] = item["loc"]
    key = ".".join(str(part) for part in location if part != "[key]")
    place = _origin(key, origins) or where
    if item["type"] == "extra_forbidden":
        there = _model_at(model, location[:-1])
        known = sorted(getattr(there, "model_fields", {}))
        word = str(location[-1])
        at_the_top = f"{word} is a key of the file itself: write it at the top." if word in model.model_fields else ""
        mend = getattr(there, "moved", {}).get(word) or at_the_top or did_you_mean(word, known)
        return Problem(place, "the key is not known", key=key, expected="one of " + ", ".join(known), mend=mend)
    if item["type"] == "missing":
        return Problem(place, "the key is missing", key=key)
    expected = item["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if item["type"] in ("dict_type", "mapping_type", "model_type"):
        expected = "keys with values"
    found = f"{item['input']!r:.80} ({type(item['input']).__name__})"
    mend = item.get("ctx", {}).get("mend", "")
    if item["type"] == "string_type" and isinstance(item["input"], (int, float)):
        mend = 'Put quotes around it, as in "10:30": without them it may be read as a number.'
    return Problem(place, "the value does not fit", key=key, expected=expected, found=found, mend=mend)


def _origin(key: str, origins: Mapping[str, str]) -> str:
    while key:
        if key in origins:
            return origins[key]
        inner = next((file for name, file in origins.items() if name.startswith(key + ".")), "")
        if inner:
            return inner
        key = key.rpartition(".")[0]
    return ""


def _model_at(model: type[BaseModel], location: Sequence[str | int]) -> Any:
    current: Any = model
    for part in location:
        fields = getattr(current, "model_fields", {})
        annotation = fields[part].annotation if part in fields else current
        current = next((m for m in _models_in(annotation)), current)
    return current


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in getattr(annotation, "__args__", ()) for model in _models_in(inner)]
