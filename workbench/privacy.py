"""Counts of people by age that are too small to be published; numbers of people that are not even read.

A count below the smallest cell is withheld: shown as "<10", never as zero and never left out
unseen. So is a second count where the first could be had by subtracting those that are published
from each other or from the whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import numpy as np

from workbench.arrays import Flags, Floats
from workbench.catalogue.terms import AGE_BANDS

WITHHELD: Final = "不公布"
"""Stands for a number that is not small itself, but would give one away."""

_SLACK = 1e-9

_NUMBERS: Final = {
    "（身份证号略）": re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]"),
    "（手机号略）": re.compile(r"(?<!\d)[1１][3-9３-９]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"),
}
"""Mobile numbers and identity numbers of the mainland, each by what stands for it."""


def without_numbers(text: str) -> str:
    """Return a text in which words stand for mobile and identity numbers."""
    for words, pattern in _NUMBERS.items():
        text = pattern.sub(words, text)
    return text


def names_a_number(text: str) -> bool:
    """Whether words stand in a text for a mobile or identity number."""
    return any(words in text for words in _NUMBERS)


def is_small(count: float, smallest: float) -> bool:
    """Tell whether a count is of somebody, but of too few."""
    return _SLACK < count < smallest - _SLACK


def below(smallest: float) -> str:
    """Return what stands for a count that is too small."""
    return f"<{smallest:g}"


def stand_in(count: float, smallest: float) -> str:
    """Return what stands for a count that is withheld."""
    return below(smallest) if is_small(count, smallest) else WITHHELD


def in_company(hidden: Flags, counts: Floats) -> Flags:
    """Hide the smallest of the others as well where one is hidden alone; the first on a tie.

    Parameters
    ----------
    hidden, counts
        Shape (n,), counts that add up to what is published.
    """
    others = np.flatnonzero(~hidden & (counts > 0))
    if hidden.sum() != 1 or not others.size:
        return hidden
    more = hidden.copy()
    more[others[np.argmin(counts[others])]] = True
    return more


def withheld(
    counts: Mapping[str, float],
    smallest: float,
    makeup: Mapping[str, Mapping[str, float]],
    *,
    wholes: Mapping[str, float] | None = None,
) -> frozenset[str]:
    """Choose which counts of groups are not published.

    Parameters
    ----------
    counts
        People counted, by group.
    smallest
        Counts below this are withheld; a true zero is not.
    makeup
        Share of each age band that belongs to a group, by group and band. The sum over all bands is
        taken to be published besides.
    wholes
        People in all, by group, where ``counts`` are a part of them that is published beside its
        whole: then the rest must not be small either.

    Returns
    -------
    frozenset of str
        Groups whose count is withheld: those that are small, and as many of the next smallest as it
        takes that no small one is a linear combination of published counts.
    """
    hidden = {
        name
        for name, count in counts.items()
        if is_small(count, smallest) or (wholes is not None and is_small(wholes[name] - count, smallest))
    }
    rows = {name: np.array([makeup[name].get(band, 0.0) for band in AGE_BANDS]) for name in counts}
    whole = np.ones(len(AGE_BANDS))
    for name in sorted(hidden):
        spare = sorted((n for n in counts if n not in hidden), key=lambda n: (counts[n], n))
        while spare and _told(rows[name], [whole, *(rows[n] for n in spare)]):
            hidden.add(spare.pop(0))
    return frozenset(hidden)


def _told(row: np.ndarray, published: list[np.ndarray]) -> bool:
    """Tell whether a row is a linear combination of others."""
    known = np.linalg.matrix_rank(np.array(published))
    return bool(np.linalg.matrix_rank(np.array([*published, row])) == known)
