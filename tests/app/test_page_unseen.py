"""The page without a browser: what a click, a slider and a button do, and what they say."""

from __future__ import annotations

import errno
import socket
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bokeh.document import Document

from tests import pocket
from tests.siting import grounds
from workbench.app import live_map, server
from workbench.app.page import Page, what_if
from workbench.app.session import Ground, Session
from workbench.catalogue.terms import Mode
from workbench.coverage import assess_coverage
from workbench.errors import OutputError
from workbench.ground.district import District
from workbench.ground.manifest import SourceNote
from workbench.plot.district_map import MARKERS

FAR = 40.0


def page(ground: District | None = None, folder: Path | None = None, **scenario: Any) -> Page:
    shown = Page(
        Session(Ground(ground or grounds.district(), pocket.scenario(standards=grounds.OPEN, **scenario))), folder
    )
    document = Document()
    document.add_root(shown.view().get_root(document))
    return shown


def said(shown: Page) -> str:
    return str(shown._say.text)


def classes(shown: Page) -> list[str]:
    return list(shown.map._points._source.data["class"])


def test_clicks_do_what_the_action_says() -> None:
    shown = page()
    session = shown._session
    shown._click(200, 0, FAR)
    assert "新增 新驿家 1" in said(shown)
    assert classes(shown) == session.classes(Mode.COMPLIANCE).tolist()
    assert 'data-key="covered.compliance"' in shown._strip.text
    assert "<b>100</b> 人" in shown._strip.text
    shown._action.value = "关闭阵地"
    shown._click(500, 300, FAR)
    assert "这里没有阵地" in said(shown)
    shown._click(605, 10, FAR)
    assert "关闭 西驿家" in said(shown)
    assert list(shown.map._gone.data["id"]) == ["S2"]
    assert "不在小区内的居民" in shown._lists.text
    shown._action.value = "开关大门"
    assert not shown._kind.visible
    assert shown._gate.visible
    assert "大门" in [shown.map.layers.labels[place] for place in shown.map.layers.active]
    shown._click(500, 300, FAR)
    assert "这里没有大门" in said(shown)
    shown._click(300, 22, FAR)
    assert "大门 G2 改为公众可通行" in said(shown)
    shown._gate.value = "members"
    shown._click(300, 22, FAR)
    assert list(shown.map._gate_source.data["access"]) == ["仅本院居民", "仅本院居民"]
    shown._take_back(None)
    assert "已撤销：大门 G2 改为仅本院居民" in said(shown)
    shown._do_again(None)
    assert "已重做" in said(shown)
    shown._reset.param.trigger("clicks")


def test_stations_of_a_ledger_without_a_place_are_placed_by_name() -> None:
    ground = grounds.district()
    words = ("第 3 行“某某驿站”：没有相像的地名", "第 9 行“清枫驿家（旧）”（河边）：没有相像的地名")
    note = SourceNote(layer="stations", source="甲", licence="乙", date="2026-11-01", unplaced=words)
    waits = replace(ground, manifest=ground.manifest.model_copy(update={"sources": (note,)}))
    shown = page(waits)
    assert shown._waiting.visible
    assert list(shown._waiting.options.values()) == ["", "某某驿站", "清枫驿家（旧）"]
    shown._waiting.value = "清枫驿家（旧）"
    shown._click(200, 0, FAR)
    assert "新增 清枫驿家（旧）" in said(shown)
    assert [one.name for one in shown._session.edits.open] == ["清枫驿家（旧）"]
    assert list(shown._waiting.options.values()) == ["", "某某驿站"]
    shown._act(shown._session.undo)
    assert shown._session.waiting == ("某某驿站", "清枫驿家（旧）")
    shown._action.value = "关闭阵地"
    assert not shown._waiting.visible
    assert not page()._waiting.visible


def test_a_drag_in_the_browser_moves_a_station_and_a_refused_one_comes_back() -> None:
    shown = page()
    source = shown.map._stations
    before = {name: list(values) for name, values in source.data.items()}
    there = [x - (100 if name == "S2" else 0) for x, name in zip(before["x"], before["id"], strict=True)]
    source.data = {**before, "x": there}
    assert [(one.id, one.x, one.y) for one in shown._session.edits.move] == [("S2", 500, 10)]
    assert list(source.data["fate"]) == ["", "迁址"]
    moved = {name: list(values) for name, values in source.data.items()}
    source.data = {**moved, "x": [x + 30_000 for x in moved["x"]]}
    assert "路网范围之外" in said(shown)
    assert list(source.data["x"]) == moved["x"]
    source.data = moved
    assert len(shown._session.edits) == 1


def test_a_click_in_the_browser_tells_where() -> None:
    shown = page()
    west, south = shown.map._places.west, shown.map._places.south
    shown.map.clicks.data = {"x": [200 - west], "y": [0 - south], "reach": [5.0], "number": [1]}
    assert [(one.x, one.y) for one in shown._session.edits.open] == [(200, 0)]


