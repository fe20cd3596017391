"""The planner's verb of siting."""

from __future__ import annotations

from workbench.coverage import CoverageResult, assess_coverage
from workbench.district import District
from workbench.planning.answer import check_objective, remeasured, solved
from workbench.planning.question import station_question
from workbench.planning.refusal import unsolvable
from workbench.planning.result import SitingResult
from workbench.progress import Tell, silent, solver_course
from workbench.scenario import Scenario


def site_stations(district: District, scenario: Scenario, *, progress: Tell = silent) -> SitingResult:
    """Say where the next stations go.

    Candidates and stations of today are joined to the walking network as coverage joins them; the plan comes with a
    bound, and is measured again by :func:`workbench.coverage.assess_coverage` on the district it would make, which
    must agree with the model about every demand point.

    Parameters
    ----------
    district
        The ground.
    scenario
        The intent, with a section ``siting``.
    progress
        Told of each stage, with incumbent, bound and gap.

    Returns
    -------
    SitingResult
        OPTIMAL, FEASIBLE with a gap where time was up or Ctrl-C came, or INFEASIBLE with the rules in conflict.

    Raises
    ------
    ScenarioError
        If the scenario asks for what does not exist, or for more stations than there are candidates.
    GeodataError
        If the district has no demand layer.
    CheckError
        If the measurement does not confirm the plan.
    """
    return site_next(assess_coverage(district, scenario, progress=progress), progress=progress)


def site_next(coverage: CoverageResult, *, progress: Tell = silent) -> SitingResult:
    """Say where the next stations go, from a five-minute circle that has been measured.

    Parameters
    ----------
    coverage
        The five-minute circle of today.
    progress
        Told of each stage.
    """
    progress("siting", 0, 3)
    question = station_question(coverage)
    wrong = unsolvable(question)
    if wrong is not None:
        raise wrong
    progress("siting", 1, 3)
    plan = solved(question, solver_course(progress, "siting"))
    progress("siting", 2, 3)
    if plan.plan is None:
        progress("siting", 3, 3)
        return SitingResult(question, plan, None)
    measured = remeasured(question, plan.sites)
    check_objective(question, plan, measured)
    progress("siting", 3, 3)
    return SitingResult(question, plan, measured)
