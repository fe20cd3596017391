"""Where the next stations go: exact plans with their bound, their proof and their reasons."""

from workbench.siting.covering import covered_within, max_cover, set_cover
from workbench.siting.result import SitingPlan
from workbench.siting.rules import AtMost, Floor

__all__ = ["AtMost", "Floor", "SitingPlan", "covered_within", "max_cover", "set_cover"]
