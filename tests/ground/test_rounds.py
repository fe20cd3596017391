"""The fictional trades that go round: where they are wanted, who goes, and when nobody does."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.ground.grounds import small
from workbench.ground.district import District


@pytest.fixture(scope="module")
def made() -> District:
    return small(7, 6)


def test_every_community_centre_wants_every_trade(made: District) -> None:
    stations = made.stations
    centres = set(stations.loc[stations["kind"] == "community_centre", "id"])
    for _, stops in made.ledger("stops").groupby("trade"):
        assert centres <= set(stops["station"])
        assert stops["station"].is_unique


def test_every_trade_has_a_crew(made: District) -> None:
    assert set(made.ledger("crews")["trade"]) == set(made.ledger("trades")["id"])


def test_days_off_lie_in_the_weeks_after_the_date(made: District) -> None:
    first = made.manifest.day
    assert first is not None
    for row in made.ledger("blackouts").to_dict("records"):
        begin, end = (dt.date.fromisoformat(row[name]) for name in ("first", "last"))
        assert first < begin <= end <= first + dt.timedelta(35)


def test_advisers_could_take_on_all_communities(made: District) -> None:
    advisers = made.ledger("advisers")
    assert advisers["most"].sum() >= len(made.communities)
    last = [one for text in advisers["last_year"].dropna() for one in text.split(";")]
    assert len(last) == len(set(last))
    assert set(last) <= set(made.communities["id"])
