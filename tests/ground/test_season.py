"""The fictional season: likes that are counted, and nobody behind them."""

from __future__ import annotations

import datetime as dt

from tests.ground.grounds import small


def test_some_stations_broadcast_in_the_weeks_before_the_date() -> None:
    made = small(7, 6)
    likes, day = made.ledger("likes"), made.manifest.day
    assert day is not None
    assert len(likes)
    assert set(likes.columns) == {"id", "station", "date", "type", "views", "likes"}
    assert likes["station"].nunique() < len(made.stations)
    dates = [dt.date.fromisoformat(text) for text in likes["date"]]
    assert dates == sorted(dates)
    assert day - dt.timedelta(105) <= dates[0] <= dates[-1] < day
    known = likes.dropna(subset=["views"])
    assert (known["likes"] > known["views"]).any()  # taps, not people
