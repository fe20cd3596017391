"""What a figure says: every text on it, once it has been drawn."""

from __future__ import annotations

import io

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from workbench.plot.style import house_style


def said(ax: Axes) -> str:
    """Draw the figure of these axes (a missing glyph is an error) and return its words."""
    figure = ax.get_figure()
    assert isinstance(figure, Figure)
    with house_style():
        figure.savefig(io.BytesIO(), format="png")
    return " ".join(text.get_text() for text in figure.findobj(Text) if text.get_text())
