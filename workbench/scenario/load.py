"""From files to a scenario."""

from __future__ import annotations

import difflib
import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.documents import build, read_yaml
from workbench.errors import IdleSettingWarning, Problem, ScenarioError, StandardError, UnknownOverlayError
from workbench.scenario.idle import idle_settings
from workbench.scenario.indicators import aim_problems
from workbench.scenario.keys import named_standards
from workbench.scenario.overlay import Layer, Part, Resolved, compose
from workbench.scenario.schema import Scenario
from workbench.standards import register

OVERLAYS = "overlays"
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
    scenario._origins = resolved.origins  # noqa: SLF001 - the loader is the one that knows them
    wrong, aims = _standard_problems(scenario), aim_problems(scenario)
    if wrong or aims:
        raise (StandardError if wrong else ScenarioError)([*wrong, *aims])
    for problem in idle_settings(scenario):
        warnings.warn(str(problem), IdleSettingWarning, stacklevel=2)
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
    named = [list(_overlay_names(document, file)) for file, document in chain]
    named[-1] += overlays
    _refuse_unknown(chain, named)
    layers = [
        Layer(
            tuple(_overlay(file.parent / OVERLAYS / f"{name}.yaml", here) for name in dict.fromkeys(names)),
            _part(file, document, here),
        )
        for (file, document), names in zip(chain, named, strict=True)
    ]
    return compose(layers, Part.set_at(_CALL, settings))


def _refuse_unknown(chain: _Chain, named: Sequence[Sequence[str]]) -> None:
    """Name every overlay that no file declares, with the file that asks for it."""
    problems = []
    for (file, document), names in zip(chain, named, strict=True):
        folder = file.parent / OVERLAYS
        known = sorted(p.stem for p in folder.glob("*.yaml"))
        for name in dict.fromkeys(names):
            if name in known:
                continue
            near = difflib.get_close_matches(name, known, n=2)
            problems.append(
                Problem(
                    str(file) if name in _overlay_names(document, file) else _CALL,
                    "there is no such overlay",
                    key="overlays",
                    expected=f"one of {', '.join(known)} (in {folder})" if known else f"a YAML file in {folder}",
                    found=name,
                    mend=f"Did you mean {' or '.join(near)}?" if near else "",
                )
            )
    if problems:
        raise UnknownOverlayError(problems)


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
