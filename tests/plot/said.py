"""What a figure says: every text on it, once it has been drawn."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from workbench.plot.style import house_style


def drawn(ax: Axes) -> Figure:
    """Lay out and draw the figure of these axes without making a picture of it; a missing glyph is an error."""
    figure = ax.get_figure()
    assert isinstance(figure, Figure)
    with house_style():
        figure.draw_without_rendering()
    return figure


def said(ax: Axes) -> str:
    """Draw the figure of these axes and return its words."""
    return " ".join(text.get_text() for text in drawn(ax).findobj(Text) if text.get_text())
