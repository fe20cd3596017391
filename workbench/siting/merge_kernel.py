"""Demand rows with equal cover sets, found in one pass: a hash tells where to look, and the sets are compared."""

from __future__ import annotations

import numpy as np

from workbench.network.kernel import Counts, Floats, Ints, compiled, inlined

ODD = np.uint64(0x9E3779B97F4A7C15)


@inlined
def mixed(word: np.uint64) -> np.uint64:
    """Spread the bits of a word (the finaliser of splitmix64, Steele et al. 2014, shortened)."""
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


@inlined
def same(one: int, two: int, start: Ints, site: Ints, share: Counts) -> bool:
    """Whether two rows have equal sets, shares included."""
    if start[one + 1] - start[one] != start[two + 1] - start[two]:
        return False
    for k in range(start[one + 1] - start[one]):
        if site[start[one] + k] != site[start[two] + k] or share[start[one] + k] != share[start[two] + k]:
            return False
    return True


@compiled
def groups(start: Ints, site: Ints, share: Counts, table: Ints, first: Ints, group: Ints) -> int:
    """Give numbers to the different cover sets in the order in which they appear.

    Parameters
    ----------
    start, site, share
        Rows of demand: those of row i are ``start[i]:start[i + 1]``, sites ascending; shares as raw bits.
    table
        Shape of a power of two, at least twice the rows, filled with -1.
    first
        Room for the first row of each set.
    group
        Room for the set of each row; -1 where nothing covers it.

    Returns
    -------
    int
        How many sets there are.
    """
    mask = np.uint64(table.size - 1)
    count = 0
    for row in range(start.size - 1):
        if start[row] == start[row + 1]:
            group[row] = -1
            continue
        key = ODD
        for k in range(start[row], start[row + 1]):
            key = mixed(key + np.uint64(site[k]) * ODD + share[k])
        place = key & mask
        while table[place] >= 0 and not same(first[table[place]], row, start, site, share):
            place = (place + np.uint64(1)) & mask
        if table[place] < 0:
            table[place] = count
            first[count] = row
            count += 1
        group[row] = table[place]
    return count


@compiled
def summed(group: Ints, weight: Floats, total: Floats) -> None:
    """Add the weight of each row to that of its set; weights are (kinds, rows), totals (kinds, sets)."""
    for kind in range(weight.shape[0]):
        for row in range(group.size):
            if group[row] >= 0:
                total[kind, group[row]] += weight[kind, row]
