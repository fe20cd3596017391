"""The maps of the atlas: the district is drawn once, then cut out for each 街道 or 社区."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import partial
from typing import Any

import matplotlib.patches as mpatches
import numpy as np
import shapely
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from PIL import Image

from workbench.catalogue.terms import Mode, printable
from workbench.coverage.measure import Area
from workbench.plot.gates import draw_parts
from workbench.plot.ground import draw_backdrop, draw_stations, draw_walls, draw_ways, one_path
from workbench.plot.style import ACCENT, CLASSES, GREY, ClassStyle, furnish_map, house_style
from workbench.processes import side_by_side, usable_cpus
from workbench.progress import SILENT, Progress
from workbench.study import Study

_SIZE, _DPI = (7.0, 6.0), 130  # inches of a map, as wide as a page of A4 has room for
_EDGE = 0.06  # of its extent that is shown around an area
_COLOURS = 96  # of the palette of a picture
_LEFT = ClassStyle("#8f8a80", "", "v")
_WON = ClassStyle(ACCENT, "", "^")
_NEW = "#d9480f"
_MOST_NAMES = 40  # written on one map


def atlas_maps(
    study: Study, area: Area, *, workers: int | None = None, progress: Progress = SILENT
) -> Mapping[str, bytes]:
    """Draw a map of each area: who is covered today, who is with the plan, and the stations, new ones marked.

    Parameters
    ----------
    study
        What was studied.
    area
        ``subdistrict`` or ``community``.
    workers
        Processes that draw side by side; as many as there are CPUs when not given.
    progress
        Told of the stage.

    Returns
    -------
    dict
        PNG by identifier of the area; empty where the district has no communities.
    """
    communities = study.district.communities
    if communities.empty:
        return {}
    shapes = communities if area == "community" else communities.dissolve("subdistrict", as_index=False)
    names = [str(i) for i in shapes["id" if area == "community" else "subdistrict"]]
    progress.step("atlas", 0, len(names))
    with house_style():
        ax = _whole(study)
        within = study.district.compounds if area == "community" else communities
        tasks = [partial(_cut_out, ax, shape, within) for shape in shapes.geometry]
        drawn = side_by_side(tasks, usable_cpus() if workers is None else workers)
    progress.step("atlas", len(names), len(names))
    return dict(zip(names, drawn, strict=True))


def _whole(study: Study) -> Axes:
    """Draw the whole district at the scale of an area."""
    before, after = study.before_after or (study.coverage, study.coverage)
    ax = Figure(figsize=_SIZE, dpi=_DPI).add_axes((0.012, 0.075, 0.976, 0.85))
    district = after.district
    draw_backdrop(ax, district)
    draw_ways(ax, district, scale=2.0)
    handles: list[Artist] = list(draw_walls(ax, district.compounds, width=0.9))
    then, now = (one.covered(Mode.COMPLIANCE) for one in (before, after))
    parts = (
        ("未覆盖", ~now & ~then, _LEFT),
        ("覆盖", now & then, CLASSES["within"]),
        ("新覆盖", now & ~then, _WON),
        ("失去覆盖", then & ~now, CLASSES["beyond"]),
    )
    handles += draw_parts(ax, after, parts).values()
    handles += draw_stations(ax, district.stations.iloc[after.station_rows])
    new = district.stations[~district.stations["id"].isin(before.district.stations["id"])]
    if len(new):
        points = new.geometry.get_coordinates().to_numpy()
        ax.scatter(points[:, 0], points[:, 1], s=150, marker="o", c="none", edgecolors=_NEW, linewidths=2.0, zorder=11)
        for (x, y), name in zip(points, new["name"], strict=True):
            _say(ax, x, y, str(name), colour=_NEW, lift=11)
        look: dict[str, Any] = {"marker": "o", "color": "none", "markeredgecolor": _NEW, "markeredgewidth": 1.8}
        handles.append(Line2D([], [], **look, markersize=9, label=f"方案新增（{len(new)}）"))
    furnish_map(ax, district)
    ax.legend(
        handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.012), ncols=4, fontsize=7.5, frameon=False,
        borderpad=0, columnspacing=1.2, handletextpad=0.4,
    )  # fmt: skip
    ax.set_xlabel("")
    return ax


def _say(ax: Axes, x: float, y: float, words: str, *, colour: str, lift: float = 0.0) -> Artist:
    halo = [withStroke(linewidth=2.2, foreground="white")]
    return ax.annotate(
        printable(words), (x, y), xytext=(0, lift), textcoords="offset points", ha="center", va="center", fontsize=7.5,
        color=colour, path_effects=halo, zorder=14, annotation_clip=True,
    )  # fmt: skip


def _cut_out(ax: Axes, shape: shapely.Geometry, within: Any) -> bytes:
    """Show one area: its surroundings paler, its border, and the names of what lies in it."""
    west, south, east, north = map(float, shapely.bounds(shape))
    across, up = (1 + 2 * _EDGE) * max(east - west, 1.0), (1 + 2 * _EDGE) * max(north - south, 1.0)
    box = ax.get_position().size * np.array(_SIZE)
    across, up = max(across, up * box[0] / box[1]), max(up, across * box[1] / box[0])
    x, y = (west + east) / 2, (south + north) / 2
    ax.set_xlim(x - across / 2, x + across / 2)
    ax.set_ylim(y - up / 2, y + up / 2)
    pale = shapely.difference(shapely.box(x - across, y - up, x + across, y + up), shape)
    rings = shapely.get_rings(pale)
    drawn: list[Artist] = [
        ax.add_patch(mpatches.PathPatch(one_path(rings), facecolor="white", edgecolor="none", alpha=0.55, zorder=8)),
        ax.add_patch(mpatches.PathPatch(one_path(shapely.get_rings(shape)), facecolor="none", edgecolor="#444444",
                                        linewidth=1.6, linestyle="--", zorder=9)),
    ]  # fmt: skip
    inside = within[shapely.intersects(shape, within.representative_point().array)]
    for spot, name in list(zip(inside.representative_point(), inside["name"], strict=True))[:_MOST_NAMES]:
        drawn.append(_say(ax, spot.x, spot.y, str(name), colour=GREY if len(inside) > 1 else "#222222"))
    figure = ax.figure
    assert isinstance(figure, Figure)
    canvas: Any = FigureCanvasAgg(figure)  # the library gives it no types
    out = io.BytesIO()
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    picture.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        out, "png", optimize=True
    )
    for artist in drawn:
        artist.remove()
    return out.getvalue()
