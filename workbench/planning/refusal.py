"""Why a question makes no sense at all, before anything is solved."""

from __future__ import annotations

import math

from workbench.errors import Problem, ScenarioError
from workbench.planning.question import StationQuestion, reachable_rows
from workbench.siting.rules import ROUNDING


def unsolvable(question: StationQuestion) -> ScenarioError | None:
    """Return why a question makes no sense at all, such as more stations than candidates; None when it does."""
    wish, free = question.wish, int((question.rules.barred == "").sum())
    required = question.row_of(list(wish.candidates.required))
    room = math.inf if wish.most_stations is None else wish.most_stations + wish.standing.moves
    paid, money = math.fsum(question.site_cost[required]), math.inf if wish.most_cost is None else wish.most_cost
    problems = []
    if wish.most_stations is not None and wish.most_stations > free:
        problems.append(
            Problem(
                "siting", "there are fewer candidates than stations wished for", key="siting.stations",
                expected=f"at most {free}", found=str(wish.most_stations),
                mend="Take more sources of candidates, such as corners, or lift a veto.",
            )
        )  # fmt: skip
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
