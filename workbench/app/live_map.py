"""The map that is edited: the page's own map, with stations that follow the hand. Only what changes is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from bokeh.events import Pan, PanStart, Tap
from bokeh.models import ColumnDataSource, CustomJS, PointDrawTool
from bokeh.models.renderers import GlyphRenderer
from bokeh.models.widgets import CheckboxButtonGroup
from bokeh.plotting import figure
from bokeh.transform import factor_cmap, factor_mark

from workbench.app.session import Ground, Session, Station
from workbench.arrays import Ints
from workbench.catalogue.terms import Mode, label
from workbench.coverage import CoverageResult
from workbench.plot.district_map import (
    BUTTONS,
    MARKERS,
    MOST_POINTS,
    STATION_MARKERS,
    Places,
    cells_of,
    class_of_most,
    draw_communities,
    draw_ground,
    draw_marks,
    empty_map,
    hover,
    layer_switch,
)
from workbench.plot.style import CLASSES, STATIONS
from workbench.scenario.edits import NewStation

_FATES: Final = {"standing": "", "new": "新增", "moved": "迁址", "gone": "关闭"}
_RIM: Final = {"standing": "white", "new": "#f2b701", "moved": "#f07818"}
_GATE, _EDITED_GATE = "#d08a1d", "#d10fb4"
_MANY = 4  # of one part in so many that change, all are sent at once

# A click tells where it was and how far 12 pixels reach there. The tool would select what is clicked, which would be
# dragged along next time, and draw the whole map anew before the answer is heard: it is told to leave clicks alone.
_CLICK: Final = """
const range = plot.x_range, reach = 12 * Math.abs(range.end - range.start) / Math.max(plot.inner_width, 1);
clicks.data = {x: [cb_obj.x], y: [cb_obj.y], reach: [reach], number: [clicks.data.number[0] + 1]};
for (const view of cb_context.index.query((one) => one.model === tool)) view._tap = () => {};
setTimeout(() => { stations.selected.indices = []; }, 0);"""
# Dragging a station moves it (the tool does); dragging the ground moves the map.
_DRAG_BEGINS: Final = "state.data = {x: [0], y: [0], map: [stations.selected.indices.length ? 0 : 1]};"
_DRAG: Final = """
const was = state.data;
if (!tool.active || !was.map[0]) return;
const x = plot.x_range, y = plot.y_range;
const east = (cb_obj.delta_x - was.x[0]) * (x.end - x.start) / Math.max(plot.inner_width, 1);
const north = (cb_obj.delta_y - was.y[0]) * (y.end - y.start) / Math.max(plot.inner_height, 1);
x.have_updated_interactively = y.have_updated_interactively = true;
x.setv({start: x.start - east, end: x.end - east});
y.setv({start: y.start + north, end: y.end + north});
was.x[0] = cb_obj.delta_x; was.y[0] = cb_obj.delta_y;"""


@dataclass(frozen=True)
class View:
    """How walks are measured on the map: in which mode, and in experience by whom."""

    mode: Mode = Mode.COMPLIANCE
    group: str | None = None


class LiveMap:
    """The map of one session.

    Parameters
    ----------
    ground
        Shared by all sessions.
    today
        Measured of the ledgers' district.
    clicked
        Told where the ground was clicked, metres in the district's CRS, and how far a click reaches.
    dragged
        Told which station was dragged, and to where.
    """

    def __init__(
        self,
        ground: Ground,
        today: CoverageResult,
        clicked: Callable[[float, float, float], None],
        dragged: Callable[[str, float, float], None],
    ) -> None:
        self._places, self._clicked, self._dragged = Places(ground.district), clicked, dragged
        self._gates, self._painting = ground.district.gates, False
        self._stood: dict[str, tuple[float, float]] = {}
        self.plot = empty_map()
        self.plot.height = 600
        layers = draw_ground(self.plot, self._places, today, today)
        self._compounds = self._compound_shares(layers, ground)
        self._gate_source = self._coloured_gates(layers["gates"])
        self._points = _Points(self.plot, self._places, today)
        layers |= {"demand": [self._points.drawn], "communities": draw_communities(self.plot, self._places)}
        self._gone, gone = self._draw_gone()
        self._proposed, proposed = self._draw_proposed()
        self._stations, stations = self._draw_stations()
        layers |= {"stations": [stations, gone], "sites": [proposed]}
        draw_marks(self.plot)
        self.layers: CheckboxButtonGroup = layer_switch(layers)
        self.layers.stylesheets = [BUTTONS]
        self._gate_layer = layers["gates"]
        self._listen(stations)

    # Painting

    def paint(self, session: Session, view: View) -> None:
        """Show what stands now; what is as it was is not sent again."""
        self._painting = True
        try:
            self._points.paint(session.classes(view.mode, view.group))
            self._paint_stations(session)
            self._paint_gates(session)
            self._paint_compounds(session, view.mode)
        finally:
            self._painting = False

    def propose(self, stations: Sequence[NewStation], titles: Sequence[str]) -> None:
        """Show proposed sites; none takes them off."""
        x, y = ([float(getattr(one, name)) for one in stations] for name in ("x", "y"))
        here = {"x": [one - self._places.west for one in x], "y": [one - self._places.south for one in y]}
        self._proposed.data = {**here, "name": list(titles)}

    def show_gates(self) -> None:
        """Switch the layer of the gates on."""
        place = self.layers.labels.index("大门") if "大门" in self.layers.labels else None
        if place is not None and place not in self.layers.active:
            self.layers.active = sorted([*self.layers.active, place])
            for one in self._gate_layer:
                one.visible = True

    def _paint_stations(self, session: Session) -> None:
        standing = [one for one in session.stations() if one.fate != "gone"]
        _exchange(self._gone, self._columns([one for one in session.stations() if one.fate == "gone"]))
        looks = [STATIONS[one.kind] for one in standing]
        larger = [1.8 if one.fate == "standing" else 2.5 for one in standing]
        shown = {
            **self._columns(standing),
            "marker": [STATION_MARKERS[one.kind] for one in standing],
            "colour": [colour for _, colour, _ in looks],
            "size": [round(float(np.sqrt(size)) * by, 1) for (_, _, size), by in zip(looks, larger, strict=True)],
            "rim": [_RIM[one.fate] for one in standing],
        }
        _exchange(self._stations, shown)
        self._stood = {name: (x, y) for name, x, y in zip(shown["id"], shown["x"], shown["y"], strict=True)}

    def _columns(self, stations: Sequence[Station]) -> dict[str, list[Any]]:
        return {
            "x": [round(one.x - self._places.west, 1) for one in stations],
            "y": [round(one.y - self._places.south, 1) for one in stations],
            "id": [one.id for one in stations],
            "name": [one.name for one in stations],
            "kind": [label(one.kind) for one in stations],
            "hours": [one.hours or "缺数据" for one in stations],
            "fate": [_FATES[one.fate] for one in stations],
        }

    def _paint_gates(self, session: Session) -> None:
        if self._gate_source is None:
            return
        changed = session.gate_access()
        own = zip(self._gates["id"], self._gates["access"], self._gates["opening_hours"], strict=True)
        now = [changed.get(name, (access, None if pd.isna(hours) else hours)) for name, access, hours in own]
        columns = {
            "access": np.array([label(str(access)) for access, _ in now], object),
            "hours": np.array([hours or "常开" for _, hours in now], object),
            "colour": np.where(self._gates["id"].isin(list(changed)), _EDITED_GATE, _GATE).astype(object),
        }
        _patch(self._gate_source, columns)

    def _paint_compounds(self, session: Session, mode: Mode) -> None:
        if self._compounds is None:
            return
        source, rows = self._compounds
        share = session.share_of_areas(mode)[rows]
        _patch(source, {"plan": np.array([f"{s:.1f}%" if np.isfinite(s) else "—" for s in share], object)})

    # Drawing

    def _compound_shares(
        self, layers: dict[str, list[GlyphRenderer[Any]]], ground: Ground
    ) -> tuple[ColumnDataSource, Ints] | None:
        """Return the source of the compounds, and which areas of the ground its rows are."""
        if not layers["compounds"] or ground.areas.what != "小区":
            return None
        polygons = ground.district.compounds.geom_type.isin(["Polygon", "MultiPolygon"])
        return layers["compounds"][0].data_source, np.flatnonzero(polygons.to_numpy())

    def _coloured_gates(self, drawn: list[GlyphRenderer[Any]]) -> ColumnDataSource | None:
        if not drawn:
            return None
        source: ColumnDataSource = drawn[0].data_source
        source.data["colour"] = np.full(len(self._gates), _GATE, object)
        drawn[0].glyph.fill_color = "colour"
        return source

    def _draw_stations(self) -> tuple[ColumnDataSource, GlyphRenderer[Any]]:
        names = ("x", "y", "id", "name", "kind", "hours", "fate", "marker", "colour", "size", "rim")
        source = ColumnDataSource({name: [] for name in names})
        look: dict[str, Any] = {"marker": "marker", "fill_color": "colour", "size": "size", "line_color": "rim"}
        drawn = self.plot.scatter("x", "y", source=source, line_width=2, **look)
        drawn.nonselection_glyph = drawn.glyph
        hover(self.plot, drawn, [("阵地", "@name（@kind @id）@fate"), ("开放", "@hours")])
        return source, drawn

    def _draw_gone(self) -> tuple[ColumnDataSource, GlyphRenderer[Any]]:
        source = ColumnDataSource({name: [] for name in ("x", "y", "id", "name", "kind", "hours", "fate")})
        drawn = self.plot.scatter("x", "y", source=source, marker="x", size=13, line_color="#222222", line_width=2.5)
        hover(self.plot, drawn, [("已关闭", "@name（@kind @id）")])
        return source, drawn

    def _draw_proposed(self) -> tuple[ColumnDataSource, GlyphRenderer[Any]]:
        source = ColumnDataSource({"x": [], "y": [], "name": []})
        look: dict[str, Any] = {"fill_color": "#f2b701", "line_color": "#5a3d00"}
        drawn = self.plot.scatter("x", "y", source=source, marker="star", size=22, **look)
        hover(self.plot, drawn, [("建议", "@name")])
        return source, drawn

    # Listening

    def _listen(self, stations: GlyphRenderer[Any]) -> None:
        tool = PointDrawTool(renderers=[stations], add=False, drag=True, description="拖动阵地")
        self.plot.add_tools(tool)
        self.plot.toolbar.active_drag = tool
        self.plot.toolbar.active_tap = tool
        self.clicks = ColumnDataSource({"x": [0.0], "y": [0.0], "reach": [0.0], "number": [0]})
        drag = ColumnDataSource({"x": [0.0], "y": [0.0], "map": [0]})
        known = {"plot": self.plot, "stations": self._stations}
        self.plot.js_on_event(Tap, CustomJS(args={**known, "clicks": self.clicks, "tool": tool}, code=_CLICK))
        self.plot.js_on_event(PanStart, CustomJS(args={**known, "state": drag}, code=_DRAG_BEGINS))
        self.plot.js_on_event(Pan, CustomJS(args={**known, "state": drag, "tool": tool}, code=_DRAG))
        self.clicks.on_change("data", self._on_click)
        self._stations.on_change("data", self._on_stations)

    def _on_click(self, _: str, __: object, data: Any) -> None:
        x, y, reach = (float(data[name][0]) for name in ("x", "y", "reach"))
        self._clicked(x + self._places.west, y + self._places.south, reach)

    def _on_stations(self, _: str, __: object, new: Any) -> None:
        """Hear where stations are in the browser: the one that is elsewhere than it was painted has been dragged."""
        if self._painting:
            return
        for name, x, y in zip(new["id"], new["x"], new["y"], strict=True):
            was = self._stood.get(name)
            if was is not None and max(abs(x - was[0]), abs(y - was[1])) > _MOVED_M:
                self._dragged(str(name), float(x) + self._places.west, float(y) + self._places.south)
                return


_MOVED_M = 0.05  # metres that a station must be dragged to have moved; coordinates are sent with one decimal


class _Points:
    """The demand points, or the cells they are merged in, and the class that each has on the page."""

    def __init__(self, plot: figure, places: Places, today: CoverageResult) -> None:
        demand, residents = today.district.demand, today.populace.residents
        xy = places.points(demand)
        self._residents, self._cell = residents, None
        if len(demand) > MOST_POINTS:
            self._cell = cells_of(xy["x"], xy["y"])
            count = np.bincount(self._cell)
            xy = {name: np.round(np.bincount(self._cell, values) / count, 1) for name, values in xy.items()}
            residents = np.asarray(np.bincount(self._cell, residents), np.float64)
        size = np.round(3 + 5 * np.sqrt(residents / max(float(residents.max(initial=0.0)), 1.0)), 1)
        people = [f"{count:,.0f} 人" for count in residents]
        self._source = ColumnDataSource(
            {**xy, "size": size, "people": people, "class": np.full(len(residents), "", object)}
        )
        colours, factors = [style.colour for style in CLASSES.values()], list(CLASSES)
        colour = factor_cmap("class", colours, factors)
        self.drawn = plot.scatter(
            "x", "y", source=self._source, size="size", fill_color=colour, fill_alpha=0.75, line_color=colour,
            marker=factor_mark("class", list(MARKERS.values()), factors),
        )  # fmt: skip
        hover(plot, self.drawn, [("居民", "@people")])

    def paint(self, classes: npt.NDArray[np.object_]) -> None:
        """Show classes of the demand points."""
        if self._cell is not None:
            classes = class_of_most(self._cell, classes, self._residents)
        _patch(self._source, {"class": classes})


def _patch(source: ColumnDataSource, columns: dict[str, npt.NDArray[np.object_]]) -> None:
    """Send the values of columns that are others than before."""
    changes: dict[str, Any] = {}
    for name, values in columns.items():
        changed = np.flatnonzero(np.asarray(source.data[name], object) != values)
        if len(changed) * _MANY > len(values):
            changes[name] = [(slice(None), values.tolist())]
        elif len(changed):
            changes[name] = [(place, values[place]) for place in changed.tolist()]
    if changes:
        source.patch(changes)


def _exchange(source: ColumnDataSource, columns: dict[str, list[Any]]) -> None:
    """Send all columns, if any of them is another than before."""
    if any(list(source.data[name]) != values for name, values in columns.items()):
        source.data = dict(columns)
