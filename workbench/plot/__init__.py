"""One function a figure: ``(result, ax=None) -> Axes``; none of them shows anything by itself."""

from workbench.plot.capacity import access_map, area_by_community
from workbench.plot.coverage import (
    community_map,
    coverage_map,
    distance_distribution,
    group_bars,
    straight_versus_network,
    time_distribution,
    worst_compounds,
)
from workbench.plot.fairness import group_gaps, lorenz_curve, scale_comparison
from workbench.plot.gallery import coverage_figures, save_figure, study_figures
from workbench.plot.gates import best_gate_bars, best_gate_map, gate_state_maps, gate_states
from workbench.plot.ground import ground_map
from workbench.plot.picture import Picture, picture
from workbench.plot.posts import posts_by_subdistrict, posts_map
from workbench.plot.radar import quality_radar
from workbench.plot.robustness import backup_map, draw_histogram, tornado_bars
from workbench.plot.room_exchange import exchange_bars, leftover_grid
from workbench.plot.room_links import links_map
from workbench.plot.room_works import works_bars, works_curve
from workbench.plot.rooms import before_after_rooms, proof_bars, use_grid
from workbench.plot.rooms_flow import function_flow
from workbench.plot.rooms_week import week_timetable
from workbench.plot.scenes import scene_gaps, scene_grid
from workbench.plot.service_areas import service_area_map
from workbench.plot.siting import before_after_map, candidate_map
from workbench.plot.siting_options import option_matrix, site_standings, variant_regrets
from workbench.plot.siting_terms import cost_frontier, equity_frontier, phase_gantt
from workbench.plot.siting_worth import investment_ranges, marginal_curve, site_reasons
from workbench.plot.space_time import longer_hours_bars, station_gain_bars, week_bands, week_grid

__all__ = [
    "Picture",
    "access_map",
    "area_by_community",
    "backup_map",
    "before_after_map",
    "before_after_rooms",
    "best_gate_bars",
    "best_gate_map",
    "candidate_map",
    "community_map",
    "cost_frontier",
    "coverage_figures",
    "coverage_map",
    "distance_distribution",
    "draw_histogram",
    "equity_frontier",
    "exchange_bars",
    "function_flow",
    "gate_state_maps",
    "gate_states",
    "ground_map",
    "group_bars",
    "group_gaps",
    "investment_ranges",
    "leftover_grid",
    "links_map",
    "longer_hours_bars",
    "lorenz_curve",
    "marginal_curve",
    "option_matrix",
    "phase_gantt",
    "picture",
    "posts_by_subdistrict",
    "posts_map",
    "proof_bars",
    "quality_radar",
    "save_figure",
    "scale_comparison",
    "scene_gaps",
    "scene_grid",
    "service_area_map",
    "site_reasons",
    "site_standings",
    "station_gain_bars",
    "straight_versus_network",
    "study_figures",
    "time_distribution",
    "tornado_bars",
    "use_grid",
    "variant_regrets",
    "week_bands",
    "week_grid",
    "week_timetable",
    "works_bars",
    "works_curve",
    "worst_compounds",
]
