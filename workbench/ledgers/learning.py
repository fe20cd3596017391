"""学习教育阵地: whether study bases have room for the classes that book them, and how far the classes walk."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.arrays import Floats
from workbench.catalogue.terms import Mode
from workbench.coverage.measure import CoverageResult


def bases_table(coverage: CoverageResult) -> pd.DataFrame:
    """Return one row a base, with what it can take and what is booked.

    Besides the columns of the ledger, ``booked`` are classes a month, ``used`` is their share of what the base can
    take, ``largest`` are the people of its largest class; zero where none is booked.
    """
    bases, classes = (coverage.district.ledger(name) for name in ("study_bases", "study_classes"))
    own = classes.groupby("base").agg(booked=("sessions", "sum"), largest=("people", "max"))
    table = bases.merge(own, left_on="id", right_index=True, how="left")
    table[["booked", "largest"]] = table[["booked", "largest"]].fillna(0)
    table["used"] = table["booked"] / table["sessions"].where(table["sessions"] > 0)
    columns = ["id", "name", "station", "capacity", "sessions", "booked", "used", "largest"]
    return table[columns].sort_values("id", ignore_index=True)


def classes_table(coverage: CoverageResult, longest: float) -> pd.DataFrame:
    """Say of each class whether its base holds it and is near, and which base would be better.

    Parameters
    ----------
    coverage
        Measures the walks, at the default pace.
    longest
        Longest walk of a class, minutes.

    Returns
    -------
    pandas.DataFrame
        One row a class: ``id``, ``base``, ``compound``, ``people``, ``sessions``, ``minutes`` (mean over the residents
        of the compound; infinite beyond the longest), ``fits``, ``near``, and ``instead``: the nearest base that holds
        it, is near and has time left, where its own does not hold it or is far. Larger classes choose first.
    """
    bases = bases_table(coverage)
    classes = coverage.district.ledger("study_classes").sort_values("id", ignore_index=True)
    minutes = _walks(coverage, classes["compound"], bases["station"], longest)
    place = {name: row for row, name in enumerate(bases["id"])}
    at = classes["base"].map(place).to_numpy(np.int64)
    table = classes[["id", "base", "compound", "people", "sessions"]].copy()
    table["minutes"] = minutes[np.arange(len(table)), at]
    table["fits"] = table["people"].to_numpy() <= bases["capacity"].to_numpy()[at]
    table["near"] = np.isfinite(table["minutes"])
    left = (bases["sessions"] - bases["booked"]).to_numpy(np.float64, copy=True)
    instead: list[object] = [np.nan] * len(table)
    for row in table[~(table["fits"] & table["near"])].sort_values(["people", "id"], ascending=[False, True]).index:
        able = (
            (bases["capacity"] >= table["people"][row]) & np.isfinite(minutes[row]) & (left >= table["sessions"][row])
        )
        if able.any():
            chosen = int(np.where(able, minutes[row], np.inf).argmin())
            left[chosen] -= table["sessions"][row]
            instead[row] = bases["id"][chosen]
    return table.assign(instead=pd.Series(instead, dtype=object))


def _walks(coverage: CoverageResult, compounds: pd.Series, stations: pd.Series, longest: float) -> Floats:
    """Return the mean minutes of residents of compounds to stations, shape (classes, bases)."""
    rows = {name: row for row, name in enumerate(coverage.district.stations["id"])}
    walks = coverage.cost_matrix(Mode.EXPERIENCE, limit=longest)
    demand, residents = coverage.district.demand, coverage.populace.residents
    lived = np.flatnonzero(residents > 0)
    points = {str(name): lived[own] for name, own in demand.iloc[lived].groupby("compound").indices.items()}
    found = np.full((len(compounds), len(stations)), np.inf)
    for column, station in enumerate(stations):
        line = walks[[rows[station]]]
        whole = np.full(len(demand), np.inf)
        whole[line.indices] = line.data
        for row, compound in enumerate(compounds):
            own = points.get(compound, np.empty(0, np.int64))
            if len(own):
                found[row, column] = float(np.average(whole[own], weights=residents[own]))
    return found
