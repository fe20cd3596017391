"""The service halls of fictional districts: of the right size, sound, with peaks."""

from __future__ import annotations

import pytest

from tests.ground.grounds import small
from workbench.catalogue.halls import profiles_of
from workbench.ground import synthetic


def test_a_hall_has_the_cases_of_its_people() -> None:
    district = synthetic.district(synthetic.X_DISTRICT_SEED)
    halls = district.ledger("halls")
    centres = district.stations.query("kind == 'community_centre'")
    assert sorted(halls["station"]) == sorted(centres["id"])
    people = district.demand.groupby("community")["residents"].sum()
    of_hall = halls["station"].map(centres.set_index("id")["community"]).map(people)
    assert (halls["cases"] / of_hall).mean() == pytest.approx(2200 / 7500, rel=0.05)
    assert halls["profile"].isna().sum() == 3
    assert set(halls["profile"].dropna()) == {"老城", "新区"}


def test_there_are_76_matters_and_more_than_ten_windows_a_hall() -> None:
    district = small(11, 3)
    matters = district.ledger("matters")
    assert len(matters) == 76
    assert matters["name"].is_unique
    assert matters["department"].nunique() == 12
    assert 0.1 < matters["assist"].mean() < 0.4
    assert matters["package"].value_counts().to_dict() == {"新生儿": 4, "退休": 3, "身后": 3, "结婚": 1}
    assert district.ledger("windows").groupby("hall").size().between(10, 12).all()


def test_clerks_of_a_hall_know_everything_together_and_most_halls_have_generalists() -> None:
    district = synthetic.district(synthetic.X_DISTRICT_SEED)
    clerks = district.ledger("clerks")
    assert clerks.groupby("hall").size().eq(6).all()
    generalists = clerks["skills"].isna().groupby(clerks["hall"]).sum()
    assert generalists.value_counts().to_dict() == {3: 29, 0: 4}
    known = clerks["skills"].dropna().str.split(";")
    assert known.str.len().between(5, 7).all()
    assert known.explode().groupby(clerks["hall"]).nunique().loc[generalists[generalists == 0].index].eq(12).all()


def test_weeks_have_peaks_in_the_morning_at_noon_after_work_and_before_deadlines() -> None:
    profiles, problems = profiles_of(small(11, 3).ledger("arrivals"))
    assert problems == []
    for name, (usual, rush) in profiles.items():
        assert (usual.name, rush.name) == ("常日", "期限前")
        assert usual.weeks + rush.weeks == 52
        assert rush.people == pytest.approx(5 * usual.people, rel=0.05)
        hours = usual.rate.reshape(7, 24, 4).sum(axis=2)
        workday = hours[:5].mean(axis=0)
        assert workday[9] > 1.2 * workday[11]
        if name == "新区":
            assert workday[12] > workday[13]
            assert workday[17] > workday[16]
        assert 0 < hours[5:].sum() < hours.sum() / 4
