"""Vocabularies in files: words with their labels, entries by key, and what to say of a word that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeVar

from workbench.documents import Frozen
from workbench.errors import Problem

Entry = TypeVar("Entry", bound=Frozen)


class Word(Frozen):
    """A word of one of the vocabularies."""

    label: str
    """What planners call it, in Chinese."""
    label_en: str
    """The same in English."""


class EntryFile(Frozen):
    """What every file of entries says."""

    note: str
    """What kind of list it is."""


class Entries(Mapping[str, Entry]):
    """Entries by key, in the order of their file.

    Parameters
    ----------
    file
        Content of a file that holds no problem.
    entries
        Those of the file; each has a field ``key``, which is filled in here.

    Attributes
    ----------
    note
        What kind of list it is; printed wherever it is used.
    """

    def __init__(self, file: EntryFile, entries: Mapping[str, Entry]) -> None:
        self._file = file
        self._entries = {key: entry.model_copy(update={"key": key}) for key, entry in entries.items()}
        self.note = file.note

    def __getitem__(self, key: str) -> Entry:
        return self._entries[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def document(self) -> dict[str, Any]:
        """The file as plain values, for a fingerprint."""
        return self._file.model_dump(mode="json")


def near(word: str, known: Collection[str]) -> str:
    """Return "Did you mean …?" with the known words that come close; empty when none does."""
    close = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(close)}?" if close else ""


def unknown(
    where: str, kind: str, word: str, known: Collection[str], *, row: str = "", column: str = "", key: str = ""
) -> Problem:
    """Return the problem of a word that a vocabulary does not hold."""
    expected = "one of " + ", ".join(known)
    return Problem(where, f"the {kind} is not known", row, column, expected, repr(word), near(word, known), key)
