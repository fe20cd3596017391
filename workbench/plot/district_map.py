"""The interactive map of a study: pan, zoom, hover, layers on and off, today beside the plan; no tiles, no network."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from bokeh.core.properties import value
from bokeh.core.types import ID
from bokeh.embed import json_item
from bokeh.layouts import column
from bokeh.models import ColumnDataSource, CustomJS, HoverTool, LayoutDOM
from bokeh.models.annotations import Label, ScaleBar
from bokeh.models.renderers import GlyphRenderer
from bokeh.models.widgets import CheckboxButtonGroup, RadioButtonGroup
from bokeh.plotting import figure
from bokeh.resources import Resources
from bokeh.transform import factor_cmap, factor_mark
from markupsafe import Markup

from workbench.arrays import Floats, Ints
from workbench.catalogue.terms import GateState, ServiceLevel, label
from workbench.coverage import CoverageResult
from workbench.coverage.gates import GateComparison
from workbench.errors import NothingToShowError, Problem
from workbench.ground.district import District
from workbench.plot.style import BACKDROP, CLASSES, STATIONS, WALLS, WAYS
from workbench.results import Result
from workbench.siting import SitingResult
from workbench.study import Study

MOST_POINTS: Final = 8_000
"""Demand points that a page can bear; where there are more, they are shown in square cells."""

_MOST_VERTICES = 150_000  # of ways; beyond, streets alone are drawn
MAP_FONT: Final = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, SimHei, sans-serif"
"""Typefaces of words on a map, as browsers look for them."""
MARKERS: Final = {"within": "circle", "near": "square", "beyond": "x", "unsnapped": "cross"}
"""Marker of each class of residents."""
STATION_MARKERS: Final = {
    "district_centre": "star",
    "community_centre": "square",
    "post": "triangle",
    "facility": "dot",
}
"""Marker of each kind of station."""
_ANY = ServiceLevel.ANY
BUTTONS: Final = ".bk-btn-group { flex-wrap: wrap; } .bk-btn { font-size: 13px; }"
"""How rows of buttons look above a map."""
_SHOWN = ("compounds", "communities", "demand", "stations", "sites", "ways")
_LAYERS: Final = {
    "compounds": "小区", "communities": "社区", "demand": "居民点", "stations": "阵地", "sites": "方案站点",
    "gates": "大门", "candidates": "其他候选", "ways": "路网",
}  # fmt: skip
_SWITCH = """
for (const [name, renderers] of Object.entries(layers)) {
  const on = boxes.active.includes(names.indexOf(name));
  for (const renderer of renderers) renderer.visible = on;
}"""
_VIEW = """
const key = `${states[state.active] ?? states[0]}_${views[view.active]}`;
const fill = {...points.glyph.fill_color, field: key}, line = {...points.glyph.line_color, field: key};
points.glyph.fill_color = fill; points.glyph.line_color = line;
points.glyph.marker = {...points.glyph.marker, field: key};"""


@dataclass(frozen=True)
class _View:
    """One way to measure five minutes, as the map can show it."""

    key: str
    title: str
    classes: npt.NDArray[np.object_]


@dataclass(frozen=True)
class _Shown:
    """What the map shows: the circle as it is, as the scenario edits it, with a plan; gates at night, sites, if any."""

    before: CoverageResult
    edited: CoverageResult
    after: CoverageResult | None = None
    gates: object = None
    siting: object = None


def _shown_of(result: Result) -> _Shown:
    """Return what of a result can be shown on the map.

    Raises
    ------
    NothingToShowError
        If it is no study, five-minute circle or siting plan.
    """
    if isinstance(result, Study):
        before, after = result.before_after or (result.coverage, None)
        return _Shown(before, result.coverage, after, result.parts.get("gate_states"), result.parts.get("siting"))
    if isinstance(result, SitingResult):
        return _Shown(result.before, result.before, result.after, siting=result)
    if isinstance(result, CoverageResult):
        return _Shown(result, result)
    mend = "Ask the study, the five-minute circle or the siting plan that it stands on."
    raise NothingToShowError(Problem(repr(result), "there is no interactive map of it", mend=mend))


def study_map(result: Result) -> LayoutDOM:
    """Draw what a study, a measurement or a plan found as a map to look around in.

    Compounds, stations, gates, demand points and proposed sites say on hover what is known of them; a row of buttons
    chooses between today and the plan, another between compliance, experience, the straight line, and the gates of
    the night where they are measured; layers are switched on and off.

    Parameters
    ----------
    result
        A study, a five-minute circle, or a siting plan.

    Returns
    -------
    bokeh.models.LayoutDOM
        Without WebGL and without tiles: it works where there is no network.

    Raises
    ------
    NothingToShowError
        If it is none of these.
    """
    shows = _shown_of(result)
    before, after = shows.before, shows.after
    district = (after or before).district
    places = Places(district)
    plot = empty_map()
    layers = draw_ground(plot, places, before, after)
    states = {"today": before, **({"plan": after} if after is not None else {})}
    views = {name: [*_views(one), *(_night(shows.gates) if name == "today" else [])] for name, one in states.items()}
    points, renderer = _draw_demand(plot, places, before, views)
    layers |= {"demand": [renderer], "communities": draw_communities(plot, places)}
    layers |= _draw_sites(plot, places, shows.siting)
    layers["stations"] = _draw_stations(plot, places, before, after, shows.edited.district)
    draw_marks(plot)
    boxes = layer_switch(layers)
    state = RadioButtonGroup(labels=["现状", "方案"][: len(states)], active=len(states) - 1)
    shown = views["today"]
    view = RadioButtonGroup(labels=[one.title for one in shown], active=0)
    arguments = {
        "points": points, "state": state, "view": view, "states": list(states), "views": [one.key for one in shown]
    }  # fmt: skip
    for buttons in (state, view):
        buttons.js_on_change("active", CustomJS(args=arguments, code=_VIEW))
    for group in (state, view, boxes):
        group.stylesheets = [BUTTONS]
    rows = [state, view, boxes, plot] if after is not None else [view, boxes, plot]
    return column(*rows, sizing_mode="stretch_width")


def empty_map() -> figure:
    """Return a map with nothing on it yet: no axes, no tiles, no WebGL."""
    plot = figure(
        sizing_mode="stretch_width", height=620, match_aspect=True, tools="pan,wheel_zoom,box_zoom,reset,save",
        active_scroll="wheel_zoom", output_backend="canvas", toolbar_location="above",
    )  # fmt: skip
    plot.axis.visible = False
    plot.grid.visible = False
    plot.toolbar.logo = None
    return plot


def draw_ground(
    plot: figure, places: Places, before: CoverageResult, after: CoverageResult | None
) -> dict[str, list[GlyphRenderer[Any]]]:
    """Draw what lies under the residents, and return its layers: ways, compounds, gates.

    Parameters
    ----------
    plot
        Where to.
    places
        The district.
    before, after
        Today and what is planned, for what compounds say of themselves.
    """
    _draw_backdrop(plot, places)
    return {
        "ways": _draw_ways(plot, places),
        "compounds": _draw_compounds(plot, places, before, after),
        "gates": _draw_gates(plot, places),
    }


def draw_marks(plot: figure) -> None:
    """Draw what every map carries: north, and a scale."""
    north: dict[str, Any] = {
        "x": 12,
        "y": 12,
        "x_units": "screen",
        "y_units": "screen",
        "text": "北 ↑",
        "text_font": MAP_FONT,
    }
    plot.add_layout(Label(**north, text_font_size="14px", background_fill_color="white", background_fill_alpha=0.7))
    plot.add_layout(ScaleBar(range=plot.x_range, unit="m", location="bottom_right", background_fill_alpha=0.7))


def layer_switch(layers: Mapping[str, list[GlyphRenderer[Any]]]) -> CheckboxButtonGroup:
    """Return the buttons that switch layers on and off in the browser; some are off at first.

    Parameters
    ----------
    layers
        What is drawn, by name of its layer.
    """
    kept = {name: layers[name] for name in _LAYERS if layers.get(name)}
    names = list(kept)
    boxes = CheckboxButtonGroup(labels=[_LAYERS[name] for name in names], active=[])
    boxes.active = [place for place, name in enumerate(names) if name in _SHOWN]
    for name, renderers in kept.items():
        for one in renderers:
            one.visible = name in _SHOWN
    boxes.js_on_change("active", CustomJS(args={"layers": kept, "names": names, "boxes": boxes}, code=_SWITCH))
    return boxes


def map_item(result: Result) -> dict[str, Any]:
    """Return the map of a result for a page: Bokeh, the JSON that it embeds, a legend, whether points are merged.

    The same result gives the same text.
    """
    item = dict(json_item(study_map(result), ID(_PLACE)))
    numbers: dict[str, str] = {}

    def renumbered(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: renumbered(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [renumbered(inner) for inner in value]
        if isinstance(value, str) and _ID.fullmatch(value):
            return numbers.setdefault(value, f"p{len(numbers) + 1}")
        return value

    whole = json.dumps(renumbered(item), ensure_ascii=False, allow_nan=False)
    merged = len(result.district.demand) > MOST_POINTS
    return {"legend": map_legend(), "merged": merged, "item": _in_script(whole), "scripts": _bokeh_scripts()}


def _in_script(text: str) -> Markup:
    """Return JSON that may stand inside a script: no tag can end it."""
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(safe.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))  # noqa: S704


def _bokeh_scripts() -> list[Markup]:
    """Return Bokeh itself, without what needs WebGL or loads anything."""
    found = Resources(mode="inline", components=["bokeh", "bokeh-widgets"], log_level="error").js_raw
    return [Markup(script) for script in found]  # noqa: S704 - code of a dependency


@dataclass(frozen=True)
class MapPage:
    """An interactive map as a notebook shows it: a page of its own in a frame, which needs no network.

    Attributes
    ----------
    title
        Ground and scenario.
    html
        The whole page, Bokeh within.
    """

    title: str
    html: str = field(repr=False)

    def _repr_html_(self) -> str:
        frame = Markup('<iframe title="{}" srcdoc="{}" style="width:100%;height:{}px;border:0"></iframe>')
        return str(frame.format(self.title, self.html, _FRAME_PX))

    def save(self, path: Path) -> Path:
        """Write the page, to be opened in any browser."""
        path.write_text(self.html, encoding="utf-8")
        return path


def map_page(result: Result) -> MapPage:
    """Return the interactive map of a study, a measurement or a plan, as a notebook shows it."""
    made, title, join = map_item(result), result.title, Markup("").join
    key = Markup('<i style="background:{}">&emsp;</i> {}&emsp;')
    legend = join(key.format(colour, words) for words, colour in made["legend"])
    scripts = join(Markup("<script>{}</script>").format(script) for script in made["scripts"])
    page = _PAGE.format(title, _PLACE, legend, result.district.manifest.notice, scripts, made["item"])
    return MapPage(title, str(page))


_PLACE: Final = "district-map"
_FRAME_PX = 840
_PAGE: Final = Markup(
    '<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>{0}</title></head>'
    '<body style="margin:4px;font:13px sans-serif"><b>{0}</b><div id="{1}"></div><div>{2}</div><small>{3}</small>{4}'
    "<script>Bokeh.embed.embed_item({5});</script></body></html>"
)
_ID = re.compile(r"p\d+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Places:
    """A district in metres from its south-west corner: short numbers, and no coordinates of the real world."""

    def __init__(self, district: District) -> None:
        self.district = district
        here = district.demand if len(district.demand) else district.ways
        self.west, self.south, *_ = here.total_bounds

    def points(self, layer: gpd.GeoDataFrame) -> dict[str, Floats]:
        """Return the places of points."""
        xy = shapely.get_coordinates(shapely.centroid(np.asarray(layer.geometry.array, dtype=object)))
        return {"x": np.round(xy[:, 0] - self.west, 1), "y": np.round(xy[:, 1] - self.south, 1)}

    def rings(self, layer: pd.DataFrame) -> dict[str, list[Any]]:
        """Return polygons as Bokeh takes them: parts, and holes within them."""
        xs, ys = [], []
        for shape in layer["geometry"].array:
            polygons = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
            parts = [[part.exterior, *part.interiors] for part in polygons]
            xs.append([[self._line(ring)[0] for ring in part] for part in parts])
            ys.append([[self._line(ring)[1] for ring in part] for part in parts])
        return {"xs": xs, "ys": ys}

    def _line(self, ring: shapely.Geometry) -> tuple[list[float], list[float]]:
        xy = shapely.get_coordinates(ring)
        return np.round(xy[:, 0] - self.west, 1).tolist(), np.round(xy[:, 1] - self.south, 1).tolist()

    def broken(self, lines: npt.NDArray[np.object_]) -> dict[str, npt.NDArray[np.float32]]:
        """Return many lines as one that is broken between them: a city has tens of thousands."""
        xy, owner = shapely.get_coordinates(lines, return_index=True)
        breaks = np.flatnonzero(np.diff(owner)) + 1
        x, y = (np.insert(np.round(xy[:, i] - low, 1), breaks, np.nan) for i, low in ((0, self.west), (1, self.south)))
        return {"x": x.astype(np.float32), "y": y.astype(np.float32)}


def _draw_backdrop(plot: figure, places: Places) -> None:
    backdrop = places.district.layer("backdrop")
    for kind, group in backdrop.groupby("kind", sort=False):
        colour, _ = BACKDROP[str(kind)]
        areas = group[group.geom_type.isin(["Polygon", "MultiPolygon"])]
        lines = group[group.geom_type.isin(["LineString", "MultiLineString"])]
        if len(areas):
            plot.multi_polygons(source=_source(places.rings(areas)), fill_color=colour, line_color=None)
        if len(lines):
            xy = places.broken(shapely.get_parts(np.asarray(lines.geometry.array, dtype=object)))
            plot.line(source=_source(xy), line_color=colour, line_width=1.6, line_dash="dashed")


def _draw_ways(plot: figure, places: Places) -> list[GlyphRenderer[Any]]:
    ways = places.district.ways
    if shapely.get_num_coordinates(np.asarray(ways.geometry.array, dtype=object)).sum() > _MOST_VERTICES:
        ways = ways[ways["kind"].isin(["street", "bridge"])]
    xy = places.broken(np.asarray(ways.geometry.array, dtype=object))
    return [plot.line(source=_source(xy), line_color=WAYS, line_width=0.7)]


def draw_communities(plot: figure, places: Places) -> list[GlyphRenderer[Any]]:
    """Draw the borders and names of communities."""
    communities = places.district.communities
    if communities.empty:
        return []
    source = _source(places.rings(communities))
    look: dict[str, Any] = {"fill_color": None, "line_color": "#8a8a8a", "line_dash": "dotted", "line_width": 1}
    outline = plot.multi_polygons(source=source, **look)
    names = {**places.points(communities), "name": communities["name"].to_numpy(object)}
    words = plot.text(
        source=_source(names), text="name", text_font=value(MAP_FONT), text_font_size="11px",
        text_color="#555555", text_align="center", text_font_style="bold",
    )  # fmt: skip
    return [outline, words]


def _draw_compounds(
    plot: figure, places: Places, before: CoverageResult, after: CoverageResult | None
) -> list[GlyphRenderer[Any]]:
    compounds = places.district.compounds
    compounds = compounds[compounds.geom_type.isin(["Polygon", "MultiPolygon"])]
    if compounds.empty:
        return []
    table = before.by_compound.set_index("id").reindex(compounds["id"])
    then = None if after is None else after.by_compound.set_index("id").reindex(compounds["id"])
    name = names_of(places.district.communities)
    source = {
        **places.rings(compounds),
        "name": compounds["name"].to_numpy(object),
        "community": [name.get(i, "") for i in compounds["community"]],
        "kind": np.where(compounds["enclosed"].astype(bool), "封闭小区", "开放小区"),
        "residents": [_whole(value, "人") for value in table["residents"]],
        "today": [_whole(value, "%", 1) for value in table["share_compliance"]],
        "plan": ["—"] * len(compounds) if then is None else [_whole(v, "%", 1) for v in then["share_compliance"]],
        "walk": [_whole(value, "m") for value in table["p50_m"]],
    }
    drawn = plot.multi_polygons(
        source=_source(source), fill_color=WALLS, fill_alpha=0.10, line_color=WALLS, line_width=1,
        hover_fill_alpha=0.35,
    )  # fmt: skip
    rows = [("小区", "@name（@kind）"), ("社区", "@community"), ("居民", "@residents"), ("现状覆盖", "@today")]
    rows += [("方案覆盖", "@plan")] if then is not None else []
    hover(plot, drawn, [*rows, ("步行 P50", "@walk")])
    return [drawn]


def _draw_gates(plot: figure, places: Places) -> list[GlyphRenderer[Any]]:
    gates = places.district.gates
    if gates.empty:
        return []
    compound = names_of(places.district.compounds)
    source = {
        **places.points(gates),
        "id": gates["id"].to_numpy(object),
        "compound": [compound.get(i, "") for i in gates["compound"]],
        "access": [label(str(value)) for value in gates["access"]],
        "hours": _texts(gates["opening_hours"], "常开"),
    }
    drawn = plot.scatter(source=_source(source), marker="diamond", size=8, fill_color="#d08a1d", line_color="white")
    hover(plot, drawn, [("大门", "@id"), ("小区", "@compound"), ("通行", "@access"), ("开放", "@hours")])
    return [drawn]


def _draw_demand(
    plot: figure, places: Places, before: CoverageResult, views: dict[str, list[_View]]
) -> tuple[GlyphRenderer[Any], GlyphRenderer[Any]]:
    demand, residents = before.district.demand, before.populace.residents
    columns = {f"{state}_{view.key}": view.classes for state, ways in views.items() for view in ways}
    for view in views["today"]:  # what is not measured with the plan is shown as it is
        columns.setdefault(f"plan_{view.key}", view.classes)
    table = pd.DataFrame({**places.points(demand), "residents": residents, **columns})
    walk = before.distance[_ANY].walk
    table["walk"] = np.where(np.isfinite(walk), np.round(walk), np.nan)
    if len(table) > MOST_POINTS:
        table = _cells(table, list(columns))
    peak = max(float(table["residents"].max()), 1.0)
    source = _source(
        {
            **{name: table[name].to_numpy() for name in ("x", "y", *columns)},
            "size": np.round(3 + 5 * np.sqrt(table["residents"].to_numpy() / peak), 1),
            "people": [_whole(value, "人") for value in table["residents"]],
            "walk": [_whole(value, "m") for value in table["walk"]],
        }
    )
    key = f"{'plan' if 'plan' in views else 'today'}_{views['today'][0].key}"
    colours, factors = [style.colour for style in CLASSES.values()], list(CLASSES)
    drawn = plot.scatter(
        source=source, size="size", fill_color=factor_cmap(key, colours, factors), fill_alpha=0.75,
        line_color=factor_cmap(key, colours, factors), marker=factor_mark(key, list(MARKERS.values()), factors),
    )  # fmt: skip
    hover(plot, drawn, [("居民", "@people"), ("现状步行距离", "@walk")])
    return drawn, drawn


def _cells(table: pd.DataFrame, classes: list[str]) -> pd.DataFrame:
    """Add points up in square cells; each has the class of most of its residents."""
    cell = cells_of(table["x"].to_numpy(), table["y"].to_numpy())
    whole = table.groupby(cell, sort=True)
    out = whole[["x", "y", "walk"]].mean().round(1)
    out["residents"] = whole["residents"].sum()
    for name in classes:
        out[name] = class_of_most(cell, table[name].to_numpy(object), table["residents"].to_numpy())
    return out.reset_index(drop=True)


def cells_of(x: Floats, y: Floats) -> Ints:
    """Return the number of the square cell in which each point lies, cells as small as the page can bear."""
    size = 50.0
    while True:
        corners = np.stack([x // size, y // size], axis=1).astype(np.int64)
        found, cell = np.unique(corners, axis=0, return_inverse=True)
        if len(found) <= MOST_POINTS:
            return np.asarray(cell, np.int64)
        size *= 1.25


def class_of_most(cell: Ints, classes: npt.NDArray[np.object_], residents: Floats) -> npt.NDArray[np.object_]:
    """Return the class of most residents of each cell."""
    sums = pd.Series(residents).groupby([cell, classes], sort=True).sum().unstack(fill_value=0)
    return np.asarray(sums.idxmax(axis=1), object)


def _views(result: CoverageResult) -> Iterator[_View]:
    """Return the three ways to measure five minutes, each in the classes of the map."""
    rules, scenario = result.scenario.coverage, result.scenario
    limit, beyond = result.distance_limit_m, scenario.standard(rules.distance_next)
    yield _View("compliance", f"合规 {limit:g} m", result.colour)
    minutes, longer = result.time_limit_min, scenario.standard(rules.time_next)
    walk = result.default_minutes[_ANY].walk
    yield _View("experience", f"体验 {minutes:g} 分钟（默认步速）", classes_within(walk, minutes, longer, result))
    beeline = result.straight[_ANY].walk
    yield _View("straight", f"直线 {limit:g} m（仅作对照）", classes_within(beeline, limit, beyond, result))


def _night(gates: object) -> Iterator[_View]:
    if isinstance(gates, GateComparison):
        night = gates.coverages[GateState.NIGHT]
        yield _View("night", f"合规 {night.distance_limit_m:g} m，大门夜间", night.colour)


def classes_within(walk: Floats, limit: float, beyond: float, result: CoverageResult) -> npt.NDArray[np.object_]:
    """Return the class of each demand point by its walk."""
    near = np.where(walk <= beyond, "near", "beyond")
    return np.where(result.unsnapped, "unsnapped", np.where(walk <= limit, "within", near)).astype(object)


def _draw_sites(plot: figure, places: Places, siting: object) -> dict[str, list[GlyphRenderer[Any]]]:
    """Draw the sites of a siting plan with their reasons, and the candidates that it leaves."""
    if not isinstance(siting, SitingResult):
        return {}
    layer = siting.layers()["siting_sites"]
    spare = layer[layer["part"].isin(["candidate", "barred"])]
    layers: dict[str, list[GlyphRenderer[Any]]] = {}
    if len(spare):
        source = {
            **places.points(spare), "id": spare["id"].to_numpy(object), "name": _texts(spare["name"]),
            "part": [label(str(part)) for part in spare["part"]], "why": _texts(spare["barred"]),
        }  # fmt: skip
        drawn = plot.scatter(
            source=_source(source), marker="circle_x", size=7, fill_color="white", line_color="#6b6b6b"
        )
        hover(plot, drawn, [("候选", "@name（@id）"), ("状态", "@part @why")])
        layers["candidates"] = [drawn]
    if siting.measured is None or not siting.opened:
        return layers
    new = layer[layer["part"] == "new"]
    reasons = siting.to_frame().set_index("id").reindex(new["id"])
    unit = siting.question.demand.unit
    source = {
        **places.points(new), "id": new["id"].to_numpy(object), "name": _texts(new["name"]),
        "alone": [_whole(value, unit) for value in reasons["adds_alone"]],
        "lost": [_whole(value, unit) for value in reasons["lost_without"]],
        "instead": _texts(reasons["replacement"], "无"),
    }  # fmt: skip
    drawn = plot.scatter(source=_source(source), marker="star", size=20, fill_color="#f2b701", line_color="#5a3d00")
    rows = [("新增", "@name（@id）"), ("单独新增覆盖", "@alone"), ("缺它则少", "@lost"), ("可替补", "@instead")]
    hover(plot, drawn, rows)
    return {**layers, "sites": [drawn]}


def _draw_stations(
    plot: figure, places: Places, before: CoverageResult, after: CoverageResult | None, edited: District
) -> list[GlyphRenderer[Any]]:
    """Draw the stations of today, where the scenario's edits have them, and those that it opens."""
    stations, own = before.district.stations, edited.stations
    gone = stations[~stations["id"].isin(own["id"])]
    stations = pd.concat([own, gone], ignore_index=True) if len(gone) else own
    table = before.by_station.set_index("id").reindex(stations["id"])
    now = set(stations["id"]) if after is None else set(after.district.stations["id"])
    name, renderers = names_of(places.district.communities), []
    for kind, marker in STATION_MARKERS.items():
        here = (stations["kind"] == kind).to_numpy()
        group = stations[here]
        if group.empty:
            continue
        source = {
            **places.points(group),
            "id": group["id"].to_numpy(object),
            "name": _texts(group["name"]),
            "kind": [label(kind)] * len(group),
            "community": [name.get(i, "") for i in group["community"]],
            "hours": _texts(group["opening_hours"], "缺数据"),
            "served": [_whole(value, "人") for value in table.loc[here, "residents_within"]],
            "fate": ["" if i in now else "（方案中停用或迁出）" for i in group["id"]],
        }
        _, colour, size = STATIONS[kind]
        drawn = plot.scatter(
            source=_source(source), marker=marker, size=float(np.sqrt(size)) * 1.6, fill_color=colour,
            line_color="white",
        )  # fmt: skip
        rows = [("阵地", "@name（@kind @id）@fate"), ("社区", "@community"), ("开放", "@hours")]
        hover(plot, drawn, [*rows, ("限内就近居民", "@served")])
        renderers.append(drawn)
    return renderers


