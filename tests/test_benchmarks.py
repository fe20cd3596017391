"""The benchmarks run, and their page keeps what it is not told to replace. Nothing here looks at a time."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import page
from benchmarks.__main__ import main
from benchmarks.clock import Row
from benchmarks.edits import edits
from benchmarks.goals import Goal, behind, judged, noted, proven, seconds
from benchmarks.grounds import Ground, grid
from benchmarks.room_peer import weighted
from benchmarks.sections import SECTIONS, Section
from benchmarks.whatif import edits_timed
from tests import pocket
from tests.depth import draws
from tests.rooms.cases import drawn
from workbench.coverage import assess_coverage
from workbench.rooms import plan_centre
from workbench.rooms.check import faults, objectives
from workbench.solving import Status

README = Path(__file__).parents[1] / "benchmarks" / "README.md"


def test_edits_of_a_small_ground_are_exact() -> None:
    rows = list(edits(grid(2_500), 60, 400.0))
    assert [row.contender for row in rows] == ["kernel alone: add, and take back"]
    assert all(row.equal for row in rows)


def test_edits_of_a_pocket_are_those_of_a_new_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.clock.gc.collect", int)  # dear among all that thousands of tests have left behind
    rows = list(edits_timed(assess_coverage(pocket.district(), pocket.scenario()), 1, 1))
    kinds = ["station opened", "station moved", "station closed", "hours changed", "gate opened", "gate closed"]
    assert list(dict.fromkeys(row.task.split(",")[0] for row in rows)) == kinds
    assert {row.equal for row in rows} == {True, None}


def test_a_ground_without_loops_and_with_the_shortest_of_parallel_edges() -> None:
    edges = np.array([[2, 1], [1, 1], [0, 1], [1, 0], [1, 2]])
    ground = Ground(np.zeros((3, 2)), edges, np.array([5.0, 1.0, 3.0, 2.0, 6.0]))
    assert ground.simple.edges.tolist() == [[2, 1], [1, 0]]
    assert ground.simple.length_m.tolist() == [5.0, 2.0]


ROWS = [
    Row("reach, small", "**ours**", 0.002, 1.0, note="12 bytes a pair, IoU 0.98"),
    Row("reach, small", "theirs", 0.02, 10.0),
    Row("reach, big", "theirs", 0.06, 8.0),
    Row("reach, big", "floor", 0.001, 0.5),
    Row("plan, easy", "**ours**", 2.0, 1.0, note="0.000 % gap"),
    Row("plan, hard", "**ours**", 3.0, 1.0, note="0.042 % gap"),
    Row("reach, big", "from nothing, anew", 9.0),
]


@pytest.mark.parametrize(
    ("goal", "verdict"),
    [
        (Goal("g", "s", "reach", "theirs", 8), "| 8 | met |"),
        (Goal("g", "s", "reach", "theirs", 9), "| 8 | **missed** |"),
        (Goal("g", "s", "reach, small", "theirs", 9), "| 10 | met |"),
        (Goal("g", "s", "reach", "floor", 2, behind, at_most=True), "| 2 | met |"),
        (Goal("g", "s", "reach", "", 0.05, seconds, at_most=True), "| 60 ms | **missed** |"),
        (Goal("g", "s", "reach", "**", 12, noted("bytes a pair"), at_most=True), "| 12 | met |"),
        (Goal("g", "s", "reach", "**", 0.99, noted("IoU")), "| 0.98 | **missed** |"),
        (Goal("g", "s", "plan, easy", "**", 60, proven, at_most=True), "| 2 s | met |"),
        (Goal("g", "s", "plan", "**", 60, proven, at_most=True), "| not proven | **missed** |"),
        (Goal("g", "s", "nearest", "theirs", 8), "|  | not measured |"),
    ],
)
def test_goals_are_held_against_the_worst_row(goal: Goal, verdict: str) -> None:
    assert judged([goal], ROWS).splitlines()[-1] == f"| g | s {verdict}"


def test_a_section_replaces_itself_and_nothing_else() -> None:
    whole = page.merged(page.merged("# By hand\n", "a", "first"), "b", "second")
    changed = page.merged(whole, "a", "third")
    assert changed == whole.replace("first", "third")
    assert changed.startswith("# By hand\n\n<!-- begin a -->\nthird\n<!-- end a -->")
    with pytest.raises(ValueError, match="only one of <!-- begin a -->"):
        page.merged("<!-- begin a -->", "a", "fourth")


def test_the_command_line_runs_what_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for key in ("reach", "edits"):
        section = Section(key.title(), "About it.", lambda quick: iter(ROWS[:2]), ())
        monkeypatch.setitem(SECTIONS, key, section)
    out, store = tmp_path / "page.md", tmp_path / "rows.json"
    out.write_text("# By hand\n", encoding="utf-8")
    for key in ("reach", "edits"):
        main(["--quick", "--only", key, "--out", str(out), "--json", str(store)])
    text = out.read_text(encoding="utf-8")
    assert text.startswith("# By hand\n")
    assert text.index("## Reach") < text.index("## Edits")
    assert text.count("| reach, small | theirs | 20.0 | 10.00 |") == 2
    assert "quick sizes" in text
    known = json.loads(store.read_text(encoding="utf-8"))
    assert [row["ratio"] for row in known["reach"]["rows"]] == [1.0, 10.0]
    assert list(known) == ["reach", "edits"]
    with pytest.raises(SystemExit):
        main(["--only", "reach,walls"])
    assert "no section walls: there are reach, nearest, edits, places, areas, whatif" in capsys.readouterr().err


def test_the_page_has_a_place_for_every_section() -> None:
    text = README.read_text(encoding="utf-8")
    for key in SECTIONS:
        assert f"<!-- begin {key} -->" in text
        assert f"<!-- end {key} -->" in text


@pytest.mark.parametrize("seed", range(draws(12)))
def test_the_peer_of_the_rooms_keeps_the_same_rules(seed: int) -> None:
    """Its first stage has by far the largest weight, so that it agrees with ours."""
    small = drawn(seed)
    found, status = weighted(small, 5.0)
    ours = plan_centre(small)
    assert (found is None) == (ours.timetable is None)
    if found is not None:
        assert status is Status.OPTIMAL
        assert faults(small, found) == []
        assert objectives(small, found)["need_1"] == ours.stages[0].value
