"""From files to a scenario."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.catalogue.numbers import declared_indicators, fields, filled
from workbench.catalogue.standards import register
from workbench.documents import build, read_yaml
from workbench.errors import (
    IdleSettingWarning,
    OverlayConflictError,
    Problem,
    ScenarioError,
    StandardError,
    UnknownOverlayError,
    did_you_mean,
)
from workbench.scenario.keys import named_standards
from workbench.scenario.schema import Scenario

# ----------------------------------------------------------------------------------------------------------------------
# How scenario files compose: base < overlays < own keys < call, and equals may not contradict.


@dataclass(frozen=True)
class Part:
    """One file's contribution: dotted keys and the values it gives them."""

    file: str
    values: Mapping[str, Any]

    @classmethod
    def of(cls, file: str, document: Mapping[str, Any]) -> Part:
        """Flatten a document; lists are values, mappings are not."""
        return cls(file, dict(_leaves(document, ())))

    @classmethod
    def set_at(cls, file: str, settings: Mapping[str, Any]) -> Part:
        """Take values by dotted key, as they are written at a call."""
        values: dict[str, Any] = {}
        for key, value in settings.items():
            head, _, rest = key.partition(".")
            path = (head, rest) if rest and head in _DOTTED else tuple(key.split("."))
            values |= dict(_leaves({path[-1]: value}, tuple(map(_escaped, path[:-1]))))
        return cls(file, values)

    @property
    def plain(self) -> dict[str, Any]:
        """Values by key as a reader writes them."""
        return {key.replace(_DOT, "."): value for key, value in self.values.items()}


def _leaves(document: Mapping[str, Any], path: tuple[str, ...]) -> list[tuple[str, Any]]:
    leaves: list[tuple[str, Any]] = []
    for key, value in document.items():
        here = (*path, _escaped(str(key)))
        if isinstance(value, Mapping) and value:
            leaves += _leaves(value, here)
        else:
            leaves.append((".".join(here), value))
    return leaves


# Keys of standards and targets hold dots of their own; they travel as one step of the path.
_DOT = "\x00"
_DOTTED = ("standards", "targets")


def _escaped(key: str) -> str:
    return key.replace(".", _DOT)


@dataclass(frozen=True)
class Layer:
    """One file of a chain of ``extends``: its overlays, equals among themselves, and its own keys."""

    overlays: tuple[Part, ...]
    own: Part


@dataclass(frozen=True)
class _Resolved:
    """A composed document with the file that set each key, and what it overrode."""

    document: dict[str, Any]
    origins: Mapping[str, str]
    overridden: Mapping[str, tuple[str, Any]]


def compose(layers: Sequence[Layer], call: Part) -> _Resolved:
    """Compose files in their written order; what extends a file comes after all of it."""
    problems = [problem for layer in layers for problem in _conflicts(layer, call)]
    if problems:
        raise OverlayConflictError(problems)
    values: dict[str, tuple[str, Any]] = {}
    overridden: dict[str, tuple[str, Any]] = {}
    for part in _in_order(layers, call):
        for key, value in part.values.items():
            for other in [k for k in values if _below(k, key) or _below(key, k)]:
                del values[other]  # a value replaces the mapping that stood there, and the other way round
            if key in values and values[key][1] != value:
                overridden[key] = values[key]
            values[key] = (part.file, value)
    document: dict[str, Any] = {}
    for key, (_, value) in values.items():
        *path, last = key.split(".")
        inner = document
        for step in path:
            inner = inner.setdefault(step.replace(_DOT, "."), {})
        inner[last.replace(_DOT, ".")] = value
    plain = {key.replace(_DOT, "."): item for key, item in values.items()}
    return _Resolved(
        document,
        {key: file for key, (file, _) in plain.items()},
        {key.replace(_DOT, "."): item for key, item in overridden.items()},
    )


def _in_order(layers: Iterable[Layer], call: Part) -> Iterator[Part]:
    for layer in layers:
        yield from layer.overlays
        yield layer.own
    yield call


def _below(key: str, other: str) -> bool:
    return key.startswith(other + ".")


def _conflicts(layer: Layer, call: Part) -> Iterator[Problem]:
    decided = {**layer.own.values, **call.values}
    for i, first in enumerate(layer.overlays):
        for second in layer.overlays[i + 1 :]:
            for key, one, two in _unlike(first, second):
                if not any(key == k or _below(key, k) for k in decided):
                    yield Problem(
                        f"{first.file} and {second.file}",
                        "two overlays set one key differently",
                        key=key.replace(_DOT, "."),
                        found=f"{one} and {two}",
                        mend=f"Set the key in {layer.own.file} itself, or drop one of the overlays.",
                    )


