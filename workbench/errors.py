"""Every way the house says no.

One base class, one subclass per gate, and :class:`Problem`, the smallest thing that can be wrong.
A gate gathers all its problems and raises them together, so that a planner mends a file once and
not ten times.

All errors are also the fitting builtin, so that code that knows nothing of this package can still
catch them.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass

_ENDS = (".", "!", "?", "。", "！", "？")  # what is quoted may end a sentence by itself


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong with an input, and how to mend it.

    Parameters
    ----------
    where
        File, layer or key in which it was found.
    what
        What is wrong, in a few words.
    row
        Identifier of the row (its ``id`` where it has one, else its position), or empty.
    column
        Column of the table, or empty.
    expected
        What a right input looks like.
    found
        What was there instead.
    mend
        What to do about it.
    key
        Dotted key of a YAML document, or empty.
    """

    where: str
    what: str
    row: str = ""
    column: str = ""
    expected: str = ""
    found: str = ""
    mend: str = ""
    key: str = ""

    def __str__(self) -> str:
        place = self.where
        if self.row:
            place += f", row {self.row}"
        if self.column:
            place += f", column {self.column}"
        if self.key:
            place += f", key {self.key}"
        parts = [f"{place}: {self.what}"]
        if self.expected:
            parts.append(f"expected {self.expected}")
        if self.found:
            parts.append(f"found {self.found}")
        text = "; ".join(parts)
        text += "" if text.endswith(_ENDS) else "."
        return f"{text} {self.mend}" if self.mend else text


def did_you_mean(
    word: str,
    known: Iterable[str],
    otherwise: str = "",
    *,
    also: Iterable[str] = (),
    most: int = 2,
    cutoff: float = 0.6,
) -> str:
    """Return "Did you mean …?" with the known words that come close.

    Parameters
    ----------
    word
        What was written.
    known
        Words that would do.
    otherwise
        What to say when none comes close.
    also
        Words to offer after those that come close.
    most
        Close words to offer.
    cutoff
        How close, from 0 (anything) to 1 (the word itself).
    """
    near = dict.fromkeys([*difflib.get_close_matches(word, list(known), n=most, cutoff=cutoff), *also])
    return f"Did you mean {' or '.join(near)}?" if near else otherwise


def unknown(
    where: str, kind: str, word: str, known: Collection[str], *, row: str = "", column: str = "", key: str = ""
) -> Problem:
    """Return the problem of a word that a vocabulary does not hold."""
    expected = "one of " + ", ".join(known)
    return Problem(where, f"the {kind} is not known", row, column, expected, repr(word), did_you_mean(word, known), key)


class WorkbenchError(Exception):
    """Base of all errors of this package.

    Parameters
    ----------
    problems
        One problem, several, or a plain sentence.

    Attributes
    ----------
    problems
        All problems found at the gate, in a stable order.
    """

    headline = "the workbench cannot go on"

    def __init__(self, problems: Problem | Iterable[Problem] | str) -> None:
        if isinstance(problems, str):
            self.problems: tuple[Problem, ...] = ()
            super().__init__(problems)
            return
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(self._text())

    def _text(self) -> str:
        if len(self.problems) == 1:
            return str(self.problems[0])
        lines = [f"{self.headline}: {len(self.problems)} problems"]
        lines += [f"  {number}. {problem}" for number, problem in enumerate(self.problems, 1)]
        return "\n".join(lines)


class ScenarioError(WorkbenchError, ValueError):
    """A scenario file, overlay or key is wrong."""

    headline = "the scenario is not valid"


class UnknownKeyError(ScenarioError):
    """A key that the schema does not know."""


class UnknownOverlayError(ScenarioError):
    """An overlay that no file declares."""


class OverlayConflictError(ScenarioError):
    """Two overlays set one key differently and the scenario does not decide."""


class CalendarError(ScenarioError):
    """A week whose public holidays the calendar does not know."""


class RecipeError(ScenarioError):
    """A recipe for a district is wrong: a key, a value, a layer or a column that does not fit."""

    headline = "the recipe is not valid"


class StandardError(ScenarioError, KeyError):
    """A standard that the register does not hold, or an override that does not fit it."""

    __str__ = Exception.__str__  # KeyError would quote the message


class GeodataError(WorkbenchError, ValueError):
    """A layer, ledger or source of the ground is wrong."""

    headline = "the geodata are not valid"


class SourceError(GeodataError):
    """A source file is missing, unreadable or not what it claims to be."""


class MissingCRSError(GeodataError):
    """A source without a coordinate reference system; it is never guessed."""


class ManifestError(GeodataError):
    """A district folder whose manifest is absent or wrong."""


class NetworkError(WorkbenchError, ValueError):
    """A walking network that cannot be built or asked."""

    headline = "the walking network is not valid"


class OutputError(WorkbenchError, OSError):
    """An output that cannot be written; nothing half-written is left behind."""

    headline = "the output cannot be written"
    __str__ = Exception.__str__


class SolveError(WorkbenchError, RuntimeError):
    """A model that cannot be solved as asked."""


class NoSolutionError(SolveError):
    """The tables of a result that has no solution were asked for."""


class NotebookError(WorkbenchError, ValueError):
    """A notebook that is not there, does not suit a scenario, or fails on it."""

    headline = "the notebook cannot be run"


class NothingToShowError(WorkbenchError, LookupError):
    """A figure, map or layer was asked of a result that has none."""


class WorkerError(WorkbenchError, RuntimeError):
    """A process that was given a share of the work ended before it was done."""


class CheckError(WorkbenchError, AssertionError):
    """The solver-free checker disagrees with a result: a fault of this package, please report it."""

    headline = "the result does not survive its own check; please report this"


class WorkbenchWarning(UserWarning):
    """Base of all warnings of this package."""


class SnapWarning(WorkbenchWarning):
    """Points too far from any way that is open to them."""


class ManifestWarning(WorkbenchWarning):
    """A layer differs from the checksum that its manifest holds."""


class IdleSettingWarning(WorkbenchWarning):
    """A key of a scenario is set and changes nothing, or next to nothing: another one overrides it."""


class StandardWarning(WorkbenchWarning):
    """A value used in the calculation has not been checked against its source (【疑】)."""


class SourceEncodingWarning(WorkbenchWarning):
    """A text file is not in the encoding it declares."""
