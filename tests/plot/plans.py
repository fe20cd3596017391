"""Siting on the pocket district, as its figures show it."""

from __future__ import annotations

from typing import Any

from tests.siting import grounds
from workbench.coverage import assess_coverage
from workbench.ground.district import District
from workbench.siting import plan_studies

FIGURES = {
    "before_after_map": "siting",
    "candidate_map": "siting",
    "site_reasons": "siting",
    "investment_ranges": "siting",
    "marginal_curve": "siting_curve",
    "option_matrix": "siting_options",
    "phase_gantt": "siting_phases",
    "cost_frontier": "siting_frontiers",
    "equity_frontier": "siting_frontiers",
    "variant_regrets": "siting_sensitivity",
    "site_standings": "siting_sensitivity",
}
"""Figures of siting, and the study that each shows."""

WISH: dict[str, Any] = {
    "stations": 2,
    "curve": 4,
    "phases": {"terms": [{"name": "近期", "stations": 1}, {"name": "远期", "stations": 1, "years": 2}]},
    "frontiers": {"cost_points": 5, "equity_points": 3},
    "alternatives": {"count": 1, "apart": 1},
}
"""Everything that can be asked besides a plan. It opens z1 (60 people) and a1 (30): 70 of 210 today, 160 with them."""


def studied(district: District | None = None, **wish: Any) -> dict[str, Any]:
    """Walk a wish through all studies of siting."""
    found: dict[str, Any] = dict(
        plan_studies(assess_coverage(district or grounds.district(), grounds.scenario(**wish)))
    )
    return found
