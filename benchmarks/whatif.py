"""What-if on the embedded district: the wait between a planner's edit and the coverage that follows.

Every edit is timed by itself, from the call to the number of residents covered, and so is taking it back. Beside
it stands what the edit saves: the same number measured anew. Some edits of each kind are compared with
:func:`workbench.coverage.assess_coverage` on the edited district, walk by walk and station by station.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.clock import Row, cpu, spent
from workbench.catalogue.terms import Access, Mode, ServiceLevel
from workbench.coverage import CoverageResult, assess_coverage, assess_robustness, best_gates
from workbench.coverage.doors import place_doors
from workbench.coverage.gate_trials import gate_links
from workbench.coverage.whatif import WhatIf
from workbench.ground.district import District
from workbench.ground.sources import read_district
from workbench.network.walking import METRES
from workbench.scenario import Scenario, load_scenario

ROOT = Path(__file__).parents[1]
TRIED, QUICK_TRIED = 200, 30
PROVEN = 3
AWAY_M = 100.0

OURS = "**WhatIf**: edit, and residents covered"
BACK = "the same taken back"
ANEW = "assess_coverage of the edited district, anew"
ONCE = "assess_coverage for each draw, anew"
DOORS = "doors placed, nearest walks in metres, anew"
BOTH = "both modes, each group at its pace"
WALKED = (Mode.COMPLIANCE, Mode.EXPERIENCE)

Edit = Callable[[WhatIf], None]


def whatif_races(quick: bool = False) -> Iterator[Row]:
    """Time edits and studies made of edits, on the embedded district."""
    district, scenario = read_district(ROOT / "geodata" / "x-district"), load_scenario(ROOT / "scenarios/baseline.yaml")
    yield from whatif(assess_coverage(district, scenario), QUICK_TRIED if quick else TRIED)


def whatif(result: CoverageResult, tried: int) -> Iterator[Row]:
    """Time so many edits of each kind, and studies beside edits made one by one."""
    yield from edits_timed(result, tried)
    yield from loss_if_closed(result)
    yield from best_gate(result)
    yield from draws(result)


def edits_timed(result: CoverageResult, tried: int, repeats: int = 3) -> Iterator[Row]:
    """Time so many edits of each kind, and measuring anew so often; the first few are compared with it."""
    what = WhatIf(result)
    ask(what, *WALKED)
    for name, edit in Draw(result, np.random.default_rng(3)).kinds.items():
        edits = [edit() for _ in range(tried)]
        for one in edits[:PROVEN]:
            _prove(what, one, result.minutes)
        yield from _waits(what, name, edits, result.scenario, repeats)


def ask(what: WhatIf, *modes: Mode) -> list[float]:
    """Ask for the residents covered: what a planner looks at."""
    return [what.covered_residents(mode) for mode in modes]


@dataclass(frozen=True)
class Draw:
    """Edits at random.

    Parameters
    ----------
    result
        The district they are for, measured.
    random
        Where chance comes from.
    """

    result: CoverageResult
    random: np.random.Generator

    @property
    def kinds(self) -> dict[str, Callable[[], Edit]]:
        """Edits by what is done."""
        gates = self.result.district.gates.dropna(subset="compound")
        shut, passed = gates[gates["access"] != Access.PUBLIC], gates[gates["access"] != Access.CLOSED]
        kinds = {
            "station opened": self.opened,
            "station moved": self.moved,
            "station closed": self.closed,
            "hours changed": self.other_hours,
        }
        if len(shut):
            kinds["gate opened"] = lambda: self._gate(shut["id"].tolist(), Access.PUBLIC)
        if len(passed):
            kinds["gate closed"] = lambda: self._gate(passed["id"].tolist(), Access.CLOSED)
        return kinds

    def opened(self) -> Edit:
        """Open a station near a demand point."""
        x, y = self.spots(1)[0]
        return lambda what: what.open_station("tried", x, y)

    def moved(self) -> Edit:
        """Move a station by up to 100 m either way."""
        row = self._station()
        x, y = np.array([row.geometry.x, row.geometry.y]) + self.random.uniform(-AWAY_M, AWAY_M, 2)
        return lambda what: what.open_station(row.id, x, y, kind=row.kind, access=row.access, replacing=True)

    def closed(self) -> Edit:
        """Close a station down."""
        name = self._station().id
        return lambda what: what.close_station(name)

    def other_hours(self) -> Edit:
        """Give a station hours of its own; one without rooms, whose activities would have to fit into them."""
        row, begin = self._station(roomless=True), int(self.random.integers(6, 18))
        hours = f"Mo-Fr {begin:02}:{self.random.integers(60):02}-{begin + 4:02}:00"
        place = {"kind": row.kind, "access": row.access, "opening_hours": hours}
        return lambda what: what.open_station(row.id, row.geometry.x, row.geometry.y, **place, replacing=True)

    def spots(self, count: int) -> Any:
        """Return places near demand points, shape (count, 2)."""
        points = self.result.district.demand.geometry.representative_point()
        at = self.random.integers(len(points), size=count)
        return np.c_[points.x.to_numpy()[at], points.y.to_numpy()[at]] + self.random.uniform(-30, 30, (count, 2))

    def _station(self, *, roomless: bool = False) -> Any:
        stations, rows = self.result.district.layer("stations"), self.result.station_rows
        if roomless:
            rows = rows[~stations["id"].iloc[rows].isin(self.result.district.ledger("rooms")["station"]).to_numpy()]
        return next(stations.iloc[[self.random.choice(rows)]].itertuples())

    def _gate(self, names: list[str], access: Access) -> Edit:
        name = names[self.random.integers(len(names))]
        return lambda what: what.set_gate(name, access)


def _waits(what: WhatIf, name: str, edits: list[Edit], scenario: Scenario, repeats: int) -> Iterator[Row]:
    """Time edits one by one: coverage in metres first, then in both modes. Beside each the same measured anew."""
    edits[0](what)
    district = what.district
    what.undo()
    contrasts: tuple[tuple[str, tuple[Mode, ...], str, Callable[..., object]], ...] = (
        ("compliance", WALKED[:1], DOORS, _metres_anew),
        (BOTH, WALKED, ANEW, assess_coverage),
    )
    for walked, modes, anew, measure in contrasts:
        task = f"{name}, {walked}"
        there, back = _timed(what, edits, modes)
        ours = float(np.median(there))
        yield Row(task, OURS, ours, 1.0, True, _spread(there))
        yield Row(task, BACK, float(np.median(back)), float(np.median(back)) / ours, True, _spread(back))
        seconds = cpu(partial(measure, district, scenario), repeats, warm=repeats > 1)
        yield Row(task, anew, seconds, seconds / ours)


def _timed(what: WhatIf, edits: list[Edit], modes: tuple[Mode, ...]) -> tuple[list[float], list[float]]:
    """Return the processor times of edits and of taking them back, coverage asked for each time."""

    def make(edit: Edit) -> None:
        edit(what)
        ask(what, *modes)

    def take_back() -> None:
        what.undo()
        ask(what, *modes)

    there, back = [], []
    for edit in edits:
        there.append(spent(partial(make, edit)))
        back.append(spent(take_back))
    return there, back


def _spread(times: list[float]) -> str:
    low, high, most = np.quantile(times, [0.1, 0.9, 1.0]) * 1e3
    return f"{len(times)} edits, four of five {low:.2f}–{high:.2f} ms, longest {most:.2f} ms"


def _metres_anew(district: District, scenario: Scenario) -> None:
    doors = place_doors(district, scenario)
    doors.walks(METRES).nearest(doors.demand, doors.stations, doors.audience)


def _prove(what: WhatIf, edit: Edit, groups: Iterable[str]) -> None:
    """Make sure that an edit gives the walks and stations of a new measurement, and undo the walks from before."""
    before = _walks(what, groups)
    edit(what)
    made = what.result()
    assert _same(_answers(made), _answers(assess_coverage(made.district, made.scenario))), "an edit is not exact"
    what.undo()
    assert _same(_walks(what, groups), before), "undo is not exact"


def _walks(what: WhatIf, groups: Iterable[str]) -> list[Any]:
    walkers: list[tuple[Mode, str | None]] = [
        (Mode.COMPLIANCE, None),
        *((Mode.EXPERIENCE, name) for name in (None, *groups)),
    ]
    return [what.walks(mode, group, level) for mode, group in walkers for level in ServiceLevel]


def _answers(result: CoverageResult) -> list[Any]:
    reaches = [result.distance, result.default_minutes, *result.minutes.values()]
    return [part for reach in reaches for level in ServiceLevel for part in (reach[level].walk, reach[level].station)]


def _same(some: list[Any], others: list[Any]) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(some, others, strict=True))


def loss_if_closed(result: CoverageResult) -> Iterator[Row]:
    """Close every station by itself: edits alone, and the study in both modes with all that it tells."""
    names = result.district.layer("stations")["id"].iloc[result.station_rows].tolist()
    edits = [lambda what, name=name: what.close_station(name) for name in names]
    task = f"loss if closed, {len(names)} stations"
    yield from _one_by_one(WhatIf(result), task, edits)
    study = cpu(lambda: assess_robustness(result).by_closure, 3)
    yield Row(f"{task}, {BOTH}", "**assess_robustness**.by_closure", study, note="choices found, walks summed up")


def draws(result: CoverageResult) -> Iterator[Row]:
    """Measure the headline share under assumptions drawn at random, Monte-Carlo."""
    count = result.scenario.robustness.draws
    task = f"draws, {count:,} of them, {BOTH}"
    seconds = cpu(lambda: assess_robustness(result).band, 1)
    yield Row(task, "**assess_robustness**.band", seconds, 1.0)
    one = cpu(lambda: assess_coverage(result.district, result.scenario), 3)
    yield Row(task, ONCE, one * count, one * count / seconds, note="from one")


def best_gate(result: CoverageResult) -> Iterator[Row]:
    """Break every possible new gate by itself: edits alone, and the study in both modes with all that it tells."""
    links = gate_links(result.district, result.doors, result.scenario.standard(result.scenario.gate_study.link))
    task = f"best gate, {len(links):,} places in {len(set(links.compound))} compounds"
    edits = [lambda what, number=number: what.open_link(number) for number in range(len(links))]
    yield from _one_by_one(WhatIf(result, links), task, edits)
    note = "places found, gates that are there tried too, walks saved summed up"
    yield Row(f"{task}, {BOTH}", "**best_gates**", cpu(lambda: best_gates(result), 3), note=note)


def _one_by_one(what: WhatIf, task: str, edits: list[Any]) -> Iterator[Row]:
    """Make edits one by one in place of a study of its own, in metres alone: how much slower that would be."""

    def all_of_them() -> None:
        for edit in edits:
            edit(what)
            ask(what, *WALKED[:1])
            what.undo()

    yield Row(f"{task}, compliance", "WhatIf, one by one", cpu(all_of_them, 1))
