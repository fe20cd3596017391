"""The look of the house: typeface, colours, and what every map must carry."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any, Final

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib import font_manager
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from matplotlib_scalebar.scalebar import ScaleBar
from PIL import Image
from scipy.spatial import cKDTree

from workbench.catalogue.standards import Register
from workbench.fonts import font_path, wrapped
from workbench.ground.district import District


@dataclass(frozen=True)
class ClassStyle:
    """How one class of a three-colour map looks: colour, hatch and marker differ, for print and colour blindness."""

    colour: str
    hatch: str
    marker: str


CLASSES: Final[Mapping[str, ClassStyle]] = MappingProxyType(
    {
        "within": ClassStyle("#2c8c6a", "", "o"),
        "near": ClassStyle("#f0c24b", "////", "s"),
        "beyond": ClassStyle("#c8463d", "xxxx", "X"),
        "unsnapped": ClassStyle("#9a9a9a", "....", "P"),
    }
)

STATIONS: Final[Mapping[str, tuple[str, str, int]]] = MappingProxyType(
    {  # marker, colour, size in points²
        "district_centre": ("*", "#8c1515", 230),
        "community_centre": ("s", "#8c1515", 46),
        "post": ("^", "#1f3f8f", 40),
        "facility": (".", "#4a0d0d", 26),
    }
)

BACKDROP: Final[Mapping[str, tuple[str, float]]] = MappingProxyType(
    {  # colour, layer order
        "extent": ("#fbfaf7", 0.0),
        "green": ("#dcebd3", 0.2),
        "square": ("#efe6d6", 0.3),
        "water": ("#bcd7e8", 0.4),
        "motorway": ("#c9a06a", 0.5),
        "rail": ("#555555", 0.6),
        "tram": ("#9a9a9a", 0.6),
        "viaduct": ("#9a9a9a", 0.6),
        "wall": ("#777777", 0.7),
    }
)

WAYS = "#b9b4aa"
WALLS = "#8a7f70"
BUILDINGS = "#d9d3c7"
ACCENT = "#1f3f8f"
GREY = "#6b6b6b"

MAP_SIZE = (10.4, 8.1)
CHART_SIZE = (8.0, 4.8)
DPI = 110

_FOOT_SIZE = 7.5  # points
_POINTS_PER_INCH = 72
_BETWEEN = "　"  # between the notes of a foot


@cache
def _register_font() -> str:
    font_manager.fontManager.addfont(str(font_path()))
    return font_manager.FontProperties(fname=str(font_path())).get_name()


def _settings() -> dict[str, Any]:
    return {
        "font.family": _register_font(),
        "axes.unicode_minus": False,
        "text.parse_math": False,  # a name with $ is a name, no formula
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlesize": 13,
        "axes.titlelocation": "left",
        "axes.titlepad": 20,  # above the note of the ground, which stands on the right
        "figure.autolayout": False,
        "figure.constrained_layout.use": False,
        "figure.dpi": DPI,
        "savefig.dpi": DPI,
        "hatch.linewidth": 0.5,
        "svg.fonttype": "path",
        "svg.hashsalt": "yijia",
    }


@contextmanager
def house_style() -> Iterator[None]:
    """Draw inside this: the house's typeface and nothing global left behind."""
    with mpl.rc_context(_settings()):  # type: ignore[arg-type]
        yield


def axes_for(ax: Axes | None, size: tuple[float, float]) -> Axes:
    """Return the axes to draw on; new ones of this size (inches) when none are given."""
    if ax is not None:
        return ax
    figure = Figure(figsize=size, layout="constrained")
    return figure.add_subplot()


