"""Inner loops of service areas: edges met, edges split at doors, lines cut, distances drawn."""

from __future__ import annotations

import numpy as np

from workbench.network.compiled import Floats, Ints, compiled

INFINITE = np.inf


@compiled
def edges_met(
    row: Ints,
    column: Ints,
    cost: Floats,
    slot_start: Ints,
    slot: Ints,
    ends: Ints,
    door_start: Ints,
    door_edge: Ints,
    edges: int,
) -> tuple[Ints, Ints, Floats, Floats]:
    """List the edges with a reached end for each source: source, edge, cost at its first and last node.

    ``slot`` holds 2 × edge + end by node. Edges with a door of the source are left out.
    """
    room = 0
    for node in column:
        room += slot_start[node + 1] - slot_start[node]
    source, edge_met = np.empty(room, np.int64), np.empty(room, np.int64)
    cost_begin, cost_end = np.empty(room), np.empty(room)
    label = np.full(slot_start.size - 1, INFINITE)
    apart = np.zeros(edges, np.bool_)
    count = 0
    for i in range(row.size - 1):
        for j in range(row[i], row[i + 1]):
            label[column[j]] = cost[j]
        for d in range(door_start[i], door_start[i + 1]):
            apart[door_edge[d]] = True
        for j in range(row[i], row[i + 1]):
            for s in range(slot_start[column[j]], slot_start[column[j] + 1]):
                edge, end = slot[s] >> 1, slot[s] & 1
                first, last = label[ends[edge, 0]], label[ends[edge, 1]]
                if not apart[edge] and (end == 0 or first == INFINITE):
                    source[count], edge_met[count] = i, edge
                    cost_begin[count], cost_end[count] = first, last
                    count += 1
        for j in range(row[i], row[i + 1]):
            label[column[j]] = INFINITE
        for d in range(door_start[i], door_start[i + 1]):
            apart[door_edge[d]] = False
    return source[:count], edge_met[:count], cost_begin[:count], cost_end[:count]


@compiled
def split_at_doors(
    source: Ints, edge: Ints, along: Floats, cost: Floats, ends: Floats, length: Floats, rate: Floats
) -> tuple[Ints, Ints, Floats, Floats, Floats, Floats]:
    """Split edges at doors sorted by source, edge and place; a door may be nearer to another door than to its own.

    ``cost`` of the doors is lowered in place to that of the shortest walk there.
    """
    doors = source.size
    at = np.empty(2 * doors, np.int64)  # the door that each span belongs to
    begin, end = np.empty(2 * doors), np.empty(2 * doors)
    cost_begin, cost_end = np.empty(2 * doors), np.empty(2 * doors)
    count, low = 0, 0
    while low < doors:
        high = low + 1
        while high < doors and source[high] == source[low] and edge[high] == edge[low]:
            high += 1
        place, so_far = 0.0, ends[low, 0]
        for d in range(low, high):
            cost[d] = min(cost[d], so_far + (along[d] - place) * rate[d])
            place, so_far = along[d], cost[d]
        place, so_far = length[low], ends[low, 1]
        for d in range(high - 1, low - 1, -1):
            cost[d] = min(cost[d], so_far + (place - along[d]) * rate[d])
            place, so_far = along[d], cost[d]
        for k in range(low, high + 1):
            at[count] = low
            begin[count] = 0.0 if k == low else along[k - 1]
            cost_begin[count] = ends[low, 0] if k == low else cost[k - 1]
            end[count] = length[low] if k == high else along[k]
            cost_end[count] = ends[low, 1] if k == high else cost[k]
            count += 1
        low = high
    return source[at[:count]], edge[at[:count]], begin[:count], end[:count], cost_begin[:count], cost_end[:count]


@compiled
def trace(place: Ints, begin: Floats, end: Floats, first: Ints, xy: Floats, at: Floats) -> tuple[Floats, Ints]:
    """Cut lines: vertices of line i are ``first[i]:first[i + 1]``, ``at`` metres from its begin."""
    room = 0
    for line in place:
        room += first[line + 1] - first[line] + 2
    out, start = np.empty((room, 2)), np.zeros(place.size + 1, np.int64)
    count = 0
    for p in range(place.size):
        for v in range(first[place[p]], first[place[p] + 1] - 1):
            low, high = max(begin[p], at[v]), min(end[p], at[v + 1])
            if low < high:
                for axis in range(2):
                    slope = (xy[v + 1, axis] - xy[v, axis]) / (at[v + 1] - at[v])
                    if count == start[p]:
                        out[count, axis] = xy[v, axis] + (low - at[v]) * slope
                    out[count + (count == start[p]), axis] = xy[v, axis] + (high - at[v]) * slope
                count += 2 if count == start[p] else 1
        start[p + 1] = count
    return out[:count], start


@compiled
def draw(
    xy: Floats, start: Ints, first: int, last: int, cell: float, reach: float, column: int, row: int, field: Floats
) -> None:
    """Lower a field of squared distances to that from lines ``first:last``, where they are within reach.

    ``field[i, j]`` is the corner ``((column + j) * cell, (row + i) * cell)``.
    """
    rows, columns = field.shape
    for line in range(first, last):
        for v in range(start[line], start[line + 1] - 1):
            x, y = xy[v, 0], xy[v, 1]
            across, along = xy[v + 1, 0] - x, xy[v + 1, 1] - y
            square = across * across + along * along
            scale = 1.0 / square if square > 0.0 else 0.0
            left = max(int(np.ceil((min(x, x + across) - reach) / cell)) - column, 0)
            right = min(int(np.floor((max(x, x + across) + reach) / cell)) - column, columns - 1)
            bottom = max(int(np.ceil((min(y, y + along) - reach) / cell)) - row, 0)
            top = min(int(np.floor((max(y, y + along) + reach) / cell)) - row, rows - 1)
            for i in range(bottom, top + 1):
                up = (row + i) * cell - y
                for j in range(left, right + 1):
                    out = (column + j) * cell - x
                    t = min(max((out * across + up * along) * scale, 0.0), 1.0)
                    gap_x, gap_y = out - t * across, up - t * along
                    field[i, j] = min(field[i, j], gap_x * gap_x + gap_y * gap_y)
