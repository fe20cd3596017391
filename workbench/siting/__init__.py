"""Where the next stations go: the planner's verbs over coverage and siting.

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.lazy import lazy_names

if TYPE_CHECKING:
    from workbench.siting.candidates import CandidateSites, candidate_sites
    from workbench.siting.curve import CurveResult, marginal_curve
    from workbench.siting.frontiers import FrontiersResult, trace_frontiers
    from workbench.siting.options import Option, OptionsResult, compare_options
    from workbench.siting.phasing import PhasesResult, Term, site_in_phases
    from workbench.siting.question import StationQuestion, station_question
    from workbench.siting.result import SitingResult, site_next, site_stations
    from workbench.siting.sensitivity import SensitivityResult, try_assumptions
    from workbench.siting.studies import plan_studies

__all__ = [
    "CandidateSites",
    "CurveResult",
    "FrontiersResult",
    "Option",
    "OptionsResult",
    "PhasesResult",
    "SensitivityResult",
    "SitingResult",
    "StationQuestion",
    "Term",
    "candidate_sites",
    "compare_options",
    "marginal_curve",
    "plan_studies",
    "site_in_phases",
    "site_next",
    "site_stations",
    "station_question",
    "trace_frontiers",
    "try_assumptions",
]

__getattr__ = lazy_names(
    __name__,
    {
        "candidates": ("CandidateSites", "candidate_sites"),
        "curve": ("CurveResult", "marginal_curve"),
        "frontiers": ("FrontiersResult", "trace_frontiers"),
        "options": ("Option", "OptionsResult", "compare_options"),
        "phasing": ("PhasesResult", "Term", "site_in_phases"),
        "question": ("StationQuestion", "station_question"),
        "result": ("SitingResult", "site_next", "site_stations"),
        "sensitivity": ("SensitivityResult", "try_assumptions"),
        "studies": ("plan_studies",),
    },
)
