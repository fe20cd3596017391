"""Routes of one day from one depot, by PyVRP: iterated local search, no proof."""

from __future__ import annotations

from typing import Final

from workbench.arrays import Ints

_UNLIMITED: Final = 1 << 62


def shortest_routes(
    travel: Ints,
    depot: int,
    stops: Ints,
    service: Ints,
    load: Ints,
    *,
    routes: int,
    capacity: int,
    longest: int,
    route_cost: int,
    rounds: int,
    seed: int = 0,
) -> tuple[tuple[int, ...], ...] | None:
    """Return short routes that visit each stop once.

    Parameters
    ----------
    travel
        From place to place, whole, shape (m, m).
    depot
        Place where routes begin and end.
    stops
        Places to visit, shape (k,).
    service, load
        Of each of these stops, shape (k,).
    routes, capacity, longest
        Most routes, most load of one, and most travel and service of one.
    route_cost
        What a route is worth by itself.
    rounds
        Iterations; the same ones give the same routes on every machine.
    seed
        Seed of the search.

    Returns
    -------
    tuple of tuple of int
        Places in order, routes ascending; None where nothing was found that keeps to the limits.
    """
    import pyvrp  # half a second that only plans of rounds need
    from pyvrp.stop import MaxIterations

    if len(stops) == 1:
        return ((int(stops[0]),),)
    places = [depot, *stops.tolist()]
    model = pyvrp.Model()
    at = [model.add_location(0, 0) for _ in places]
    home = model.add_depot(at[0])
    for where, time, weight in zip(at[1:], service.tolist(), load.tolist(), strict=True):
        model.add_client(where, delivery=weight, service_duration=time)
    model.add_vehicle_type(
        routes, capacity=min(capacity, _UNLIMITED), start_depot=home, end_depot=home, fixed_cost=route_cost,
        shift_duration=min(longest, _UNLIMITED),
    )  # fmt: skip
    for a, here in enumerate(places):
        for b, there in enumerate(places):
            if a != b:
                model.add_edge(at[a], at[b], distance=int(travel[here, there]), duration=int(travel[here, there]))
    found = model.solve(MaxIterations(rounds), seed=seed, collect_stats=False, display=False)
    if not found.is_feasible():
        return None
    order = ((places[1 + stop.idx] for stop in route if stop.is_client()) for route in found.best.routes())
    return tuple(sorted(tuple(stops) for stops in order))
