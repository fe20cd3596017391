"""What nobody walks across between a door and its way: water, railways, motorways, walls.

A leg is a straight line of a few metres that no map shows. It may leave a barrier in which the door itself stands, or
enter one in which the way lies (a pier, a compound's own ground); what it may not do is cross.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Shapes = npt.NDArray[np.object_]

UNCROSSED: Final = ("water", "rail", "motorway")
"""Features of the backdrop that no leg and no new gate's way crosses."""
_WALL: Final = "wall"
_TOUCH_M: Final = 0.02
"""A leg that ends this near to a barrier has not crossed it: above the rounding of files."""


@dataclass(frozen=True, eq=False)
class Barriers:
    """What legs are held against.

    Attributes
    ----------
    firm
        Lines and areas that are never crossed.
    walls
        Walls, and the ground of walled compounds: crossed only where nothing else is left, for a wall may have a door
        that nobody drew.
    """

    firm: Shapes
    walls: Shapes

    @classmethod
    def none(cls) -> Self:
        """Return open ground."""
        return cls(np.empty(0, object), np.empty(0, object))

    @classmethod
    def of(cls, backdrop: pd.DataFrame, compounds: pd.DataFrame) -> Self:
        """Take the barriers of a district from its backdrop and its walled compounds."""
        shapes, kind = _shapes(backdrop), backdrop["kind"]
        walled = _shapes(compounds)[compounds["enclosed"].to_numpy(bool)]
        return cls(shapes[kind.isin(UNCROSSED).to_numpy(bool)], np.concatenate([shapes[(kind == _WALL)], walled]))

    @cached_property
    def _trees(self) -> tuple[shapely.STRtree, shapely.STRtree]:
        return _outlines(self.firm), _outlines(self.walls)

    def crossed(self, doors: Shapes, lines: Shapes) -> Ints:
        """Say what lies between doors and ways.

        Parameters
        ----------
        doors, lines
            Points and the way each would be joined to, shape (k,).

        Returns
        -------
        ndarray of int64, shape (k,)
            0 for nothing, 1 for a wall, 2 for what is never crossed.
        """
        found = np.zeros(len(doors), np.int64)
        if not len(doors) or not len(self.firm) + len(self.walls):
            return found
        ends = shapely.get_coordinates(shapely.shortest_line(doors, lines)).reshape(-1, 2, 2)
        length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
        long = np.flatnonzero(length > 2 * _TOUCH_M)
        inward = (ends[long, 1] - ends[long, 0]) * (_TOUCH_M / length[long])[:, None]
        legs = shapely.linestrings(np.stack([ends[long, 0] + inward, ends[long, 1] - inward], axis=1))
        for grade, tree, every in ((1, self._trees[1], self.walls), (2, self._trees[0], self.firm)):
            leg, barrier = tree.query(legs, predicate="intersects")
            shapes = every[barrier]
            crosses = np.ones(len(leg), bool)
            for end in (0, 1):
                crosses &= ~shapely.intersects(shapes, shapely.points(ends[long[leg], end])) | (
                    shapely.get_dimensions(shapes) < _AREA
                )
            found[long[leg[crosses]]] = grade
        return found


_AREA: Final = 2


def _outlines(shapes: Shapes) -> shapely.STRtree:
    """Index the lines over which one comes into areas, for most legs lie within one; and lines as they are."""
    area = shapely.get_dimensions(shapes) == _AREA
    return shapely.STRtree(np.where(area, shapely.boundary(shapes), shapes))


def _shapes(frame: pd.DataFrame) -> Shapes:
    return np.asarray(frame["geometry"].array, dtype=object)
