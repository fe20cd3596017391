"""Plans side by side: what each changes, who gains and who loses, what it costs, and which weights turn the ranking."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from workbench.arrays import Floats
from workbench.cache import Cache
from workbench.catalogue.numbers import YUAN_A_WAN, declared_numbers
from workbench.catalogue.terms import Mode, ServiceLevel
from workbench.coverage import CoverageResult
from workbench.coverage.space_time import SpaceTimeResult, assess_space_time, staff_cost, staff_hours_added
from workbench.errors import Problem, ScenarioError
from workbench.privacy import WITHHELD, stand_in, withheld
from workbench.progress import SILENT, Progress
from workbench.results import MISSING, UNAIMED, Headline, amount, rounded
from workbench.scenario import Scenario
from workbench.study import Study, decides, deciding, run_study, unset

NOTHING: Final = "不建"
"""Title of the plan that changes nothing; added where no plan is that one."""

_DIFFER = frozenset({"name", "title", "note", "hours", "gates", "edits"})
"""Sections in which plans may differ, beside those of studies that decide; in all others they are measured alike, or
the difference is named."""
_MOST_COMPOUNDS, _MOST_NAMED = 30, 3
_SAME = 1e-9


@dataclass(frozen=True)
class _Aim:
    """One thing that plans are ranked by."""

    key: str
    title: str
    unit: str
    higher: bool


_AIMS: Final = (
    _Aim("covered", "居民覆盖率（合规）", "%", higher=True),
    _Aim("worst", "最低社区覆盖率（合规）", "%", higher=True),
    _Aim("quality", "四化平均得分", "1", higher=True),
    _Aim("lost", "失去覆盖的居民", "人", higher=False),
    _Aim("once", "一次性投入", "万元", higher=False),
    _Aim("yearly", "每年新增在岗成本", "万元", higher=False),
)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Plans on one district, measured; made by :func:`compare_scenarios`.

    Attributes
    ----------
    studies
        The plans, what is compared with first.
    unlike
        Keys of the scenarios, beside those of plans, that are not alike, with what each says.
    names
        Titles by the fingerprint of a scenario, where plans are not called what their scenarios are.
    """

    studies: tuple[Study, ...]
    unlike: Mapping[str, tuple[str, ...]]
    names: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Comparison: {', '.join(self.titles)}>"

    @property
    def titles(self) -> list[str]:
        """Titles of the plans."""
        return [_called(study.scenario, self.names) for study in self.studies]

    @property
    def fingerprint(self) -> str:
        """Hash of the fingerprints of the plans."""
        return hashlib.sha256("\n".join(study.fingerprint for study in self.studies).encode()).hexdigest()

    @cached_property
    def circles(self) -> list[CoverageResult]:
        """The five-minute circle with each plan in place."""
        return [study.before_after[1] if study.before_after else study.coverage for study in self.studies]

    @cached_property
    def _weeks(self) -> list[SpaceTimeResult]:
        return [assess_space_time(circle) for circle in self.circles]

    def indicators(self) -> pd.DataFrame:
        """Return every indicator: its value with each plan, what it gains on the first, and the verdict.

        So too what the studies that decide tell first.
        """
        rows: dict[str, dict[str, Any]] = {}
        first = self.titles[0]
        base = {row.key: value for row, value in _held(self.studies[0])}
        for title, study in zip(self.titles, self.studies, strict=True):
            for row, value in _held(study):
                unaimed = {f"{name} 达标": UNAIMED for name in self.titles} if row.target is None else {}
                line = rows.setdefault(row.key, {"指标": row.label, "单位": row.unit, **unaimed})
                line[title] = MISSING if value is None else rounded(value, row.unit)
                if title != first:
                    line[f"{title}－{first}"] = _difference(value, base.get(row.key), row.unit)
                line[f"{title} 达标"] = UNAIMED if row.target is None else row.verdict
                line |= {"分母": row.denominator, "依据": row.basis}
        table = pd.DataFrame(list(rows.values())).fillna(MISSING)
        last = ["分母", "依据"]
        return table[[name for name in table.columns if name not in last] + last]

    @cached_property
    def plans(self) -> pd.DataFrame:
        """One row a plan, exact: what is gained, lost and spent, how many aims are met, how sure it is."""
        base = self.circles[0].covered_residents(Mode.COMPLIANCE)
        whole = float(self.circles[0].populace.residents.sum())
        rows = []
        for study, circle, week in zip(self.studies, self.circles, self._weeks, strict=True):
            now = circle.covered_residents(Mode.COMPLIANCE)
            hours = staff_hours_added(self._weeks[0], week)
            scores = [axis.score for axis in study.appraisal.axes if axis.score is not None]
            held = [line for line in study.appraisal.lines if line.met is not None]
            rows.append(
                {
                    "title": _called(study.scenario, self.names),
                    "covered": 100 * now.sum() / whole if whole else np.nan,
                    "people": now.sum(),
                    "gained": np.maximum(now - base, 0).sum(),
                    "lost": np.maximum(base - now, 0).sum(),
                    "worst": _worst(circle),
                    "quality": float(np.mean(scores)) if scores else np.nan,
                    "met": sum(bool(line.met) for line in held),
                    "held": len(held),
                    "once": _spent_once(study),
                    "staff_hours": hours,
                    "yearly": staff_cost(hours, study.scenario),
                    "proof": "、".join(dict.fromkeys(part.proof for part in study.decided)) or "无须求解",
                }
            )
        return pd.DataFrame(rows)

    def summary(self) -> pd.DataFrame:
        """Return the plans for reading, with the plans that dominate each."""
        table = self.plans
        shown = {
            "方案": table["title"],
            "覆盖居民（人）": [rounded(value, "人") for value in table["people"]],
            "居民覆盖率（%）": [_read(value, "%") for value in table["covered"]],
            "新覆盖（人）": [rounded(value, "人") for value in table["gained"]],
            "失去覆盖（人）": [rounded(value, "人") for value in table["lost"]],
            "最低社区（%）": [_read(value, "%") for value in table["worst"]],
            "四化平均得分": [_read(value, "1") for value in table["quality"]],
            "达标项数": [f"{met}/{held}" for met, held in zip(table["met"], table["held"], strict=True)],
            "一次性投入（万元）": [_read(value, "万元") for value in table["once"]],
            "新增在岗（h/周）": [_read(value, "h") for value in table["staff_hours"]],
            "新增在岗成本（万元/年）": [_read(value, "万元") for value in table["yearly"]],
            "求解": table["proof"],
            "不劣于它的方案": ["、".join(names) or "—" for names in self.dominated],
        }
        return pd.DataFrame(shown)

    @cached_property
    def dominated(self) -> list[list[str]]:
        """For each plan, the plans that are nowhere worse and somewhere better."""
        values = self._goodness
        found = []
        for one in values:
            better = [bool((other >= one - _SAME).all() and (other > one + _SAME).any()) for other in values]
            found.append([title for title, is_better in zip(self.titles, better, strict=True) if is_better])
        return found

    @cached_property
    def aims(self) -> list[_Aim]:
        """What plans are ranked by: what is known of all of them, and not the same for all."""
        known = [aim for aim in _AIMS if self.plans[aim.key].notna().all()]
        return [aim for aim in known if np.ptp(self.plans[aim.key].to_numpy(np.float64)) > _SAME]

    @property
    def _goodness(self) -> Floats:
        """How good each plan is by each aim, the higher the better, shape (plans, aims)."""
        columns = [self.plans[aim.key].to_numpy(np.float64) * (1 if aim.higher else -1) for aim in self.aims]
        return np.stack(columns, axis=1) if columns else np.zeros((len(self.studies), 0))

    @cached_property
    def scores(self) -> Floats:
        """How good each plan is by each aim, from 0, the worst of the plans, to 1, the best; shape (plans, aims)."""
        good = self._goodness
        if not good.shape[1]:
            return good
        low, high = good.min(axis=0), good.max(axis=0)
        return np.asarray((good - low) / (high - low), np.float64)

    def turning_weights(self) -> pd.DataFrame:
        """Return for each aim the weights nearest to equal ones at which another plan comes first.

        The others share the rest of the weight equally. The score of a plan is then a line over the weight of one aim,
        and the leader changes where two lines cross.
        """
        count = len(self.aims)
        equal = 1 / count if count else 0.0
        leader = self.leader
        rows = []
        for place, aim in enumerate(self.aims):
            own = self.scores[:, place]
            rest = (self.scores.sum(axis=1) - own) / (count - 1) if count > 1 else np.zeros(len(own))
            down, up = (_turn(own, rest, leader, equal, sign) for sign in (-1, 1))
            rows.append(
                {
                    "目标": aim.title,
                    "等权（%）": round(100 * equal, 1),
                    "权重降到": _turned(down, self.titles),
                    "权重升到": _turned(up, self.titles),
                }
            )
        return pd.DataFrame(rows, columns=["目标", "等权（%）", "权重降到", "权重升到"])

    @property
    def leader(self) -> int:
        """Position of the plan with the best score under equal weights, the first of equals."""
        return int(np.argmax(np.round(self.scores.mean(axis=1), 12))) if self.aims else 0

    def by_community(self) -> pd.DataFrame:
        """Return for each community its residents covered with each plan, newly covered, and no longer."""
        communities = self.circles[0].district.communities
        names = dict(zip(communities["id"], communities["name"], strict=True)) if len(communities) else {}
        return self._by(self.circles[0].district.demand["community"], names, "社区")

    def by_compound(self) -> pd.DataFrame:
        """Return the compounds whose residents gain or lose most, those first that lose."""
        compounds = self.circles[0].district.compounds
        names = dict(zip(compounds["id"], compounds["name"], strict=True)) if len(compounds) else {}
        table = self._by(self.circles[0].district.demand["compound"], names, "小区")
        moved = table.filter(like="新覆盖").sum(axis=1), table.filter(like="失去").sum(axis=1)
        order = np.lexsort((table["编号"], -moved[0], -moved[1]))
        changed = (moved[0] + moved[1]).to_numpy()[order] > 0
        return table.iloc[order][changed].head(_MOST_COMPOUNDS).reset_index(drop=True)

    def _by(self, area: pd.Series, names: Mapping[str, str], title: str) -> pd.DataFrame:
        residents = self.circles[0].populace.residents
        covered = [circle.covered_residents(Mode.COMPLIANCE) for circle in self.circles]
        frame = pd.DataFrame({"编号": area.to_numpy(object), "居民": residents})
        for place, (name, now) in enumerate(zip(self.titles, covered, strict=True)):
            frame[f"{name} 覆盖"] = now
            if place:
                frame[f"{name} 新覆盖"] = np.maximum(now - covered[0], 0)
                frame[f"{name} 失去"] = np.maximum(covered[0] - now, 0)
        table = frame[frame["编号"].notna()].groupby("编号", sort=True).sum().round().astype(int).reset_index()
        table.insert(0, title, [names.get(i, i) for i in table["编号"]])
        return table

    def by_group(self) -> pd.DataFrame:
        """Return for each group, at its own pace, the share covered with each plan, who is newly so, and who no longer.

        Groups too small to publish are left out, and counts that are too small are withheld.
        """
        first = self.circles[0]
        small = [circle.withheld.residents | circle.withheld.covered[ServiceLevel.ANY] for circle in self.circles]
        moved = [self._moved_by_group(circle) for circle in self.circles]
        rows = []
        for name, weight in first.populace.weight.items():
            if name in small[0] or not weight.sum():
                continue
            row: dict[str, Any] = {"人群": first.populace.label(name)}
            share_of_first = np.nan
            for place, (title, circle) in enumerate(zip(self.titles, self.circles, strict=True)):
                inside = circle.covered(Mode.EXPERIENCE, group=name)
                value = np.nan if name in small[place] else 100 * float(weight[inside].sum() / weight.sum())
                row[f"{title}（%）"] = WITHHELD if name in small[place] else _read(value, "%")
                if place:
                    row[f"{title}－{self.titles[0]}"] = _difference(value, share_of_first, "%")
                    row |= {f"{title} {what}（人）": counts[name] for what, counts in moved[place].items()}
                else:
                    share_of_first = value
            rows.append(row)
        return pd.DataFrame(rows)

    def _moved_by_group(self, circle: CoverageResult) -> dict[str, dict[str, object]]:
        """Return how many of each group a plan newly covers, and how many no longer; what may not be told as words."""
        first, who = self.circles[0], self.circles[0].populace
        found: dict[str, dict[str, object]] = {}
        for what, one, other in (("新覆盖", circle, first), ("失去", first, circle)):
            counts = {}
            for name, weight in who.weight.items():
                now, then = (each.covered(Mode.EXPERIENCE, group=name) for each in (one, other))
                counts[name] = float(weight[now & ~then].sum())
            smallest, aged = first.withheld.smallest, {name: counts[name] for name in who.makeup}
            hidden = withheld(aged, smallest, who.makeup)
            found[what] = {
                name: stand_in(count, smallest) if name in hidden else rounded(count, "人")
                for name, count in counts.items()
            }
        return found

    def conclusion(self) -> tuple[str, ...]:
        """Return what follows: who gains by each plan, what is dominated, what comes first and what would turn that."""
        return tuple(_concluded(self))

    def effects(self) -> tuple[str, ...]:
        """Return in sentences which communities gain most by each plan, and which lose."""
        table = self.by_community()
        if table.empty:
            return ("缺社区编号，不能分社区说明得失。",)
        said = []
        for title in self.titles[1:]:
            parts = []
            for what, none in (("新覆盖", "没有社区新增覆盖"), ("失去", "没有社区失去覆盖")):
                moved = table.sort_values(f"{title} {what}", ascending=False, kind="stable")
                rows = zip(moved["社区"], moved[f"{title} {what}"], strict=True)
                named = [f"{name}（{count:,} 人）" for name, count in rows if count][:_MOST_NAMED]
                parts.append(f"{what}最多的社区是{'、'.join(named)}" if named else none)
            said.append(f"“{title}”：{'；'.join(parts)}。")
        return tuple(said)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        unlike = pd.DataFrame(
            [{"项": key, **dict(zip(self.titles, said, strict=True))} for key, said in self.unlike.items()]
        )
        found = {
            "方案对比": self.summary(),
            "指标对比": self.indicators(),
            "权重与排序": self.turning_weights(),
            "分社区得失": self.by_community(),
            "分人群得失": self.by_group(),
            "得失最多的小区": self.by_compound(),
            "口径不同之处": unlike,
        }
        return {title: table for title, table in found.items() if not table.empty}