def _unlike(first: Part, second: Part) -> Iterator[tuple[str, str, str]]:
    """Yield each key that two parts set differently, with what each says."""
    for key in sorted(first.values):
        one = first.values[key]
        if key in second.values and second.values[key] != one:
            yield key, repr(one), repr(second.values[key])
        elif any(_below(other, key) for other in second.values):
            yield key, repr(one), "keys below it"
    for key in sorted(second.values):
        if any(_below(other, key) for other in first.values):
            yield key, "keys below it", repr(second.values[key])


# ----------------------------------------------------------------------------------------------------------------------
# Indicators that a scenario may aim at or weigh, known before anything is measured.


def aim_problems(scenario: Scenario) -> list[Problem]:
    """List the targets and weights of a scenario that go nowhere in a run.

    Parameters
    ----------
    scenario
        The intent.

    Returns
    -------
    list of Problem
        See :func:`misplaced_aims`.
    """
    named = {item.key: item.standard for item in named_standards(scenario)}
    return misplaced_aims(scenario, {key: named.get(said.standard, "") for key, said in declared_indicators().items()})


def misplaced_aims(scenario: Scenario, known: Mapping[str, str]) -> list[Problem]:
    """List targets and weights that go nowhere: a typing error would else change nothing, and nobody would know.

    Parameters
    ----------
    scenario
        The intent.
    known
        Indicators that are measured, each with the standard that sets it; empty where none does.

    Returns
    -------
    list of Problem
        One for each target or weight of an indicator that is not measured, with near matches, and for each target
        where a standard stands.
    """
    problems = []
    for section, keys in (("targets", scenario.targets), ("axes.indicators", scenario.axes.indicators)):
        for key in keys:
            name = f"{section}.{key}"
            where = next((f for k, f in scenario.origins.items() if k == name or k.startswith(f"{name}.")), "")
            where = where or scenario.name
            if key not in known:
                mend = did_you_mean(key, known, f"There are {', '.join(sorted(known))}.")
                problems.append(Problem(where, "no study measures such an indicator", key=name, mend=mend))
            elif section == "targets" and known[key]:
                mend = f"Set a local value with its origin: 'standards: {{{known[key]}: …}}'."
                problems.append(Problem(where, "a standard sets this indicator", key=name, found="a target", mend=mend))
    return problems


# ----------------------------------------------------------------------------------------------------------------------
# Settings that change nothing, or next to nothing, and what overrides them: whoever sets one wants to know.


def _idle_settings(scenario: Scenario) -> list[Problem]:
    """List the keys that a file or the call sets and another key overrides."""
    return [
        Problem(scenario.origins[key], f"the setting changes {what}", key=key, found=why, mend=mend)
        for prefix, what, why, mend in _overridden(scenario)
        for key in scenario.origins
        if key == prefix or (prefix.endswith(".") and key.startswith(prefix) and key != "rooms.plan")
    ]


def _overridden(scenario: Scenario) -> Iterator[tuple[str, str, str, str]]:
    """Yield keys, or beginnings of keys, that count for nothing here: key, for whom, why, and what to do."""
    groups, hours = scenario.groups, scenario.hours
    if groups:
        own = ", ".join(f"groups.{name}.pace" for name in groups)
        mend = "Set walking.pace_factor for everybody, or the pace of a group."
        yield "walking.pace", "households and residents of unknown age only", f"{own}, which hold for the others", mend
    walkers = [*groups.values(), *scenario.focus.values()]
    if walkers and all(group.steps != "slow" for group in walkers):
        why = "groups that walk steps like a street, or not at all"
        yield "walking.steps_factor", "nothing", why, "Set steps: slow for a group."
    if hours.week is None:
        for key in ("hours.make_up_days", "hours.holidays"):
            yield key, "nothing", "hours.week: null, a week without holidays", "Set hours.week to a date."
    if "weekend" not in hours.extend:
        yield "hours.six_days", "nothing", "hours.extend without weekend", "Set hours.extend: [weekend]."
    if not scenario.rooms.plan:
        yield "rooms.", "nothing", "rooms.plan: false", "Set rooms.plan: true."
    named = {item.standard for item in named_standards(scenario) if not item.key.startswith("standards.")}
    for key in scenario.standards:
        if key not in named:
            why = "no key of the scenario that names this standard"
            yield f"standards.{key}", "nothing", why, "Name it where it is to hold, such as walking.pace_factor."


