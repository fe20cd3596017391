"""流量变留量: how many came, how many came back, from where, and what each who came back cost.

Visits are counted under salted pseudonyms. Pseudonyms never leave this module: only sums do, and a sum of too few
people is withheld (``coverage.smallest_cell``). Likes (点赞) are taps on a screen, of nobody who is counted here: they
stand beside visits month by month, and nothing is made of the two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from workbench.catalogue.terms import Mode
from workbench.coverage.measure import CoverageResult
from workbench.errors import GeodataError, Problem
from workbench.ground.district import District
from workbench.privacy import in_company, is_small
from workbench.scenario import Scenario
from workbench.scenario.visits import Visits

if TYPE_CHECKING:
    from lifelines import KaplanMeierFitter

_PHONE: Final = re.compile(r"(\+?86)?1[3-9]\d{9}")
_CARD: Final = re.compile(r"\d{17}[\dXx]|\d{15}")
WITHIN, BEYOND, UNTOLD = "within", "beyond", "untold"
"""Whether a visitor lives within five minutes of the station, or farther, or where is not known."""


@dataclass(frozen=True, eq=False)
class VisitSums:
    """What counted visits come to; sums only.

    Attributes
    ----------
    visits, visitors, returned
        Visits; distinct visitors; those with a visit on a second day, at any station. Missing where they tell of too
        few, who came back or who did not.
    again
        Estimated share that comes back within the horizon, with the ends of its 95 % band (Kaplan and Meier 1958);
        missing where there is nobody.
    horizon
        Days of it.
    cohorts
        One row a month of first visits: ``month``, ``visitors``, ``few``, ``again``, ``low``, ``high``.
    curve
        One row a day since the first visit: ``day``, ``again``, ``low``, ``high``.
    by_origin
        One row each of :data:`WITHIN`, :data:`BEYOND`, :data:`UNTOLD`: ``origin``, ``visits``, ``visitors``,
        ``returned``, ``few``. Here and below sums that tell of too few people are missing, and so is a second one where
        the first could be had by subtraction.
    by_type
        The same by kind of event, missing for none: ``type``.
    by_station
        The same by ``station``, with ``reach``, the residents within five minutes of it.
    cost
        Cost of the events that were visited, yuan.
    """

    visits: float
    visitors: float
    returned: float
    again: tuple[float, float, float]
    horizon: int
    cohorts: pd.DataFrame
    curve: pd.DataFrame
    by_origin: pd.DataFrame
    by_type: pd.DataFrame
    by_station: pd.DataFrame
    cost: float


def visit_problems(district: District, said: Visits) -> list[Problem]:
    """List what is wrong with counted visits; a pseudonym that could be somebody's number is not repeated."""
    table = district.ledger("visits")
    named = [name for name in table["visitor"] if _is_number(name)]
    found = []
    if named:
        mend = "Replace each by a salted hash before it is counted; nothing of them is kept or shown here."
        what = f"{len(named)} pseudonyms look like telephone or identity numbers"
        found.append(Problem("visits", what, column="visitor", expected="salted pseudonyms", mend=mend))
    days, wrong = _days("visits", table)
    found += wrong
    if said.since is not None:
        early = days < pd.Timestamp(said.since)
        for row, text in zip(table["id"][early], table["date"][early], strict=True):
            what, mend = "a visit before the opening", "Mend the day, or visits.since of the scenario."
            found.append(Problem("visits", what, row, "date", f"{said.since} or later", str(text), mend))
    return found


def _is_number(name: object) -> bool:
    """Tell whether a code could be somebody's telephone or identity number."""
    return bool(_PHONE.fullmatch(str(name)) or _CARD.fullmatch(str(name)))


def _days(where: str, table: pd.DataFrame) -> tuple[pd.Series, list[Problem]]:
    """Return the days of a ledger, and what is wrong with those that are none."""
    days = pd.to_datetime(table["date"], format="%Y-%m-%d", errors="coerce")
    rows = zip(table["id"][days.isna()], table["date"][days.isna()], strict=True)
    expected = 'a day, "YYYY-MM-DD"'
    return days, [Problem(where, "the day is none", row, "date", expected, repr(text)) for row, text in rows]


