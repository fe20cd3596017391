"""From files to a scenario."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.documents import build, read_yaml
from workbench.errors import Problem, ScenarioError, StandardError, UnknownOverlayError
from workbench.scenario.keys import named_standards
from workbench.scenario.overlay import Part, Resolved, compose
from workbench.scenario.schema import Scenario
from workbench.standards import register

OVERLAYS = "overlays"
"""Folder beside a scenario in which its overlays lie."""

_COMPOSING = ("extends", "overlays")
_CALL = "call"
_MOST_NAMED = 8  # standards that a message offers instead


def load_scenario(
    path: Path | str, *, overlays: Sequence[str] = (), settings: Mapping[str, Any] | None = None
) -> Scenario:
    """Load a scenario with everything it extends.

    Order: schema default < base < overlays < scenario < call.

    Parameters
    ----------
    path
        The scenario's YAML file.
    overlays
        Names of further overlays, as if the scenario named them.
    settings
        Dotted keys set at the call, such as ``{"gates.policy": "all_open"}``.

    Returns
    -------
    Scenario
        Frozen; ``origins`` tells which file set each key.

    Raises
    ------
    ScenarioError
        A file is missing or not valid, an overlay is unknown or in conflict, a key or a standard is
        not known; with all problems that could be found together.
    """
    resolved = resolve(Path(path), overlays=overlays, settings=settings or {})
    scenario = build(Scenario, resolved.document, str(path), origins=resolved.origins)
    scenario._origins = resolved.origins  # noqa: SLF001 - the loader is the one that knows them
    _check_standards(scenario)
    return scenario


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


def resolve(path: Path, *, overlays: Sequence[str] = (), settings: Mapping[str, Any]) -> Resolved:
    """Compose a scenario's files without judging the result."""
    here = path.parent
    chain = _chain(path)
    _, own = chain[-1]
    names: list[str] = [name for _, document in chain for name in _overlay_names(document, path)]
    names += list(overlays)
    wanted = list(dict.fromkeys(names))
    return compose(
        [_part(file, document, here) for file, document in chain[:-1]],
        [_overlay(here, name) for name in wanted],
        _part(path, own, here),
        Part(_CALL, dict(settings)),
    )


def _chain(path: Path) -> list[tuple[Path, dict[str, Any]]]:
    chain: list[tuple[Path, dict[str, Any]]] = []
    seen: list[Path] = []
    current: Path | None = path
    while current is not None:
        if current.resolve() in seen:
            loop = " → ".join(p.name for p in [*seen, current])
            raise ScenarioError(Problem(str(path), "the scenario extends itself", key="extends", found=loop))
        seen.append(current.resolve())
        document = read_yaml(current)
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


def _overlay(here: Path, name: str) -> Part:
    file = here / OVERLAYS / f"{name}.yaml"
    if not file.is_file():
        known = sorted(p.stem for p in file.parent.glob("*.yaml"))
        near = difflib.get_close_matches(name, known, n=2)
        raise UnknownOverlayError(
            Problem(
                str(file.parent),
                "there is no such overlay",
                key="overlays",
                expected="one of " + ", ".join(known) if known else "a YAML file in this folder",
                found=name,
                mend=f"Did you mean {' or '.join(near)}?" if near else "",
            )
        )
    document = read_yaml(file)
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


def _check_standards(scenario: Scenario) -> None:
    """Refuse standards that the register lacks, or that have another unit than their key asks for."""
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
    if problems:
        raise StandardError(problems)