# ----------------------------------------------------------------------------------------------------------------------
# From files to a scenario.


_OVERLAYS = "overlays"
"""Folder beside a scenario file in which its overlays lie."""

_COMPOSING = ("extends", "overlays")
_CALL = "call"
_Chain = list[tuple[Path, dict[str, Any]]]
_MOST_NAMED = 8  # standards that a message offers instead


def load_scenario(
    path: Path | str, *, overlays: Sequence[str] = (), settings: Mapping[str, Any] | None = None
) -> Scenario:
    """Load a scenario with everything it extends.

    Order: schema default < base < overlays < scenario < call, where the base is resolved in the same
    way first: what a scenario says, its overlays included, stands above all that its base says.

    Parameters
    ----------
    path
        The scenario's YAML file.
    overlays
        Names of further overlays, as if the scenario named them after its own.
    settings
        Dotted keys set at the call, such as ``{"gates.policy": "all_open"}``.

    Returns
    -------
    Scenario
        Frozen; ``origins`` tells which file set each key.

    Raises
    ------
    ScenarioError
        A file is missing or not valid, an overlay is unknown or in conflict, a key, a standard or an indicator
        is not known; with all problems that could be found together.

    Warns
    -----
    IdleSettingWarning
        A key is set that another one overrides.
    """
    resolved = resolve(Path(path), overlays=overlays, settings=settings or {})
    scenario = build(Scenario, resolved.document, str(path), origins=resolved.origins)
    scenario = scenario.model_copy(update={"title": _title(scenario, str(path), overlays, settings or {})})
    scenario._origins = resolved.origins  # noqa: SLF001 - the loader is the one that knows them
    wrong, aims = _standard_problems(scenario), aim_problems(scenario)
    if wrong or aims:
        raise (StandardError if wrong else ScenarioError)([*wrong, *aims])
    for problem in _idle_settings(scenario):
        warnings.warn(str(problem), IdleSettingWarning, stacklevel=2)
    return scenario


def _title(scenario: Scenario, file: str, overlays: Sequence[str], settings: Mapping[str, Any]) -> str:
    """Return the title with the values that it names in braces, and with what else the call changes."""
    decided = Part.of("", scenario.model_dump(mode="json")).plain
    named = fields(scenario.title)
    unknown = [name for name in named if name not in decided]
    if unknown:
        what, mend = "the title names a key that the scenario does not have", "Write {siting.stations}, or no braces."
        raise ScenarioError(
            [
                Problem(file, what, key="title", expected="a dotted key in braces", found=f"{{{name}}}",
                        mend=did_you_mean(name, decided) or mend)
                for name in unknown
            ]
        )  # fmt: skip
    title = filled(scenario.title, lambda name: str(decided[name]))
    if "title" in settings or not scenario.title:
        return title
    more = [f"{key}={_brief(value)}" for key, value in settings.items() if key not in {*named, "name", "note"}]
    more += [f"＋{name}" for name in overlays]
    return f"{title}（{'，'.join(more)}）" if more else title


def _brief(value: object) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST_VALUE else "…"


_LONGEST_VALUE = 24  # signs of a value that a title can bear


def explain(
    path: Path, *, overlays: Sequence[str] = (), settings: Mapping[str, Any] | None = None
) -> list[tuple[str, Any, str, str]]:
    """List every key of a resolved scenario: key, value, who set it, what that overrode."""
    resolved = resolve(path, overlays=overlays, settings=settings or {})
    scenario = load_scenario(path, overlays=overlays, settings=settings)
    decided = Part.of("", scenario.model_dump(mode="json")).plain
    rows = []
    for key, value in decided.items():
        earlier = resolved.overridden.get(key)
        said = f"{earlier[1]!r} ({earlier[0]})" if earlier else ""
        rows.append((key, value, resolved.origins.get(key, "default"), said))
    return rows