def _held(study: Study) -> Iterator[tuple[Headline, float | None]]:
    """Yield what is held against standards and aims, and what each study that decides tells first, with the plan."""
    for line, row in zip(study.appraisal.lines, study.appraisal.rows(), strict=True):
        yield row, line.indicator.value
    for row in (row for part in study.decided if part.answered for row in part.headlines()):
        yield row, row.today if row.planned is None else row.planned


def _concluded(result: Comparison) -> Iterable[str]:
    table, first = result.plans, result.titles[0]
    for row, study in zip(table.iloc[1:].to_dict("records"), result.studies[1:], strict=True):
        spent = [f"一次性投入 {amount(row['once'], '万元')}" if row["once"] > 0 else ""]
        spent += [f"每年新增在岗成本 {amount(row['yearly'], '万元')}" if row["yearly"] > 0 else ""]
        cost = "，".join(part for part in spent if part) or "不增加已知的投入"
        lost = f"，{row['lost']:,.0f} 人失去覆盖" if row["lost"] >= 1 else "，无人失去覆盖"
        if max(row["gained"], row["lost"]) < 1:
            yield f"“{row['title']}”不改变{study.scenario.moment.title}的覆盖，{cost}；{study.appraisal.changes}"
            continue
        yield f"“{row['title']}”比“{first}”新覆盖 {row['gained']:,.0f} 人{lost}，{cost}。"
    beaten = [
        f"“{title}”不如{'、'.join(f'“{name}”' for name in names)}"
        for title, names in zip(result.titles, result.dominated, strict=True)
        if names
    ]
    if beaten:
        yield f"{'；'.join(beaten)}：各项不优，至少一项更差。"
    if not result.aims:
        yield "各方案在所比各项上没有差别。"
        return
    mean = result.scores.mean(axis=1)
    best = result.titles[result.leader]
    turns = result.turning_weights()
    said = [
        f"“{row['目标']}”的权重{way}{row[column]}"
        for row in turns.to_dict("records")
        for way, column in (("降到 ", "权重降到"), ("升到 ", "权重升到"))
        if row[column] != _NEVER
    ]
    change = f"；{'；'.join(said[:_MOST_NAMED])}" if said else "；单独改动任何一项的权重都不改变首位"
    aims = "、".join(aim.title for aim in result.aims)
    others = [place for place in np.argsort(-mean, kind="stable") if place != result.leader]
    next_best = f"，其次“{result.titles[others[0]]}”（{mean[others[0]]:.3f}）" if others else ""
    equal = f"按{aims}等权（各 {100 / len(result.aims):.1f}%）计分"
    yield f"{equal}，“{best}”得分最高（{mean[result.leader]:.3f}）{next_best}{change}。"


