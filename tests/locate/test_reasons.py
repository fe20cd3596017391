"""What a plan says of its sites and of those it leaves out, beside reading every row and trying every swap."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.depth import draws
from workbench.locate import AtMost, Reason, demand_reasons, max_cover, site_reasons
from workbench.locate.problem import SitingError

FAST = settings(max_examples=draws(150), derandomize=True, suppress_health_check=list(HealthCheck))


class Ground:
    """A random plan on random ground; the truth is read densely."""

    def __init__(self, seed: int, needed: int, decays: bool) -> None:
        rng = np.random.default_rng(seed)
        self.sites, self.demand = int(rng.integers(2, 8)), int(rng.integers(1, 12))
        self.cover = (rng.random((self.sites, self.demand)) < 0.35).astype(float)
        if decays:
            self.cover *= rng.choice([0.25, 0.5, 1.0], self.cover.shape)
        self.needed = needed
        self.weight = rng.integers(0, 9, self.demand).astype(float)
        shuffled = rng.permutation(self.sites)
        size = int(rng.integers(1, self.sites + 1))
        self.plan = sorted(shuffled[:size].tolist())
        self.standing = sorted(shuffled[: int(rng.integers(0, size + 1))].tolist())
        self.forbidden = sorted(shuffled[size : size + int(rng.integers(0, 3))].tolist())
        self.chosen = [site for site in self.plan if site not in self.standing]
        self.spacing = rng.integers(0, self.sites, (2, 2))
        self.group = shuffled[: int(rng.integers(1, self.sites + 1))].tolist()
        self.cost = rng.integers(1, 9, self.sites).astype(float)

    def share(self, plan: list[int]) -> np.ndarray:
        if self.needed == 1:
            return self.cover[plan].max(axis=0, initial=0.0)
        return ((self.cover[plan] > 0).sum(axis=0) >= self.needed).astype(float)

    def worth(self, plan: list[int]) -> float:
        return float(self.weight @ self.share(plan))

    def without(self, site: int) -> list[int]:
        return [other for other in self.plan if other != site]


grounds = st.builds(Ground, st.integers(0, 2**32 - 1), st.sampled_from([1, 1, 2]), st.just(False)) | st.builds(
    Ground, st.integers(0, 2**32 - 1), st.just(1), st.just(True)
)


@FAST
@given(grounds)
def test_sites_by_trying_every_swap(ground: Ground) -> None:
    allowed = [site for site in range(ground.sites) if site not in ground.forbidden]
    found = site_reasons(
        sp.csr_array(ground.cover),
        ground.weight,
        ground.plan,
        standing=ground.standing,
        allowed=allowed,
        cover_at_least=ground.needed,
    )
    assert found.site.tolist() == ground.chosen
    assert found.total == ground.weight.sum()
    whole = ground.worth(ground.plan)
    assert found.covered == whole
    for k, site in enumerate(ground.chosen):
        assert found.reach[k] == ground.weight @ ground.cover[site]
        assert found.alone[k] == ground.worth([*ground.standing, site]) - ground.worth(ground.standing)
        assert found.lost[k] == whole - ground.worth(ground.without(site))
        assert found.overlap[k] == found.reach[k] - found.lost[k]
        left = ground.without(site)
        gone = ground.share(ground.plan) - ground.share(left)  # whom only this site serves, and by how much
        same = [
            other
            for other in allowed
            if other not in ground.plan
            and (ground.weight * gone * (ground.share([*left, other]) - ground.share(left)) > 0).any()
        ]
        tried = {other: ground.worth([*left, other]) for other in same}
        if not tried:
            assert found.replacement[k] == -1
            assert np.isnan(found.swapped[k])
            continue
        best = max(tried, key=lambda other: (tried[other], -other))
        assert found.replacement[k] == best
        assert found.swapped[k] == tried[best]
        assert found.loss[k] == whole - tried[best]


def barred(ground: Ground, site: int, budget: float, least: int) -> str:
    """The first rule that a site would break beside the plan."""
    if any({site, other} == set(pair) for other in ground.plan for pair in ground.spacing.tolist()):
        return "spacing"
    if site in ground.group and len(set(ground.group) & set(ground.plan)) >= 2:
        return "at_most.north"
    kept = [other for other in ground.chosen if other != least]
    return "budget" if ground.cost[[*kept, site]].sum() > budget else ""


@FAST
@given(grounds, st.integers(1, 30))
def test_demand_by_reading_every_row(ground: Ground, budget: int) -> None:
    found = demand_reasons(
        sp.csr_array(ground.cover),
        ground.weight,
        ground.plan,
        standing=ground.standing,
        forbidden=ground.forbidden,
        at_most=[AtMost("north", ground.group, 2)],
        spacing=ground.spacing,
        budget=float(budget),
        site_cost=ground.cost,
        cover_at_least=ground.needed,
    )
    whole, share = ground.worth(ground.plan), ground.share(ground.plan)
    losses = {site: whole - ground.worth(ground.without(site)) for site in ground.chosen}
    least = min(losses, key=lambda site: (losses[site], site)) if losses else -1
    assert (found.least_site, found.least) == (least, losses.get(least, 0.0))
    for row in range(ground.demand):
        reaching = [site for site in range(ground.sites) if ground.cover[site, row] > 0]
        allowed = [site for site in reaching if site not in ground.forbidden]
        free = {site: ground.worth([*ground.plan, site]) - whole for site in allowed if site not in ground.plan}
        best, bar = -1, ""
        if share[row] > 0:
            expected = Reason.COVERED
        elif len(reaching) < ground.needed:
            expected = Reason.NO_CANDIDATE
        elif len(allowed) < ground.needed:
            expected = Reason.ONLY_FORBIDDEN
        else:
            best = max(free, key=lambda site: (free[site], -site))
            bar = barred(ground, best, budget, least)
            more = free[best] > losses.get(least, 0.0)
            expected = Reason.BARRED if bar else Reason.OTHER_AIM if more else Reason.BEATEN
        assert found.reason[row] == expected
        assert found.candidate[row] == best
        assert found.adds[row] == pytest.approx(free.get(best, np.nan), nan_ok=True)
        assert (found.barriers[found.barrier[row]] if found.barrier[row] >= 0 else "") == bar


@FAST
@given(st.integers(0, 2**32 - 1))
def test_the_best_plan_is_beaten_nowhere(seed: int) -> None:
    """Where nothing but a number limits the plan, nobody left out has a better candidate, and no swap helps."""
    ground = Ground(seed, 1, False)
    cover = sp.csr_array(ground.cover)
    plan = max_cover(cover, ground.weight, len(ground.plan))
    if len(plan.sites) < len(ground.plan):
        assert not (demand_reasons(cover, ground.weight, plan.sites).adds > 0).any()
        return
    found = demand_reasons(cover, ground.weight, plan.sites)
    assert set(found.reason.tolist()) <= {Reason.COVERED, Reason.NO_CANDIDATE, Reason.BEATEN}
    loss = site_reasons(cover, ground.weight, plan.sites).loss
    assert (loss[~np.isnan(loss)] >= 0).all()


def test_by_hand() -> None:
    """Five houses in a row; 0 stands, 1 was chosen beside it."""
    cover = sp.csr_array(
        np.array([[1, 1, 0, 0, 0, 0], [0, 1, 1, 0, 0, 0], [0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 1, 0]], bool)
    )
    weight = [5.0, 4.0, 3.0, 2.0, 1.0, 9.0]
    sites = site_reasons(cover, weight, [0, 1], standing=[0])
    assert (sites.site.tolist(), sites.total, sites.covered) == ([1], 24.0, 12.0)
    assert (sites.reach[0], sites.alone[0], sites.lost[0], sites.overlap[0]) == (7.0, 3.0, 3.0, 4.0)
    assert (sites.replacement[0], sites.swapped[0], sites.loss[0]) == (2, 14.0, -2.0)  # a better plan than this
    demand = demand_reasons(cover, weight, [0, 1], standing=[0], forbidden=[3])
    assert [Reason(code).name for code in demand.reason[3:]] == ["BEATEN", "ONLY_FORBIDDEN", "NO_CANDIDATE"]
    assert (demand.candidate.tolist(), demand.adds[3]) == ([-1, -1, -1, 2, -1, -1], 2.0)
    near = demand_reasons(cover, weight, [0, 1], standing=[0], spacing=[[1, 2]])
    assert near.reason[3] == Reason.BARRED
    assert near.barriers[near.barrier[3]] == "spacing"
    assert near.barrier[4] == -1


def test_where_nothing_was_chosen_everything_would_add() -> None:
    found = demand_reasons(sp.csr_array(np.eye(2, dtype=bool)), [1.0, 0.0], [])
    assert [Reason(code).name for code in found.reason] == ["OTHER_AIM", "BEATEN"]
    assert site_reasons(sp.csr_array(np.eye(2, dtype=bool)), None, []).site.tolist() == []


@pytest.mark.parametrize(
    ("verb", "given", "said"),
    [
        (
            site_reasons,
            {"sites": [9]},
            "site_reasons, key sites: there is no such site; expected positions 0 to 1; found 9",
        ),
        (site_reasons, {"cover_at_least": 0}, "key cover_at_least: .*at least 1"),
        (demand_reasons, {"weight": [1.0]}, "demand_reasons, key weight: there is not one number for each demand row"),
        (demand_reasons, {"site_cost": [1.0]}, "key site_cost: there is not one number for each site"),
        (demand_reasons, {"cover": np.full((2, 2), 0.5), "cover_at_least": 2}, "backup cover and decaying cover"),
        (demand_reasons, {"cover": np.full((2, 2), 300.0)}, "some entries are no shares"),
    ],
)
def test_what_is_wrong_is_said(verb: Any, given: dict[str, Any], said: str) -> None:
    asked = {"cover": np.eye(2), "weight": None, "sites": [0], **given}
    with pytest.raises(SitingError, match=said):
        verb(asked.pop("cover"), asked.pop("weight"), asked.pop("sites"), **asked)
