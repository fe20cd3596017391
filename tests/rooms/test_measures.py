"""Frequency, occupancy, utilisation and space, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.rooms.cases import NINE, activity, centre, room
from workbench.rooms import Session, Timetable
from workbench.rooms.week import use_of


def test_frequency_times_occupancy_is_utilisation() -> None:
    """R1 is open four quarters and used for one and two of them by 5 and 8 of ten; R2 never; R3 is never open."""
    small = centre(
        [room("R1"), room("R2"), room("R3", open=np.zeros(672, bool))],
        [activity("A1"), activity("A2", length=2, attendance=8, clear=1, function="study", group="youth")],
    )
    use = use_of(small, Timetable((Session(0, NINE, 0), Session(1, NINE + 1, 0))))
    assert use.used.tolist() == [3, 0, 0]
    assert use.frequency.tolist()[:2] == [0.75, 0.0]
    assert np.isnan(use.frequency[2])
    assert use.occupancy[0] == pytest.approx((5 + 16) / 30)
    assert use.utilisation.tolist()[:2] == pytest.approx([0.75 * 0.7, 0.0])
    assert use.functions == (("meeting", "study"), (), ())
    assert use.at_once.max() == 1
    assert use.space == {"everyone": 20 * 0.25, "youth": 20 * 0.5}


def test_joined_rooms_share_their_people_by_seats() -> None:
    small = centre([room("R1"), room("R2", capacity=30)], [activity(attendance=36)], joins=((0, 1),))
    use = use_of(small, Timetable((Session(0, NINE, 2),)))
    assert use.people.tolist() == [9.0, 27.0]
    assert use.occupancy.tolist() == [0.9, 0.9]
    assert use.space == {"everyone": 10.0}
    assert use.at_once.max() == 2


def test_a_shared_room_is_used_once_and_filled_by_both() -> None:
    readers = [activity("A1", shares="desks"), activity("A2", shares="desks", attendance=4)]
    use = use_of(centre([room()], readers), Timetable((Session(0, NINE, 0), Session(1, NINE, 0))))
    assert use.used.tolist() == [1]
    assert use.occupancy.tolist() == [0.9]
