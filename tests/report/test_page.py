"""The page of a run: what it holds, and that it works in a browser with no network."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests import pocket
from tests.report.test_word import contents_of
from tests.siting import grounds
from workbench.ground.district import District
from workbench.plot import map_item, study_figures
from workbench.plot.district_map import MOST_POINTS, study_map
from workbench.progress import Stopwatch
from workbench.report import write_run
from workbench.report.page import PAGE, write_page
from workbench.results import amount
from workbench.study import Study, study_district

_BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")  # the first is the lightest
CHROMIUM = next((found for name in _BROWSERS if (found := shutil.which(name))), "")
QUIET = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
HOSTILE = ("<script>window.broken=1</script>", "=cmd|'/c calc'!A1", "\"'` ${x} @name $y 🏠", "很长的名字" * 12)


def studied(ground: District, **scenario: Any) -> Study:
    return study_district(ground, pocket.scenario(**{"standards": grounds.OPEN, **scenario}), Stopwatch())


def written(study: Study, folder: Path) -> str:
    draw = study_figures(study, page=True, svg=False, workers=1)
    write_run(folder, study.district, study.scenario, study, district_map=partial(map_item, study), draw=draw)
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def planned() -> Study:
    wish = {"stations": 2, "sensitivity": False, "alternatives": {"count": 0}}
    names = dict(zip(grounds.PLACES, (*HOSTILE, "远铺"), strict=True))
    ground = grounds.district(
        candidates=grounds.candidates(name=list(names.values())),
        compounds=pocket.compounds().assign(name=HOSTILE[0]),
        communities=pocket.communities().assign(name=HOSTILE[:2]),
    )
    return studied(ground, siting=wish, targets={"coverage.residents": 60})


@pytest.fixture(scope="module")
def folder(planned: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "run"
    written(planned, path)
    return path


class _Read(HTMLParser):
    """What a page holds: text, tags and what they point to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page_says_what_the_study_says(planned: Study, folder: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    read = _Read(page)
    words = "".join(read.text)
    for sentence in planned.conclusion():
        assert sentence in words
    for row in planned.headlines():
        assert row.label in words
    assert planned.district.manifest.notice in words
    assert planned.fingerprint[:16] in words
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in read.links)
    assert len(page.encode()) < 10_000_000
    kpis = json.loads((folder / "kpi.json").read_text(encoding="utf-8"))
    gain = next(one["value"] for one in kpis if one["key"] == "siting.covered.gain")
    card = re.search(r'data-key="siting.covered.gain">.*?<b>(.*?)</b>', page, re.DOTALL)
    assert card is not None
    assert card[1] == f"{gain} 人"
    answer = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    assert answer["conclusion"] == list(planned.conclusion())
    assert {one["state"] for one in kpis} == {"scenario", "planned"}


