"""The roster stage by stage: brute force agrees, small cases by hand."""

from __future__ import annotations

import pytest

from tests.depth import draws
from tests.roster.cases import best, drawn
from workbench.roster.check import faults
from workbench.roster.solve import REPAIR, STAGES, plan_hall
from workbench.solving import Status


@pytest.mark.parametrize("seed", range(draws(90)))
@pytest.mark.parametrize("stages", [STAGES, REPAIR])
def test_brute_force_agrees_on_every_stage(seed: int, stages: tuple[str, ...]) -> None:
    small = drawn(seed)
    plan, known = plan_hall(small, stages=stages), best(small, stages)
    if known is None:
        assert plan.status is Status.INFEASIBLE
        assert plan.conflict
        return
    assert plan.duties is not None
    assert {stage.name: stage.value for stage in plan.stages} == {name: known[name] for name in stages}
    assert all(stage.bound == stage.value for stage in plan.stages)
    assert plan.canonical
    assert faults(small, plan.duties) == []


def test_the_cases_are_not_all_trivial() -> None:
    found = [best(drawn(seed), STAGES) for seed in range(90)]
    solved = [one for one in found if one is not None]
    assert 3 < len(found) - len(solved) < 45
    for stage in STAGES:
        assert sum(one[stage] > 0 for one in solved) > 3, stage
