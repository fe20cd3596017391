"""Why these sites, and why not elsewhere: reasons by site and by community."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from workbench.planning.words import conflict_words
from workbench.siting import DemandReasons, Reason, demand_reasons, site_reasons
from workbench.siting.check import broken_rules, covered
from workbench.siting.problem import cover_problem
from workbench.siting.rules import ROUNDING

if TYPE_CHECKING:
    from workbench.planning.result import SitingResult

Ints = npt.NDArray[np.int64]

_WORDS: Final = {
    Reason.NO_CANDIDATE: "步行限值内没有候选场所",
    Reason.ONLY_FORBIDDEN: "只有被否决或排除的候选",
    Reason.BEATEN: "候选可达，但新增人数少于入选各站",
    Reason.BARRED: "最可取的候选受规则限制：{rule}",
    Reason.OTHER_AIM: "候选新增更多，但其他规则（下限、预算等）优先",
}

_NOT_ASKED: Final = "候选可达，但目标只求最少，未要求覆盖"


def reasons_of(result: SitingResult) -> pd.DataFrame:
    """Return what each new station does for the plan, in people, one row each in the order of the sites.

    Returns
    -------
    pandas.DataFrame
        ``adds_alone``, ``lost_without``, ``overlap``, ``replacement`` (identifier; empty where none would do, or help)
        and ``replacement_loss``.
    """
    question, sites = result.question, result.sites
    free = question.first_candidate + np.flatnonzero(question.rules.barred == "")
    found = site_reasons(
        question.cover, question.demand.people, sites, standing=sites[sites < question.first_candidate], allowed=free,
        cover_at_least=question.wish.backup, keeps=_keeping(result),
    )  # fmt: skip
    helps = (found.replacement >= 0) & (found.lost - found.loss > ROUNDING * found.lost)
    named = [str(question.ids[site]) if use else "" for site, use in zip(found.replacement, helps, strict=True)]
    return pd.DataFrame(
        {
            "adds_alone": found.alone,
            "lost_without": found.lost,
            "overlap": found.overlap,
            "replacement": named,
            "replacement_loss": np.where(helps, found.loss, np.nan),
        }
    )


def _keeping(result: SitingResult) -> Callable[[Ints], bool] | None:
    """Return what says whether a set of sites keeps the rules; None where all sets of so many sites do."""
    question = result.question
    rules = {name: rule for name, rule in question.rules.verb.items() if name not in ("required", "capacity")}
    if question.wish.most_cost is None and not set(rules) - {"forbidden", "cover_at_least"}:
        return None
    problem = cover_problem(
        "max_cover", question.cover, weight=question.demand.people, cost=question.site_cost,
        p=len(question.stations), budget=question.wish.most_cost, rules=rules,
    )  # fmt: skip
    none = sp.csr_array((0, problem.demand))
    rows = [sp.csr_array(np.asarray(floor.weight)[None, :]) for floor in problem.rules.floors]
    floors = sp.csr_array(sp.vstack([none, *rows], format="csr"))
    least = np.array([floor.share for floor in problem.rules.floors]) * floors.sum(axis=1) * (1 - _CLEARLY)

    def keeps(sites: Ints) -> bool:
        short = (floors @ covered(problem, sites) < least).any()  # most sets fail here, and this is fast
        return not short and not broken_rules(problem, sites)

    return keeps


_CLEARLY: Final = 1e-6  # by so much, relative, a floor is missed beyond all rounding


def left_behind(result: SitingResult) -> pd.DataFrame:
    """Return for each community with people left out how many there are, why most of them, and what would help most.

    Returns
    -------
    pandas.DataFrame
        ``community`` (empty where it is not known), ``people`` left out, ``share`` covered (%), ``why``, ``best``
        candidate (identifier) and ``best_adds``, what it would add to the plan; most people first.
    """
    question = result.question
    found = _demand_reasons(result)
    community = question.coverage.district.demand["community"].fillna("").to_numpy(object)[question.demand.point]
    reason, people = found.reason, question.demand.people
    out = (reason != Reason.COVERED) & (people > 0)
    rows = []
    for name in sorted(set(community[out])):
        here = community == name
        left = here & out
        total = float(people[left].sum())
        rows.append(
            {
                "community": name,
                "people": total,
                "share": 100 * (1 - total / float(people[here].sum())),
                "why": _main_reason(result, found, left, people),
                **_best(result, found, left),
            }
        )
    table = pd.DataFrame(rows, columns=["community", "people", "share", "why", "best", "best_adds"])
    return table.sort_values(["people", "community"], ascending=[False, True], kind="stable", ignore_index=True)


def _demand_reasons(result: SitingResult) -> DemandReasons:
    question, sites = result.question, result.sites
    rules = question.rules.verb
    words: dict[str, Any] = {name: rules[name] for name in ("forbidden", "at_most", "spacing") if name in rules}
    if question.wish.most_cost is not None:
        words |= {"budget": question.wish.most_cost, "site_cost": question.site_cost}
    return demand_reasons(
        question.cover, question.demand.people, sites, standing=sites[sites < question.first_candidate],
        cover_at_least=question.wish.backup, **words,
    )  # fmt: skip


def _main_reason(result: SitingResult, found: DemandReasons, rows: np.ndarray, people: np.ndarray) -> str:
    """Return the reason of most of the people who are left out, and their share of them."""
    by_reason = {reason: float(people[rows & (found.reason == reason)].sum()) for reason in _WORDS}
    reason = max(_WORDS, key=lambda one: (by_reason[one], -one))
    rule = ""
    if reason is Reason.BARRED:
        barred = rows & (found.reason == reason)
        count = np.bincount(found.barrier[barred], weights=people[barred], minlength=len(found.barriers))
        rule = conflict_words(result.question, found.barriers[int(count.argmax())])
    share = by_reason[reason] / float(people[rows].sum())
    words = _NOT_ASKED if reason is Reason.OTHER_AIM and result.question.wish.goal == "set_cover" else _WORDS[reason]
    return f"{words.format(rule=rule)}（{share:.0%}）"


def _best(result: SitingResult, found: DemandReasons, rows: np.ndarray) -> dict[str, Any]:
    """Return the candidate that would add most to the plan among those that reach the people left out."""
    spoken = rows & (found.candidate >= 0)
    if not spoken.any():
        return {"best": "", "best_adds": np.nan}
    places = np.flatnonzero(spoken)
    order = np.lexsort((found.candidate[places], -found.adds[places]))
    best = places[order[0]]
    return {"best": str(result.question.ids[found.candidate[best]]), "best_adds": float(found.adds[best])}
