"""A siting plan walked through the studies that stand on it, in order.

What sites is imported where it is asked for: many runs ask for none.
"""

from __future__ import annotations

from workbench.coverage import CoverageResult
from workbench.progress import SILENT, Progress
from workbench.results import Result, StudyKind


def plan_studies(coverage: CoverageResult, *, progress: Progress = SILENT) -> dict[str, Result]:
    """Say where the next stations go, and walk the plan through what the scenario asks for besides.

    Parameters
    ----------
    coverage
        The five-minute circle of today.
    progress
        Told of each study.

    Returns
    -------
    dict
        Results by name; empty when the scenario sites nothing. The curve is for ``max_cover`` and ``p_median``, the
        sensitivity for ``max_cover`` without capacities; where there is no plan there is nothing but the answer that
        says why.

    Raises
    ------
    ScenarioError
        If the scenario asks for what does not exist.
    """
    wish = coverage.scenario.siting
    if wish is None:
        return {}
    from workbench.siting.curve import WITH_CURVE, marginal_curve
    from workbench.siting.frontiers import trace_frontiers
    from workbench.siting.options import compare_options
    from workbench.siting.phasing import site_in_phases
    from workbench.siting.result import site_next
    from workbench.siting.sensitivity import try_assumptions

    siting = site_next(coverage, progress=progress)
    found: dict[str, Result] = {"siting": siting}
    if siting.measured is None:
        return found
    if wish.curve and wish.goal in WITH_CURVE:
        found["siting_curve"] = marginal_curve(siting, progress=progress)
    found["siting_options"] = compare_options(siting, progress=progress)
    if wish.phases.terms:
        found["siting_phases"] = site_in_phases(siting, progress=progress)
    if wish.goal == "max_cover" and (wish.frontiers.cost_points or wish.frontiers.equity_points):
        found["siting_frontiers"] = trace_frontiers(siting, progress=progress)
    if wish.sensitivity and wish.goal == "max_cover" and wish.capacity is None:
        found["siting_sensitivity"] = try_assumptions(siting, progress=progress)
    return found


STUDIES = (
    StudyKind(
        "siting",
        lambda coverage, progress, _: plan_studies(coverage, progress=progress),
        lambda scenario: scenario.siting is not None,
        order=1,
        decides=True,
    ),
)