_NEVER = "不改变首位"


def _turn(own: Floats, rest: Floats, leader: int, equal: float, sign: int) -> tuple[float, int] | None:
    """Return the weight nearest to equal ones, on one side, at which another plan comes first, and which one."""
    slope = own - rest
    lead = (rest[leader] - rest, slope - slope[leader])  # another leads where lead[0] <= w * lead[1]
    crossings = []
    for other in range(len(own)):
        if other != leader and abs(lead[1][other]) > _SAME:
            weight = float(lead[0][other] / lead[1][other])
            if _SAME < weight < 1 - _SAME and sign * (weight - equal) >= -_SAME and sign * lead[1][other] > 0:
                crossings.append((abs(weight - equal), weight, other))
    return min(crossings)[1:] if crossings else None


def _turned(turn: tuple[float, int] | None, titles: Sequence[str]) -> str:
    return _NEVER if turn is None else f"{100 * turn[0]:.1f}% 时“{titles[turn[1]]}”居首"


def _difference(value: float | None, base: float | None, unit: str) -> object:
    if value is None or base is None or not np.isfinite(value - base):
        return MISSING
    return rounded(rounded(value, unit) - rounded(base, unit), unit)


def _read(value: float, unit: str) -> object:
    return rounded(value, unit) if np.isfinite(value) else MISSING


