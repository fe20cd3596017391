"""All figures of a run, as PNG and SVG."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workbench.coverage import CoverageResult
from workbench.ground.district import District
from workbench.plot.capacity import access_map, area_by_community
from workbench.plot.coverage import (
    community_map,
    coverage_map,
    distance_distribution,
    group_bars,
    quality_radar,
    service_area_map,
    straight_versus_network,
    time_distribution,
    worst_compounds,
)
from workbench.plot.fairness import backup_map, draw_histogram, group_gaps, lorenz_curve, scale_comparison, tornado_bars
from workbench.plot.gates import best_gate_bars, best_gate_map, gate_states, posts_by_subdistrict, posts_map
from workbench.plot.ground import ground_map
from workbench.plot.room_exchange import exchange_bars, leftover_grid, links_map, works_bars, works_curve
from workbench.plot.rooms import before_after_rooms, function_flow, proof_bars, use_grid
from workbench.plot.siting import (
    before_after_map,
    candidate_map,
    cost_frontier,
    equity_frontier,
    investment_ranges,
    marginal_curve,
    option_matrix,
    phase_gantt,
    site_reasons,
    site_standings,
    variant_regrets,
)
from workbench.plot.space_time import longer_hours_bars, scene_gaps, scene_grid, week_grid
from workbench.plot.style import close, house_style
from workbench.processes import side_by_side
from workbench.study import Study

_MARGIN_IN = 0.1
_FORMATS: dict[str, dict[str, Any]] = {  # without a clock; level 6 would save 2 % in twice the time
    "png": {"metadata": {"Software": None}, "pil_kwargs": {"compress_level": 3}},
    "svg": {"metadata": {"Date": None, "Creator": "workbench"}},
}


def save_figure(ax: Axes, folder: Path, name: str) -> list[Path]:
    """Save the figure of these axes as PNG and SVG, the same bytes for the same content."""
    figure = ax.get_figure()
    if not isinstance(figure, Figure):
        raise TypeError("the axes belong to no figure")
    paths = []
    with house_style():
        figure.draw_without_rendering()
        box = figure.get_tightbbox().padded(_MARGIN_IN)
        figure.set_layout_engine(None)  # laid out and measured once for both: with an engine, each would draw twice
        for suffix, options in _FORMATS.items():
            path = folder / f"{name}.{suffix}"
            figure.savefig(path, bbox_inches=box, **options)
            paths.append(path)
    close(ax)
    return paths


def coverage_figures(result: CoverageResult, *, workers: int | None = None) -> Callable[[Path], list[Path]]:
    """Return what draws every figure of a coverage result into a folder.

    Figures whose data the district lacks are left out.

    Parameters
    ----------
    result
        What was measured.
    workers
        Most processes that draw at a time; all usable CPUs when not given. The bytes are the same.
    """
    return _drawer(_coverage_drawings(result), workers)


def _coverage_drawings(result: CoverageResult) -> dict[str, Callable[[], Axes]]:
    district = result.district
    drawings: dict[str, Callable[[], Axes]] = {
        "ground": lambda: ground_map(district),
        "coverage_map": lambda: coverage_map(result),
        "distance_distribution": lambda: distance_distribution(result),
        "time_distribution": lambda: time_distribution(result),
        "straight_versus_network": lambda: straight_versus_network(result),
        "groups": lambda: group_bars(result),
    }
    if len(district.communities):
        drawings["communities"] = lambda: community_map(result)
    if len(district.compounds):
        drawings["worst_compounds"] = lambda: worst_compounds(result)
    return drawings


def study_figures(study: Study, *, workers: int | None = None) -> Callable[[Path], list[Path]]:
    """Return what draws every figure of a study into a folder.

    Figures whose data the district lacks are left out.

    Parameters
    ----------
    study
        What was studied.
    workers
        Most processes that draw at a time; all usable CPUs when not given. The bytes are the same.
    """
    district, parts = study.district, study.parts
    drawings: dict[str, Callable[[], Axes]] = {
        **_coverage_drawings(study.coverage),
        "service_areas": lambda: service_area_map(study.coverage),
        "qualities": lambda: quality_radar(study.appraisal),
    }
    known = {part for part, columns in _NEEDS.items() if _any_known(district, columns)}
    drawings |= {
        name: partial(draw, parts[part])
        for name, (part, draw) in _DRAWINGS.items()
        if part in parts and (part in known or part not in _NEEDS) and _holds(name, parts[part])
    }
    if len(study.coverage.populace.groups) < _FEWEST_TO_COMPARE:
        drawings = {name: drawing for name, drawing in drawings.items() if name not in _BY_GROUP}
    for layer, names in (("communities", _BY_COMMUNITY), ("compounds", _BY_COMPOUND)):
        if district.layer(layer).empty:
            drawings = {name: drawing for name, drawing in drawings.items() if name not in names}
    return _drawer(drawings, workers)


def _any_known(district: District, columns: tuple[str, ...]) -> bool:
    """Whether any station says anything in one of these columns."""
    stations = district.stations
    return bool(stations[[c for c in columns if c in stations]].notna().to_numpy().any())


_NEEDS = {
    "capacity": ("floor_area_m2", "resident_area_m2"),
    "space_time": ("opening_hours",),
    "scenes": ("services",),
}
"""Columns of the stations that a study lives on: where none is known its figures would be empty."""


_DRAWINGS: dict[str, tuple[str, Callable[..., Axes]]] = {
    "posts": ("posts", posts_map),
    "posts_by_subdistrict": ("posts", posts_by_subdistrict),
    "gate_states": ("gate_states", gate_states),
    "best_gates": ("best_gates", best_gate_bars),
    "best_gates_map": ("best_gates", best_gate_map),
    "area_by_community": ("capacity", area_by_community),
    "area_within_reach": ("capacity", access_map),
    "lorenz": ("fairness", lorenz_curve),
    "scales": ("fairness", scale_comparison),
    "group_gaps": ("fairness", group_gaps),
    "week": ("space_time", week_grid),
    "longer_hours": ("space_time", longer_hours_bars),
    "scenes": ("scenes", scene_grid),
    "scene_gaps": ("scenes", scene_gaps),
    "backup": ("robustness", backup_map),
    "sensitivity": ("robustness", tornado_bars),
    "draws": ("robustness", draw_histogram),
    "siting": ("siting", before_after_map),
    "siting_candidates": ("siting", candidate_map),
    "siting_reasons": ("siting", site_reasons),
    "siting_investment": ("siting", investment_ranges),
    "siting_curve": ("siting_curve", marginal_curve),
    "siting_options": ("siting_options", option_matrix),
    "siting_phases": ("siting_phases", phase_gantt),
    "siting_cost_frontier": ("siting_frontiers", cost_frontier),
    "siting_equity_frontier": ("siting_frontiers", equity_frontier),
    "siting_regrets": ("siting_sensitivity", variant_regrets),
    "siting_standings": ("siting_sensitivity", site_standings),
    "rooms": ("rooms", before_after_rooms),
    "rooms_use": ("rooms", use_grid),
    "rooms_flow": ("rooms", function_flow),
    "rooms_proof": ("rooms", proof_bars),
    "room_works": ("room_works", works_bars),
    "room_works_budget": ("room_works", works_curve),
    "room_links": ("room_links", links_map),
    "room_exchange": ("room_exchange", exchange_bars),
    "room_leftover": ("room_exchange", leftover_grid),
}

_NO_CURVE = 2
"""So many points make no curve: the table says it."""

_HOLDS: dict[str, Callable[[Any], bool]] = {
    "siting": lambda siting: siting.measured is not None,
    "siting_candidates": lambda siting: siting.measured is not None,
    "siting_reasons": lambda siting: siting.measured is not None and bool(siting.opened),
    "siting_investment": lambda siting: siting.measured is not None and siting.to_frame()["capex"].notna().any(),
    "siting_phases": lambda phases: bool(phases.terms),
    "siting_cost_frontier": lambda frontiers: frontiers.cost is not None and len(frontiers.cost.points) > _NO_CURVE,
    "siting_equity_frontier": lambda found: found.equity is not None and len(found.equity.points) > _NO_CURVE,
    "rooms": lambda rooms: rooms.solved,
    "rooms_use": lambda rooms: rooms.solved,
    "rooms_flow": lambda rooms: rooms.solved,
}
"""When a figure has anything to show, such as a plan; always where nothing is said."""


def _holds(name: str, result: Any) -> bool:
    return name not in _HOLDS or _HOLDS[name](result)


_BY_COMMUNITY = ("area_by_community", "scene_gaps", "posts_by_subdistrict")
"""Figures that show communities, and are left out where there are none."""

_FEWEST_TO_COMPARE = 2
_BY_GROUP = ("groups", "group_gaps", "scales")
"""Figures that set groups and scales beside each other, and are left out where everybody is one group."""

_BY_COMPOUND = ("posts", "posts_by_subdistrict", "gate_states", "best_gates", "best_gates_map")
"""Figures that show compounds and their gates, and are left out where there are none."""


_LONGEST = ("scene_gaps", "scenes", "area_by_community", "service_areas", "ground", "backup", "sensitivity", "week")
"""Figures that take longest to draw, which are begun first."""


def _drawer(drawings: dict[str, Callable[[], Axes]], workers: int | None) -> Callable[[Path], list[Path]]:
    order = sorted(drawings, key=lambda name: _LONGEST.index(name) if name in _LONGEST else len(_LONGEST))

    def draw(folder: Path) -> list[Path]:
        tasks = [partial(_drawn, drawings[name], folder, name) for name in order]
        paths = dict(zip(order, side_by_side(tasks, workers=workers), strict=True))
        return [path for name in drawings for path in paths[name]]

    return draw


def _drawn(drawing: Callable[[], Axes], folder: Path, name: str) -> list[Path]:
    return save_figure(drawing(), folder, name)
