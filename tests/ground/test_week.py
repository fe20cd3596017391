"""The week of the embedded district: of the right size, plausible, and today's bookings as they claim to be."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.ground.grounds import EMBEDDED, embedded, small
from workbench.catalogue.functions import catalogue, day_start, week_minutes
from workbench.ground.synthetic.week import KINDS, starts, write_week
from workbench.hours import WEEKDAYS


def test_the_week_has_the_size_of_the_issue() -> None:
    district = embedded()
    activities = district.ledger("activities")
    assert len(activities) == 600
    assert activities.groupby("station").size().between(10, 30).all()
    assert set(activities["station"]) == set(district.ledger("rooms")["station"])
    assert sum(path.stat().st_size for path in EMBEDDED.glob("*.csv")) < 400_000


def test_rooms_stay_as_they_were_and_gain_supply_use_and_neighbours() -> None:
    rooms = embedded().ledger("rooms").set_index("id")
    assert rooms.loc["r002", ["sign", "area_m2", "capacity", "merges_with"]].tolist() == [
        "图书阅览室",
        66.0,
        25,
        "r003",
    ]
    assert rooms.loc["r002", "neighbours"] == "r001;r003"
    assert set(rooms.query("use == 'office'")["function"]) == {"办公室", "档案室", "储物间"}


def test_today_one_room_has_one_function() -> None:
    district = embedded()
    rooms = district.ledger("rooms").set_index("id")
    activities = district.ledger("activities").set_index("id")
    bookings = district.ledger("bookings")
    assert 0.4 < len(bookings) / activities["sessions"].sum() < 0.7
    for row in bookings.to_dict("records"):
        function = activities.at[row["activity"], "function"]
        assert function in catalogue().hosts(str(rooms.at[row["room"], "function"]))


def test_today_no_room_and_no_organiser_is_taken_twice() -> None:
    district = embedded()
    stations, rooms = district.stations.set_index("id"), district.ledger("rooms").set_index("id")
    activities = district.ledger("activities").set_index("id")
    taken: dict[tuple[str, int], str] = {}
    for row in district.ledger("bookings").to_dict("records"):
        activity = activities.loc[row["activity"]]
        day, start = WEEKDAYS.index(row["day"]), day_start(row["start"])
        assert start is not None
        own = rooms.at[row["room"], "opening_hours"]
        hours = own if isinstance(own, str) else stations.at[activity["station"], "opening_hours"]
        minutes = range(
            int(start - activity["setup_min"]), int(start + activity["duration_min"] + activity["clear_min"])
        )
        assert week_minutes(str(hours))[day, list(minutes)].all()
        assert week_minutes(activity["windows"])[day, start : start + activity["duration_min"]].all()
        for minute in minutes:
            holders = [row["room"]] + ([activity["organiser"]] if isinstance(activity["organiser"], str) else [])
            for holder in holders:
                assert taken.setdefault((holder, day * 1440 + minute), row["id"]) == row["id"]


def _today() -> pd.DataFrame:
    """Return today's sessions with what they are and the minutes of the week they take."""
    district = embedded()
    table = district.ledger("bookings").merge(district.ledger("activities"), left_on="activity", right_on="id")
    clock = table["start"].map(day_start).astype(int)
    return table.assign(clock=clock, begin=table["day"].map(WEEKDAYS.index) * 1440 + clock)


def test_today_is_spread_over_the_days_and_reaches_into_the_evening() -> None:
    """No weekday has half as much again as another, weekends less but some; courses at night begin at seven."""
    today = _today()
    days = today["day"].value_counts()
    weekdays = days[list(WEEKDAYS[:5])]
    assert weekdays.max() < 1.5 * weekdays.min()
    assert weekdays.min() > days[["Sa", "Su"]].max() > days[["Sa", "Su"]].min() > 0.3 * weekdays.mean()
    night = today[today["name"].str.startswith("青年夜校")]
    assert len(night) >= 10
    assert (night["clock"] >= 19 * 60).all()
    elders = today[(today["group"] == "elders") & ~today["day"].isin(["Sa", "Su"])]
    assert (elders["clock"] < 12 * 60).mean() > 0.5


def test_today_some_rooms_are_busy_and_some_idle() -> None:
    """忙闲不均: the busiest tenth of the rooms for residents is used most of a working week, a third not at all."""
    rooms = embedded().ledger("rooms")
    today = _today()
    hours = (today["duration_min"] / 60).groupby(today["room"]).sum()
    of_residents = hours.reindex(rooms.loc[rooms["use"] == "resident", "id"]).fillna(0.0)
    assert of_residents.quantile(0.9) > 24
    assert 0.1 < (of_residents == 0).mean() < 0.4


def test_today_a_room_that_stands_open_counts_once() -> None:
    """Nothing stands open twice at one hour: a second of a kind is a class with people of its own."""
    activities = embedded().ledger("activities")
    standing = {kind.name for kind in KINDS if kind.standing}
    assert {"图书借阅（上午）", "健身开放（上午）"} <= standing
    held = activities[activities["name"].str.startswith(tuple(standing))]
    assert set(held["name"]) <= standing
    assert not held.duplicated(["station", "name"]).any()


def test_a_district_of_another_size_has_a_week_in_proportion() -> None:
    district = small(7, 3)
    assert len(district.ledger("activities")) == round(len(district.ledger("rooms")) * 600 / 156)
    assert isinstance(district.ledger("operators"), pd.DataFrame)


def test_starts_leave_room_for_the_whole_length() -> None:
    cells = np.array([[True, True, False, True, True, True]])
    assert starts(cells, 2).tolist() == [[True, False, False, True, True, False]]
    assert starts(cells, 4).sum() == 0


def test_a_week_can_ask_for_several_times_as_much() -> None:
    """The same kinds of activities, and no longer two of a kind at most; the ledgers still fit the district."""
    ground = embedded()
    once, thrice = (
        write_week(ground.stations, ground.ledger("rooms"), np.random.default_rng(5), fold=fold) for fold in (1, 3)
    )
    assert abs(len(thrice["activities"]) - 3 * len(once["activities"])) <= 2
    assert not thrice["activities"].duplicated(["station", "name"]).any()
    assert "（三）" in "".join(thrice["activities"]["name"])
    full = ground.with_ledgers(activities=thrice["activities"], bookings=thrice["bookings"])
    assert len(full.ledger("activities")) == len(thrice["activities"])