def like_problems(district: District) -> list[Problem]:
    """List what is wrong with counted likes; who liked is not asked, and is refused where it is told."""
    table = district.ledger("likes")
    found = _days("likes", table)[1]
    mend = "Leave out who it was: only what the platform counted is read, and nothing of them is kept or shown here."
    if "visitor" in table:
        what = "the ledger tells who liked"
        found.append(Problem("likes", what, column="visitor", expected="counts only", mend=mend))
    numbers = sum(map(_is_number, table["id"]))
    if numbers:
        what = f"{numbers} identifiers look like telephone or identity numbers"
        found.append(Problem("likes", what, column="id", expected="identifiers of broadcasts or posts", mend=mend))
    return found


def measure_likes(coverage: CoverageResult) -> pd.DataFrame:
    """Lay likes beside visits, month by month; neither is added to the other, nor divided by it.

    Parameters
    ----------
    coverage
        The five-minute circle; its district has the ledger ``likes``, and ``visits`` where they are counted.

    Returns
    -------
    pandas.DataFrame
        One row a ``month``: ``shown``, broadcasts and posts; ``views``, missing where some were not counted; ``likes``;
        ``visits``, ``visitors``, ``returned`` (of the visitors of that month those with a visit on a second day, at any
        time) and ``few`` as :class:`VisitSums` has them. All that a month has no row of is missing.

    Raises
    ------
    GeodataError
        With everything that is wrong with the ledger.
    """
    problems = like_problems(coverage.district)
    if problems:
        raise GeodataError(problems)
    likes = coverage.district.ledger("likes")
    by = likes.assign(month=likes["date"].str[:7]).groupby("month")
    views = by["views"].agg(lambda own: np.nan if own.isna().any() else float(own.sum()))
    online = pd.DataFrame({"shown": by.size(), "views": views.astype(np.float64), "likes": by["likes"].sum()})
    sums = pd.DataFrame(columns=["month", "visits", "visitors", "returned", "few"])
    if coverage.district.has("visits"):
        table = _counted(coverage.district)
        table["month"] = table["day"].dt.strftime("%Y-%m")
        sums = _sums(table, _people(table), "month", _smallest(coverage.scenario))
    both = online.astype(np.float64).reset_index().merge(sums, how="outer", on="month")
    return both.sort_values("month", ignore_index=True)


def measure_visits(coverage: CoverageResult, said: Visits, horizon: int) -> VisitSums:
    """Say how many came, came back, and from where.

    Parameters
    ----------
    coverage
        The five-minute circle; its district has the ledger ``visits``.
    said
        How they are read.
    horizon
        Days after the first visit within which a second counts as a return.

    Raises
    ------
    GeodataError
        With everything that is wrong with the ledger.
    """
    district, smallest = coverage.district, _smallest(coverage.scenario)
    problems = visit_problems(district, said)
    if problems:
        raise GeodataError(problems)
    table = _counted(district)
    people = _people(table)
    near, reach = _reach(coverage)
    table["origin"] = [
        UNTOLD if not isinstance(compound, str) else WITHIN if (station, compound) in near else BEYOND
        for compound, station in zip(table["compound"], table["station"], strict=True)
    ]
    few, back = is_small(len(people), smallest), int(people["back"].sum())
    unsure = few or is_small(back, smallest) or is_small(len(people) - back, smallest)
    return VisitSums(
        visits=np.nan if few else len(table),
        visitors=np.nan if few else len(people),
        returned=np.nan if unsure else back,
        again=(np.nan,) * 3 if few else _again(people, horizon),
        horizon=horizon,
        cohorts=_cohorts(people, horizon, smallest),
        curve=_curve(people.iloc[:0] if few else people, horizon),
        by_origin=_sums(table, people, "origin", smallest),
        by_type=_sums(table, people, "type", smallest),
        by_station=_sums(table, people, "station", smallest).assign(
            reach=lambda sums: sums["station"].map(reach).astype(np.float64)
        ),
        cost=_cost(district, table),
    )


def _counted(district: District) -> pd.DataFrame:
    """Return visits in order, one of a visitor at a station on a day."""
    table = district.ledger("visits")
    table = table.assign(day=pd.to_datetime(table["date"], format="%Y-%m-%d"))
    return table.drop_duplicates(["visitor", "station", "day"]).sort_values(["day", "id"], ignore_index=True)


def _cost(district: District, table: pd.DataFrame) -> float:
    events = table.dropna(subset=["type"]).drop_duplicates(["station", "day", "type"])
    types = district.ledger("event_types")
    return float(events["type"].map(dict(zip(types["id"], types["cost_yuan"], strict=True))).sum())


def _smallest(scenario: Scenario) -> float:
    return scenario.standard(scenario.coverage.smallest_cell)


