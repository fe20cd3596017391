"""The best next site, and the plan finished from here: the exact models, in a thread that can be stopped."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from workbench.app.session import Session
from workbench.coverage import assess_coverage
from workbench.documents import build
from workbench.errors import WorkbenchError
from workbench.locate import SitingPlan
from workbench.progress import Progress
from workbench.scenario import Scenario
from workbench.scenario.edits import Edits, NewStation
from workbench.scenario.siting import Alternatives, Candidates, Frontiers, Phases, Siting, Source, Standing
from workbench.siting import StationQuestion, station_question
from workbench.siting.answer import covered_by, solved
from workbench.siting.question import unsolvable
from workbench.siting.result import conflict_words, goal_words, objective_unit, proof_words, significant
from workbench.solving import Interrupt, Status, stopped_by

_STAGES: Final = {"network": "接入路网", "walks": "步行测算"}


def next_site(session: Session) -> Siting:
    """Return the wish for the one site that adds most to what stands now, by the scenario's own candidates."""
    wish = _wish(session)
    kept = {"mode", "level", "who", "group_weights", "candidates", "spacing_m", "time_limit_s", "gap", "seed"}
    said = {name: getattr(wish, name) for name in kept}
    free = wish.candidates.model_copy(update={"required": ()})
    return Siting(goal="max_cover", stations=1, sensitivity=False, **{**said, "candidates": free})


def rest_of_plan(session: Session, stations: int) -> Siting:
    """Return the scenario's wish for so many stations more, with what stands now given; its terms are left out."""
    wish = _wish(session)
    plain = {"curve": 0, "phases": Phases(), "alternatives": Alternatives(count=0), "frontiers": Frontiers()}
    return wish.model_copy(
        update={"stations": stations, "sensitivity": False, **plain, "standing": _staying(session, wish)}
    )


def still_to_open(session: Session) -> int:
    """Return how many stations the scenario's plan has left: its number without those opened here, at least one."""
    wish = session.ground.scenario.siting
    asked = wish.most_stations if wish is not None else None
    return max((asked or _USUAL) - len(session.edits.open), 1)


_USUAL: Final = 3  # stations that are proposed where the scenario names no number


def _wish(session: Session) -> Siting:
    """Return what the scenario wishes; where it sites nothing, posts in places of its ledger, or at street corners."""
    wish = session.ground.scenario.siting
    if wish is not None:
        return wish
    ledger = session.ground.district.has("candidates") and len(session.ground.district.candidates) > 0
    sources: tuple[Source, ...] = ("ledger",) if ledger else ("corners",)
    candidates = Candidates(sources=sources, opening_hours=session.ground.plain_hours.get("post"))
    return Siting(stations=_USUAL, candidates=candidates)


def _staying(session: Session, wish: Siting) -> Standing:
    """Return what becomes of standing stations, without those that are closed here already."""
    gone = set(session.edits.close)
    close = tuple(name for name in wish.standing.close if name not in gone)
    movers = wish.standing.may_move
    if not isinstance(movers, str):
        movers = tuple(name for name in movers if name not in gone)
    return wish.standing.model_copy(update={"close": close, "may_move": movers})


@dataclass(frozen=True)
class Proposal:
    """Stations that a model proposes.

    Attributes
    ----------
    edits
        What stood when it was asked.
    stations
        The new ones, with identifiers of no station.
    closes
        Stations that it closes.
    titles
        Where each new one is, in words.
    goal, proof
        What was asked, and how sure the answer is: proven, or with its bound.
    gain
        What it adds to what stood, in words; empty where the goal is another.
    optimal
        Whether it is proven.
    """

    edits: Edits
    stations: tuple[NewStation, ...]
    closes: tuple[str, ...]
    titles: tuple[str, ...]
    goal: str
    proof: str
    gain: str
    optimal: bool


