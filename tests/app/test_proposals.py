"""What the models propose from where a session stands: exact, with what was opened by hand given."""

from __future__ import annotations

from typing import Any

import pytest

from tests import pocket
from tests.siting import grounds
from workbench.app.proposals import Search, next_site, rest_of_plan, still_to_open
from workbench.app.session import Ground, Session
from workbench.catalogue.terms import Mode
from workbench.coverage import assess_coverage
from workbench.errors import ScenarioError
from workbench.ground.district import District
from workbench.scenario.siting import Siting
from workbench.siting import site_next


def session(ground: District | None = None, **scenario: Any) -> Session:
    return Session(Ground(ground or grounds.district(), pocket.scenario(standards=grounds.OPEN, **scenario)))


def asked(tried: Session, wish: Siting) -> Search:
    search = Search(tried, wish)
    search.wait(120)
    assert not search.running
    return search


def test_the_best_next_site_is_that_of_the_exact_model() -> None:
    tried = session(siting={"stations": 2, "candidates": {"required": ["a3"]}})
    search = asked(tried, next_site(tried))
    found = search.proposal
    assert found is not None
    assert found.optimal
    assert found.proof.startswith("已证最优")
    assert found.gain == "覆盖 70 → 130 人（+60；全部 210 人）"
    assert [(one.id, one.x, one.y) for one in found.stations] == [("new-1", 1050, 510)]
    assert "远铺（z1）" in found.titles[0]
    tried.adopt(found.stations, found.closes)
    assert tried.what.covered_at(Mode.COMPLIANCE).sum() == 130
    again = asked(tried, next_site(tried)).proposal
    assert again is not None
    assert again.stations[0].id == "new-2"
    assert "覆盖 130 → 160" in again.gain  # the shop at the corner reaches D3


def test_the_rest_of_the_plan_takes_what_stands_for_given() -> None:
    tried = session(siting={"stations": 3})
    assert still_to_open(tried) == 3
    tried.open_station(300, 0)
    tried.close_station("S2")
    assert still_to_open(tried) == 2
    wish = rest_of_plan(tried, 2)
    found = asked(tried, wish).proposal
    assert found is not None
    coverage = assess_coverage(tried.district, tried.scenario.model_copy(update={"siting": wish}))
    best = site_next(coverage)
    named = best.question.stations.set_index("id")["name"]
    assert [one.name for one in found.stations] == [named[site] for site in best.opened]
    tried.adopt(found.stations, found.closes)
    assert tried.what.covered_at(Mode.COMPLIANCE).sum() == best.plan.objective
    tried.undo()
    assert len(tried.edits.open) == 1


def test_stations_that_may_move_are_closed_with_the_plan() -> None:
    tried = session(siting={"stations": 1, "standing": {"may_move": ["S1"], "moves": 1, "close": ["S2"]}})
    found = asked(tried, rest_of_plan(tried, 1)).proposal
    assert found is not None
    assert "S2" in found.closes
    tried.adopt(found.stations, found.closes)
    assert set(found.closes) <= set(tried.edits.close)
    assert set(rest_of_plan(tried, 1).standing.close) == set()


def test_without_a_wish_posts_in_the_ledger_or_at_corners() -> None:
    tried = session()
    assert next_site(tried).candidates.sources == ("ledger",)
    assert next_site(tried).candidates.opening_hours == "24/7"
    bare = session(pocket.district())
    found = asked(bare, next_site(bare)).proposal
    assert found is not None
    assert found.gain.startswith("覆盖 70 → ")


def test_a_wish_that_cannot_be_says_why() -> None:
    tried = session(siting={"stations": 1, "candidates": {"forbidden": ["a1", "a2", "a3", "z1"]}})
    search = asked(tried, next_site(tried))
    assert search.proposal is None
    assert isinstance(search.error, ScenarioError)
    floors = session(siting={"stations": 1, "floors": [{"each": "community", "share": 1.0}]})
    found = asked(floors, rest_of_plan(floors, 1)).proposal
    assert found is not None
    assert not found.stations
    assert found.proof.startswith("无解")


def test_a_search_that_is_stopped_leaves_the_best_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.app import proposals
    from workbench.solving import heeded_interrupt

    heard = []

    def solved(question: Any, progress: Any) -> Any:
        with heeded_interrupt() as interrupt:
            heard.append(interrupt.asked)
            progress.bound("max_cover", 70, float("inf"))
            search.stop()
            heard.append(interrupt.asked)
            progress.bound("max_cover", 70, 100)
        return plain(question)

    plain = proposals.solved
    monkeypatch.setattr(proposals, "solved", solved)
    tried = session()
    search = Search(tried, next_site(tried))
    search.wait(120)
    assert heard == [False, True]
    assert "现有最好 70，界值 100" in search.state
