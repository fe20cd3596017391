"""The page on which a session is seen: numbers, map, lists and buttons, in the words of a planner."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from functools import partial, wraps
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import panel as pn
from bokeh.models import InlineStyleSheet
from bokeh.models.widgets import Div
from markupsafe import Markup

from workbench.app.live_map import LiveMap, View
from workbench.app.proposals import Proposal, Search, next_site, rest_of_plan, still_to_open
from workbench.app.session import Ground, LiveNumber, Session, Settings, Spot
from workbench.catalogue.terms import Mode, label, printable
from workbench.coverage.measure import EVERYONE
from workbench.errors import Problem, WorkbenchError
from workbench.ground.district import District
from workbench.plot.district_map import MAP_FONT, map_legend
from workbench.results import MISSING
from workbench.scenario import Scenario
from workbench.scenario.siting import Siting

_DAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_HALF_HOURS: Final = tuple(f"{half // 2:02d}:{30 * (half % 2):02d}" for half in range(48))
_KINDS: Final = {"党群驿家（微站）": "post", "社区党群服务中心": "community_centre", "区级中心": "district_centre"}
_OPEN, _CLOSE, _GATE = "新增阵地", "关闭阵地", "开关大门"
_UNNAMED: Final = "另起名"
_HINTS: Final = {
    _OPEN: "点地图任一处即新增一处；拖动任何阵地可迁址；拖动空白处平移，滚轮缩放。",
    _CLOSE: "点一处阵地即关闭；拖动阵地可迁址。",
    _GATE: "点一座大门（菱形，须先打开“大门”图层）即改变通行；拖动阵地可迁址。",
}
_GATE_CHOICES: Final = {
    "轮换：公众 → 仅本院 → 不开放": "",
    "公众通行，全天": "public",
    "仅本院居民，全天": "members",
    "不开放": "closed",
}
_SAID: Final = {
    "outside": "这里在本区路网范围之外，不能设阵地。",
    "name": "文件名只能用小写字母、数字和连字符，如 plan-a。",
    "there is such a file already": "已有同名文件，不会覆盖：请换一个名字。",
    "every candidate that is left is vetoed or forbidden": "候选场所都被否决或排除，没有可选的了。",
    "more sites are required than stations may open": "情景的必选场所多于再增处数：请加大处数。",
    "off_network": "这里接不上路网：附近没有通得出去的道路，设了也没有人走得到。",
}
_CHOICE: Final = {"color": "primary", "variant": "outline"}
_MOST_NAMED = 2  # groups that a slider names
_POLL_MS = 300  # between two looks at a model at work
_CSS: Final = f"""
:host, body, .bk-btn, .bk-input, label {{ font-family: {MAP_FONT}; }}
.bk-clearfix {{ width: 100%; }}
.strip {{ display: flex; flex-wrap: wrap; gap: 8px; }}
.card {{ flex: 1 1 150px; border: 1px solid #d8d2c6; border-radius: 6px; padding: 6px 10px; background: #fff; }}
.card b {{ font-size: 20px; }} .soft {{ color: #666; font-size: 12px; }}
.up {{ color: #1d7a55; }} .down {{ color: #b3261e; }}
.notice {{ color: #8a5a00; }} h1, h2, td {{ overflow-wrap: anywhere; }}
h1 {{ font-size: 20px; margin: 4px 0; }} h2 {{ font-size: 15px; margin: 6px 0 2px; }}
table {{ border-collapse: collapse; width: 100%; font-size: 13px; }}
td {{ border-top: 1px solid #e5e0d6; padding: 2px 4px; }} td.n {{ text-align: right; white-space: nowrap; }}
.say {{ padding: 6px 10px; border-radius: 6px; background: #eef4ee; }} .say.bad {{ background: #fbe9e7; }}
.dot {{ display: inline-block; width: 10px; height: 10px; border-radius: 5px; margin: 0 4px 0 10px; }}
"""


def what_if(district: District, scenario: Scenario, folder: Path | None = None) -> pn.viewable.Viewable:
    """Return the what-if page of a district, to be shown in a cell of JupyterLab.

    Parameters
    ----------
    district
        The ground as its ledgers have it.
    scenario
        Where it starts; its edits are the first that can be taken back.
    folder
        Where scenarios are saved; the working folder when not given.
    """
    pn.extension(inline=True)
    return Page(Session(Ground(district, scenario)), folder).view()


_Handler = TypeVar("_Handler", bound=Callable[..., None])


def _in_one_message(do: _Handler) -> _Handler:
    """Send at once, at the end, all that a handler changes: the map is drawn once, and the document is locked then."""

    @wraps(do)
    def done(*arguments: object) -> None:
        with pn.io.hold():
            do(*arguments)

    return cast("_Handler", done)


class Page:
    """The page of one session.

    Parameters
    ----------
    session
        What is tried out.
    folder
        Where scenarios are saved; beside the scenario's file when not given.
    """

    def __init__(self, session: Session, folder: Path | None = None) -> None:
        self._session, self._folder = session, folder
        self._view, self._search, self._proposal = View(), None, None  # type: tuple[View, Search | None, Proposal | None]
        self._quiet = False
        today = session.ground.today(session.settings)
        self.map = LiveMap(session.ground, today, self._click, partial(self._act, session.move_station))
        self._strip, self._lists, self._say = _html("strip"), _html("lists"), _html("say")
        self._pane = pn.pane.Bokeh(self.map.plot, sizing_mode="stretch_width")
        self._make_edit_buttons()
        self._make_sliders()
        self._make_search()
        self._make_save()
        self._tell("点地图即可开始。所有数字都随改动重新测算，并可撤销。")
        self._refresh()

    # How it is laid out

    def view(self) -> pn.viewable.Viewable:
        """Return the whole page."""
        ground, scenario = self._session.ground.district.manifest, self._session.ground.scenario
        title = printable(f"{ground.name} · 试一试（起点：{scenario.title or scenario.name}）")
        told = f"{ground.notice}；坐标系 {ground.crs}；数据日期 {ground.date}"
        head = Markup('<h1>{}</h1><div class="notice">{}</div>').format(title, printable(told))
        wide: dict[str, Any] = {"sizing_mode": "stretch_width"}
        left = pn.Column(
            pn.FlexBox(self._action, self._kind, self._waiting, self._gate, styles={"min-height": "44px"}, **wide),
            self._hint,
            self._pane,
            self.map.layers,
            pn.FlexBox(self._mode, self._group, **wide),
            _html("legend", _legend()),
            styles={"flex": "3 1 560px", "min-width": "0"},
        )  # fmt: skip
        right = pn.Column(
            pn.FlexBox(self._undo, self._redo, self._reset, **wide),
            self._say,
            self._lists,
            pn.Card(*self._siting, title="选址建议（精确求解）", **wide),
            pn.Card(*self._sliders, title="时间、限值与步速", collapsed=True, **wide),
            pn.Card(*self._saving, title="保存为情景", **wide),
            styles={"flex": "1 1 300px", "min-width": "0"},
        )  # fmt: skip
        both = pn.FlexBox(left, right, align_items="flex-start", gap="12px", **wide)
        return pn.Column(_html("head", head), self._strip, both, stylesheets=[_CSS], **wide)

    def _make_edit_buttons(self) -> None:
        self._action = pn.widgets.RadioButtonGroup(options=[_OPEN, _CLOSE, _GATE], **_CHOICE)
        self._kind = pn.widgets.Select(options=_KINDS, width=170)
        self._gate = pn.widgets.Select(options=_GATE_CHOICES, width=210, visible=False)
        self._waiting = pn.widgets.Select(options={_UNNAMED: ""}, width=210, visible=False)
        self._hint = _html("hint", Markup('<span class="soft">{}</span>').format(_HINTS[_OPEN]))
        self._action.param.watch(self._show_action, "value")
        self._undo = pn.widgets.Button(label="撤销", width=80, on_click=self._take_back)
        self._redo = pn.widgets.Button(label="重做", width=80, on_click=self._do_again)
        self._reset = pn.widgets.Button(label="全部重置", width=90, on_click=lambda _: self._act(self._session.reset))
        self._mode = pn.widgets.RadioButtonGroup(
            options={"合规（米）": Mode.COMPLIANCE, "体验（分钟）": Mode.EXPERIENCE}
        )
        groups = self._session.base.populace.groups
        walkers = {"默认步速": "", **{one.label: name for name, one in groups.items() if name != EVERYONE}}
        self._group = pn.widgets.Select(options=walkers, width=190, visible=False)
        for chosen in (self._mode, self._group):
            chosen.param.watch(self._show_view, "value")

    def _make_sliders(self) -> None:
        session, wide = self._session, {"sizing_mode": "stretch_width"}
        clock, scenario = session.settings, session.base.scenario
        times = sorted({*_HALF_HOURS, clock.at})
        self._day = pn.widgets.Select(
            label="星期", options={label(day): day for day in _DAYS}, value=clock.weekday, width=90
        )
        self._time = pn.widgets.DiscreteSlider(label="时刻", options=times, value=clock.at, **wide)
        rules = scenario.coverage
        self._limits: dict[str, pn.widgets.FloatSlider] = {}
        for key, farther, name, step in (
            (rules.distance, rules.distance_next, "合规限值（m）", 10.0),
            (rules.time, rules.time_next, "体验限值（分钟）", 0.5),
        ):
            value, most = scenario.standard(key), scenario.standard(farther) - step
            bounds = {"start": step, "end": max(most, value), "step": step, "value": value}
            self._limits[key] = pn.widgets.FloatSlider(label=name, **bounds, **wide)
        key = self._pace_key()
        pace = scenario.standard(key)
        bounds = {"start": 0.2, "end": max(2.0, pace), "step": 0.05, "value": pace}
        self._pace = pn.widgets.FloatSlider(label=self._pace_name(), **bounds, **wide)
        self._cost = _html("cost", _soft(_COST))
        self._sliders = [pn.FlexBox(self._day, self._time, **wide), *self._limits.values(), self._pace, self._cost]
        self._day.param.watch(self._set, "value")
        for slider in (self._time, *self._limits.values(), self._pace):
            slider.param.watch(self._set, "value_throttled")

    def _make_search(self) -> None:
        self._next = pn.widgets.Button(label="此处之外最好的下一处", color="primary", on_click=self._ask_next)
        self._left = still_to_open(self._session)
        self._count = pn.widgets.IntInput(label="再增处数", value=self._left, start=1, end=200, width=90)
        self._rest = pn.widgets.Button(label="从这里补完方案", color="primary", on_click=self._ask_rest)
        self._stop = pn.widgets.Button(label="停止，取现有最好", color="danger", visible=False, on_click=self._halt)
        self._adopt = pn.widgets.Button(label="采用", color="success", visible=False, on_click=self._take)
        self._found = _html(
            "found", _soft("以现有阵地和本页改动为前提，按情景的候选与规则求解；算的时候页面照常可用。")
        )
        rest = pn.FlexBox(self._count, self._rest, align_items="flex-end")
        self._siting = [self._next, rest, pn.FlexBox(self._stop, self._adopt), self._found]

    def _make_save(self) -> None:
        self._name = pn.widgets.TextInput(
            label="文件名（小写字母、数字、连字符）", value="what-if", sizing_mode="stretch_width"
        )
        self._title = pn.widgets.TextInput(label="方案名称", placeholder="留空则用情景名", sizing_mode="stretch_width")
        self._save = pn.widgets.Button(label="保存", on_click=self._write)
        self._saved = _html("saved", _soft("写在情景文件旁边，不覆盖已有文件；运行它得到与本页相同的数字。"))
        self._saving = [self._name, self._title, self._save, self._saved]

    # What is done

    @_in_one_message
    def _click(self, x: float, y: float, reach: float) -> None:
        """Do what a click on the map means."""
        session, action = self._session, self._action.value
        if action == _OPEN:
            said = {"name": self._waiting.value} if self._waiting.value else {}
            self._act(partial(session.open_station, **said), x, y, self._kind.value)
            return
        nearest = (session.station_near if action == _CLOSE else session.gate_near)(x, y, reach)
        if nearest is None:
            what = "阵地" if action == _CLOSE else "大门"
            self._tell(f"这里没有{what}：请点在{what}的符号上，可先放大。", bad=True)
        elif action == _CLOSE:
            self._act(session.close_station, nearest)
        else:
            self._act(session.set_gate, nearest, self._gate.value or None)

    @_in_one_message
    def _act(self, edit: Callable[..., object], *arguments: object) -> None:
        """Make an edit, and say what came of it; one that cannot be says why, and nothing is lost."""
        try:
            edit(*arguments)
        except WorkbenchError as error:
            self._tell(_why(error), bad=True)
        else:
            self._tell(f"{self._session.can_undo}。" if self._session.can_undo else "已回到现状。")
        self._refresh()

    @_in_one_message
    def _take_back(self, _: object) -> None:
        words = self._session.can_undo
        self._act(self._session.undo)
        self._tell(f"已撤销：{words}。")

    @_in_one_message
    def _do_again(self, _: object) -> None:
        words = self._session.can_redo
        self._act(self._session.redo)
        self._tell(f"已重做：{words}。")

    @_in_one_message
    def _set(self, _: object) -> None:
        """Measure at the hour, and by the limits and the pace, that the sliders show."""
        if self._quiet:
            return
        standards = {**self._session.settings.standards}
        for key, slider in {**self._limits, self._pace_key(): self._pace}.items():
            value = float(slider.value or 0.0)
            if value != self._session.base.scenario.standard(key):
                standards[key] = value
        settings = Settings(self._day.value, self._time.value, standards)
        if settings == self._session.settings:
            return
        self._tell("正在按新的时刻、限值和步速重测…")
        _soon(partial(self._measure, settings))

    @_in_one_message
    def _measure(self, settings: Settings) -> None:
        began = time.perf_counter()
        self._act(self._session.set, settings)
        took = time.perf_counter() - began
        self._tell(f"已按 {self._session.base.scenario.moment.title} 重测，用时 {took:.1f} 秒。")

    @_in_one_message
    def _show_view(self, _: object) -> None:
        self._view = View(self._mode.value, self._group.value or None)
        self._group.visible = self._view.mode is Mode.EXPERIENCE
        self._quiet = True
        self._pace.label, self._pace.value = self._pace_name(), self._session.base.scenario.standard(self._pace_key())
        self._quiet = False
        self._refresh()

    @_in_one_message
    def _show_action(self, _: object) -> None:
        action = self._action.value
        self._kind.visible, self._gate.visible = action == _OPEN, action == _GATE
        self._waiting.visible = action == _OPEN and bool(self._session.waiting)
        self._put(self._hint, Markup('<span class="soft">{}</span>').format(_HINTS[action]))
        if action == _GATE:
            self.map.show_gates()

    def _pace_key(self) -> str:
        group = self._view.group
        if group is None:
            return self._session.base.scenario.walking.pace
        return self._session.base.populace.groups[group].pace

    def _pace_name(self) -> str:
        key = self._pace_key()
        users = [one.label for one in self._session.base.populace.groups.values() if one.pace == key]
        more = f"等 {len(users)} 类" if len(users) > _MOST_NAMED else ""
        return f"步速（m/s）· {'、'.join(users[:_MOST_NAMED]) or '默认步速'}{more}"

    # Siting

    def _ask_next(self, _: object) -> None:
        self._begin(next_site(self._session))

    def _ask_rest(self, _: object) -> None:
        self._begin(rest_of_plan(self._session, int(self._count.value or 1)))

    @_in_one_message
    def _begin(self, wish: Siting) -> None:
        if self._search is not None and self._search.running:
            return
        self._drop_proposal()
        self._search = Search(self._session, wish)
        self._next.disabled = self._rest.disabled = True
        self._stop.visible = True
        self._poll = pn.state.add_periodic_callback(self._look, period=_POLL_MS)

    def _halt(self, _: object) -> None:
        if self._search is not None:
            self._search.stop()

    @_in_one_message
    def _look(self) -> None:
        """See how far the model is."""
        search = self._search
        if search is None:
            return
        if search.running:
            self._put(self._found, _soft(search.state))
            return
        self._poll.stop()
        self._search = None
        self._next.disabled = self._rest.disabled = False
        self._stop.visible = False
        if search.proposal is None:
            words = _why(search.error) if search.error is not None else "求解意外中止。"
            self._put(self._found, Markup('<div class="say bad">{}</div>').format(words))
        elif search.proposal.edits != self._session.edits:
            self._put(self._found, _soft("求解期间地图又有改动，这份方案不再适用，请重新求解。"))
        else:
            self._show_proposal(search.proposal)
        self._push()

    def _show_proposal(self, found: Proposal) -> None:
        sites = Markup("").join(Markup("<li>{}</li>").format(printable(title)) for title in found.titles)
        closes = f"；关闭或迁出 {'、'.join(found.closes)}" if found.closes else ""
        head = f"{found.goal}。{found.gain}{closes}"
        words = Markup('<div>{}</div><ol>{}</ol><div data-key="proof"><b>{}</b></div>')
        self._put(self._found, words.format(printable(head), sites, found.proof))
        self.map.propose(found.stations, found.titles)
        self._proposal = found
        self._adopt.visible = bool(found.stations)

    def _drop_proposal(self) -> None:
        if self._proposal is not None:
            self.map.propose((), ())
            self._put(self._found, Markup(""))
        self._proposal, self._adopt.visible = None, False

    @_in_one_message
    def _take(self, _: object) -> None:
        found = self._proposal
        if found is not None:
            self._act(self._session.adopt, found.stations, found.closes)

    @_in_one_message
    def _write(self, _: object) -> None:
        name, title = (str(one.value or "").strip() for one in (self._name, self._title))
        try:
            path = self._session.save(name, title, self._folder)
        except WorkbenchError as error:
            self._put(self._saved, Markup('<div class="say bad">{}</div>').format(_why(error)))
            return
        words = Markup('<div class="say">已保存 <b>{0}</b>。重复这些数字：<code>workbench run {0}</code></div>')
        self._put(self._saved, words.format(path.as_posix()))

    # What is shown

    def _refresh(self) -> None:
        session = self._session
        if self._proposal is not None and self._proposal.edits != session.edits:
            self._drop_proposal()
        self.map.paint(session, self._view)
        waiting = {_UNNAMED: ""} | {f"待落点：{name}": name for name in session.waiting}
        if self._waiting.options != waiting:  # else what is chosen stays, whatever was moved or undone
            self._waiting.value, self._waiting.options = "", waiting
        self._waiting.visible = self._action.value == _OPEN and bool(session.waiting)
        cards = Markup("").join(map(_card, session.headlines()))
        self._put(self._strip, Markup('<div class="strip">{}</div>').format(cards))
        mode = self._view.mode
        gaps = _listed(
            f"缺口最大的{session.ground.areas.what}（{label(mode)}，未覆盖 / 居民）", session.gaps(mode), "都在限内。"
        )
        lost = _listed(f"谁失去覆盖（{label(mode)}，失去 / 居民）", session.losers(mode), "没有居民因改动失去覆盖。")
        self._put(self._lists, gaps + lost)
        self._undo.disabled, self._redo.disabled = not session.can_undo, not session.can_redo
        self._reset.disabled = not len(session.edits)
        left = still_to_open(session)
        if self._count.value == self._left:  # nobody has said another number
            self._count.value = left
        self._left = left
        self._push()

    def _tell(self, words: str, *, bad: bool = False) -> None:
        shown = Markup('<div class="say{}" role="status">{}</div>')
        self._put(self._say, shown.format(" bad" if bad else "", printable(words)))

    def _put(self, place: Div, words: Markup) -> None:
        """Show words in a place; what a name holds was escaped when it came into them."""
        place.text = str(words)
        self._push()

    def _push(self) -> None:
        """Send what was changed of the map itself, where no server does that."""
        document = self.map.plot.document
        if document is not None and document.session_context is None:
            pn.io.push_notebook(self._pane)


_COST: Final = "换时刻要重新接路网并测算一次（几秒以内，用过的时刻留着）；换限值和步速只重测步行。"


def _html(name: str, words: str = "") -> Div:
    """Return a place for words. Panel's own would ask for its style from afar when they change in a notebook."""
    style: Any = {"stylesheets": [InlineStyleSheet(css=_CSS)], "sizing_mode": "stretch_width", "margin": (2, 6)}
    return Div(text=str(words), css_classes=[f"what-if-{name}"], disable_math=True, **style)


def _soft(words: str) -> Markup:
    return Markup('<span class="soft">{}</span>').format(words)


def _card(one: LiveNumber) -> Markup:
    digits = 1 if one.unit == "%" else 0
    gain = one.now - one.today
    good = gain * one.better
    colour = "up" if good > 0 else "down" if good < 0 else "soft"
    sign = "百分点" if one.unit == "%" else one.unit
    text = Markup(
        '<div class="card" data-key="{}"><div class="soft">{}</div><b>{}</b> {} <span class="{}">{}</span>'
        '<div class="soft">现状 {} {}；分母：{}</div></div>'
    )
    if math.isnan(one.now):
        return text.format(one.key, one.label, MISSING, "", "soft", "", MISSING, "", one.of)
    shown = f"{one.now:,.{digits}f}"
    moved = f"{gain:+,.{digits}f} {sign}" if round(gain, digits) else "不变"
    return text.format(one.key, one.label, shown, one.unit, colour, moved, f"{one.today:,.{digits}f}", one.unit, one.of)


def _listed(title: str, spots: Sequence[Spot], none: str) -> Markup:
    rows = Markup("").join(
        Markup('<tr><td>{}</td><td class="n">{} / {} 人</td></tr>').format(
            printable(one.where), f"{one.people:,.0f}", f"{one.of:,.0f}"
        )
        for one in spots
    )
    body = Markup("<table>{}</table>").format(rows) if spots else _soft(none)
    return Markup("<h2>{}</h2>{}").format(title, body)


def _legend() -> Markup:
    parts = [Markup('<span class="dot" style="background:{}"></span>{}').format(c, words) for words, c in map_legend()]
    more = "　▲驿家 ■中心 ★区级中心 · 金边新增，橙边迁址，✕ 关闭，大星为建议"
    return Markup('<div class="soft">{}{}</div>').format(Markup("").join(parts), more)


def _why(error: WorkbenchError) -> str:
    """Say in words why something cannot be."""
    return " ".join(_problem(problem) for problem in error.problems) or str(error)


def _problem(problem: Problem) -> str:
    return _SAID.get(problem.key) or _SAID.get(problem.what) or f"做不到：{problem}"


def _soon(do: Callable[[], None]) -> None:
    """Do something once the browser has shown what is said so far; at once where no server is."""
    document = pn.state.curdoc
    if document is not None and document.session_context is not None:
        document.add_next_tick_callback(do)
    else:
        do()