class Search(Progress):
    """One question put to a model, in a thread of its own.

    Parameters
    ----------
    session
        What stands is given; the session may go on meanwhile.
    wish
        What is asked.
    """

    def __init__(self, session: Session, wish: Siting) -> None:
        self._edits, self._district = session.edits, session.ground.district
        self._scenario: Scenario = session.scenario.model_copy(update={"siting": wish})
        self._names = session.free_names(wish.most_stations or len(session.ground.district.stations) + _MOST)
        self._edited, self._interrupt = session.district, Interrupt()
        self._began, self._said = time.perf_counter(), "准备"
        self.proposal: Proposal | None = None
        self.error: WorkbenchError | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether the model is still at work."""
        return self._thread.is_alive()

    @property
    def state(self) -> str:
        """How far it is, in words: stage, incumbent and bound."""
        return f"{self._said} · {time.perf_counter() - self._began:.0f} 秒"

    def stop(self) -> None:
        """Ask for the best that is found so far."""
        self._interrupt.asked = True

    def wait(self, seconds: float | None = None) -> None:
        """Wait until it is done."""
        self._thread.join(seconds)

    def step(self, stage: str, done: int, total: int) -> None:
        """Remember the stage."""
        self._said = _STAGES.get(stage, f"求解 {stage}")

    def bound(self, stage: str, incumbent: float, bound: float) -> None:
        """Remember how the search stands."""
        known = f"现有最好 {significant(incumbent)}" if math.isfinite(incumbent) else "尚无方案"
        self._said = f"求解中：{known}" + (f"，界值 {significant(bound)}" if math.isfinite(bound) else "")

    def _run(self) -> None:
        try:
            with stopped_by(self._interrupt):
                self.proposal = self._answer()
        except WorkbenchError as error:
            self.error = error

    def _answer(self) -> Proposal:
        coverage = assess_coverage(self._edited, self._scenario, progress=self)
        self._said = "各候选的步行范围"
        question = station_question(coverage)
        refusal = unsolvable(question)
        if refusal is not None:
            raise refusal
        self._said = "求解中"
        plan = solved(question, self)
        goal, proof = goal_words(question), proof_words(plan)
        if plan.plan is None:
            against = "；".join(conflict_words(question, rule) for rule in plan.conflict)
            return Proposal(self._edits, (), (), (), goal, f"{proof}{f'：{against}' if against else ''}", "", False)
        new = plan.sites[plan.sites >= question.first_candidate]
        stations = tuple(map(_as_edit, self._names, question.stations.iloc[new].to_dict("records")))
        closes = tuple(str(name) for name in question.ids[sorted(set(question.today) - set(plan.sites.tolist()))])
        closes = (*closes, *self._scenario.siting.standing.close) if self._scenario.siting else closes
        titles = tuple(question.titles[question.ids[site]] for site in new)
        gain = _gain(question, plan)
        return Proposal(self._edits, stations, closes, titles, goal, proof, gain, plan.status is Status.OPTIMAL)


def _as_edit(name: str, row: Mapping[Hashable, Any]) -> NewStation:
    """Return a row of the stations layer as a station that a scenario opens."""
    kept = ("kind", "name", "opening_hours", "services", "floor_area_m2")
    said = {column: row[column] for column in kept if not pd.isna(row.get(column))}
    return build(NewStation, {"id": name, "x": row["geometry"].x, "y": row["geometry"].y, **said}, "edits.open")


_MOST: Final = 500  # new stations of a plan that names no number


def _gain(question: StationQuestion, plan: SitingPlan) -> str:
    """Say what a plan adds to what stands, and of how much."""
    if question.wish.goal != "max_cover":
        return ""
    weight, unit = question.demand.weight, objective_unit(question)
    before, whole = math.fsum(weight * covered_by(question, question.today)), math.fsum(weight)
    more = f"+{plan.objective - before:,.0f}；全部 {whole:,.0f} {unit}"
    return f"覆盖 {before:,.0f} → {plan.objective:,.0f} {unit}（{more}）"
