"""The commands around ledgers: a new folder, sheets out, what comes back."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from tests import ledgers
from tests.command import called
from workbench.catalogue.sheets import title
from workbench.ground.district import District
from workbench.ground.manifest import SourceNote
from workbench.ground.sources import read_district, write_district


def test_new_says_what_it_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "map.osm"
    node = '<node id="1" version="1" lat="22.02" lon="134.95"><tag k="name" v="[清枫]社区居委会"/></node>'
    path.write_text(f"<osm version='0.6'>{node}</osm>", encoding="utf-8")
    code, out, _ = called(monkeypatch, capsys, "new", str(tmp_path / "qf"), "--from-osm", str(path), "--name", "清枫区")
    assert code == 0
    assert "36 个台账模板" in out
    assert "小区 0 处、建筑 0 座、像阵地的地方 1 处" in out
    assert "待核对  [清枫]社区居委会（名称含“居委会”）" in out
    assert "清枫区" in (tmp_path / "qf" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("words", [("new", "qf", "--from-osm", "没有.osm"), ("ledger", "merge", "qf", "没有.osm")])
def test_a_file_that_is_not_there_is_said_in_chinese(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = called(monkeypatch, capsys, *words)
    assert (code, "没有.osm: 没有这个文件" in err) == (2, True)
    assert not list(tmp_path.iterdir())


def test_sheets_go_out_and_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ground, sheets = tmp_path / "ground", tmp_path / "out"
    write_district(ledgers.district(rooms=ledgers.rooms({}, {})), ground)
    code, out, _ = called(monkeypatch, capsys, "ledger", "out", str(ground), "--out", str(sheets), "--table", "rooms")
    path = sheets / f"{title('rooms')}.xlsx"
    assert (code, out.strip()) == (0, str(path))
    book = openpyxl.load_workbook(path)
    book.worksheets[0]["G2"].value = 21
    book.save(path)
    call = ("ledger", "merge", str(ground), str(path))
    page = ground / "ground.html"
    page.write_text("stale", encoding="utf-8")
    code, out, _ = called(monkeypatch, capsys, *call, "--dry-run")
    assert (code, "已改 1 处；没有写入" in out) == (0, True)
    assert page.read_text(encoding="utf-8") == "stale"
    assert read_district(ground).tables["rooms"]["capacity"].tolist() == [20, 20]
    code, out, _ = called(monkeypatch, capsys, *call)
    assert "第 2 行 R1 “容纳人数”：“20” → “21”" in out
    assert "已改 1 处；已写入并封存 rooms" in out
    assert read_district(ground).tables["rooms"]["capacity"].tolist() == [21, 20]
    code, out, _ = called(monkeypatch, capsys, *call)
    assert (code, "没有改动；没有写入" in out) == (0, True)
    assert "cells changed" in page.read_text(encoding="utf-8")  # drawn anew, with what the merge did


def test_identifiers_that_shift_with_the_rows_are_said_when_sheets_go_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ground = tmp_path / "ground"
    district = ledgers.district(rooms=ledgers.rooms({}, {}))
    note = SourceNote(layer="rooms", source="a", licence="b", date="2026", guessed=("表中没有编号列：按行序编号",))
    write_district(
        District.from_tables(district.manifest.model_copy(update={"sources": (note,)}), district.tables), ground
    )
    _, out, _ = called(monkeypatch, capsys, "ledger", "out", str(ground), "--out", str(tmp_path / "out"))
    assert "注意：功能室台账的编号是导入时按行号编的" in out
