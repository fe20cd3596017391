"""Works on rooms within a budget (多室合一): joining them, converting them, and what each yuan serves."""

from workbench.rooms.works.result import CentreWorks, WorksResult, plan_works

__all__ = ["CentreWorks", "WorksResult", "plan_works"]
