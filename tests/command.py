"""The command line called in this process."""

from __future__ import annotations

import sys

import pytest
from rich.console import Console

from workbench import cli


def called(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str, str]:
    """Call ``workbench`` with arguments; exit code, what it printed, what it complained of."""
    monkeypatch.setattr(sys, "argv", ["workbench", *arguments])
    monkeypatch.setattr(cli, "out", Console(width=160))
    monkeypatch.setattr(cli, "err", Console(width=160, stderr=True))
    with pytest.raises(SystemExit) as stop:
        cli.main()
    said = capsys.readouterr()
    return int(stop.value.code or 0), said.out, said.err