def resolve(path: Path, *, overlays: Sequence[str] = (), settings: Mapping[str, Any]) -> _Resolved:
    """Compose a scenario's files without judging the result."""
    here = path.parent
    chain = _chain(path)
    named = [list(_overlay_names(document, file)) for file, document in chain]
    named[-1] += overlays
    _refuse_unknown(chain, named)
    layers = [
        Layer(
            tuple(_overlay(file.parent / _OVERLAYS / f"{name}.yaml", here) for name in dict.fromkeys(names)),
            _part(file, document, here),
        )
        for (file, document), names in zip(chain, named, strict=True)
    ]
    return compose(layers, Part.set_at(_CALL, settings))


def _refuse_unknown(chain: _Chain, named: Sequence[Sequence[str]]) -> None:
    """Name every overlay that no file declares, with the file that asks for it."""
    problems = []
    for (file, document), names in zip(chain, named, strict=True):
        folder = file.parent / _OVERLAYS
        known = sorted(p.stem for p in folder.glob("*.yaml"))
        for name in dict.fromkeys(names):
            if name in known:
                continue
            problems.append(
                Problem(
                    str(file) if name in _overlay_names(document, file) else _CALL,
                    "there is no such overlay",
                    key="overlays",
                    expected=f"one of {', '.join(known)} (in {folder})" if known else f"a YAML file in {folder}",
                    found=name,
                    mend=did_you_mean(name, known),
                )
            )
    if problems:
        raise UnknownOverlayError(problems)


_CALLED = ("title", "note")


def _chain(path: Path) -> _Chain:
    chain: _Chain = []
    seen: list[Path] = []
    current: Path | None = path
    while current is not None:
        if current.resolve() in seen:
            loop = " → ".join(p.name for p in [*seen, current])
            raise ScenarioError(Problem(str(path), "the scenario extends itself", key="extends", found=loop))
        seen.append(current.resolve())
        document = read_yaml(current)
        if any("name" in later for _, later in chain):  # what has a name of its own is not what it extends
            document = {key: value for key, value in document.items() if key not in _CALLED}
        chain.append((current, document))
        base = document.get("extends")
        if base is not None and not isinstance(base, str):
            raise ScenarioError(
                Problem(str(current), "the value does not fit", key="extends", expected="a file name", found=repr(base))
            )
        current = current.parent / base if base else None
    return chain[::-1]


def _overlay_names(document: Mapping[str, Any], path: Path) -> list[str]:
    names = document.get("overlays") or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ScenarioError(
            Problem(str(path), "the value does not fit", key="overlays", expected="a list of names", found=repr(names))
        )
    return names


def _overlay(file: Path, here: Path) -> Part:
    document = read_yaml(file)
    if not document:
        mend = "Write there what it changes, or do not name it."
        raise ScenarioError(Problem(str(file), "the overlay sets nothing", expected="at least one key", mend=mend))
    nested = sorted(set(document) & set(_COMPOSING))
    if nested:
        raise ScenarioError(
            Problem(str(file), "an overlay does not compose others", key=nested[0], mend="Name it in the scenario.")
        )
    return _part(file, document, here)


def _part(file: Path, document: Mapping[str, Any], here: Path) -> Part:
    own = {key: value for key, value in document.items() if key not in _COMPOSING}
    district = own.get("district")
    if isinstance(district, str) and not Path(district).is_absolute():
        own["district"] = Path(os.path.normpath(file.parent / district)).as_posix()
    return Part.of(_short(file, here), own)


def _short(file: Path, here: Path) -> str:
    """Name a file relative to the scenario's folder: records hold no path of one machine."""
    return Path(os.path.relpath(file, here)).as_posix()


def _standard_problems(scenario: Scenario) -> list[Problem]:
    """List standards that the register lacks, or that have another unit than their key asks for."""
    problems: list[Problem] = []
    for named in named_standards(scenario):
        place = scenario.origins.get(named.key, scenario.name)
        try:
            unit = register()[named.standard].unit
        except StandardError as error:
            near = error.problems[0].mend
            what = "the register holds no such standard"
            problems.append(Problem(place, what, key=named.key, found=named.standard, mend=near))
            continue
        if named.unit and unit != named.unit:
            fitting = [key for key, item in register().items() if item.unit == named.unit]
            problems.append(
                Problem(
                    place,
                    "the standard has the wrong unit",
                    key=named.key,
                    expected=f"a standard in {named.unit}",
                    found=f"{named.standard} in {unit}",
                    mend=f"In {named.unit} are {', '.join(fitting[:_MOST_NAMED])}.",
                )
            )
    return problems
