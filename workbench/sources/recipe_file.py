"""Reading a recipe: YAML in, a checked :class:`~workbench.sources.recipe.Recipe` or every problem at once out."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pydantic

from workbench.documents import read_yaml
from workbench.errors import Problem, RecipeError, SourceError
from workbench.sources.files import missing, raster_problems, there
from workbench.sources.placement import known_crs
from workbench.sources.recipe import FORMATS, Recipe
from workbench.tables import LAYERS, LEDGERS, TABLES, Table

SHARED: Final = "WORKBENCH_SHARED_DATA"
"""Variable that names the folder of shared data; without it, ``shared/data`` beside the checkout."""

LAYERS_OF_FORMAT: Final[Mapping[str, frozenset[str]]] = {
    "osm": frozenset(LAYERS),
    "graphml": frozenset({"ways"}),
    "vector": frozenset(LAYERS),
    "points": frozenset({"compounds", "gates", "demand", "stations", "candidates"}),
    "grid": frozenset({"demand"}),
    "table": frozenset(LEDGERS),
}
_OSM_KNOWS: Final = frozenset({"ways", "gates", "buildings", "backdrop", "compounds"})


def read_recipe(path: Path | str) -> Recipe:
    """Read and check a recipe.

    Parameters
    ----------
    path
        YAML 1.2 file; times are text, a key may stand only once.

    Returns
    -------
    Recipe
        Checked: keys, values, layer and column names, CRS, paths. The sources themselves are not opened.

    Raises
    ------
    RecipeError
        With every problem of the recipe, each with file and key.
    SourceError
        If the recipe itself, or a file it names, is missing.
    """
    file = Path(path)
    raw = read_yaml(file, error=RecipeError)
    problems = [*_shape_problems(str(file), raw), *_meaning_problems(str(file), raw, file.parent)]
    lost = [
        _absent(file, key, p) for key, p in _paths(raw) if _filled(p, file.parent) and not there(locate(p, file.parent))
    ]
    if problems:
        raise RecipeError(problems + lost)
    if lost:
        raise SourceError(lost)
    return Recipe.model_validate(raw).model_copy(update={"folder": file.parent})


def _absent(file: Path, key: str, path: str) -> Problem:
    where = locate(path, file.parent)
    problem = missing(where).problems[0]
    return Problem(str(file), problem.what, key=key, found=str(where), mend=problem.mend)


def _shape_problems(file: str, raw: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what pydantic finds: unknown and missing keys, values of the wrong kind."""
    shell = {key: value for key, value in raw.items() if key != "layers"} | {"layers": {}}
    if "folder" in raw:
        yield _unknown(file, "folder", Recipe)
        del shell["folder"]
    try:
        Recipe.model_validate(shell)
    except pydantic.ValidationError as error:
        yield from (_told(file, "", item, Recipe) for item in error.errors())
    if not isinstance(raw.get("layers"), dict) or not raw["layers"]:
        yield Problem(file, "the key is missing or empty", key="layers", expected="layer: source")
        return
    for key, source in _sources(raw):
        model = FORMATS.get(str(source.get("format"))) if isinstance(source, dict) else None
        if model is None:
            yield _no_format(file, key, source)
            continue
        try:
            model.model_validate(source)
        except pydantic.ValidationError as error:
            yield from (_told(file, f"{key}.", item, model) for item in error.errors())


