"""Numbers by age group that are too small are withheld wherever they are published."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from tests import pocket
from workbench import plot
from workbench.catalogue.terms import ServiceLevel
from workbench.coverage import CoverageResult, assess_coverage
from workbench.plot.style import close
from workbench.report import print_kpis
from workbench.results import Kpi, kpi_denominator, kpi_value

ANY, FULL, LITE = ServiceLevel.ANY, ServiceLevel.FULL, ServiceLevel.LITE


def measured(smallest: float = 10, **changes: object) -> CoverageResult:
    scenario = pocket.scenario(standards={"privacy.smallest_cell": smallest}, **changes)
    return assess_coverage(pocket.district(), scenario)


@pytest.fixture(scope="module")
def result() -> CoverageResult:
    return measured(17)


def group_table(result: CoverageResult, level: str = "中心＋驿家") -> pd.DataFrame:
    table = result.tables()["分人群"]
    return table[table["阵地"] == level].set_index("人群")


def group_kpi(result: CoverageResult, key: str, group: str) -> Kpi:
    return next(k for k in result.kpis() if (k.key, k.group, k.mode) == (key, group, "experience"))


# Residents by group and demand point (D1–D4 within a walk, D5 off the network, D6 unreachable):
#   infants 1 2 3 4 5 6 = 21 · pupils 1 3 4 6 5 6 = 25 · adults 6 10 15 20 30 36 = 117
#   older 1 4 6 7 6 7 = 31 · oldest 1 1 2 3 4 5 = 16


def test_a_small_group_is_withheld_whole(result: CoverageResult) -> None:
    table = group_table(result)
    oldest = table.loc["高龄"]
    assert oldest["居民（人）"] == "<17"
    assert oldest["覆盖居民（人）"] == "<17"
    assert oldest["不可达（人）"] == "<17"
    assert set(oldest[["覆盖率（%）", "P50 步行（min）", "P90 步行（min）"]]) == {"不公布"}
    # the next smallest group goes with it: else 210 less the four others is 16
    assert table.loc["婴幼儿", "居民（人）"] == "不公布"
    assert table.loc["学生", "居民（人）"] == 25


def test_the_kpis_of_a_small_group_are_withheld(result: CoverageResult) -> None:
    for key in ("residents.covered.share", "walk.time.p50", "walk.time.p90"):
        kpi = group_kpi(result, key, "高龄")
        assert (kpi.value, kpi.of, kpi.withheld) == (None, None, "<17")
        assert kpi_value(kpi) == "不公布"
        assert kpi_denominator(kpi).endswith("高龄 <17")
        record = kpi.as_record()
        assert (record["value"], record["of"], record["withheld"]) == (None, None, "<17")
    infants = group_kpi(result, "residents.covered.share", "婴幼儿")
    assert (infants.value, infants.of, infants.withheld) == (None, None, "不公布")


def test_a_small_part_of_a_large_group_is_withheld() -> None:
    result = measured(15)
    table = group_table(result)
    # pupils: 10 of 25 covered, so 10 are too few; of 117 adults 36 are
    assert table.loc["学生", ["居民（人）", "覆盖居民（人）", "覆盖率（%）"]].tolist() == [25, "<15", "不公布"]
    assert table.loc["成人", ["居民（人）", "覆盖居民（人）"]].tolist() == [117, 36]
    share = group_kpi(result, "residents.covered.share", "学生")
    assert (share.value, share.of, share.withheld) == (None, 25, "不公布")
    assert kpi_denominator(share) == "人群：学生 25"
    walk = group_kpi(result, "walk.time.p50", "学生")
    assert (walk.value is None, walk.of, walk.withheld) == (False, None, "<15")  # 14 are reached


def test_nothing_is_withheld_of_large_groups() -> None:
    result = measured(1)
    table = group_table(result)
    assert table["居民（人）"].tolist() == [21, 25, 117, 31, 16]
    assert not [kpi for kpi in result.kpis() if kpi.withheld]
    assert result.by_group["residents"].tolist() == measured(17).by_group["residents"].tolist()  # exact inside


def test_zero_is_published_as_zero() -> None:
    bare = assess_coverage(
        pocket.district(stations=pocket.stations().iloc[:0]),
        pocket.scenario(standards={"privacy.smallest_cell": 10}),
    )
    table = group_table(bare)
    assert table["覆盖居民（人）"].tolist() == [0, 0, 0, 0, 0]
    assert table["覆盖率（%）"].tolist() == [0, 0, 0, 0, 0]


def test_groups_without_ages_have_nothing_to_withhold() -> None:
    demand = pocket.demand().drop(columns=pocket.BANDS)
    result = assess_coverage(pocket.district(demand=demand), pocket.scenario(standards={"privacy.smallest_cell": 500}))
    assert group_table(result)["居民（人）"].tolist() == [210]
    assert not [kpi for kpi in result.kpis() if kpi.withheld]


def test_figures_withhold_what_tables_withhold(result: CoverageResult) -> None:
    for draw, texts in (
        (plot.group_bars, {"不公布"}),
        (plot.time_distribution, {"高龄（不公布）", "婴幼儿（不公布）"}),
    ):
        ax = draw(result)
        figure = ax.get_figure()
        assert figure is not None
        figure.canvas.draw()
        assert texts <= {text.get_text() for text in figure.findobj(Text)}
        if draw is plot.time_distribution:
            drawn = {line.get_label() for line in ax.lines if np.size(line.get_xdata()) > 2}
            assert drawn >= {"成人"}
            assert not drawn & {"高龄", "婴幼儿", "学生"}  # of the 25 pupils 10 are covered
        close(ax)


def test_no_file_holds_a_small_number(result: CoverageResult, capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    print_kpis(Console(width=200), result.kpis(), "袖珍区")
    said = capsys.readouterr().out
    assert "人群：高龄 <17" in said
    for frame in result.layers().values():
        assert not [c for c in frame.columns if str(c).startswith("age_")]
