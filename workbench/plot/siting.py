"""Maps of siting: who is newly covered, where the new stations stand, and what became of the candidates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from workbench.coverage.doors import share
from workbench.planning import SitingResult
from workbench.planning.result import proof_words
from workbench.plot.ground import draw_backdrop, draw_stations, draw_ways
from workbench.plot.labels import apart
from workbench.plot.style import (
    CLASSES,
    GREY,
    MAP_SIZE,
    ClassStyle,
    axes_for,
    cite_standards,
    furnish_map,
    house_style,
    map_legend,
)
from workbench.terms import Mode, label

Floats = npt.NDArray[np.float64]

_PARTS: Final[Mapping[str, tuple[str, ClassStyle]]] = MappingProxyType(  # in the order in which they are drawn
    {
        "beyond": ("仍未覆盖", CLASSES["beyond"]),
        "before": ("现状已覆盖", ClassStyle("#9db8ae", "", "o")),
        "lost": ("不再覆盖", ClassStyle("#5b2a86", "", "v")),
        "new": ("新覆盖", ClassStyle("#0b7a4b", "", "D")),
    }
)
_CROWD = 6_000  # points² of ink that the demand points of one map share
_MOST_NAMED = 16  # new stations that have a line of the legend each
_MOST_LISTED, _IN_A_LINE = 60, 4  # those that it lists, several in a line, where there are more
_NEW, _CHANCE, _BARRED, _GONE = "#d9480f", "#2b6cb0", "#8c8c8c", "#5b2a86"
_MANY = 1_500  # candidates from which on they are drawn as dots


def before_after_map(result: SitingResult, ax: Axes | None = None) -> Axes:
    """Map a plan against today: who is covered as before, newly, no longer, and still not, and the new stations.

    New stations are numbered, and named in the legend, with what is lost without each where there are few. Walks are
    those of the mode that the scenario sites by; in the experience mode a point takes the class of most of its
    residents, while the legend counts each of them.

    Parameters
    ----------
    result
        A plan.
    ax
        Axes to draw on; new ones when not given.

    Raises
    ------
    NoSolutionError
        If there is no plan.
    """
    with house_style():
        people = _people(result)
        ax = axes_for(ax, MAP_SIZE)
        district = result.before.district
        draw_backdrop(ax, district)
        draw_ways(ax, district, scale=0.8)
        handles: list[Artist] = [*_draw_people(ax, result, people)]
        stay = result.before.district.stations
        handles += draw_stations(ax, stay[~stay["id"].isin(result.closed)])
        handles += _draw_gone(ax, result)
        handles += _draw_barred(ax, result)
        ax.autoscale_view()
        handles += _draw_new(ax, result)
        ax.set_title(_headline(result))
        furnish_map(ax, district, note=f"{_limit_words(result)}；{proof_words(result.plan)}")
        _cite(ax, result)
        map_legend(ax, handles, title=f"居民（{label(result.question.mode)}）")
    return ax


def _people(result: SitingResult) -> dict[str, Floats]:
    """Return the residents of each demand point in each class, shape (k,)."""
    mode, level = result.question.mode, result.question.level
    old, new = (at.covered_residents(mode, level) for at in (result.before, result.after))
    kept = np.minimum(old, new)
    rest = result.before.populace.residents - kept
    return {"beyond": rest - np.abs(new - old), "before": kept, "lost": old - kept, "new": new - kept}


def _draw_people(ax: Axes, result: SitingResult, people: Mapping[str, Floats]) -> list[Line2D]:
    places = result.before.district.demand.geometry.get_coordinates().to_numpy()
    residents = result.before.populace.residents
    small = float(np.clip(_CROWD / max(len(places), 1), 2.0, 5.5))
    size = small * (1 + 6 * residents / max(float(residents.max(initial=0)), 1.0))
    most = np.argmax(np.stack([people[name] for name in _PARTS]), axis=0)
    handles = []
    for number, (name, (words, style)) in enumerate(_PARTS.items()):
        count = float(people[name].sum())
        if name == "lost" and not count:
            continue
        mask = most == number
        look: dict[str, Any] = {"c": style.colour, "marker": style.marker, "linewidths": 0, "rasterized": True}
        ax.scatter(places[mask, 0], places[mask, 1], s=size[mask], zorder=5 + 0.1 * number, **look)
        handles.append(_handle(style.marker, style.colour, f"{words}（{count:,.0f} 人）"))
    return handles


def _handle(marker: str, colour: str, words: str, **look: Any) -> Line2D:
    given = {"markersize": 7, "markerfacecolor": colour, "markeredgecolor": "none", **look}
    return Line2D([], [], marker=marker, color="none", label=words, **given)


def _draw_gone(ax: Axes, result: SitingResult) -> list[Line2D]:
    """Cross out the stations of today that close or move."""
    stations = result.before.district.stations
    gone = stations[stations["id"].isin(result.closed)]
    if gone.empty:
        return []
    points = gone.geometry.get_coordinates().to_numpy()
    ax.scatter(points[:, 0], points[:, 1], s=90, marker="X", c=_GONE, edgecolors="white", linewidths=0.8, zorder=11)
    names = "、".join(result.closed) if len(gone) <= _FEW else f"{len(gone)} 处"
    return [_handle("X", _GONE, f"停用或迁出：{names}", markersize=9)]


_FEW = 4


def _draw_barred(ax: Axes, result: SitingResult) -> list[Line2D]:
    question = result.question
    barred = question.stations.iloc[question.first_candidate :][question.rules.barred != ""]
    if barred.empty or len(barred) > _MANY:
        return []
    points = barred.geometry.get_coordinates().to_numpy()
    ax.scatter(points[:, 0], points[:, 1], s=11, marker="x", c=GREY, linewidths=0.8, zorder=7)
    return [_handle("x", GREY, f"不可用的候选（{len(barred)}）", markersize=5, markeredgecolor=GREY)]


def _draw_new(ax: Axes, result: SitingResult) -> list[Line2D]:
    """Mark the new stations, with numbers that keep apart, and name them in the legend."""
    question = result.question
    points = question.stations.iloc[result.new_sites].geometry.get_coordinates().to_numpy()
    ax.scatter(points[:, 0], points[:, 1], s=52, marker="P", c=_NEW, edgecolors="white", linewidths=0.8, zorder=12)
    box = {"boxstyle": "circle,pad=0.18", "fc": _NEW, "ec": "white", "lw": 0.8}
    arrow = {"arrowstyle": "-", "color": _NEW, "lw": 0.9, "shrinkA": 0, "shrinkB": 2}
    for number, (point, shift) in enumerate(zip(points, apart(ax, points), strict=True), 1):
        ax.annotate(
            str(number), xy=(point[0], point[1]), xytext=(shift[0], shift[1]), textcoords="offset points", ha="center",
            va="center", fontsize=7.5, color="white", bbox=box, arrowprops=arrow, zorder=13,
        )  # fmt: skip
    kind = label(question.wish.candidates.opens)
    handles = [_handle("P", _NEW, f"新增{kind}（{len(points)}）", markersize=9, markeredgecolor="white")]
    return handles + (_named(result) if len(points) <= _MOST_NAMED else _listed(result))


def _named(result: SitingResult) -> list[Line2D]:
    """Return a line of the legend for each new station."""
    question = result.question
    ledger = question.candidates.ledger.iloc[result.new_sites - question.first_candidate]
    lost, unit = result.reasons["lost_without"].to_numpy(np.float64), question.demand.unit
    rows = zip(ledger["id"], ledger["name"], lost, strict=True)
    return [
        _handle(f"${number}$", _NEW, f"{identifier} {name}：缺它损失 {people:,.0f} {unit}", markersize=_digits(number))
        for number, (identifier, name, people) in enumerate(rows, 1)
    ]


def _digits(number: int) -> float:
    return 5.0 if number < 10 else 8.0  # one digit or two, equally high


def _listed(result: SitingResult) -> list[Line2D]:
    """Return lines of the legend with several new stations each, in the order of their numbers."""
    names, handles = result.opened, []
    for start in range(0, min(len(names), _MOST_LISTED), _IN_A_LINE):
        line = names[start : start + _IN_A_LINE]
        handles.append(_handle("", _NEW, f"{start + 1}–{start + len(line)}：{' '.join(line)}"))
    if len(names) > _MOST_LISTED:
        handles.append(_handle("", _NEW, f"……共 {len(names)} 处，见推荐站点表"))
    return handles


def _headline(result: SitingResult) -> str:
    mode, level = result.question.mode, result.question.level
    everybody = float(result.before.populace.residents.sum())
    shares = [share(float(at.covered_residents(mode, level).sum()), everybody) for at in (result.before, result.after)]
    if shares[0] is None or shares[1] is None:
        return f"选址前后：新增 {len(result.opened)} 处（无居民）"
    said = f"居民覆盖 {shares[0]:.1f}% → {shares[1]:.1f}%"
    return f"新增 {len(result.opened)} 处：{said}（分母：{everybody:,.0f} 人）"


def _limit_words(result: SitingResult) -> str:
    question = result.question
    if question.mode is Mode.EXPERIENCE:
        return f"体验口径：各人群按本人群步速 ≤ {question.limit:g} min，各点按多数居民归类；{label(question.level)}"
    return f"合规口径：沿路网 ≤ {question.limit:g} m；{label(question.level)}"


def _cite(ax: Axes, result: SitingResult, *more: str | None) -> None:
    rules = result.scenario.coverage
    limit = rules.time if result.question.mode is Mode.EXPERIENCE else rules.distance
    cite_standards(ax, result.scenario.register, limit, *more)


def candidate_map(result: SitingResult, ax: Axes | None = None) -> Axes:
    """Map what became of each candidate: recommended, not chosen, or barred, with the reasons counted.

    Parameters
    ----------
    result
        An answer, with or without a plan.
    ax
        Axes to draw on; new ones when not given.
    """
    with house_style():
        ax = axes_for(ax, MAP_SIZE)
        district, question = result.before.district, result.question
        draw_backdrop(ax, district)
        draw_ways(ax, district, scale=0.8)
        layer = result.layers()["siting_sites"]
        handles: list[Artist] = [*draw_stations(ax, district.stations)]
        many = len(question.candidates) > _MANY
        for part, words, marker, colour, size in (
            ("barred", "不可用", "x", _BARRED, 22),
            ("candidate", "可用，未选", "o", _CHANCE, 20),
            ("new", "推荐", "P", _NEW, 62),
        ):
            group = layer[layer["part"] == part]
            if group.empty:
                continue
            points = group.geometry.get_coordinates().to_numpy()
            look: dict[str, Any] = {"c": colour, "marker": marker, "s": 3 if many and part != "new" else size}
            look |= {"linewidths": 0.9} if marker == "x" else {"linewidths": 0.6, "edgecolors": "white"}
            ax.scatter(points[:, 0], points[:, 1], zorder=8 if part == "new" else 7, rasterized=many, **look)
            edge = colour if marker == "x" else "white"
            handles.append(_handle(marker, colour, f"{words}（{len(group):,} 处）", markeredgecolor=edge))
            handles += _reasons(question.rules.barred) if part == "barred" else []
        ax.autoscale_view()
        total, usable = len(question.candidates), int((question.rules.barred == "").sum())
        ax.set_title(f"候选场所：{total:,} 处，可用 {usable:,} 处")
        furnish_map(ax, district, note=_origin(result))
        cite_standards(ax, result.scenario.register, question.wish.candidates.least_area)
        map_legend(ax, handles, title="阵地与候选场所")
    return ax


_PLACES: Final = {"ledger", "rooms"}  # sources that are places, and not only points


def _origin(result: SitingResult) -> str:
    """Return what is known, and what is not, of the candidates."""
    notes = []
    if (result.question.rules.barred != "").any():
        notes.append("一处可有几项否决原因；否决依台账与情景，未作现场核验")
    if set(result.question.wish.candidates.sources) - _PLACES:
        notes.append("路口、商铺等只表示位置，产权、消防、面积与造价未核")
    return "；".join(notes)


def _reasons(barred: npt.NDArray[np.object_]) -> list[Line2D]:
    """Return a line of the legend for each reason, the most frequent first."""
    count = Counter(reason for text in barred for reason in text.split("；") if reason)
    ranked = sorted(count.items(), key=lambda item: (-item[1], item[0]))
    return [_handle("", _BARRED, f"　{reason}：{number:,}") for reason, number in ranked]
