"""Service areas of the embedded district: a contoured distance field beside the union of buffers.

The union of the buffers of all reached pieces is what others draw, and the truth that the field is held against:
intersection over union, station by station. A concave hull of what is reached is there for contrast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from benchmarks.clock import Row, race
from workbench.coverage.doors import Doors, place_doors
from workbench.ground.sources import read_district
from workbench.network.service_areas import reached_pieces, service_areas, traced
from workbench.network.walking import METRES, Walks
from workbench.scenario import load_scenario

ROOT = Path(__file__).parents[1]
BUFFER_M = 25.0
LIMITS = ((300.0,), (1000.0,), (300.0, 500.0, 1000.0))
QUICK_LIMITS = ((300.0,),)
HULL_RATIO = 0.3

FIELD = "**service_areas**, field of 10 m"
FINE = "the same, field of 5 m"
UNION = "buffer of every piece, and union"
HULL = f"concave hull, ratio {HULL_RATIO}"


def areas(quick: bool = False) -> Iterator[Row]:
    """Time all stations of the embedded district, one by one and together."""
    doors = place_doors(read_district(ROOT / "geodata" / "x-district"), load_scenario(ROOT / "scenarios/baseline.yaml"))
    for limits in QUICK_LIMITS if quick else LIMITS:
        yield from _rows(doors, limits, together=False)
    yield from _rows(doors, LIMITS[-1], together=True)


def _rows(doors: Doors, limits: tuple[float, ...], *, together: bool) -> Iterator[Row]:
    walks, stations, public = Walks(doors.streets, METRES), doors.stations, doors.audience.public

    def draw(method: Any, cell: float) -> Callable[[], Any]:
        size = {"cell_m": cell, "buffer_m": BUFFER_M}
        return lambda: service_areas(walks, stations, public, limits, method=method, together=together, **size)

    contenders: dict[str, Callable[[], Any]] = {
        FIELD: draw("field", 10.0),
        FINE: draw("field", 5.0),
        UNION: draw("exact", 10.0),
    }
    truth = contenders[UNION]().shape
    shapes = {FIELD: contenders[FIELD]().shape, FINE: contenders[FINE]().shape, UNION: truth}
    if not together and len(limits) == 1:
        contenders[HULL] = lambda: _hulls(walks, doors, limits)
        shapes[HULL] = _hulls(walks, doors, limits)
    times = race(contenders, 3)
    walked = "/".join(f"{limit:.0f}" for limit in limits)
    task = f"service areas, {len(stations)} stations {'together' if together else 'one by one'}, {walked} m"
    for name, seconds in times.items():
        note = "the truth" if name == UNION else _likeness(shapes[name], truth)
        yield Row(task, name, seconds, seconds / times[FIELD], note=note)


def _likeness(shapes: Any, truth: Any) -> str:
    shared = shapely.area(shapely.intersection(shapes, truth))
    ratio = shared / shapely.area(shapely.union(shapes, truth))
    return f"IoU {np.median(ratio):.3f} median, {ratio.min():.3f} lowest"


def _hulls(walks: Walks, doors: Doors, limits: tuple[float, ...]) -> Any:
    pieces = reached_pieces(walks, doors.stations, doors.audience.public, limits)
    xy, start = traced(pieces, walks.streets)
    source = np.repeat(pieces.source, np.diff(start))
    points = shapely.multipoints(shapely.points(xy), indices=source)
    return shapely.buffer(shapely.concave_hull(points, ratio=HULL_RATIO), BUFFER_M)