def furnish_map(ax: Axes, district: District, *, note: str = "") -> None:
    """Give a map what every map must carry: scale bar, north arrow, CRS, data date, and what ground it is."""
    ax.set_aspect("equal")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_ylabel("")
    for spine in ax.spines.values():
        spine.set_visible(True)
        spine.set_color("#999999")
    ax.add_artist(ScaleBar(1, units="m", location="lower left", box_alpha=0.75, font_properties={"size": 9}))
    box = {"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.75}
    ax.annotate(
        "北",
        xy=(0.965, 0.985),
        xytext=(0.965, 0.915),
        xycoords="axes fraction",
        ha="center",
        va="center",
        fontsize=11,
        bbox=box,
        arrowprops={"arrowstyle": "-|>", "color": "black", "lw": 1.4},
        zorder=20,
    )
    lines = [f"坐标系 {district.manifest.crs} · 数据日期 {district.manifest.date}"]
    if note:
        lines.insert(0, note)
    ax.set_xlabel("\n".join(lines), fontsize=8.5, color=GREY, loc="left")
    mark_ground(ax, district)


def mark_ground(ax: Axes, district: District, *, lift: float = 0.0) -> None:
    """Say on the figure whether the ground is invented or may not be published, and name sources and licences."""
    ax.annotate(
        district.manifest.notice,
        xy=(1.0, 1.01),
        xycoords="axes fraction",
        xytext=(0, lift),
        textcoords="offset points",
        ha="right",
        va="bottom",
        fontsize=9,
        color="#b03a2e",
        annotation_clip=False,
    )
    add_foot(ax, district.manifest.credit_notes)


def cite_standards(ax: Axes, standards: Register, *keys: str | None) -> None:
    """Name the standards that a figure used at its foot: value, document, clause, wording, certainty."""
    notes = standards.cited(key for key in keys if key is not None)
    add_foot(ax, [note.standard.footnote for note in notes])


_FILL = 0.92
"""Share of the width that a foot may fill by its reckoning: small type runs wider on a coarse screen."""


def add_foot(ax: Axes, notes: Sequence[str]) -> None:
    """Write notes at the foot of the figure, each once even where several axes share it."""
    figure = ax.get_figure()
    if figure is None or not notes:
        return
    earlier = figure.get_supxlabel().replace("\n", "")  # breaks are all that wrapping adds
    items = dict.fromkeys([*(earlier.split(_BETWEEN) if earlier else []), *notes])
    room = _FILL * figure.bbox.width / figure.dpi * _POINTS_PER_INCH / (_FOOT_SIZE / 2)
    figure.supxlabel(wrapped(_BETWEEN.join(items), int(room)), x=0.01, ha="left", fontsize=_FOOT_SIZE, color=GREY)


def map_legend(ax: Axes, handles: Sequence[Artist], title: str = "") -> None:
    """Put the legend beside the map, where it hides nothing."""
    if handles:
        ax.legend(
            handles=list(handles),
            loc="upper left",
            bbox_to_anchor=(1.0, 1.0),
            fontsize=9,
            frameon=False,
            title=title,
            alignment="left",
        )


def laid_out(figure: Figure) -> Bbox:
    """Lay a figure out and measure it, inches: once for whatever saves it, which would do both again each time."""
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]  # remembers the sizes of words
    if (engine := figure.get_layout_engine()) is not None:
        engine.execute(figure)
    box = figure.get_tightbbox(renderer).padded(_MARGIN_IN)
    figure.set_layout_engine(None)
    return box


_MARGIN_IN = 0.1


def close(ax: Axes) -> None:
    """Release the figure of these axes."""
    figure = ax.get_figure()
    if isinstance(figure, Figure):
        figure.clear()
        plt.close(figure)


# ----------------------------------------------------------------------------------------------------------------------
# Figures in notebooks: small enough to commit, true in colour, and with words that can be compared.


_DPI = 72
_COLOURS = 160  # of a palette; the rest of its 256 would cost a tenth of the size and show nothing
_FILLS = 96
_SHARE_OF_FILL = 5e-4  # a colour that fills more of the picture than this is kept as it is


@dataclass(frozen=True)
class Picture:
    """A finished figure as a notebook shows it: a palette PNG, and its title as text."""

    title: str
    png: bytes = field(repr=False)

    def __repr__(self) -> str:
        return f"图：{self.title}"

    def _repr_png_(self) -> bytes:
        return self.png


def picture(ax: Axes) -> Picture:
    """Render the figure of these axes for a notebook, and release it.

    Parameters
    ----------
    ax
        What a figure function returned.

    Returns
    -------
    Picture
        A PNG with a palette, a quarter of the size of a full one. Colours that fill an area are exact, so that a scale
        stays a scale; only the blends at edges are rounded.
    """
    figure = ax.get_figure()
    if not isinstance(figure, Figure):
        raise TypeError("the axes belong to no figure")
    title = ax.get_title(loc="left")
    raw, small = io.BytesIO(), io.BytesIO()
    with house_style():
        figure.set_dpi(_DPI)
        figure.savefig(raw, format="png", bbox_inches=laid_out(figure), dpi=_DPI, pil_kwargs={"compress_level": 0})
    with_palette(Image.open(raw).convert("RGB")).save(small, format="png", optimize=True)
    close(ax)
    return Picture(title, small.getvalue())


def with_palette(image: Image.Image) -> Image.Image:
    """Reduce an RGB image to a palette: the colours of areas exactly, those of edges by the nearest of the rest."""
    pixels = np.asarray(image).reshape(-1, 3).astype(np.int64)
    packed: npt.NDArray[np.int64] = pixels[:, 0] << 16 | pixels[:, 1] << 8 | pixels[:, 2]
    of_pixel, colour = pd.factorize(packed, sort=True)  # by hash: few colours, many pixels
    count = np.bincount(of_pixel)
    order = np.argsort(-count, kind="stable")[:_FILLS]  # of two as frequent the one that comes first
    fills = _channels(colour[order][count[order] >= _SHARE_OF_FILL * len(packed)])
    blends = image.quantize(_COLOURS - len(fills), method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    palette = np.concatenate([fills, np.array(blends.getpalette(), np.int64).reshape(-1, 3)])[:_COLOURS]
    _, nearest = cKDTree(palette).query(_channels(colour))  # Pillow's own mapping is off by up to six a channel
    made = Image.fromarray(np.asarray(nearest)[of_pixel].reshape(image.height, image.width).astype(np.uint8), "P")
    made.putpalette(palette.ravel().tolist())
    return made


def _channels(colour: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.stack([colour >> 16, colour >> 8 & 255, colour & 255], axis=1)
