"""The figure of counted visits: whether those who came came back."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from workbench.plot.figures import figure
from workbench.plot.style import ACCENT, add_foot, axes_for, cite_standards, house_style, mark_ground
from workbench.visits.result import VisitsResult


def _counted(result: VisitsResult) -> bool:
    return result.sums is not None and len(result.sums.curve) > 0


@figure("visits_return", VisitsResult, when=_counted)
def return_curve(result: VisitsResult, ax: Axes | None = None) -> Axes:
    """Draw the estimated share of visitors who have come again, by days since the first visit, with its band.

    Parameters
    ----------
    result
        Counted visits.
    ax
        Axes to draw on; new ones when not given.
    """
    with house_style():
        ax = axes_for(ax, (7.6, 4.8))
        sums = result.sums
        assert sums is not None
        curve = sums.curve
        ax.step(curve["day"], 100 * curve["again"], where="post", color=ACCENT, linewidth=1.8, label="再来的占比")
        low, high = (100 * curve[name].to_numpy(np.float64) for name in ("low", "high"))
        ax.fill_between(curve["day"], low, high, step="post", color=ACCENT, alpha=0.18, linewidth=0, label="95% 区间")
        ax.set(xlim=(0, sums.horizon), ylim=(0, None), xlabel="首次到访后的天数", ylabel="已再次到访的占比（%）")
        ax.legend(loc="upper left", frameon=False)
        ax.set_title(f"流量变留量：{sums.visitors:,} 人中 {sums.returned:,} 人再来过")
        mark_ground(ax, result.district)
        cite_standards(ax, result.scenario.register, result.said.horizon)
        add_foot(ax, ["Kaplan–Meier 估计；同人同日只计一次；化名计数，只公布合计"])
    return ax
