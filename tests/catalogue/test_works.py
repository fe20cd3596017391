"""Kinds of works: what comes with the workbench, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.catalogue.functions import catalogue, read_catalogue
from workbench.errors import ScenarioError

_GOOD = """
note: n
equipment: {tables: {label: 桌, label_en: tables}}
functions: {}
rooms: {}
works:
  add_tables: {label: 配桌, label_en: tables, gives: equipment, item: tables, per_room: 10, per_m2: 1, days: 2}
  quiet: {label: 隔声, label_en: walls, gives: sound, item: loud, per_room: 10, days: 2}
  water: {label: 水, label_en: water, gives: water, per_room: 10, days: 2}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "functions.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_piece_of_equipment_and_everything_else_a_room_may_lack_can_be_had() -> None:
    known = catalogue()
    given = {(work.gives, work.item) for work in known.works.values()}
    assert {item for gives, item in given if gives == "equipment"} == set(known.equipment)
    assert given >= {
        ("water", ""),
        ("power", ""),
        ("private", ""),
        ("join", ""),
        ("sound", "ordinary"),
        ("sound", "loud"),
    }
    assert len(given) == len(known.works)


def test_better_walls_cost_more_whatever_the_room() -> None:
    some, most = catalogue().works["insulation"], catalogue().works["soundproofing"]
    assert (some.per_room, some.per_m2, some.days) < (most.per_room, most.per_m2, most.days)


def test_costs_are_read(tmp_path: Path) -> None:
    works = read_catalogue(written(tmp_path, _GOOD)).works
    assert [(w.gives, w.item, w.per_room, w.per_m2, w.days) for w in works.values()] == [
        ("equipment", "tables", 10, 1, 2),
        ("sound", "loud", 10, 0, 2),
        ("water", "", 10, 0, 2),
    ]


def test_works_that_give_what_there_is_not_are_refused_all_at_once(tmp_path: Path) -> None:
    text = _GOOD.replace("item: tables", "item: tabels").replace("item: loud", "item: quiet")
    text = text.replace("gives: water,", "gives: water, item: tap,")
    with pytest.raises(ScenarioError) as caught:
        read_catalogue(written(tmp_path, text))
    told = [(p.key, p.what, p.expected) for p in caught.value.problems]
    assert told == [
        ("works.add_tables.item", "the work gives equipment that there is not", "one of tables"),
        ("works.quiet.item", "the work gives sound that there is not", "one of ordinary, loud"),
        ("works.water.item", "the work gives water that there is not", "no item"),
    ]
    assert "Did you mean tables?" in str(caught.value)


@pytest.mark.parametrize(
    ("right", "wrong"), [("gives: water", "gives: walter"), ("days: 2", "days: 0"), ("per_m2: 1", "per_m2: -1")]
)
def test_a_work_that_does_not_fit_the_model_is_refused(right: str, wrong: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="key works"):
        read_catalogue(written(tmp_path, _GOOD.replace(right, wrong)))


def test_a_catalogue_without_works_offers_none(tmp_path: Path) -> None:
    assert dict(read_catalogue(written(tmp_path, _GOOD.split("works:", maxsplit=1)[0])).works) == {}
