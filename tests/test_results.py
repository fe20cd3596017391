"""What a result gives a notebook: its card, the one figure, the map, the exact table and layer."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from tests import pocket
from tests.siting import grounds
from workbench.coverage import assess_coverage
from workbench.errors import NoSolutionError, NothingToShowError
from workbench.plot import picture
from workbench.plot.style import house_style
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


@pytest.fixture(scope="module")
def impossible() -> Result:
    floors = [{"each": "community", "share": 0.99}]
    return site_stations(grounds.district(), scenario(siting={"stations": 1, "floors": floors}))


def test_a_card_without_a_plan_says_why_and_shows_no_number(impossible: Result) -> None:
    shown = read(impossible)
    assert shown.text.count("无解") == 2  # value and verdict
    assert any("没有选址方案" in text for text in shown.text)
    assert "新增阵地" not in shown.text


def test_what_is_missing_and_what_is_withheld_is_said() -> None:
    bare = assess_coverage(pocket.poor("no stations"), pocket.scenario(targets={"walk.distance.p90": 300}))
    assert "缺数据" in read(bare).text
    few = assess_coverage(pocket.district(), pocket.scenario(standards={"privacy.smallest_cell": 100}))
    kpi = next(kpi for kpi in few.kpis() if kpi.withheld and kpi.value is None)
    assert few._card_of(kpi).value == "不公布"


# --- figure, map, table, layer -----------------------------------------------------------------


def test_every_result_gives_its_table_and_its_layer(study: Any) -> None:
    plain = re.compile(r"[a-z0-9][a-z0-9_]*")
    for name, part in {"study": study, "coverage": study.coverage, **study.parts}.items():
        table = part.to_frame()
        assert [column for column in table if not plain.fullmatch(column)] == [], name
        table["mine"] = 1  # a copy: what the result holds stays as it is
        assert "mine" not in part.to_frame()
        for layer in part.layers():
            assert part.to_gdf(layer).crs == study.district.crs
    assert study.coverage.to_gdf().equals(study.coverage.to_gdf("coverage_points"))
    with pytest.raises(NothingToShowError, match=r"the layer is not known.*Did you mean coverage_points"):
        study.coverage.to_gdf("coverage_point")


def test_every_result_draws_the_one_figure_that_answers(study: Any) -> None:
    with house_style():
        own = Figure().add_subplot()
        assert study.parts["siting"].plot(own) is own
    assert "33.3% → 76.2%" in own.get_title(loc="left")
    assert picture(study.plot()).title == picture(study.parts["siting"].plot()).title  # of what is decided
    assert "居民 33.3%" in picture(study.coverage.plot()).title
    with pytest.raises(NothingToShowError, match="nothing to draw"):
        study.parts["capacity"].plot()  # no area of any station is known


def test_the_map_of_a_plan_is_one_page_that_needs_no_network(study: Any, tmp_path: Path) -> None:
    for shown in (study, study.coverage, study.parts["siting"]):
        page = shown.explore()
        assert page.html == shown.explore().html
        assert page.save(tmp_path / "map.html").read_text(encoding="utf-8") == page.html
        frame = page._repr_html_()
        assert _Read(frame).tags == ["iframe"]
        assert 'src="' not in page.html.split("<script>", 1)[0]
        assert study.district.manifest.notice in page.html
    assert HOSTILE not in study.explore().html
    with pytest.raises(NothingToShowError, match="no interactive map"):
        study.parts["posts"].explore()


def test_what_has_no_plan_says_so_whatever_is_asked(impossible: Result) -> None:
    for ask in (impossible.plot, impossible.explore, impossible.to_frame, impossible.to_gdf):
        with pytest.raises(NoSolutionError, match="its status is INFEASIBLE: 按所列规则没有选址方案"):
            ask()
