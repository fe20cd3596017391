"""Plans side by side: their circles as small maps with one legend."""

from __future__ import annotations

import math
from pathlib import Path

from matplotlib.artist import Artist
from matplotlib.axes import Axes

from workbench.catalogue.terms import Mode
from workbench.comparison import Comparison
from workbench.coverage.doors import share
from workbench.fonts import wrapped
from workbench.plot.figures import save_figure
from workbench.plot.gates import draw_parts
from workbench.plot.ground import draw_backdrop, draw_ways
from workbench.plot.style import ACCENT, CLASSES, ClassStyle, axes_for, cite_standards, furnish_map, house_style
from workbench.results import DrawnFigure

_COLUMNS = {1: 1, 2: 2, 4: 2}  # of so many maps; else three
_PANEL_IN = (4.8, 4.9)  # width and height of one map, inches
_NAME_WIDTH = 44  # Latin letters over a map
_LEFT = ClassStyle("#b3aea4", "", ".")
_WON = ClassStyle(ACCENT, "", "^")


def comparison_maps(result: Comparison, ax: Axes | None = None) -> Axes:
    """Map who is covered with each plan, who is newly so, and who no longer, beside each other.

    Parameters
    ----------
    result
        The plans; what is compared with stands first.
    ax
        Axes whose place the maps take; new ones when not given.
    """
    count = len(result.studies)
    columns = _COLUMNS.get(count, 3)
    rows = math.ceil(count / columns)
    with house_style():
        ax = axes_for(ax, (columns * _PANEL_IN[0], rows * _PANEL_IN[1] + 0.6))
        ax.set_axis_off()
        inside = [circle.covered(Mode.COMPLIANCE) for circle in result.circles]
        handles: dict[str, Artist] = {}
        high = 0.86 / rows
        for place, (title, circle, now) in enumerate(zip(result.titles, result.circles, inside, strict=True)):
            left, low = (place % columns) / columns, 0.88 - (place // columns + 1) * high
            panel = ax.inset_axes((left, low, 0.95 / columns, 0.84 * high))
            draw_backdrop(panel, circle.district)
            draw_ways(panel, circle.district, scale=0.5)
            parts = (
                ("未覆盖", ~now & ~inside[0], _LEFT),
                ("覆盖", now & inside[0], CLASSES["within"]),
                ("新覆盖", now & ~inside[0], _WON),
                ("失去覆盖", inside[0] & ~now, CLASSES["beyond"]),
            )
            handles |= draw_parts(panel, circle, parts)
            residents = circle.populace.residents
            percent = share(float(residents[now].sum()), float(residents.sum()))
            said = "无居民" if percent is None else f"居民 {percent:.1f}%"
            panel.autoscale_view()
            panel.set_anchor("NW")
            furnish_map(panel, circle.district, note=f"{said}（分母：全体居民 {residents.sum():,.0f} 人）")
            panel.set_title(wrapped(title, _NAME_WIDTH), fontsize=11, pad=6)
        limit = result.circles[0].distance_limit_m
        ax.set_title(f"各方案步行 {limit:g} m 覆盖（合规口径，{result.circles[0].scenario.moment.title}）")
        shown = list(handles.values())
        ax.legend(handles=shown, loc="upper left", ncols=len(shown) or 1, fontsize=9, frameon=False, borderpad=0)
        cite_standards(ax, result.circles[0].scenario.register, result.circles[0].scenario.coverage.distance)
    return ax


def save_comparison(result: Comparison, folder: Path) -> list[DrawnFigure]:
    """Save the figures of a comparison as PNG."""
    ax = comparison_maps(result)
    title = ax.get_title("left")
    return [DrawnFigure("maps", "", title, path) for path in save_figure(ax, folder, "maps", svg=False)]