def _source(columns: Mapping[str, Any]) -> ColumnDataSource:
    return ColumnDataSource(dict(columns))


def hover(plot: figure, renderer: GlyphRenderer[Any], rows: list[tuple[str, str]]) -> None:
    """Say rows of words and columns where the pointer rests on something of a renderer."""
    plot.add_tools(HoverTool(renderers=[renderer], tooltips=rows, visible=False))


def names_of(layer: gpd.GeoDataFrame) -> dict[str, str]:
    """Return the names of a layer's rows by identifier."""
    return dict(zip(layer["id"], layer["name"].fillna("").astype(str), strict=True)) if len(layer) else {}


def _texts(values: pd.Series, missing: str = "") -> list[str]:
    return [missing if pd.isna(value) or not str(value) else str(value) for value in values]


def _whole(value: float, unit: str, digits: int = 0) -> str:
    if not np.isfinite(value):
        return "—"
    return f"{value:,.{digits}f} {unit}" if unit != "%" else f"{value:.{digits}f}%"


def map_legend() -> list[tuple[str, str]]:
    """Return the classes of the map with their colours, in words."""
    words = {"within": "限内", "near": "次近（十分钟限内）", "beyond": "更远或不可达", "unsnapped": "接不上道路"}
    return [(words[name], style.colour) for name, style in CLASSES.items()]
