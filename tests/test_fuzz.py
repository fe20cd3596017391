"""A few spoiled files of every format; ``make fuzz`` reads thousands."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests import fuzz, mutants
from tests.depth import draws

FEW = draws(12)


@pytest.mark.parametrize("name", mutants.FORMATS)
def test_spoiled_files_are_refused_in_words_or_read_right(name: str) -> None:
    outcomes = list(fuzz.work(name, range(FEW), seed=2026))
    assert [outcome for outcome in outcomes if outcome.kind in fuzz.BAD] == []
    assert {outcome.kind for outcome in outcomes} <= {"refused", "accepted"}


def test_a_mutant_can_be_made_again(tmp_path: Path) -> None:
    case = mutants.case("csv", tmp_path / "sound")
    spoiled = {mutants.spoiled((case.folder / "d.csv").read_bytes(), random.Random("1/csv/7")) for _ in range(3)}
    assert len(spoiled) == 1


def read_as(tmp_path: Path, read: object) -> fuzz.Outcome:
    """Judge a file that is not spoiled, read by a reader that is."""
    made = mutants.case("csv", tmp_path / "sound")
    return fuzz.judged(mutants.Case("csv", made.folder, lambda *_: None, read, made.plain), tmp_path, 1, 1)


def test_what_is_bad_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumbles(*_: object, **__: object) -> dict[str, int]:
        raise KeyError("x")

    def dawdles(*_: object, **__: object) -> dict[str, int]:
        begin = time.process_time()
        while time.process_time() < begin + 5:
            pass
        return {"demand": mutants.ROWS}

    def hoards(*_: object, **__: object) -> dict[str, int]:
        return {"demand": mutants.ROWS + len(bytearray(b"x") * 80_000_000) * 0}

    assert read_as(tmp_path / "a", lambda *_, **__: {"demand": mutants.ROWS}).kind == "accepted"
    assert read_as(tmp_path / "b", stumbles).kind == "traceback"
    lost = read_as(tmp_path / "c", lambda *_, **__: {"demand": 7})
    assert (lost.kind, lost.words) == ("loss", "demand: 9 held, 7 told")
    monkeypatch.setattr(fuzz, "MEGABYTES", -1)
    assert read_as(tmp_path / "d", hoards).kind in ("memory", "accepted")  # accepted where more was in use before
    monkeypatch.setattr(fuzz, "SECONDS", 0.2)
    with fuzz.clocked():
        assert read_as(tmp_path / "e", dawdles).kind == "hang"


def test_the_report_and_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.main(["--format", "scenario", "--mutants", "3", "--workers", "1"]) == 0
    assert "scenario         3" in capsys.readouterr().out
