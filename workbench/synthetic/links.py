"""Ways across arterials, the river and the railway, drawn between cells that are already built."""

from __future__ import annotations

import math

from workbench.synthetic.plan import Link
from workbench.synthetic.tracts import Point, between
from workbench.synthetic.web import Web

_STAIR_M = 9.0
"""Length on the map of a flight of steps up to an overpass."""

_PLAIN = {"crossing": "crossing", "level": "crossing", "bridge": "bridge", "underpass": "underpass"}


def draw_link(web: Web, link: Link, a: Point, b: Point) -> tuple[int, int]:
    """Draw one link into a web of its own nodes.

    Parameters
    ----------
    web
        Takes the ways and the nodes at both ends.
    link
        What kind of link it is.
    a, b
        Where it begins and ends.

    Returns
    -------
    tuple of int
        Nodes at ``a`` and ``b``.
    """
    begin, finish = web.node(a), web.node(b)
    if link.form in _PLAIN:
        web.line([begin, finish], _PLAIN[link.form], level=link.level)
        return begin, finish
    share = min(_STAIR_M / math.dist(a, b), 0.4)
    up, down = web.node(between(a, b, share)), web.node(between(a, b, 1.0 - share))
    web.line([begin, up], "steps", level=link.level)
    web.line([up, down], "bridge", level=link.level)
    web.line([down, finish], "steps", level=link.level)
    return begin, finish
