"""Where the next stations go: exact plans with their bound, their proof and their reasons.

Rules, and which verb keeps them; what is refused is refused by name, with what to do instead:

================  =========  =========  =========  =========
rule              set_cover  max_cover  p_median   p_center
================  =========  =========  =========  =========
required          yes        yes        yes        yes
forbidden         yes        yes        yes        yes
p                 at most    at most    exactly    exactly
costs             cost       site_cost  site_cost  by budget
budget            yes        yes        yes        yes
capacity          split      split      whole      refused
cover_at_least    yes        yes        refused    refused
floors            yes        yes        refused    refused
spacing, at_most  yes        yes        yes        yes
at_least          yes        yes        refused    refused
decaying cover    by share   yes        no cover   no cover
================  =========  =========  =========  =========

In p_median and p_center p is a ceiling where costs, spacing or a cap may leave no room for so many. Capacities split
the people of a demand row among sites, or send it to one as a whole. Over max_cover stand, with all its rules:
alternatives, site_regret, plan_under (no capacities), phased_cover, cover_cost_frontier and cover_equity_frontier.
"""

from workbench.locate.center import p_center
from workbench.locate.covering import covered_within, max_cover, max_cover_curve, set_cover
from workbench.locate.frontier import (
    CostFrontier,
    CostPoint,
    EquityFrontier,
    EquityPoint,
    Group,
    cover_cost_frontier,
    cover_equity_frontier,
)
from workbench.locate.median import p_median, p_median_curve
from workbench.locate.median_problem import MedianProblem, median_problem
from workbench.locate.phases import Phase, PhasedPlan, PhaseStep, Priority, phased_cover
from workbench.locate.problem import CoverProblem, cover_problem
from workbench.locate.reasons import DemandReasons, Reason, SiteReasons, demand_reasons, site_reasons
from workbench.locate.regret import (
    Alternatives,
    End,
    Membership,
    PlanUnder,
    SiteRegret,
    SiteRegrets,
    VariantOutcome,
    alternatives,
    plan_under,
    site_regret,
)
from workbench.locate.result import SitingPlan
from workbench.locate.rules import AtLeast, AtMost, Floor

__all__ = [
    "Alternatives",
    "AtLeast",
    "AtMost",
    "CostFrontier",
    "CostPoint",
    "CoverProblem",
    "DemandReasons",
    "End",
    "EquityFrontier",
    "EquityPoint",
    "Floor",
    "Group",
    "MedianProblem",
    "Membership",
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
    "VariantOutcome",
    "alternatives",
    "cover_cost_frontier",
    "cover_equity_frontier",
    "cover_problem",
    "covered_within",
    "demand_reasons",
    "max_cover",
    "max_cover_curve",
    "median_problem",
    "p_center",
    "p_median",
    "p_median_curve",
    "phased_cover",
    "plan_under",
    "set_cover",
    "site_reasons",
    "site_regret",
]
