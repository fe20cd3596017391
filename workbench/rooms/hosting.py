"""Centres that give up and take in activities, the rest of what is asked of them staying as it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from workbench.rooms.choices import Choices, choices
from workbench.rooms.problem import Activity, Centre, Session


def hosting(
    centre: Centre, *, without: Collection[str] = (), more: Sequence[Activity] = (), published: int = 0
) -> Centre:
    """Return a centre of which other activities are asked.

    Parameters
    ----------
    centre
        The centre.
    without
        Identifiers of activities that are no more asked of it; their published sessions go with them.
    more
        Activities that are asked of it besides.
    published
        Sessions of these that are published elsewhere: they cannot be kept, so they count as changed in any plan.

    Returns
    -------
    Centre
        Its activities by identifier, ascending.
    """
    stay = [a for a in centre.activities if a.id not in without]
    both = tuple(sorted((*stay, *more), key=lambda a: a.id))
    place = {a.id: number for number, a in enumerate(both)}
    return replace(
        centre,
        activities=both,
        today=moved_sessions(centre, centre.today, place),
        fixed=moved_sessions(centre, centre.fixed, place),
        lost=centre.lost + published,
    )


def moved_sessions(centre: Centre, sessions: Iterable[Session], place: dict[str, int]) -> tuple[Session, ...]:
    """Return sessions with the positions that their activities have elsewhere; those that it does not know fall out."""
    named = ((centre.activities[s.activity].id, s) for s in sessions)
    return tuple(sorted(replace(s, activity=place[name]) for name, s in named if name in place))


def guest_choices(centre: Centre, guest: Activity) -> Choices:
    """Return all sessions that an activity from elsewhere could have in a centre, as if nothing else were asked."""
    return choices(replace(centre, activities=(guest,), today=(), fixed=()))


def published_sessions(centre: Centre, activity: str) -> int:
    """Return how many sessions of an activity are published, those that may begin where no session can left out."""
    return sum(centre.activities[s.activity].id == activity for s in centre.today)
