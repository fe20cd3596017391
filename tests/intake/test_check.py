"""``workbench ledger check``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import called
from tests.intake.sheets import HEAD, ROWS, book


def test_a_ledger_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = book(tmp_path / "[red]阵地.xlsx", [HEAD, *ROWS, ("s3", "丙", "c", 1, 2, "约300", "看情况")])
    code, out, _ = called(monkeypatch, capsys, "ledger", "check", str(path), "--out", str(tmp_path / "out"))
    assert code == 0
    assert "[red]阵地.xlsx · 工作表“阵地” · 读作阵地台账（stations）" in out
    assert "floor_area_m2" in out
    assert "未能读取（1 处）" in out
    assert (tmp_path / "out" / "[red]阵地-检查.xlsx").is_file()


def test_a_ledger_without_a_row_ends_as_bad_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = book(tmp_path / "a.xlsx", [HEAD, ("示例", "x")])
    code, out, _ = called(monkeypatch, capsys, "ledger", "check", str(path), "--as", "stations", "--sheet", "阵地")
    assert code == 2
    assert "1 行一行也没有采用" in out
    code, _, err = called(monkeypatch, capsys, "ledger", "check", str(tmp_path / "b.xlsx"))
    assert (code, "没有这个文件" in err) == (2, True)