def _worst(circle: CoverageResult) -> float:
    shares = circle.by_community["share_compliance"].dropna() if len(circle.by_community) else pd.Series(dtype=float)
    return float(shares.min()) if len(shares) else np.nan


def _spent_once(study: Study) -> float:
    """Return what a plan spends once, 万元, as its studies declare it; NaN where that is not known."""
    total = 0.0
    for part in study.decided:
        declared = declared_numbers(part.study)
        costs = {key for key, said in declared.items() if said.costs}
        for kpi in part.kpis() if part.answered else ():
            if kpi.key in costs:
                total += np.nan if kpi.value is None else kpi.value / (1 if kpi.unit == "万元" else YUAN_A_WAN)
    return total


def compare_scenarios(
    scenarios: Sequence[Scenario],
    folder: Path | str | None = None,
    *,
    progress: Progress = SILENT,
    cache: Cache | None = None,
    names: Mapping[str, str] = MappingProxyType({}),
) -> Comparison:
    """Run scenarios on one district and set them side by side; "build nothing" is added where none is that one.

    Parameters
    ----------
    scenarios
        At least one.
    folder
        District folder to use instead of the scenarios' own.
    progress
        Told of each scenario.
    cache
        Where stages are kept; for as long as this takes when not given.
    names
        Titles by the fingerprint of a scenario, for plans that are not to be called what their scenarios are.

    Returns
    -------
    Comparison
        What is compared with first: the scenario that changes nothing.

    Raises
    ------
    ScenarioError
        If there is none, one stands there twice, two have one title, or they are on different grounds.
    """
    wanted = list(scenarios)
    if not wanted:
        raise ScenarioError(Problem("compare", "there is no scenario", mend="Name at least one scenario file."))
    _refuse_twins(wanted, names)
    if not any(_changes_nothing(one) for one in wanted):
        wanted.insert(0, _nothing(wanted[0]))
    wanted.sort(key=lambda one: not _changes_nothing(one))
    with TemporaryDirectory() as shared:  # plans measure the same ground: what one has worked out serves the others
        cache = cache or Cache(Path(shared) / "stages")
        studies = []
        for done, one in enumerate(wanted):
            progress.step("compare", done, len(wanted))
            studies.append(run_study(one, folder, cache=cache))
        progress.step("compare", len(wanted), len(wanted))
    grounds = {study.district.fingerprint: study.scenario.name for study in studies}
    if len(grounds) > 1:
        mend = "Compare plans on one district: name it with --district."
        found = ", ".join(f"{study.scenario.name} on {study.district.manifest.key}" for study in studies)
        raise ScenarioError(Problem("compare", "the scenarios are on different grounds", found=found, mend=mend))
    return Comparison(tuple(studies), _unlike(wanted), names)


