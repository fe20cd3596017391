"""The what-if page in a real browser: clicked, dragged, stopped, in two browsers at once, with no request to anywhere."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import pocket
from tests.report.test_page import CHROMIUM, QUIET
from tests.siting import grounds
from workbench.app import page as pages
from workbench.app import server as serving
from workbench.app.session import Ground, Session
from workbench.catalogue.terms import Mode
from workbench.ground.sources import write_district
from workbench.scenario import load_scenario
from workbench.study import ground_of, run_study

HOSTILE = "<script>window.broken=1</script>"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("what-if")
    compounds = pocket.compounds().assign(name=HOSTILE)
    write_district(grounds.district(compounds=compounds), folder / "ground")
    groups = {name: group.model_dump(mode="json", exclude_defaults=True) for name, group in pocket.GROUPS.items()}
    said = f"title: '{HOSTILE}'\nstandards: {{privacy.smallest_cell: 1}}\nrobustness: {{draws: 20}}\n"
    path = folder / "base.yaml"
    path.write_text(f"name: base\ndistrict: ground\ngroups: {groups}\n{said}", encoding="utf-8")
    return path


class Served:
    """A server in a thread of its own, and the sessions that its pages made."""

    def __init__(self, file: Path) -> None:
        self.sessions: list[Session] = []
        self._file, self._up = file, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._up.wait(120)

    def _run(self) -> None:
        asyncio.set_event_loop(asyncio.new_event_loop())
        scenario = load_scenario(self._file)
        ground = Ground(ground_of(scenario), scenario, self._file)
        self.server, self.url = serving.page_server(ground, port=0, address="127.0.0.1")
        self._up.set()
        self.server.io_loop.start()

    def stop(self) -> None:
        self.server.io_loop.add_callback(self.server.io_loop.stop)
        self._thread.join(20)


@pytest.fixture(scope="module")
def served(file: Path) -> Iterator[Served]:
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine: apt install chromium-headless-shell")
    made: list[Session] = []

    class Kept(pages.Page):
        def __init__(self, session: Session, folder: Path | None = None) -> None:
            made.append(session)
            super().__init__(session, folder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "Page", Kept)
        up = Served(file)
        up.sessions = made
        yield up
        up.stop()


@pytest.fixture(scope="module")
def browser(served: Served) -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as tool:
        started = tool.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield started
        started.close()


@pytest.fixture(autouse=True)
def no_error_of_the_server(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    loud = [one for one in caplog.records if one.levelname == "ERROR" and not one.name.startswith("asyncio")]
    assert not [one.getMessage() for one in loud]


class Tab:
    """One browser at the page."""

    def __init__(self, browser: Any, served: Served, width: int = 1200) -> None:
        self.page = browser.new_context(viewport={"width": width, "height": 1000}).new_page()
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self._clicked = 0.0
        said = ("error", "warning")
        self.page.set_default_timeout(15_000)
        self.page.on("console", lambda message: self.wrong.append(message.text) if message.type in said else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(served.url)
        self.page.wait_for_selector("[data-key=stations]")
        self.session = served.sessions[-1]
        self.page.wait_for_function(_DRAWN)

    def at(self, x: float, y: float) -> tuple[float, float]:
        return tuple(self.page.evaluate(_PLACE, [x - 50, y - 5]))  # D1, the south-west corner of the residents

    def click(self, x: float, y: float) -> None:
        since = 1000 * (time.monotonic() - self._clicked)
        self.page.wait_for_timeout(max(0.0, 400 - since))  # two clicks in a moment are a double click
        self.page.mouse.click(*self.at(x, y))
        self._clicked = time.monotonic()

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.page.mouse.move(*self.at(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.at(*end), steps=4)
        self.page.mouse.up()

    def press(self, words: str) -> None:
        self.page.get_by_role("button", name=words, exact=True).click()

    def choose(self, action: str, hint: str) -> None:
        self.page.get_by_text(action, exact=True).click()
        self.page.get_by_text(hint).wait_for()

    def shows(self, key: str, number: str) -> None:
        self.page.locator(f"[data-key='{key}'] b").filter(has_text=number).wait_for()
        assert self.page.locator(f"[data-key='{key}'] b").inner_text() == number

    def says(self, words: str) -> None:
        said = self.page.locator("[role=status]")
        try:
            said.filter(has_text=words).wait_for()
        except Exception as error:
            raise AssertionError(said.inner_text()) from error

    def colours(self) -> list[str]:
        return list(self.page.evaluate(_CLASSES))

    def take_back(self) -> None:
        if len(self.session.edits):
            self.press("全部重置")
        self.shows("stations", "2")
        self.choose("新增阵地", "点地图任一处即新增一处")

    def unharmed(self) -> None:
        assert not self.wrong
        assert self.page.evaluate("window.broken") is None
        hosts = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")
        assert all(url.startswith(hosts) for url in self.asked)

    def close(self) -> None:
        self.unharmed()
        self.page.context.close()


@pytest.fixture(scope="module")
def only(browser: Any, served: Served) -> Iterator[Tab]:
    tab = Tab(browser, served)
    yield tab
    tab.page.context.close()


@pytest.fixture
def tab(only: Tab) -> Iterator[Tab]:
    """The browser of those tests that leave the page as it was but for what is built, and that is taken back."""
    yield only
    only.take_back()
    only.unharmed()


_FIGURE = "[...Bokeh.documents[0]._all_models.values()].find(m => m.type === 'Figure')"
_DRAWN = f"""() => {{ const figure = {_FIGURE}; return figure && figure.inner_width > 0; }}"""
_PLACE = f"""(xy) => {{ const figure = {_FIGURE};
  const find = v => v.model === figure ? v : [...(v.child_views || [])].map(find).find(x => x);
  const root = [...Bokeh.index].map(v => find(v)).find(x => x), box = root.el.getBoundingClientRect();
  return [box.x + root.frame.x_scale.compute(xy[0]), box.y + root.frame.y_scale.compute(xy[1])]; }}"""
_CLASSES = "[...Bokeh.documents[0]._all_models.values()].find(m => m.data && m.data.class).data.class"


def test_a_station_opened_dragged_closed_and_taken_back(tab: Tab, served: Served) -> None:
    assert served.sessions[0].ground is tab.session.ground
    tab.shows("covered.compliance", "70")
    assert tab.colours() == tab.session.classes(Mode.COMPLIANCE).tolist()
    before = tab.colours()
    tab.click(200, -2)
    tab.says("新增 新驿家 ")
    tab.shows("covered.compliance", "100")
    tab.shows("stations", "3")
    assert tab.session.what.covered_at(Mode.COMPLIANCE).sum() == 100
    assert tab.colours() == tab.session.classes(Mode.COMPLIANCE).tolist() != before
    new = tab.session.edits.open[0]
    tab.drag((new.x, new.y), (new.x + 200, new.y))
    tab.says(f"移动 {new.name}")
    assert abs(tab.session.edits.open[0].x - new.x - 200) < 15
    tab.shows("covered.compliance", f"{tab.session.what.covered_at(Mode.COMPLIANCE).sum():,.0f}")
    tab.choose("关闭阵地", "点一处阵地即关闭")
    tab.click(600, 10)
    tab.says("关闭 西驿家")
    tab.shows("lost", f"{tab.session.lost(Mode.COMPLIANCE).sum():,.0f}")
    tab.click(1000, 300)
    tab.says("这里没有阵地")
    for number in ("3", "3", "2"):
        tab.press("撤销")
        tab.shows("stations", number)
    tab.shows("covered.compliance", "70")
    assert tab.colours() == before
    tab.says(f"已撤销：新增 {new.name}")
    tab.press("重做")
    tab.says(f"已重做：新增 {new.name}")
    tab.shows("covered.compliance", "100")
    tab.press("全部重置")
    tab.shows("covered.compliance", "70")


def test_dragging_the_ground_moves_the_map_and_no_station(browser: Any, served: Served) -> None:
    tab = Tab(browser, served)
    there = tab.at(800, 300)
    tab.choose("关闭阵地", "点一处阵地即关闭")
    tab.drag((800, 300), (700, 250))
    tab.page.wait_for_timeout(200)
    moved = tab.at(800, 300)
    assert moved[0] < there[0] - 5
    assert moved[1] > there[1] + 5
    assert not len(tab.session.edits)
    tab.close()


def test_gates_and_modes(browser: Any, served: Served) -> None:
    tab = Tab(browser, served)
    tab.choose("开关大门", "点一座大门")
    tab.page.wait_for_timeout(300)
    tab.click(300, 20)
    tab.says("大门 G2 改为公众可通行")
    assert tab.session.gate_access() == {"G2": ("public", None)}
    tab.page.get_by_text("体验（分钟）", exact=True).click()
    tab.page.get_by_text("失去覆盖（体验口径，失去 / 居民）").wait_for()
    assert tab.colours() == tab.session.classes(Mode.EXPERIENCE).tolist()
    tab.close()


def test_what_cannot_be_is_said_and_nothing_is_lost(tab: Tab) -> None:
    tab.click(200, -2)
    tab.shows("stations", "3")
    tab.click(800, 250)
    tab.says("这里接不上路网")
    tab.shows("stations", "3")
    assert len(tab.session.edits.open) == 1
    new = tab.session.edits.open[0]
    tab.drag((new.x, new.y), (800, 260))
    tab.page.wait_for_timeout(500)  # the message is the same as before
    tab.says("这里接不上路网")
    assert tab.session.edits.open[0] == new
    tab.drag((new.x, new.y), (new.x + 100, new.y))  # it is where it was
    tab.says(f"移动 {new.name}")


def test_two_browsers_do_not_see_each_other(tab: Tab, browser: Any, served: Served) -> None:
    one, other = tab, Tab(browser, served)
    assert one.session is not other.session
    one.click(200, -2)
    one.shows("stations", "3")
    other.click(400, 0)
    other.shows("stations", "3")
    other.press("撤销")
    other.shows("stations", "2")
    one.page.wait_for_timeout(200)
    one.shows("stations", "3")
    assert (len(one.session.edits), len(other.session.edits)) == (1, 0)
    other.close()


def test_the_best_next_site_is_proposed_and_adopted(tab: Tab) -> None:
    tab.press("此处之外最好的下一处")
    tab.page.locator("[data-key=proof]").filter(has_text="已证最优").wait_for(timeout=120_000)
    tab.page.get_by_text("覆盖 70 → 130 人").wait_for()
    tab.press("采用")
    tab.says("采用方案（新增 1 处）")
    tab.shows("covered.compliance", "130")


def test_another_hour_and_a_saved_scenario(browser: Any, served: Served, file: Path) -> None:
    tab = Tab(browser, served)
    tab.click(200, -2)
    tab.shows("stations", "3")
    tab.page.get_by_text("时间、限值与步速", exact=True).click()
    tab.page.get_by_label("星期").select_option("周日")
    tab.says("重测")
    tab.page.locator("[role=status]").filter(has_text="已按 周日 10:00 重测").wait_for()
    assert tab.session.settings.weekday == "Su"
    tab.page.get_by_label("文件名").fill("../x")
    tab.press("保存")
    tab.page.get_by_text("文件名只能用小写字母").wait_for()
    tab.page.get_by_label("文件名").fill("from-the-page")
    tab.press("保存")
    tab.page.get_by_text("workbench run").wait_for()
    study = run_study(load_scenario(file.with_name("from-the-page.yaml")))
    assert study.before_after is not None
    share = next(kpi for kpi in study.before_after[1].kpis() if kpi.key == "residents.covered.share")
    tab.shows("share.compliance", f"{share.value:.1f}")
    tab.close()


def test_the_page_fits_a_phone(browser: Any, served: Served) -> None:
    tab = Tab(browser, served, width=390)
    tab.page.get_by_text(pocket.MANIFEST.notice).first.wait_for()
    tab.page.wait_for_function("document.documentElement.scrollWidth <= 390")  # once it is laid out
    tab.close()