def test_modes_groups_and_sliders() -> None:
    shown = page()
    session = shown._session
    shown._mode.value = Mode.EXPERIENCE
    assert shown._group.visible
    shown._group.value = "oldest"
    assert classes(shown) == session.classes(Mode.EXPERIENCE, "oldest").tolist()
    assert shown._pace.label == "步速（m/s）· 高龄"
    shown._pace.value = 0.4
    shown._set(None)
    assert session.settings.standards["pace.oldest"] == 0.4
    assert "已按 周三 10:00 重测" in said(shown)
    shown._limits["gb50180.five_minute.walk_distance"].value = 200
    shown._day.value = "Su"
    assert session.base.limit(Mode.COMPLIANCE) == 200
    assert session.settings.weekday == "Su"
    shown._set(None)
    assert_measured(session)


def assert_measured(session: Session) -> None:
    anew = assess_coverage(session.district, session.scenario)
    assert session.what.covered_at(Mode.EXPERIENCE).tolist() == anew.covered_residents(Mode.EXPERIENCE).tolist()
    assert session.classes(Mode.COMPLIANCE).tolist() == anew.colour.tolist()


def looked(shown: Page) -> str:
    until = time.monotonic() + 120
    while shown._search is not None and time.monotonic() < until:
        shown._look()
        time.sleep(0.02)
    return str(shown._found.text)


def test_sites_are_proposed_stopped_and_adopted(monkeypatch: pytest.MonkeyPatch) -> None:
    class Callback:
        def stop(self) -> None:
            """Nothing runs."""

    monkeypatch.setattr("panel.state.add_periodic_callback", lambda *_, **__: Callback())
    shown = page(siting={"stations": 2, "sensitivity": False})
    shown._ask_next(None)
    shown._ask_next(None)  # one at a time
    shown._halt(None)
    assert shown._next.disabled
    assert "data-key" in looked(shown)
    shown._look()
    shown._ask_next(None)
    assert "已证最优" in looked(shown)
    assert list(shown.map._proposed.data["name"])
    shown._take(None)
    assert "采用方案（新增 1 处）" in said(shown)
    assert not list(shown.map._proposed.data["name"])
    assert not shown._adopt.visible
    shown._take(None)
    shown._ask_rest(None)
    shown._click(200, 0, FAR)  # meanwhile
    assert "这份方案不再适用" in looked(shown)
    barred = page(siting={"stations": 1, "candidates": {"forbidden": ["a1", "a2", "a3", "z1"]}})
    barred._ask_next(None)
    assert "没有可选的了" in looked(barred)


def test_saving_says_where_or_why_not(tmp_path: Path) -> None:
    shown = page(folder=tmp_path)
    shown._click(200, 0, FAR)
    shown._name.value = "Plan A"
    shown._write(None)
    assert "文件名只能用小写字母" in shown._saved.text
    shown._name.value, shown._title.value = "plan-a", "<b>甲</b>"
    shown._write(None)
    assert "已保存" in shown._saved.text
    shown._write(None)
    assert "已有同名文件" in shown._saved.text
    assert (tmp_path / "plan-a.yaml").read_text(encoding="utf-8").startswith("name: plan-a\n")


@pytest.mark.parametrize("case", pocket.POOR)
def test_a_poor_district_has_a_page(case: str) -> None:
    shown = page(pocket.poor(case))
    shown._click(200, 0, FAR)
    assert shown._session.can_undo


def test_names_are_data() -> None:
    hostile = "<script>window.broken=1</script>"
    shown = page(pocket.district(compounds=pocket.compounds().assign(name=hostile)), title=hostile)
    assert hostile not in shown._lists.text
    assert "&lt;script&gt;" in shown._lists.text


def test_many_points_are_merged_in_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_map, "MOST_POINTS", 2)
    monkeypatch.setattr("workbench.plot.district_map.MOST_POINTS", 2)
    shown = page()
    assert 0 < len(classes(shown)) <= 2
    assert set(classes(shown)) <= set(MARKERS)
    shown._click(200, 0, FAR)
    assert np.isfinite(shown.map._points._source.data["x"]).all()


def test_what_if_is_shown_in_a_cell(tmp_path: Path) -> None:
    found = what_if(pocket.district(), pocket.scenario(), tmp_path)
    assert found.get_root(Document()) is not None


# --- who may come -----------------------------------------------------------------------------


def test_addresses_and_the_names_that_a_page_may_be_asked_for_by() -> None:
    assert [server.is_loopback(one) for one in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "10.1.2.3", "host")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip
    assert server._origins("127.0.0.1", 5006) == ["127.0.0.1:5006", "localhost:5006"]
    assert server._origins("10.1.2.3", 80) == ["10.1.2.3:80"]
    assert f"{socket.gethostname()}:80" in server._origins("0.0.0.0", 80)
    assert not any("*" in name for name in server._origins("0.0.0.0", 80))
    assert server._host("0.0.0.0") == "127.0.0.1"


def test_a_port_or_an_address_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OutputError, match=f"--port: the port is in use; found {port}"):
            server._free(port, "127.0.0.1")
    assert server._free(0, "127.0.0.1") > 0
    with pytest.raises(OutputError, match="--address: there is no such address"):
        server._free(0, "203.0.113.7")

    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket, "getaddrinfo", refused)
    with pytest.raises(OutputError, match="--port: the port may not be used"):
        server._free(80, "127.0.0.1")
