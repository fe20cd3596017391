"""Numbers, tables and map layers of a scene matrix, for reading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from workbench.coverage.quantities import share
from workbench.coverage.scene_cells import EMPTY, Reason, community_shares, knowledge, served
from workbench.coverage.scene_verdicts import WHOLE, Verdict
from workbench.privacy import WITHHELD, stand_in
from workbench.results import Kpi, kpi_table, rounded
from workbench.scenes import Scene
from workbench.terms import Mode, ServiceLevel, label

if TYPE_CHECKING:
    from workbench.coverage.scenes import SceneMatrix

_PAIRS = "全体居民×目录场景"


def kpis(matrix: SceneMatrix) -> list[Kpi]:
    """Return the numbers: scenes offered, mean scene coverage, cells that are needed and empty."""
    known = knowledge(matrix)
    whole = matrix.people[WHOLE].sum(axis=(0, 1))
    pairs = float(whole.sum())
    listed = f"场景目录（{matrix.catalogue.note}）"
    walk, hours = _walk_clause(matrix), _hours_clause(matrix)
    reached, timely = (None if np.isnan(part) else share(float(part), pairs) for part in served(whole, known))
    unsure = share(float(whole[Verdict.UNSURE]), pairs)
    offered = float(known.offered.sum()) if known.some else None
    found = [
        _kpi("scenes.offered", "有阵地提供的场景", offered, "个", "目录场景", float(len(matrix.catalogue)), listed),
        _kpi("scenes.share", "场景覆盖率", reached, "%", _PAIRS, pairs, walk),
        _kpi("scenes.share.timely", "场景覆盖率·时段相合", timely, "%", _PAIRS, pairs, hours),
        _kpi("scenes.unsure", "阵地服务缺数据而不能判断", unsure, "%", _PAIRS, pairs, walk),
    ]
    needed = matrix.cells[matrix.cells["needed"]]
    for reason in EMPTY:
        count = float((needed["reason"] == str(reason)).sum())
        value = count if known.some or reason is Reason.NOT_KNOWN else None
        text, clause = f"所需而空缺的格·{label(reason)}", hours if reason is Reason.WRONG_HOURS else walk
        found.append(_kpi(f"scenes.empty.{reason}", text, value, "个", "各人群所需的格", float(len(needed)), clause))
    return found


def _kpi(key: str, text: str, value: float | None, unit: str, of: str, size: float, clause: str) -> Kpi:
    return Kpi(key, text, value, unit, of, size, Mode.EXPERIENCE, label("everyone"), ServiceLevel.ANY, clause)


def _walk_clause(matrix: SceneMatrix) -> str:
    time = matrix.scenario.register[matrix.scenario.coverage.time]
    return f"{time.value:g} {time.unit}；{time.citation}；场景目录（{matrix.catalogue.note}）"


def _hours_clause(matrix: SceneMatrix) -> str:
    least = matrix.scenario.register[matrix.scenario.scenes.least_overlap]
    return f"{_walk_clause(matrix)}；{least.label} {least.value:g} {least.unit} {least.citation}"


def _shown(value: float, unit: str, reason: str = Reason.NOT_KNOWN) -> float | str:
    """Round a number as its unit asks; say why where there is none."""
    if np.isfinite(value):
        return rounded(value, unit)
    return label(Reason.NOBODY if reason == Reason.NOBODY else Reason.NOT_KNOWN)


def _size(matrix: SceneMatrix, group: str, residents: float) -> float | str:
    """Return the size of a group for reading, or what stands for it where it is not published."""
    hidden = matrix.coverage.withheld
    return stand_in(residents, hidden.smallest) if group in hidden.residents else rounded(residents, "人")


def _wide(matrix: SceneMatrix, column: str) -> pd.DataFrame:
    """Return a share of the cells as groups × scenes, rounded, with short Chinese headings."""
    table = matrix.cells
    rows = []
    for group in matrix.people:
        part = table[table["group"] == group]
        head = {"人群": part["label"].iloc[0], "居民（人）": _size(matrix, group, part["residents"].iloc[0])}
        shares = [
            WITHHELD if hide else _shown(value, "%", reason)
            for value, hide, reason in zip(part[column], part[f"{column}_withheld"], part["reason"], strict=True)
        ]
        rows.append(head | dict(zip(_shorts(matrix), shares, strict=True)))
    return pd.DataFrame(rows)


def _shorts(matrix: SceneMatrix) -> list[str]:
    return [scene.short for scene in matrix.catalogue.values()]


def _scene_list(matrix: SceneMatrix) -> pd.DataFrame:
    scenes = matrix.catalogue

    def words(keys: Sequence[str], known: str) -> str:
        return "、".join(getattr(scenes, known)[key].label for key in keys)

    def takes(scene: Scene) -> str:
        parts = [
            words(scene.services.all_of, "services"),
            "或".join(words([k], "services") for k in scene.services.any_of),
        ]
        return "；".join(part for part in parts if part)

    return pd.DataFrame(
        [
            {
                "场景": scene.label,
                "为谁": words(scene.audience, "audiences"),
                "时窗": scene.window,
                "何时开展": scene.season or "每周",
                "所需服务": takes(scene),
                "空间": words(scene.spaces, "spaces"),
                "不可同刻相邻": "、".join(scenes[key].label for key in scene.conflicts),
                "指标": scene.indicator,
                "发言所据": scene.speech or "发言未及",
                "注意": scene.note,
                "性质": scenes.note,
            }
            for scene in scenes.values()
        ]
    )


def _group_list(matrix: SceneMatrix) -> pd.DataFrame:
    register = matrix.scenario.register
    return pd.DataFrame(
        [
            {
                "人群": group.label,
                "占年龄段比例的依据": group.share_basis or ("未注明【推】" if group.assumed else "按年龄段整计"),
                "步速": f"{register[group.pace].value:g} m/s 【{register[group.pace].certainty}】",
                "何时可到": "任何时间" if group.free is None else f"{group.free}【推】",
                "所需场景": "、".join(matrix.catalogue[key].label for key in group.needs),
            }
            for group in matrix.coverage.populace.groups.values()
        ]
    )


def _reading_communities(matrix: SceneMatrix) -> pd.DataFrame:
    table, shares = matrix.by_community, community_shares(matrix, WHOLE, timely=False)
    short = dict(zip(matrix.catalogue, _shorts(matrix), strict=True))
    reason = np.where(table["residents"] == 0, Reason.NOBODY, Reason.NOT_KNOWN)
    columns: dict[str, list[float | str]] = {
        "编号": [*table["id"]],
        "社区": [*table["name"]],
        "居民（人）": [_shown(value, "人") for value in table["residents"]],
    }
    percents = {"场景覆盖率（%）": table["scene_share"], "时段相合（%）": table["scene_share_timely"]}
    for title, values in {**percents, **{short[key]: shares[key] for key in short}}.items():
        columns[title] = [_shown(value, "%", why) for value, why in zip(values, reason, strict=True)]
    columns["无人可及的场景"] = [
        "、".join(short[key] for key in keys.split(";") if key) if isinstance(keys, str) else label(why)
        for keys, why in zip(table["lacking"], reason, strict=True)
    ]
    return pd.DataFrame(columns)


def reading_tables(matrix: SceneMatrix) -> dict[str, pd.DataFrame]:
    """All tables by title; empty ones are left out."""
    empty = matrix.empty
    gaps = pd.DataFrame(
        {
            "人群": empty["label"],
            "场景": empty["scene_label"],
            "缘由": empty["reason"].map(label),
            "居民（人）": [_size(matrix, *row) for row in zip(empty["group"], empty["residents"], strict=True)],
            "缺者最多的社区": empty["communities"],
        }
    )
    found = {
        "场景指标": kpi_table(matrix.kpis(), as_text=False),
        "人群×场景·可及（%）": _wide(matrix, "share"),
        "人群×场景·时段相合（%）": _wide(matrix, "share_timely"),
        "空缺格": gaps,
        "社区×场景（%）": _reading_communities(matrix),
        "场景目录": _scene_list(matrix),
        "人群口径": _group_list(matrix),
    }
    return {title: table for title, table in found.items() if len(table)}


def map_layers(matrix: SceneMatrix) -> dict[str, gpd.GeoDataFrame]:
    """Communities with their scene coverage; nothing where the district has no communities."""
    layer = matrix.coverage.district.communities
    if layer.empty:
        return {}
    joined = layer[["id", "name", "geometry"]].merge(matrix.by_community.drop(columns="name"), on="id", how="left")
    return {"scene_communities": gpd.GeoDataFrame(joined, geometry="geometry", crs=layer.crs)}
