"""The sections of a scenario on linked centres and on events: what they take, and what they refuse in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.errors import ScenarioError, StandardError
from workbench.scenario import Scenario, load_scenario


def loaded(folder: Path, text: str) -> Scenario:
    path = folder / "s.yaml"
    path.write_text(f"name: s\nrooms: {{plan: true, {text}}}\n", encoding="utf-8")
    return load_scenario(path)


def test_nothing_moves_and_nothing_happens_unless_it_is_said(tmp_path: Path) -> None:
    rooms = loaded(tmp_path, "").rooms
    assert (rooms.linking, rooms.events) == (None, None)


def test_the_limit_is_a_standard(tmp_path: Path) -> None:
    scenario = loaded(tmp_path, "linking: {}")
    assert scenario.rooms.linking is not None
    assert scenario.standard(scenario.rooms.linking.limit) == 10
    with pytest.raises(StandardError, match="key rooms.linking.limit: the standard has the wrong unit"):
        loaded(tmp_path, "linking: {limit: pace.adult}")


def test_events_are_read(tmp_path: Path) -> None:
    text = "events: {rooms_closed: [{room: r1, hours: 'Tu,We'}, {room: r2}], called_off: [v1], station_hours: {s1: 'Mo 09:00-12:00'}}"
    events = loaded(tmp_path, text).rooms.events
    assert events is not None
    assert [(c.room, c.hours) for c in events.rooms_closed] == [("r1", "Tu,We"), ("r2", None)]
    assert (events.called_off, events.station_hours, events.added) == (("v1",), {"s1": "Mo 09:00-12:00"}, ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("linking: {limit: 10}", "key rooms.linking.limit: the value does not fit; expected the key of a standard"),
        ("linking: {priorities: []}", "key rooms.linking.priorities"),
        ("linking: {priorities: [4]}", "key rooms.linking.priorities.0: the value does not fit; expected less than or equal to 3; found 4"),
        ("linking: {organisers: fly}", "key rooms.linking.organisers: the value does not fit; expected 'along', 'local' or 'stay'; found 'fly'"),
        ("linking: {rooms_kept: -1}", "key rooms.linking.rooms_kept: the value does not fit; expected greater than or equal to 0"),
        ("linking: {far: 1}", "key rooms.linking.far: the key is not known"),
        ("events: {rooms_closed: [{hours: Mo}]}", "key rooms.events.rooms_closed.0.room"),
        ("events: {rooms_closed: [{room: r1, hours: 'Mo 25:00'}]}", "key rooms.events.rooms_closed.0.hours"),
        ("events: {station_hours: {s1: never}}", "key rooms.events.station_hours.s1"),
        ("events: {closed: []}", "key rooms.events.closed: the key is not known"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        loaded(tmp_path, text)
    assert said in str(refused.value)
