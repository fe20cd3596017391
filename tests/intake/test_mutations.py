"""Ledgers in a random mess: no traceback, and no line lost unlisted. ``make fuzz`` reads thousands."""

from __future__ import annotations

import random
from pathlib import Path

from tests.depth import draws
from tests.intake import messes
from workbench.catalogue.terms import UNPRINTABLE
from workbench.errors import SourceError
from workbench.ground.intake.ledger import told


def test_no_line_of_a_messy_ledger_is_lost(tmp_path: Path) -> None:
    refused, words = 0, []
    for number in range(draws(900)):
        made = messes.mess(tmp_path, random.Random(f"ledger/{number}"))
        try:
            ledger = messes.read(made)
        except SourceError as error:
            refused += 1
            words.append(str(error))
            continue
        title, lines = told(ledger)
        assert not any(UNPRINTABLE.search(line) for line in (title, *lines)), number
        assert all(finding.why for finding in ledger.findings), number
    assert not UNPRINTABLE.search(" ".join(words).replace("\n", " "))
    assert refused < 0.3 * draws(900)
