"""Draws: what is drawn, and that every draw is measured, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import pocket
from tests.depth import draws
from tests.ground.grounds import small
from workbench.catalogue.terms import Mode
from workbench.coverage import CoverageResult, assess_coverage, assess_robustness
from workbench.coverage import draws as crossings
from workbench.coverage.doors import LIMIT_TOLERANCE
from workbench.coverage.draws import CrossingWalks, Range, band, drawn, headline, ranges_of
from workbench.network.walking import Manner, Walks

MODES = (Mode.COMPLIANCE, Mode.EXPERIENCE)
BUSY = {"crossing_delay_low": "walk.crossing_delay_min", "draws": 60}


@pytest.fixture(scope="module")
def town() -> CoverageResult:
    return assess_coverage(small(7, 6), pocket.scenario(robustness=BUSY))


# --- ranges ----------------------------------------------------------------------------------


@given(chance=st.floats(0, 1), base=st.floats(2, 5))
def test_a_triangular_draw_is_the_inverse_of_its_distribution(chance: float, base: float) -> None:
    value = float(Range(2, base, 5).drawn(np.array([chance]), "triangular")[0])
    below = (value - 2) ** 2 / (3 * (base - 2)) if value < base else 1 - (5 - value) ** 2 / (3 * max(5 - base, 1e-300))
    assert below == pytest.approx(chance, abs=1e-6)


@pytest.mark.parametrize("shape", ["triangular", "uniform", "normal"])
def test_draws_stay_in_their_range_and_rise(shape: str) -> None:
    values = Range(0.9, 1.0, 1.1).drawn(np.linspace(0, 1, 101), shape)  # type: ignore[arg-type]
    assert values[0] == pytest.approx(0.9)
    assert values[-1] == pytest.approx(1.1)
    assert values[50] == pytest.approx(1.0)
    assert (np.diff(values) > 0).all()


def test_a_normal_draw_has_two_sigmas_to_the_end() -> None:
    # one sigma, 0.05, holds 68.27 % of what 95.45 % are cut down to
    chance = 0.5 - 0.682689492 / 0.954499736 / 2
    assert Range(0.9, 1.0, 1.1).drawn(np.array([chance]), "normal")[0] == pytest.approx(0.95, abs=1e-8)


def test_a_range_of_one_value_draws_it() -> None:
    assert Range(30, 30, 30).drawn(np.array([0.0, 0.7]), "normal").tolist() == [30, 30]


# --- walks at any crossing cost --------------------------------------------------------------


def searched(town: CoverageResult) -> CrossingWalks:
    manner = town.manners["older"]
    return CrossingWalks.of(town.doors, manner, (20 * 0.7, 40 * 1.1), (6 + LIMIT_TOLERANCE) * 60 * 1.1)


def by_search(town: CoverageResult, pace: float, delay: float, minutes: float) -> set[tuple[int, int]]:
    """Walks within the limit as one search finds them."""
    manner = Manner(pace, "slow", town.manners["older"].steps_factor, delay)
    ground = town.doors
    costs = Walks(ground.streets, manner).costs(ground.demand, ground.stations, ground.audience, np.inf).tocoo()
    near = costs.data / 60 <= minutes + LIMIT_TOLERANCE
    return set(zip(costs.row[near].tolist(), costs.col[near].tolist(), strict=True))


@pytest.mark.parametrize("searches", [2, 3, 17])
def test_walks_within_any_limit_are_those_of_a_search(
    town: CoverageResult, monkeypatch: pytest.MonkeyPatch, searches: int
) -> None:
    monkeypatch.setattr(crossings, "SEARCHES", searches)
    table = searched(town)
    random = np.random.default_rng(3)
    for _ in range(60):
        pace, delay, minutes = random.uniform(0.7, 1.1), random.uniform(20, 40), random.uniform(2, 6)
        (inside,) = table.within(*np.atleast_1d(pace, delay, minutes))
        found = set(zip(table.station[inside].tolist(), table.point[inside].tolist(), strict=True))
        assert found == by_search(town, pace, delay, minutes)
    if searches == 2:
        assert table.measured > 0  # so coarse an enclosure leaves doubt, and doubt is measured


def test_a_walk_of_just_the_limit_is_measured(town: CoverageResult) -> None:
    table = searched(town)
    manner = Manner(0.95, "slow", 1.5, 30.0)
    ground = town.doors
    costs = ground.walks(manner).costs(ground.demand, ground.stations, ground.audience, 300.0).tocoo()
    last = int(np.argmax(costs.data))
    for off in (-1e-7, -1e-12, 0.0, 1e-12, 1e-7):  # minutes about the longest that the tolerance lets pass
        minutes = float(costs.data[last]) / 60 - LIMIT_TOLERANCE + off
        (inside,) = table.within(*np.atleast_1d(0.95, 30.0, minutes))
        found = set(zip(table.station[inside].tolist(), table.point[inside].tolist(), strict=True))
        assert found == by_search(town, 0.95, 30.0, minutes)
        assert ((int(costs.row[last]), int(costs.col[last])) in found) == (off >= 0) or abs(off) < 1e-9
    assert table.measured == 5  # the enclosure cannot decide it


def test_one_crossing_cost_is_searched_once(town: CoverageResult) -> None:
    manner = town.manners["older"]
    table = CrossingWalks.of(town.doors, manner, (28.5, 28.5), 400.0)
    (inside,) = table.within(*np.atleast_1d(0.95, 30.0, 5.0))
    found = set(zip(table.station[inside].tolist(), table.point[inside].tolist(), strict=True))
    assert found == by_search(town, 0.95, 30.0, 5.0)


# --- draws -----------------------------------------------------------------------------------


@pytest.mark.parametrize("winter", [None, "pace.winter_factor"])
def test_every_draw_is_what_measuring_anew_gives(winter: str | None) -> None:
    district = small(7, 6)
    scenario = pocket.scenario(robustness=BUSY, walking={"pace_factor": winter})
    coverage = assess_coverage(district, scenario)
    found = band(coverage, ranges_of(coverage), 0.01)
    for draw in (0, 7, 31, 59):
        factor = found.drawn.factor(draw)
        demand = district.demand
        counts = ["residents", *pocket.BANDS]
        demand[counts] = demand[counts].mul(factor, axis=0)
        tables = {**district.tables, "demand": demand}
        anew = headline(
            assess_coverage(type(district).from_tables(district.manifest, tables), found.drawn.scenario(draw))
        )
        assert {mode: found.share[mode][draw] for mode in MODES} == anew
    assert len({float(x) for x in found.share[Mode.EXPERIENCE]}) > 30


def test_stations_that_are_critical_in_the_draws(town: CoverageResult) -> None:
    found = band(town, ranges_of(town), 0.02)
    draws = len(found.drawn)
    count = dict.fromkeys(MODES, 0)
    names = town.district.stations["id"]
    for draw in range(0, draws, 12):
        coverage = assess_coverage(town.district, found.drawn.scenario(draw))
        shut = assess_robustness(coverage).choices
        for mode in MODES:
            factor = found.drawn.factor(draw)
            lost = sum(
                type(choice)(choice.people * factor, choice.station, choice.point).lost(len(names))
                for choice in shut[mode]
            )
            count[mode] += int((lost >= 0.02 * (town.populace.residents * factor).sum()).sum())
    for mode in MODES:
        assert (found.critical[mode] >= 0).all()
        assert count[mode] <= draws * found.critical[mode].sum()
        assert found.critical[mode].max() > 0


def test_draws_by_hand_on_the_pocket() -> None:
    # D2 is 185 m away: with a limit of 185 m it is covered in about half the draws, and C1 and C2 move the rest
    standards = {"gb50180.five_minute.walk_distance": 185.0}
    coverage = assess_coverage(pocket.district(), pocket.scenario(standards=standards, robustness={"draws": 200}))
    found = band(coverage, ranges_of(coverage), 0.01)
    for draw in range(200):
        first, second = found.drawn.population[draw]
        inside = 70 if found.drawn.limit[draw] * 185 + LIMIT_TOLERANCE >= 185 else 50
        share = 100 * inside * first / (150 * first + 60 * second)
        assert found.share[Mode.COMPLIANCE][draw] == pytest.approx(share)
    assert 60 < (found.drawn.limit >= 1).sum() < 140
    frame = found.frame()
    assert frame.columns.tolist() == [
        "pace.adult", "pace.older", "pace.oldest", "pace.with_child", "limit", "crossing_delay",
        "share_compliance", "share_experience",
    ]  # fmt: skip
    assert frame["pace.older"].between(0.9 * 0.95, 1.1 * 0.95).all()


def test_quantiles_and_the_chance_of_a_target(town: CoverageResult) -> None:
    found = band(town, ranges_of(town), 0.01)
    shares = np.sort(found.share[Mode.COMPLIANCE])
    assert found.quantile(Mode.COMPLIANCE, 0.05) == shares[2]  # 3 of 60
    assert found.quantile(Mode.COMPLIANCE, 0.5) == shares[29]
    assert found.probability(Mode.COMPLIANCE, float(shares[45])) == pytest.approx(100 * 15 / 60)
    assert found.probability(Mode.COMPLIANCE, 100) == 0


def test_the_same_seed_draws_the_same_and_more_draws_keep_the_first(town: CoverageResult) -> None:
    def frame(**rules: object) -> np.ndarray:
        coverage = assess_coverage(town.district, pocket.scenario(robustness={**BUSY, **rules}))
        return band(coverage, ranges_of(coverage), 0.01).frame().to_numpy()

    first = frame()
    assert frame().tobytes() == first.tobytes()
    assert frame(draws=75)[:60].tobytes() == first.tobytes()
    assert frame(seed=1).tobytes() != first.tobytes()


def test_communities_are_drawn_by_identifier() -> None:
    coverage = assess_coverage(pocket.district(), pocket.scenario(robustness=BUSY))
    values = drawn(coverage, ranges_of(coverage))
    assert values.communities == ("C1", "C2")
    factor = values.factor(3)
    assert factor.tolist() == [values.population[3, 0]] * 5 + [values.population[3, 1]]


@given(seed=st.integers(0, 2**63 - 1))
@settings(max_examples=draws(10))
def test_shares_lie_between_what_the_ends_allow(seed: int) -> None:
    coverage = assess_coverage(pocket.district(), pocket.scenario(robustness={"draws": 10, "seed": seed}))
    found = band(coverage, ranges_of(coverage), 0.01)
    # 330 m reach 70 of the 150 of C1; the fastest walk 435 m in 5.5 min and reach D3 as well
    for mode, people in ((Mode.COMPLIANCE, 70), (Mode.EXPERIENCE, 100)):
        assert (found.share[mode] <= 100 * people * 1.1 / (150 * 1.1 + 60 * 0.9) + 1e-9).all()
        assert (found.share[mode] > 0).all()