def test_each_number_of_a_card_is_found_again_in_the_files(folder: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    answer, kpis = (json.loads((folder / name).read_text(encoding="utf-8")) for name in ("answer.json", "kpi.json"))
    rows = {row["key"]: row for row in answer["headlines"]}
    cards = re.findall(r'data-key="(.*?)">.*?<b>(.*?)</b>(?: <span class="soft">现状 (.*?)</span>)?', page, re.DOTALL)
    assert [key for key, *_ in cards] == list(rows)
    numbers = [amount(one["value"], one["unit"]) for one in kpis] + [amount(one["of"], "人") for one in kpis]
    for key, value, before in cards:
        row = rows[key]
        wanted = [row["today"]] if row["planned"] is None else [row["planned"], row["today"]]
        for shown, number in zip((value, before), wanted, strict=False):
            assert shown in ("", row["verdict"]) if number is None else shown == amount(number, row["unit"]), key
            assert not shown or shown in numbers or shown == row["verdict"], (key, shown)


def test_names_are_data(folder: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert HOSTILE[0] not in page
    assert (
        _Read(page).tags.count("script") == 5
    )  # sorting and filtering, Bokeh with its widgets and its silence, the map


def test_the_same_study_gives_the_same_page(planned: Study, folder: Path, tmp_path: Path) -> None:
    study_map(planned)  # other models in between take other numbers
    assert written(planned, tmp_path / "again") == (folder / "report.html").read_text(encoding="utf-8")


def test_what_a_district_lacks_is_said_and_not_zero(tmp_path: Path) -> None:
    ways = pocket.ways()
    tables = {
        "demand": pocket.demand().assign(compound=None, community=None).drop(columns=pocket.BANDS),
        "ways": ways[ways["compound"].isna()],
        "stations": pocket.stations().assign(community=None),
    }
    write_page(tmp_path / PAGE, contents_of(studied(District.from_tables(pocket.MANIFEST, tables))))
    page = (tmp_path / PAGE).read_text(encoding="utf-8")
    assert "缺社区图层" in page
    assert "缺数据" in page


def test_many_points_are_merged_and_the_page_says_so(
    planned: Study, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert not map_item(planned)["merged"]
    monkeypatch.setattr("workbench.plot.district_map.MOST_POINTS", 3)
    assert MOST_POINTS > 3
    merged = map_item(planned)
    assert merged["merged"]
    write_page(tmp_path / PAGE, contents_of(planned), merged)
    assert "按方格合并显示" in (tmp_path / PAGE).read_text(encoding="utf-8")
    assert len(json.dumps(merged)) < len(json.dumps(map_item(planned))) + 1


# --- in a browser ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine: apt install chromium-headless-shell")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as tool:
        started = tool.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield started
        started.close()


@pytest.mark.parametrize("width", [1200, 390])
def test_the_page_works_offline(browser: Any, folder: Path, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 3000})
    wrong: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto((folder / "report.html").as_uri())
    page.wait_for_function("window.Bokeh && Bokeh.documents.length > 0 && document.querySelector('#district-map *')")
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    kinds = "[...Bokeh.documents[0].roots()[0].children]"
    before = page.evaluate(_FIELD)
    assert before == "plan_compliance"
    page.get_by_role("button", name="现状", exact=True).click()
    assert page.evaluate(_FIELD) == "today_compliance"
    page.get_by_role("button", name="直线 300 m（仅作对照）").click()
    assert page.evaluate(_FIELD) == "today_straight"
    shown = page.evaluate(_VISIBLE)
    page.get_by_role("button", name="大门", exact=True).click()
    assert page.evaluate(_VISIBLE) == shown + 1
    assert page.evaluate(f"{kinds}.length") == 4
    first = page.locator("#indicators table").first
    first.locator("th").first.click()
    assert first.locator("th").first.get_attribute("aria-sort") == "ascending"
    field = page.locator("#indicators input.filter").first
    field.fill("住户")
    rows = first.locator("tbody tr:visible")
    assert 0 < rows.count() < first.locator("tbody tr").count()
    assert all("住户" in text for text in rows.all_inner_texts())
    _hover_over_a_station(page)
    assert page.evaluate("window.broken") is None
    assert not wrong
    assert all(url.startswith(("file:", "data:", "blob:")) for url in asked)
    page.close()


_POINTS = """[...Bokeh.documents[0]._all_models.values()].filter(m => m.type === 'GlyphRenderer')"""
_FIELD = f"{_POINTS}.map(m => m.glyph.marker?.field).filter(f => f)[0]"
_VISIBLE = f"{_POINTS}.filter(m => m.visible).length"


def _hover_over_a_station(page: Any) -> None:
    """Move to the first station of the map and read what it says."""
    page.locator("#district-map").scroll_into_view_if_needed()
    place = page.evaluate(
        """() => {
        const figure = Bokeh.documents[0].roots()[0].children.find(m => m.type === 'Figure');
        const find = v => v.model === figure ? v : (v.child_views || []).map(find).find(x => x);
        const root = [...Bokeh.index].map(v => find(v)).find(x => x);
        const station = figure.renderers.find(r => r.data_source.data.served);
        const x = root.frame.x_scale.compute(station.data_source.data.x[0]);
        const y = root.frame.y_scale.compute(station.data_source.data.y[0]);
        const box = root.el.getBoundingClientRect();
        return [box.x + x, box.y + y, station.data_source.data.name[0]];
    }"""
    )
    page.mouse.move(place[0] - 3, place[1] - 3)
    page.mouse.move(place[0], place[1])
    page.wait_for_timeout(400)
    assert place[2] in page.evaluate(_TOOLTIPS)


_TOOLTIPS = """() => { const texts = []; const walk = node => { if (node.shadowRoot) walk(node.shadowRoot);
  for (const child of node.children || []) { texts.push(child.textContent); walk(child); } };
  walk(document.body); return texts.join(' '); }"""


def test_the_page_prints_on_a4(browser: Any, folder: Path, tmp_path: Path) -> None:
    page = browser.new_page()
    page.goto((folder / "report.html").as_uri())
    page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True, print_background=True)
    content = (tmp_path / "page.pdf").read_bytes()
    assert content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") >= 4
    assert re.search(rb"/MediaBox \[0 0 59[45][.\d]* 84[12]", content)
    page.close()