def _changes_nothing(scenario: Scenario) -> bool:
    return not decides(scenario) and scenario.as_today is None


def _nothing(scenario: Scenario) -> Scenario:
    """Return the scenario with all that it decides left out."""
    today = scenario.as_today or scenario
    return today.model_copy(update={"name": "nothing", "title": NOTHING, **unset(deciding())})


def _called(scenario: Scenario, names: Mapping[str, str]) -> str:
    return names.get(scenario.fingerprint) or scenario.title or scenario.name


def _refuse_twins(scenarios: Sequence[Scenario], names: Mapping[str, str]) -> None:
    problems = []
    prints, titles = [one.fingerprint for one in scenarios], [_called(one, names) for one in scenarios]
    for place, one in enumerate(scenarios):
        if prints[place] in prints[:place]:
            problems.append(Problem("compare", "the scenario is compared with itself", found=one.name,
                                    mend="Name it once; building nothing is added by itself."))  # fmt: skip
        elif titles[place] in titles[:place]:
            problems.append(Problem("compare", "two scenarios have one title", found=titles[place],
                                    mend="Give each scenario a title of its own."))  # fmt: skip
    if problems:
        raise ScenarioError(problems)


def _unlike(scenarios: Sequence[Scenario]) -> dict[str, tuple[str, ...]]:
    """Return the keys, beside those in which plans differ, that scenarios set differently."""
    said = [one.model_dump(mode="json", exclude={"district", *_DIFFER, *deciding()}) for one in scenarios]
    flat = [dict(_flat(one)) for one in said]
    keys = sorted(set().union(*flat))
    found = {key: tuple(str(one.get(key, "—")) for one in flat) for key in keys}
    return {key: values for key, values in found.items() if len(set(values)) > 1}


def _flat(document: Mapping[str, Any], path: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in document.items():
        here = f"{path}.{key}" if path else str(key)
        if isinstance(value, Mapping) and value:
            yield from _flat(value, here)
        else:
            yield here, value
