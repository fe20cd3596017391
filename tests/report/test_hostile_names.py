"""Names that some writer could take for something else: a whole run writes them as they are."""

from __future__ import annotations

import io
import json
import sqlite3
from pathlib import Path
from xml.parsers import expat

import icalendar
import openpyxl
import pytest
from rich.console import Console

from tests import pocket
from tests.ledgers import activities, rooms
from workbench.catalogue.terms import BREAKS, UNPRINTABLE, printable
from workbench.errors import GeodataError
from workbench.ground.district import District
from workbench.ground.sources import write_district
from workbench.plot import study_figures
from workbench.report import print_indicators, print_kpis, print_results, write_run
from workbench.report.timetables import write_timetables
from workbench.rooms import timetable_rooms
from workbench.study import run_study

NAMES = (
    r"$\badcmd$", "[/]", "[link=http://example.org]点[/link]", "=1+1", '<b>&"x"</b>', "a;b,c:d", "%s {0}", "http://example.org/?a=1",
    "'quoted'", "-- ]]>", "back\\", "$$", "_{x}^2", "../甲", "CON", "很长" * 40,
)  # fmt: skip
TITLE = r"[/] $\frac{1}{2}$ 'title' <&>"


def ground() -> District:
    """The pocket district with these names for stations, compounds, communities and activities, and in the manifest."""
    tables = {
        "stations": pocket.stations().assign(name=[r"$\badcmd$ [/]", "[link=http://example.org]点[/link]"]),
        "compounds": pocket.compounds().assign(name="[/bold] $x"),
        "communities": pocket.communities().assign(name=["=1+1", "$_$"], subdistrict="<i>[/]"),
        "rooms": rooms({"id": "R[1]", "opening_hours": "24/7"}, {"opening_hours": "24/7"}),
        "activities": activities(*({"name": name} for name in NAMES)),
    }
    manifest = pocket.MANIFEST.model_copy(update={"name": r"袖珍区 [/] $\x$", "source": "[/] $\\y$"})
    return District.from_tables(manifest, {**pocket.tables(), **tables})


def test_a_whole_run_writes_them_as_they_are(tmp_path: Path) -> None:
    said = pocket.scenario(title=TITLE, rooms={"plan": True})
    write_district(ground(), tmp_path / "district")
    study = run_study(said, tmp_path / "district")
    folder = write_run(tmp_path / "run", study.district, said, study, draw=study_figures(study))
    cells = _cells(folder / "timetables.xlsx") | _cells(folder / "tables.xlsx")
    assert set(NAMES) <= {line for cell in cells for line in cell.split("\n")}
    events = [e for p in (folder / "calendars").iterdir() for e in icalendar.Calendar.from_ical(p.read_bytes()).events]
    assert {str(event["SUMMARY"]) for event in events} == set(NAMES)
    with sqlite3.connect(folder / "layers.gpkg") as base:
        names = {row[0] for row in base.execute("SELECT name FROM rooms_by_station")}
    assert names == {r"$\badcmd$ [/]"}
    assert json.loads((folder / "run.json").read_text(encoding="utf-8"))["scenario"]["title"] == TITLE
    for path in (folder / "figures").glob("*.svg"):
        expat.ParserCreate().Parse(path.read_bytes(), True)
    assert len(list((folder / "figures").iterdir())) > 5
    shown = _printed(study, f"{study.district.manifest.name} · {TITLE}")
    assert TITLE in shown
    assert "\x1b]8" not in shown, "no link on the terminal"


def _cells(path: Path) -> set[str]:
    book = openpyxl.load_workbook(path)
    return {str(cell.value) for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value}


def _printed(study: object, title: str) -> str:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, color_system=None, width=200)
    print_results(console, study.parts, title)  # type: ignore[attr-defined]
    print_kpis(console, study.coverage.kpis(), title)  # type: ignore[attr-defined]
    print_indicators(console, study.appraisal, title)  # type: ignore[attr-defined]
    return stream.getvalue()


@pytest.mark.parametrize("sign", ["\x00", "\x07", "\x1b[31m", "\x9b", "\u202e", "\ufeff", "\ud800"])
def test_signs_that_are_no_text_stop_at_the_gate(sign: str) -> None:
    stations = pocket.stations().assign(name=["东中心", f"西{sign}驿家"])
    with pytest.raises(GeodataError, match="stations, row S2, column name: the text holds control characters"):
        pocket.district(stations=stations)


def test_a_break_of_lines_in_a_cell_is_a_blank() -> None:
    stations = pocket.stations().assign(name=["东\r\n中心", "西\t驿家\u2028"])
    assert list(pocket.district(stations=stations).stations["name"]) == ["东 中心", "西 驿家"]


def test_what_can_be_printed_is_left_as_it_is() -> None:
    every = "".join(sign for sign in map(chr, range(0x20000)) if sign.isprintable())
    assert BREAKS.sub(" ", UNPRINTABLE.sub("\ufffd", every)) == printable(every) == every
    assert printable("东\n中\x07心\u2028") == "东 中\ufffd心 "
    assert printable("东\n中\x07心", lines=True) == "东\n中\ufffd心"


def test_what_comes_past_the_gate_is_written_too(tmp_path: Path) -> None:
    """A catalogue or scenario made in Python may hold any sign; no writer stumbles over it."""
    ground = pocket.district(rooms=rooms({}), activities=activities({}))
    result = timetable_rooms(ground, pocket.scenario(rooms={"plan": True}))
    result.activities["name"] = "议\x07事"
    write_timetables(tmp_path / "t.xlsx", result, ["\x1b[31m"])
    assert "议\ufffd事" in "".join(_cells(tmp_path / "t.xlsx"))
