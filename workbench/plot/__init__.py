"""One function a figure: ``(result, ax=None) -> Axes``; none of them shows anything by itself."""

from typing import TYPE_CHECKING

from workbench.lazy import lazy_names
from workbench.plot.atlas import atlas_maps
from workbench.plot.capacity import access_map, area_by_community
from workbench.plot.circuits import load_by_crew, presence_calendar, rounds_map, waiting_curve
from workbench.plot.comparison import comparison_maps, save_comparison
from workbench.plot.counters import busy_week, share_in_time, what_two_windows_bear
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
from workbench.plot.figures import coverage_figures, save_figure, study_figures
from workbench.plot.gates import (
    best_gate_bars,
    best_gate_map,
    gate_state_maps,
    gate_states,
    posts_by_subdistrict,
    posts_map,
)
from workbench.plot.ground import ground_map
from workbench.plot.ledgers import scenes_by_community, volunteers_by_community, where_tools_are_lent
from workbench.plot.programme import season_calendar, served_audiences
from workbench.plot.room_exchange import exchange_bars, leftover_grid, links_map, works_bars, works_curve
from workbench.plot.rooms import before_after_rooms, function_flow, proof_bars, use_grid, week_timetable
from workbench.plot.roster import fairness_bars, round_the_clock, stand_ins
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
from workbench.plot.space_time import (
    longer_hours_bars,
    scene_gaps,
    scene_grid,
    station_gain_bars,
    week_bands,
    week_grid,
)
from workbench.plot.style import Picture, picture
from workbench.plot.visits import return_curve

if TYPE_CHECKING:
    from workbench.plot.district_map import map_item, study_map

__all__ = [
    "Picture",
    "access_map",
    "area_by_community",
    "atlas_maps",
    "backup_map",
    "before_after_map",
    "before_after_rooms",
    "best_gate_bars",
    "best_gate_map",
    "busy_week",
    "candidate_map",
    "community_map",
    "comparison_maps",
    "cost_frontier",
    "coverage_figures",
    "coverage_map",
    "distance_distribution",
    "draw_histogram",
    "equity_frontier",
    "exchange_bars",
    "fairness_bars",
    "function_flow",
    "gate_state_maps",
    "gate_states",
    "ground_map",
    "group_bars",
    "group_gaps",
    "investment_ranges",
    "leftover_grid",
    "links_map",
    "load_by_crew",
    "longer_hours_bars",
    "lorenz_curve",
    "map_item",
    "marginal_curve",
    "option_matrix",
    "phase_gantt",
    "picture",
    "posts_by_subdistrict",
    "posts_map",
    "presence_calendar",
    "proof_bars",
    "quality_radar",
    "return_curve",
    "round_the_clock",
    "rounds_map",
    "save_comparison",
    "save_figure",
    "scale_comparison",
    "scene_gaps",
    "scene_grid",
    "scenes_by_community",
    "season_calendar",
    "served_audiences",
    "service_area_map",
    "share_in_time",
    "site_reasons",
    "site_standings",
    "stand_ins",
    "station_gain_bars",
    "straight_versus_network",
    "study_figures",
    "study_map",
    "time_distribution",
    "tornado_bars",
    "use_grid",
    "variant_regrets",
    "volunteers_by_community",
    "waiting_curve",
    "week_bands",
    "week_grid",
    "week_timetable",
    "what_two_windows_bear",
    "where_tools_are_lent",
    "works_bars",
    "works_curve",
    "worst_compounds",
]

__getattr__ = lazy_names(__name__, {"district_map": ("map_item", "study_map")})
