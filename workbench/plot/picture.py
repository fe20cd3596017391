"""Figures in notebooks: small enough to commit, true in colour, and with words that can be compared."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from scipy.spatial import cKDTree

from workbench.plot.style import close, house_style

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
        figure.savefig(
            raw, format="png", dpi=_DPI, bbox_inches="tight", metadata={"Software": None}
        )  # nothing is cut off
    _with_palette(Image.open(raw).convert("RGB")).save(small, format="png", optimize=True)
    close(ax)
    return Picture(title, small.getvalue())


def _with_palette(image: Image.Image) -> Image.Image:
    """Reduce an RGB image to a palette: the colours of areas exactly, those of edges by the nearest of the rest."""
    pixels = np.asarray(image).reshape(-1, 3).astype(np.int64)
    packed: npt.NDArray[np.int64] = pixels[:, 0] << 16 | pixels[:, 1] << 8 | pixels[:, 2]
    colour, of_pixel, count = np.unique(packed, return_inverse=True, return_counts=True)
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