def _people(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row a visitor: first day, days until a second one, or the last counted, and whether there was one."""
    days = table.drop_duplicates(["visitor", "day"])  # in the order of days
    turn = days.groupby("visitor").cumcount()
    first, second = (days[turn == number].set_index("visitor")["day"] for number in (0, 1))
    second = second.reindex(first.index)
    until = (second.fillna(table["day"].max()) - first).dt.days.astype(np.float64)
    return pd.DataFrame({"first": first, "until": until, "back": second.notna()})


def _fitted(people: pd.DataFrame) -> KaplanMeierFitter | None:
    if people.empty or not people["back"].any():
        return None
    from lifelines import KaplanMeierFitter  # dear to load, and most runs count no visits

    return KaplanMeierFitter().fit(people["until"], people["back"])


def _again(people: pd.DataFrame, horizon: int) -> tuple[float, float, float]:
    """Return the share that comes back within so many days, and its band."""
    curve = _curve(people, horizon)
    if curve.empty:
        return (0.0, 0.0, 0.0) if len(people) else (np.nan, np.nan, np.nan)
    last = curve.iloc[-1]
    return float(last["again"]), float(last["low"]), float(last["high"])


def _curve(people: pd.DataFrame, horizon: int) -> pd.DataFrame:
    fitted = _fitted(people)
    if fitted is None:
        return pd.DataFrame(columns=["day", "again", "low", "high"])
    days = np.arange(horizon + 1)
    band = fitted.confidence_interval_survival_function_.reindex(days, method="ffill")
    stays = fitted.survival_function_at_times(days).to_numpy(np.float64)
    low, high = (1 - band.iloc[:, side].fillna(1.0).to_numpy(np.float64) for side in (1, 0))
    return pd.DataFrame({"day": days, "again": 1 - stays, "low": low, "high": high})


def _cohorts(people: pd.DataFrame, horizon: int, smallest: float) -> pd.DataFrame:
    groups = [(str(month), own) for month, own in people.groupby(people["first"].dt.to_period("M"))]
    counts = np.array([len(own) for _, own in groups], np.float64)
    few = np.array([is_small(count, smallest) for count in counts], bool)
    rows = []
    for (month, own), small, hidden in zip(groups, few, in_company(few, counts), strict=True):
        again = (np.nan,) * 3 if hidden else _again(own, horizon)
        row = {"month": month, "visitors": np.nan if hidden else len(own), "few": bool(small)}
        rows.append({**row, **dict(zip(("again", "low", "high"), again, strict=True))})
    return pd.DataFrame(rows, columns=["month", "visitors", "few", "again", "low", "high"])


def _sums(table: pd.DataFrame, people: pd.DataFrame, key: str, smallest: float) -> pd.DataFrame:
    """Return visits, visitors and who came back, at any place, by a column; sums of too few people are missing."""
    each = table.drop_duplicates([key, "visitor"]).assign(back=lambda own: own["visitor"].map(people["back"]))
    by = each.groupby(key, dropna=False)["back"]
    sums = pd.DataFrame(
        {"visits": table.groupby(key, dropna=False).size(), "visitors": by.size(), "returned": by.sum()}
    )
    sums = sums.astype(np.float64).rename_axis(key).reset_index()
    small = np.vectorize(lambda count: is_small(float(count), smallest), otypes=[bool])
    visits, visitors, returned = (sums[name].to_numpy() for name in ("visits", "visitors", "returned"))
    few = small(visitors)
    hidden = in_company(few, visits)
    unsure = hidden | small(returned) | small(visitors - returned)
    shown = {"visits": ~hidden, "visitors": ~hidden, "returned": ~unsure}
    return sums.assign(**{name: sums[name].where(keep) for name, keep in shown.items()}, few=few)


def _reach(coverage: CoverageResult) -> tuple[set[tuple[str, str]], dict[str, float]]:
    """Return pairs of station and compound some of whose residents are near it, and residents near each station."""
    walks = coverage.cost_matrix(Mode.EXPERIENCE).tocoo()
    names, compounds = (coverage.district.stations["id"].to_numpy(), coverage.district.demand["compound"].to_numpy())
    residents = coverage.populace.residents
    near = {(str(names[i]), str(compounds[k])) for i, k in zip(walks.row, walks.col, strict=True) if residents[k] > 0}
    people = np.bincount(walks.row, residents[walks.col], minlength=len(names))
    return near, dict(zip(map(str, names), people.tolist(), strict=True))
