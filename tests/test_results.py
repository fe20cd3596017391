"""What a result shows of itself in a notebook: its card."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from tests import pocket
from tests.siting import grounds
from workbench.coverage import assess_coverage
from workbench.progress import Stopwatch
from workbench.results import Result
from workbench.siting import site_stations
from workbench.study import study_district

HOSTILE = "<script>window.broken=1</script>"
WISH = {"stations": 2, "sensitivity": False, "alternatives": {"count": 0}}
BARE = {"standards": grounds.OPEN, "robustness": {"draws": 20}}


class _Read(HTMLParser):
    """Tags and texts of a card."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(result: Result) -> _Read:
    return _Read(result._repr_html_())


def scenario(**settings: Any) -> Any:
    return pocket.scenario(**{**BARE, **settings})


@pytest.fixture(scope="module")
def study() -> Result:
    ground = grounds.district(communities=pocket.communities().assign(name=HOSTILE))
    asked = scenario(siting=WISH, targets={"coverage.residents": 60}, title="<b>题</b>")
    return study_district(ground, asked, Stopwatch())


def test_a_card_says_ground_state_numbers_denominators_and_verdict(study: Any) -> None:
    card = read(study)
    assert card.text[0].endswith("<b>题</b>")  # as it is written, no markup
    assert study.district.manifest.notice in card.text
    assert {"新增阵地", "可用候选场所 4", "达标"} <= set(card.text)
    assert "script" not in card.tags
    for part in (study, study.coverage, *study.parts.values()):
        shown = read(part)
        assert 2 <= shown.tags.count("tr") <= 16, part
        assert study.district.manifest.notice in shown.text
    assert any(HOSTILE in text for text in read(study.coverage).text)


def test_the_same_result_gives_the_same_card(study: Any) -> None:
    again = assess_coverage(study.district, study.scenario)
    assert again._repr_html_() == study.coverage._repr_html_()


def test_a_plan_shows_its_bound_and_its_gap() -> None:
    found = read(site_stations(grounds.district(), scenario(siting=WISH)))
    assert {"已证最优", "目标值的界", "与界的差距", "0.0%"} <= set(found.text)


def test_a_card_without_a_plan_says_why_and_shows_no_number() -> None:
    floors = [{"each": "community", "share": 0.99}]
    shown = read(site_stations(grounds.district(), scenario(siting={"stations": 1, "floors": floors})))
    assert shown.text.count("无解") == 2  # value and verdict
    assert any("没有选址方案" in text for text in shown.text)
    assert "新增阵地" not in shown.text


def test_what_is_missing_and_what_is_withheld_is_said() -> None:
    bare = assess_coverage(pocket.poor("no stations"), pocket.scenario(targets={"walk.distance.p90": 300}))
    assert "缺数据" in read(bare).text
    few = assess_coverage(pocket.district(), pocket.scenario(standards={"privacy.smallest_cell": 100}))
    kpi = next(kpi for kpi in few.kpis() if kpi.withheld and kpi.value is None)
    assert few._card_of(kpi).value == "不公布"
