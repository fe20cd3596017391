"""Why a question makes no sense at all, before anything is solved."""

from __future__ import annotations

import math

import numpy as np

from workbench.errors import Problem, ScenarioError
from workbench.planning.question import StationQuestion, reachable_rows
from workbench.planning.rules import NEAR, UNPRICED
from workbench.siting.rules import ROUNDING


def unsolvable(question: StationQuestion) -> ScenarioError | None:
    """Return why a question makes no sense at all, such as stations where no candidate may open; None when it does."""
    wish, free = question.wish, int((question.rules.barred == "").sum())
    required = question.row_of(list(wish.candidates.required))
    room = math.inf if wish.most_stations is None else wish.most_stations + wish.standing.moves
    paid, money = math.fsum(question.site_cost[required]), math.inf if wish.most_cost is None else wish.most_cost
    problems = []
    asks = wish.most_stations is not None or any(UNPRICED in reason for reason in question.rules.barred)
    if len(question.rules.barred) and not free and asks and wish.goal != "set_cover":
        problems += _all_barred(question)
    if len(required) > room:
        problems.append(
            Problem(
                "siting", "more sites are required than stations may open", key="siting.candidates.required",
                expected=f"at most {room}", found=str(len(required)), mend="Require fewer, or raise 'stations'.",
            )
        )  # fmt: skip
    if paid > money * (1 + ROUNDING):
        problems.append(
            Problem(
                "siting", "the budget does not pay for the required sites", key="siting.budget",
                expected=f"at least {paid:g} 万元", found=f"{money:g}", mend="Require fewer, or raise the budget.",
            )
        )  # fmt: skip
    if wish.goal == "p_center" and not (reachable_rows(question) & (question.demand.people > 0)).any():
        mend = "Take more candidates, or a longer 'farthest_m'."
        problems.append(Problem("siting", "no site reaches anybody", key="siting.candidates", mend=mend))
    return ScenarioError(problems) if problems else None


def _all_barred(question: StationQuestion) -> list[Problem]:
    """Name the rules without which there would be a candidate, as few as possible."""
    wish, reasons = question.wish, [_kinds(reason) for reason in question.rules.barred]
    unpriced = sum(UNPRICED in kinds for kinds in reasons)
    said = {
        UNPRICED: Problem(
            "siting", "no candidate that is left has a known cost, so that none can be paid for",
            key="siting.count_cost" if wish.most_cost is None else "siting.budget", expected="a capex in the ledger",
            found=f"{unpriced} of {len(reasons)} candidates without",
            mend="Fill in capex, or ask for a number of stations and for no costs.",
        ),
        NEAR: Problem(
            "siting", "every candidate that is left is within the spacing of a station that stays",
            key="siting.spacing_m", expected=f"at most {math.floor(_widest_spacing(question)):g} m",
            found=f"{wish.spacing_m or 0.0:g} m", mend="Lower it, or take candidates farther away.",
        ),
        VETO: Problem(
            "siting", "every candidate that is left is vetoed or forbidden", key="siting.candidates",
            found="; ".join(sorted({reason.split("；")[0] for reason in question.rules.barred})[:3]),
            mend="Take more sources of candidates, such as corners, or lift a veto.",
        ),
    }  # fmt: skip
    fewest = min(reasons, key=len)
    return [problem for kind, problem in said.items() if kind in fewest]


VETO = "veto"
"""What bars a candidate besides spacing and costs."""


def _kinds(reason: str) -> set[str]:
    parts = reason.split("；")
    return {UNPRICED if part == UNPRICED else NEAR if part.startswith(NEAR) else VETO for part in parts}


def _widest_spacing(question: StationQuestion) -> float:
    """Return the largest spacing that leaves a candidate, of those that are not vetoed if there are any."""
    kinds = [_kinds(reason) for reason in question.rules.barred]
    usable = np.array([VETO not in one for one in kinds])
    xy = question.stations.geometry.get_coordinates().to_numpy()
    stays = xy[np.flatnonzero(question.standing & ~question.movable)]
    if not len(stays):
        return 0.0
    those = xy[question.first_candidate :][usable if usable.any() else slice(None)]
    return float(np.hypot(*(those[:, None] - stays[None]).transpose(2, 0, 1)).min(axis=1).max())
