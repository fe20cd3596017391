"""The catalogue of functions: what comes with the workbench, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ground.grounds import embedded
from workbench.catalogue.functions import catalogue, parts_of, read_catalogue
from workbench.catalogue.scenes import catalogue as scenes
from workbench.errors import ScenarioError

_GOOD = """
note: n
equipment: {tables: {label: 桌, label_en: tables}}
functions: {reading: {label: 阅览, label_en: reading, noise: quiet}}
rooms: {阅览室: {use: resident, hosts: [reading]}}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "functions.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_rules_of_the_issue_are_in_it() -> None:
    known = catalogue()
    assert {known[k].highest_storey for k in ("elder_games", "day_care", "canteen")} == {1}
    assert {known[k].highest_storey for k in ("picture_books", "homework_care", "child_play")} == {2}
    assert known["study"].wants_quiet
    assert known["dance"].noise == "loud"
    assert set(known["canteen"].needs) == {"water", "power"}
    assert known["reading"].shares == known["study"].shares != ""
    assert known["mediation"].needs == ("private",)
    assert known["canteen"].cooks
    assert known["canteen"].equipment == ("cooker",)
    assert all(known[k].no_fire_beside for k in ("day_care", "child_play", "picture_books", "homework_care"))


def test_every_word_for_a_room_in_the_embedded_district_is_known() -> None:
    rooms = embedded().ledger("rooms")
    assert set(rooms["function"]) | set(rooms["sign"]) <= set(catalogue().rooms)


def test_a_word_that_is_not_known_hosts_nothing_and_is_for_residents() -> None:
    assert (catalogue().use_of("茶室"), catalogue().hosts("茶室")) == ("resident", ())
    assert (catalogue().use_of("办公室"), catalogue().hosts("棋牌室")) == ("office", ("elder_games",))


def test_a_room_that_hosts_an_unknown_function_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, _GOOD.replace("hosts: [reading]", "hosts: [readin]"))
    with pytest.raises(
        ScenarioError, match=r"key rooms.阅览室.hosts: the function is not known.*Did you mean reading\?"
    ):
        read_catalogue(path)


def test_every_function_that_makes_a_scene_is_known() -> None:
    assert {name for scene in scenes().values() for name in scene.sessions.functions} <= set(catalogue())


def test_equipment_of_a_function_has_to_be_known(tmp_path: Path) -> None:
    text = _GOOD.replace("noise: quiet}", "noise: quiet, equipment: [tabels]}")
    with pytest.raises(ScenarioError) as refused:
        read_catalogue(written(tmp_path, text))
    assert [(p.key, p.mend) for p in refused.value.problems] == [
        ("functions.reading.equipment", "Did you mean tables?"),
    ]


def test_a_noise_that_is_not_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="key functions.reading.noise"):
        read_catalogue(written(tmp_path, _GOOD.replace("noise: quiet", "noise: silent")))


def test_parts_are_split_at_both_semicolons() -> None:
    assert parts_of("a; b；c;") == ("a", "b", "c")
    assert parts_of(None) == parts_of(float("nan")) == ()


def test_every_function_has_a_colour_of_its_own_that_black_type_stands_out_on(tmp_path: Path) -> None:
    known = catalogue()
    colours = [known.colour_of(function) for function in known]
    assert len(set(colours)) == len(known)
    light = [0.299 * int(c[1:3], 16) + 0.587 * int(c[3:5], 16) + 0.114 * int(c[5:7], 16) for c in colours]
    assert min(light) > 160
    bare = read_catalogue(written(tmp_path, _GOOD))
    assert bare.colour_of("reading") not in colours
    with pytest.raises(ScenarioError, match=r"key colours: the function is not known.*Did you mean reading\?"):
        read_catalogue(written(tmp_path, _GOOD + 'colours: {readin: "#ffffff"}\n'))
