"""The catalogue of scenes: sixteen, every word known; what it says when a file is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.calendars import Calendar
from workbench.catalogue.scenes import catalogue, read_catalogue
from workbench.errors import ScenarioError, UnknownKeyError
from workbench.scenario import load_scenario

BASELINE = Path(__file__).parents[2] / "scenarios" / "baseline.yaml"

HEAD = """
note: 试
services: {counter: {label: 窗, label_en: counter}, reading: {label: 阅, label_en: reading}}
spaces: {H: {label: 厅, label_en: hall}}
audiences: {everyone: {label: 全体, label_en: everyone}}
scenes:
"""

SCENE = """
  {key}:
    label: 甲
    short: 甲
    label_en: one
    audience: [{audience}]
    window: {window}
    services: {services}
    spaces: [{space}]
    conflicts: [{conflicts}]
    indicator: 无
"""

FINE = {
    "key": "a",
    "audience": "everyone",
    "window": "Mo-Fr 09:00-17:00",
    "services": "{all_of: [counter]}",
    "space": "H",
    "conflicts": "",
}


def written(folder: Path, *scenes: dict[str, str]) -> Path:
    path = folder / "scenes.yaml"
    path.write_text(HEAD + "".join(SCENE.format(**{**FINE, **scene}) for scene in scenes), encoding="utf-8")
    return path


def refusal(folder: Path, *scenes: dict[str, str]) -> str:
    with pytest.raises(ScenarioError) as caught:
        read_catalogue(written(folder, *scenes))
    return str(caught.value)


def test_there_are_sixteen_and_it_says_that_the_list_is_a_proposal() -> None:
    assert len(catalogue()) == 16
    assert "非官方" in catalogue().note


def test_names_that_the_speech_gives_are_kept() -> None:
    labels = {scene.label for scene in catalogue().values()}
    assert {"亲子绘本馆", "老少颐惠园", "益启学习吧", "“7点开元”青年夜校"} <= labels
    speech = [scene for scene in catalogue().values() if scene.speech]
    assert catalogue()["lunch_counter"].speech == ""
    assert 10 < len(speech) < 16


def test_short_names_can_be_told_apart() -> None:
    assert len({scene.short for scene in catalogue().values()}) == 16


def test_what_a_scene_takes() -> None:
    books = catalogue()["picture_books"]
    assert books.offered_by({"reading", "child_corner"})
    assert books.offered_by({"reading", "storytelling", "counter"})
    assert not books.offered_by({"reading"})
    assert not books.offered_by({"child_corner"})
    assert catalogue()["night_school"].offered_by({"night_school"})
    assert not catalogue()["riders_post"].offered_by({"rest", "water"})
    assert not any(scene.offered_by(()) for scene in catalogue().values())


@pytest.mark.parametrize(
    ("function", "group", "day", "hour", "minutes", "held"),
    [
        ("craft", "young_mothers", 0, 9.0, 90, {"craft_orders"}),
        ("craft", "young_mothers", 0, 11.0, 90, set()),  # the hours of fetching children
        ("craft", "children", 5, 9.0, 90, set()),  # no order class, and no night school
        ("craft", "youth", 0, 19.0, 120, {"night_school"}),
        ("craft", "youth", 0, 17.5, 120, set()),  # half an hour of two lies in the evening
        ("music", "youth", 4, 19.0, 90, {"night_school"}),
        ("music", "elders", 0, 9.0, 90, {"lectures_and_festivals"}),
        ("elder_health", "elders", 0, 9.0, 60, {"elder_garden"}),
        ("elder_health", "everyone", 4, 19.0, 120, {"tcm_night_market"}),
        ("elder_health", "everyone", 3, 19.0, 120, set()),  # the night market is on Friday and Saturday
        ("homework_care", "children", 0, 15.5, 90, {"after_school"}),
        ("child_play", "children", 6, 16.0, 90, set()),  # no school on Sunday
        ("reading", "everyone", 6, 23.5, 60, set()),  # the week ends at midnight
        ("meeting", "everyone", 0, 9.0, 60, set()),
    ],
)
def test_a_session_is_a_scene_by_function_group_and_hour(
    function: str, group: str, day: int, hour: float, minutes: int, held: set[str]
) -> None:
    start = np.array([day * 1440 + int(60 * hour)])
    assert {key for key, scene in catalogue().items() if scene.held_by(function, group, start, minutes)[0]} == held


def test_every_window_is_open_as_the_field_says() -> None:
    week = Calendar.ordinary()
    hours = {key: week.open_minutes(scene.window).sum() / 60 for key, scene in catalogue().items()}
    assert hours["night_school"] == 5 * 2
    assert hours["weekend_counter"] == 2 * 8
    assert hours["riders_post"] == 7 * 12
    assert min(hours.values()) > 0


def test_what_the_groups_of_the_baseline_need_is_meant_for_them() -> None:
    scenario = load_scenario(BASELINE)
    focus = scenario.focus
    assert {"office_workers", "elders", "children", "youth", "gig_workers", "young_mothers"} <= set(focus)
    for name, group in focus.items():
        audience = "elders" if name == "wheelchair_elders" else name
        for key in group.needs:
            assert {audience, "everyone"} & set(catalogue()[key].audience), (name, key)
        assert "【推】" in group.share_basis if group.assumed else not group.share_basis
    needed = {key for group in focus.values() for key in group.needs}
    assert needed == set(catalogue())


def test_an_unknown_service_names_file_scene_service_and_what_comes_close(tmp_path: Path) -> None:
    message = refusal(tmp_path, {"services": "{all_of: [countr], any_of: [reading]}"})
    assert "scenes.yaml, key scenes.a.services.all_of: the service is not known" in message
    assert "one of counter, reading; found countr. Did you mean counter?" in message


def test_all_problems_of_a_catalogue_at_once(tmp_path: Path) -> None:
    bad = {"audience": "nobody", "window": "Mo-Fr 9-99", "services": "{}", "space": "X", "conflicts": "b, c"}
    message = refusal(tmp_path, bad, {"key": "b"})
    assert "6 problems" in message
    for part in (
        "key scenes.a.audience: the audience is not known",
        "key scenes.a.spaces: the space is not known",
        "key scenes.a.conflicts: the scene is not known; expected one of a, b; found c",
        "key scenes.a.conflicts: a conflict is told of one side only; found b. Name a there.",
        "key scenes.a.services: the scene needs no service",
        "key scenes.a.window: the window does not parse",
    ):
        assert part in message


@pytest.mark.parametrize("window", ["off", "Mo-Fr unknown"])
def test_a_window_that_is_never_open(tmp_path: Path, window: str) -> None:
    assert "the window is never open" in refusal(tmp_path, {"window": window})


def test_a_key_that_no_scene_has(tmp_path: Path) -> None:
    path = written(tmp_path, {})
    path.write_text(path.read_text(encoding="utf-8") + "    colour: red\n", encoding="utf-8")
    with pytest.raises(UnknownKeyError, match=r"key scenes\.a\.colour: the key is not known"):
        read_catalogue(path)
