"""Figures in notebooks: small enough to commit, and with words that can be compared."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from workbench.plot.style import close, house_style

_DPI = 84
_COLOURS = 64


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
        A PNG of at most 64 colours, a fifth of the size of a full one.
    """
    figure = ax.get_figure()
    if not isinstance(figure, Figure):
        raise TypeError("the axes belong to no figure")
    title = ax.get_title(loc="left")
    raw, small = io.BytesIO(), io.BytesIO()
    with house_style():
        figure.savefig(raw, format="png", dpi=_DPI, metadata={"Software": None})
    image = (
        Image.open(raw).convert("RGB").quantize(_COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    )
    image.save(small, format="png", optimize=True)
    close(ax)
    return Picture(title, small.getvalue())
