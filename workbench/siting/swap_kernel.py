"""Maximal covering by local search: greedy, then swaps, then kicks (iterated local search).

Two arrays carry the search. ``gain[j]`` is the weight that opening j would add, ``loss[j]`` the weight that only
the open site j covers. Opening or shutting a site changes them only through rows whose number of open sites passes
0, 1 or 2, so a swap is priced without being made: drop i and add j is worth ``gain[j] - loss[i]`` plus the rows
that only i covers and j covers too (Resende and Werneck 2004 do the same for p-median).

Weights are whole numbers with a sum below 2**53, so all sums are exact.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from workbench.network.kernel import Flags, Floats, Ints, compiled, inlined


class Instance(NamedTuple):
    """Sites and rows, both ways."""

    site_start: Ints
    site_row: Ints
    row_start: Ints
    row_site: Ints
    weight: Floats


class State(NamedTuple):
    """Which sites are open, and what follows from it."""

    opened: Flags
    depth: Ints
    only: Ints  # xor of the open sites of a row; the site itself where there is one
    gain: Floats
    loss: Floats


class Desk(NamedTuple):
    """Room to work in: overlaps by site, a stack of sites to look at, and the state of the dice.

    A weight of 0 would let :func:`partner_of` meet a site twice, so rows without weight are left out.
    """

    overlap: Floats
    met: Ints
    queue: Ints
    dirty: Flags
    kept: Flags
    tail: Ints
    chance: Ints


@inlined
def drawn(chance: Ints, below: int) -> Any:
    """Draw a number below a limit (xorshift, Marsaglia 2003)."""
    word = np.uint64(chance[0])
    word ^= word << np.uint64(13)
    word ^= word >> np.uint64(7)
    word ^= word << np.uint64(17)
    chance[0] = np.int64(word)
    return np.int64((word >> np.uint64(11)) % np.uint64(below))


@compiled
def open_site(site: int, instance: Instance, state: State) -> None:
    """Open a site."""
    state.opened[site] = True
    own = 0.0
    for k in range(instance.site_start[site], instance.site_start[site + 1]):
        row = instance.site_row[k]
        if state.depth[row] == 0:
            own += instance.weight[row]
            for m in range(instance.row_start[row], instance.row_start[row + 1]):
                state.gain[instance.row_site[m]] -= instance.weight[row]
        elif state.depth[row] == 1:
            state.loss[state.only[row]] -= instance.weight[row]
        state.depth[row] += 1
        state.only[row] ^= site
    state.loss[site] = own


@compiled
def shut_site(site: int, instance: Instance, state: State) -> None:
    """Shut a site."""
    state.opened[site] = False
    state.loss[site] = 0.0
    for k in range(instance.site_start[site], instance.site_start[site + 1]):
        row = instance.site_row[k]
        state.depth[row] -= 1
        state.only[row] ^= site
        if state.depth[row] == 0:
            for m in range(instance.row_start[row], instance.row_start[row + 1]):
                state.gain[instance.row_site[m]] += instance.weight[row]
        elif state.depth[row] == 1:
            state.loss[state.only[row]] += instance.weight[row]


@compiled
def greedy(instance: Instance, state: State, more: int) -> float:
    """Open sites one by one, each the one that adds the most; return what they add."""
    added = 0.0
    for _ in range(more):
        best, site = 0.0, -1
        for j in range(state.opened.size):
            if not state.opened[j] and state.gain[j] > best:
                best, site = state.gain[j], j
        if site < 0:
            break
        added += best
        open_site(site, instance, state)
    return added


@inlined
def soil(site: int, instance: Instance, desk: Desk) -> None:
    """Mark the sites that share a row with a site that changed: their swaps have to be priced anew."""
    for k in range(instance.site_start[site], instance.site_start[site + 1]):
        row = instance.site_row[k]
        for m in range(instance.row_start[row], instance.row_start[row + 1]):
            other = instance.row_site[m]
            if not desk.dirty[other]:
                desk.dirty[other] = True
                desk.queue[desk.tail[0]] = other
                desk.tail[0] += 1


@compiled
def far_swap(instance: Instance, state: State, desk: Desk, least: float) -> float:
    """Swap the open site that would be missed least for the shut one that adds most, if that wins."""
    low, leaves = np.inf, -1
    high, comes = 0.0, -1
    for j in range(state.opened.size):
        if state.opened[j]:
            if state.loss[j] < low:
                low, leaves = state.loss[j], j
        elif state.gain[j] > high:
            high, comes = state.gain[j], j
    if leaves < 0 or comes < 0 or high <= low + least:
        return 0.0
    won = -state.loss[leaves]
    shut_site(leaves, instance, state)
    won += state.gain[comes]
    open_site(comes, instance, state)
    soil(leaves, instance, desk)
    soil(comes, instance, desk)
    return float(won)


@compiled
def partner_of(site: int, instance: Instance, state: State, desk: Desk, least: float) -> tuple[int, float]:
    """Return the shut site that best takes over the rows of an open one, or -1, and what that wins."""
    touched = 0
    for k in range(instance.site_start[site], instance.site_start[site + 1]):
        row = instance.site_row[k]
        if state.depth[row] == 1:
            for m in range(instance.row_start[row], instance.row_start[row + 1]):
                other = instance.row_site[m]
                if desk.overlap[other] == 0.0:
                    desk.met[touched] = other
                    touched += 1
                desk.overlap[other] += instance.weight[row]
    best, partner = state.loss[site] + least, -1
    for t in range(touched):
        other = desk.met[t]
        worth = state.gain[other] + desk.overlap[other]
        desk.overlap[other] = 0.0
        if worth > best and not state.opened[other]:
            best, partner = worth, other
    return partner, best - state.loss[site]


@compiled
def swaps(instance: Instance, state: State, desk: Desk, least: float) -> float:
    """Swap an open site for a shut one as long as that wins; return what was won."""
    won = 0.0
    while True:
        step = far_swap(instance, state, desk, least)
        won += step
        if step > 0.0:
            continue
        if desk.tail[0] == 0:
            break
        desk.tail[0] -= 1
        site = desk.queue[desk.tail[0]]
        desk.dirty[site] = False
        if not state.opened[site]:
            continue
        partner, step = partner_of(site, instance, state, desk, least)
        if partner >= 0:
            won += step
            shut_site(site, instance, state)
            open_site(partner, instance, state)
            soil(site, instance, desk)
            soil(partner, instance, desk)
    return won


@compiled
def kick(instance: Instance, state: State, desk: Desk, strength: int) -> float:
    """Open some sites at random that lie together, and shut those that are missed least; return what that wins."""
    sites = state.opened.size
    won = 0.0
    centre = drawn(desk.chance, sites)
    while instance.site_start[centre] == instance.site_start[centre + 1]:
        centre = drawn(desk.chance, sites)
    came = 0
    for _ in range(8 * strength):
        if came == strength:
            break
        span = instance.site_start[centre + 1] - instance.site_start[centre]
        row = instance.site_row[instance.site_start[centre] + drawn(desk.chance, span)]
        span = instance.row_start[row + 1] - instance.row_start[row]
        near = instance.row_site[instance.row_start[row] + drawn(desk.chance, span)]
        if not state.opened[near]:
            won += state.gain[near]
            open_site(near, instance, state)
            soil(near, instance, desk)
            desk.kept[near] = True
            desk.met[came] = near
            came += 1
        centre = near
    for _ in range(came):
        low, leaves = np.inf, -1
        for j in range(sites):
            if state.opened[j] and not desk.kept[j] and state.loss[j] < low:
                low, leaves = state.loss[j], j
        won -= low
        shut_site(leaves, instance, state)
        soil(leaves, instance, desk)
    for k in range(came):
        desk.kept[desk.met[k]] = False
    return won


@compiled
def iterated(
    instance: Instance, state: State, best: State, desk: Desk, rounds: int, strongest: int, least: float
) -> float:
    """Kick and swap again and again; keep the better. Return what the best state wins over the first."""
    won = 0.0
    for _ in range(rounds):
        step = kick(instance, state, desk, 1 + drawn(desk.chance, strongest))
        step += swaps(instance, state, desk, least)
        if step >= -least:
            won += step
            copy(state, best)
        else:
            copy(best, state)
    return won


@compiled
def copy(source: State, target: State) -> None:
    """Make a state equal to another."""
    target.opened[:] = source.opened
    target.depth[:] = source.depth
    target.only[:] = source.only
    target.gain[:] = source.gain
    target.loss[:] = source.loss
