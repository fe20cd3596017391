"""The radar of the four qualities (四化)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes

from workbench.coverage.indicator_table import Appraisal, AxisScore
from workbench.plot.style import ACCENT, GREY, add_foot, axes_for, cite_standards, house_style, mark_ground, wrapped
from workbench.terms import label

_SIZE = (13.2, 5.4)
_KEYS = (2.35, 4.75)  # where the two columns of the key begin, in radii
_RIGHT = 7.0
_SPOKES = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, -1.0], [-1.0, 0.0]])
_RINGS = (0.25, 0.5, 0.75, 1.0)
_KEY_WIDTH = 46  # Latin letters
_TIP = 1.12  # where the name of a spoke stands
_ALIGN = (("center", "bottom"), ("left", "center"), ("center", "top"), ("right", "center"))


def quality_radar(appraisal: Appraisal, ax: Axes | None = None) -> Axes:
    """Draw the score of each quality, with the indicators and weights it is made of.

    An axis without a score is drawn as missing, never as zero: dotted, and the outline stays open
    there. The bar on each spoke is the range of the score when the weight of one indicator at a
    time is moved.

    Parameters
    ----------
    appraisal
        The indicators held against standards and targets.
    ax
        Axes to draw on; new ones when not given.
    """
    with house_style():
        ax = axes_for(ax, _SIZE)
        _draw_rings(ax)
        for spoke, axis, align in zip(_SPOKES, appraisal.axes, _ALIGN, strict=True):
            _draw_spoke(ax, spoke, axis, align)
        _draw_outline(ax, appraisal.axes)
        ax.set(xlim=(-1.7, _RIGHT), ylim=(-1.45, 1.45), aspect="equal")
        ax.axis("off")
        for x, axes in zip(_KEYS, (appraisal.axes[:2], appraisal.axes[2:]), strict=True):
            ax.text(x, 1.45, _key(axes), va="top", fontsize=7.5, linespacing=1.3)
        scored = sum(axis.scored for axis in appraisal.axes)
        number = sum(len(axis.parts) for axis in appraisal.axes)
        ax.set_title(f"四化雷达图（{scored}/{number} 项指标有得分；得分＝达到标准或目标的比例，封顶 1）", pad=20)
        mark_ground(ax, appraisal.district)
        step = appraisal.weight_step
        add_foot(ax, [f"轴上粗线：单项权重上下浮动 {step.value:.0%}（{step.citation}）时得分的范围"])
        standards = {line.indicator.standard.key: None for line in appraisal.lines if line.indicator.standard}
        cite_standards(ax, appraisal.scenario.register, *standards)
        add_foot(ax, list(dict.fromkeys(line.indicator.reading for line in appraisal.lines if line.indicator.reading)))
    return ax


def _draw_rings(ax: Axes) -> None:
    for ring in _RINGS:
        corners = ring * np.vstack([_SPOKES, _SPOKES[:1]])
        ax.plot(corners[:, 0], corners[:, 1], color="#d5d5d5", linewidth=0.7, zorder=1)
        ax.annotate(f"{ring:g}", xy=(0.02, ring - 0.01), fontsize=7, color=GREY, va="top", zorder=6)


def _draw_spoke(ax: Axes, spoke: np.ndarray, axis: AxisScore, align: tuple[str, str]) -> None:
    known = axis.score is not None
    ax.plot(*np.outer(spoke, (0, 1)), color="#9a9a9a", linewidth=0.9, linestyle="-" if known else ":", zorder=2)
    if axis.low is not None and axis.high is not None:
        ax.plot(*np.outer(spoke, (axis.low, axis.high)), color=ACCENT, linewidth=5, alpha=0.35, zorder=3)
    if axis.score is not None:
        ax.plot(*(axis.score * spoke), marker="o", color=ACCENT, markersize=6, zorder=5)
    name = f"{label(axis.axis)}  {axis.said}\n{axis.scored}/{len(axis.parts)} 项有得分"
    colour = "black" if known else "#b03a2e"
    x, y = _TIP * spoke
    ax.text(x, y, name, ha=align[0], va=align[1], fontsize=9.5, color=colour)


def _draw_outline(ax: Axes, axes: Sequence[AxisScore]) -> None:
    """Join neighbouring scores; beside a missing one the outline stays open."""
    around = [(axis.score, spoke) for axis, spoke in zip(axes, _SPOKES, strict=True)]
    for (first, one), (second, other) in pairwise([*around, around[0]]):
        if first is None or second is None:
            continue
        ends = np.array([first * one, second * other])
        ax.plot(ends[:, 0], ends[:, 1], color=ACCENT, linewidth=1.6, zorder=4)
        ax.fill([0, ends[0, 0], ends[1, 0]], [0, ends[0, 1], ends[1, 1]], color=ACCENT, alpha=0.12, linewidth=0)


def _key(axes: Sequence[AxisScore]) -> str:
    """Say what each score is made of: weight, score, indicator; the others are counted."""
    blocks = []
    for axis in axes:
        head = f"{label(axis.axis)}  {axis.said}（有得分的权重合计 {axis.weight:g}）"
        scored = [part for part in axis.parts if part.score is not None and part.weight > 0]
        parts = [f"权重 {part.weight:g} · {part.said} · {part.label}" for part in scored]
        rest = len(axis.parts) - len(scored)
        parts += [f"另 {rest} 项未设目标、缺数据或权重为 0，见指标表"] if rest else []
        lines = [line for part in parts for line in _indented(part)]
        blocks.append("\n".join([head, *lines]))
    return "\n\n".join(blocks)


def _indented(text: str) -> list[str]:
    first, *rest = wrapped(text, _KEY_WIDTH).split("\n")
    return [f"   {first}", *(f"        {line}" for line in rest)]
