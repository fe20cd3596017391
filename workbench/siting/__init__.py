"""Where the next stations go: exact plans with their bound, their proof and their reasons."""

from workbench.siting.alternatives import Alternatives, End, alternatives
from workbench.siting.center import p_center
from workbench.siting.covering import covered_within, max_cover, max_cover_curve, set_cover
from workbench.siting.equity import EquityFrontier, EquityPoint, Group, cover_equity_frontier
from workbench.siting.frontier import CostFrontier, CostPoint, cover_cost_frontier
from workbench.siting.median import p_median, p_median_curve
from workbench.siting.phase_problem import Phase
from workbench.siting.phase_result import PhasedPlan, PhaseStep, Priority
from workbench.siting.phases import phased_cover
from workbench.siting.reasons import DemandReasons, Reason, SiteReasons, demand_reasons, site_reasons
from workbench.siting.regret import SiteRegret, SiteRegrets, Standing, site_regret
from workbench.siting.result import SitingPlan
from workbench.siting.rules import AtMost, Floor
from workbench.siting.variants import PlanUnder, Variant, VariantOutcome, plan_under

__all__ = [
    "Alternatives",
    "AtMost",
    "CostFrontier",
    "CostPoint",
    "DemandReasons",
    "End",
    "EquityFrontier",
    "EquityPoint",
    "Floor",
    "Group",
    "Phase",
    "PhaseStep",
    "PhasedPlan",
    "PlanUnder",
    "Priority",
    "Reason",
    "SiteReasons",
    "SiteRegret",
    "SiteRegrets",
    "SitingPlan",
    "Standing",
    "Variant",
    "VariantOutcome",
    "alternatives",
    "cover_cost_frontier",
    "cover_equity_frontier",
    "covered_within",
    "demand_reasons",
    "max_cover",
    "max_cover_curve",
    "p_center",
    "p_median",
    "p_median_curve",
    "phased_cover",
    "plan_under",
    "set_cover",
    "site_reasons",
    "site_regret",
]