def _sources(raw: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield every source with its key, such as ``layers.ways`` or ``layers.ways.2``."""
    layers = raw.get("layers")
    for name, value in layers.items() if isinstance(layers, dict) else ():
        if isinstance(value, list):
            yield from ((f"layers.{name}.{i}", source) for i, source in enumerate(value, 1))
        else:
            yield f"layers.{name}", value


def _no_format(file: str, key: str, source: Any) -> Problem:
    if not isinstance(source, dict):
        return Problem(file, "the source is no mapping of keys", key=key, expected="format, path …", found=repr(source))
    expected = "one of " + ", ".join(FORMATS)
    if "format" not in source:
        return Problem(file, "the key is missing", key=f"{key}.format", expected=expected)
    return Problem(
        file,
        "the format is not known",
        key=f"{key}.format",
        expected=expected,
        found=repr(source["format"]),
        mend=_close(str(source["format"]), FORMATS),
    )


def _unknown(file: str, key: str, model: type[pydantic.BaseModel]) -> Problem:
    names = [name for name in model.model_fields if name != "folder"]
    last = key.rsplit(".", 1)[-1]
    return Problem(
        file, "the key is not known", key=key, expected="one of " + ", ".join(names), mend=_close(last, names)
    )


def _told(file: str, prefix: str, item: Any, model: type[pydantic.BaseModel]) -> Problem:
    """Put one finding of pydantic into the house's words."""
    known = {"ExtentFile", "tuple[float,float,float,float]"}  # names of branches, which no recipe holds
    key = (prefix + ".".join(str(part) for part in item["loc"] if str(part) not in known)).rstrip(".")
    if item["type"] == "extra_forbidden":
        return _unknown(file, key, model)
    if item["type"] == "missing":
        field = model.model_fields.get(str(item["loc"][-1]))
        return Problem(file, "the key is missing", key=key, expected=(field.description or "") if field else "")
    if item["type"] == "value_error":
        return Problem(file, str(item["ctx"]["error"]), key=key, found=repr(item["input"])[:80])
    context = item.get("ctx", {})
    expected = str(context.get("expected") or item["msg"].removeprefix("Input should be "))
    return Problem(file, "the value does not fit", key=key, expected=expected, found=repr(item["input"])[:80])


def _close(word: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(names), n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(near)}?" if near else ""


def _meaning_problems(file: str, raw: Mapping[str, Any], folder: Path) -> Iterator[Problem]:
    """Yield what is well-formed and yet makes no sense."""
    if "crs" in raw:
        yield from _crs_problems(file, "crs", raw["crs"], projected=True)
    if isinstance(raw.get("extent"), dict):
        yield from _crs_problems(file, "extent.crs", raw["extent"].get("crs"), projected=False)
    if not isinstance(raw.get("layers"), dict):
        return
    yield from _layer_problems(file, raw)
    for key, source in _sources(raw):
        if isinstance(source, dict) and key.split(".")[1] in TABLES:
            yield from _source_problems(file, key, source)
    for key, path in _paths(raw):
        yield from raster_problems(file, Path(path), key)
        unset = [name for name in _variables(path) if not _value_of(name, folder)]
        for name in unset:
            yield Problem(
                file, "the variable is not set", key=key, expected=f"${{{SHARED}}}, or no variable", found=name
            )


def _layer_problems(file: str, raw: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield layers that are unknown, missing, or without a source."""
    for name, given in raw["layers"].items():
        if given == []:
            yield Problem(
                file, "the layer has no source", key=f"layers.{name}", expected="at least one", found="an empty list"
            )
        if name not in TABLES:
            found = _close(str(name), TABLES)
            yield Problem(
                file, "the layer is not known", key=f"layers.{name}", expected="one of " + ", ".join(TABLES), mend=found
            )
    for name in ("ways",) if raw.get("network_only") is True else ("ways", "demand"):
        if name not in raw["layers"]:
            mend = "" if name == "ways" else "A district without people is declared with network_only: true."
            yield Problem(file, "the layer is missing", key=f"layers.{name}", expected="a source", mend=mend)


def _source_problems(file: str, key: str, source: Mapping[str, Any]) -> Iterator[Problem]:
    layer, form = key.split(".")[1], str(source.get("format"))
    if form in FORMATS and layer not in LAYERS_OF_FORMAT[form]:
        makes = ", ".join(sorted(LAYERS_OF_FORMAT[form]))
        yield Problem(file, f"the format {form} cannot make the layer {layer}", key=key, expected=f"{form} for {makes}")
    if form == "osm" and layer not in _OSM_KNOWS and not source.get("where"):
        yield Problem(
            file,
            "the source does not say which features are meant",
            key=f"{key}.where",
            expected='a condition on tags, such as  amenity == "community_centre"',
        )
    yield from _crs_problems(file, f"{key}.crs", source.get("crs"), projected=False)
    names = [field.name for field in TABLES[layer].fields]
    for part in ("columns", "values", "set"):
        given = source.get(part)
        for name in given if isinstance(given, dict) else ():
            if name not in names:
                yield Problem(
                    file,
                    f"the layer {layer} has no such column",
                    key=f"{key}.{part}.{name}",
                    expected="one of " + ", ".join(names),
                    mend=_close(str(name), names),
                )
    yield from _constant_problems(file, key, source, TABLES[layer])


def _constant_problems(file: str, key: str, source: Mapping[str, Any], table: Table) -> Iterator[Problem]:
    """Yield words in ``set`` and ``values`` that the house does not know: the kind of a station, an access."""
    given = source.get("set") if isinstance(source.get("set"), dict) else {}
    words = [(f"set.{name}", name, value) for name, value in (given or {}).items()]
    for name, pairs in (source.get("values") or {}).items() if isinstance(source.get("values"), dict) else ():
        words += [(f"values.{name}.{word}", name, v) for word, v in pairs.items()] if isinstance(pairs, dict) else []
    allowed = {field.name: field.one_of for field in table.fields if field.one_of}
    for place, name, value in words:
        if name in allowed and value not in allowed[name] and "{" not in str(value):
            yield Problem(
                file,
                "the value is not known",
                key=f"{key}.{place}",
                expected="one of " + ", ".join(allowed[name]),
                found=repr(value),
                mend=_close(str(value), allowed[name]),
            )


def _crs_problems(file: str, key: str, text: Any, *, projected: bool) -> Iterator[Problem]:
    if not isinstance(text, (str, int, float)) or isinstance(text, bool):
        return  # a shape that the model refuses, or nothing
    try:
        crs = known_crs(file, str(text), key)
    except SourceError as error:
        yield from error.problems
        return
    if projected and not (crs.is_projected and all(axis.unit_name == "metre" for axis in crs.axis_info)):
        yield Problem(
            file,
            "the CRS of a district is projected, in metres",
            key=key,
            expected="such as EPSG:4546",
            found=f"{text} ({crs.name})",
            mend="Choose the 3-degree zone of the place.",
        )


def _paths(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every path of a recipe with its key."""
    extent = raw.get("extent")
    if isinstance(extent, dict) and isinstance(extent.get("path"), str):
        yield "extent.path", extent["path"]
    for key, source in _sources(raw):
        if isinstance(source, dict) and isinstance(source.get("path"), str):
            yield f"{key}.path", source["path"]


def _filled(path: str, folder: Path) -> bool:
    return all(_value_of(name, folder) for name in _variables(path))


def locate(path: str, folder: Path) -> Path:
    """Return where a path of a recipe leads.

    Parameters
    ----------
    path
        As it stands in the recipe; ``${WORKBENCH_SHARED_DATA}`` is filled in. Other variables are not:
        a recipe from a stranger shall not read the environment.
    folder
        The recipe's own folder.
    """
    filled = path
    for name in _variables(path):
        filled = filled.replace(f"${{{name}}}", _value_of(name, folder) or f"${{{name}}}")
    return (folder / filled).resolve() if not Path(filled).is_absolute() else Path(filled)


def _variables(path: str) -> list[str]:
    return re.findall(r"\$\{(\w+)\}", path)


def _value_of(name: str, folder: Path) -> str | None:
    if name != SHARED:
        return None
    return os.environ.get(SHARED) or _beside_the_checkout(folder)


def _beside_the_checkout(folder: Path) -> str | None:
    for parent in folder.resolve().parents:
        if (parent / "shared" / "data").is_dir():
            return str(parent / "shared" / "data")
    return None
