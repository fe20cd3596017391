"""What a scenario says of siting: what is wanted of the next stations, by which rules, and what is tried besides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from workbench.documents import Frozen
from workbench.scenario.keys import Metres, Minutes, Ratio
from workbench.scenario.sections import Area, AreaPer100, FreeHours

Count = Annotated[int, Field(ge=1)]
Money = Annotated[float, Field(ge=0, strict=False, allow_inf_nan=False)]
_Positive = Annotated[float, Field(gt=0, strict=False, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, strict=False)]
Names = Annotated[tuple[str, ...], Field(strict=False)]

Source = Literal["ledger", "rooms", "shopfronts", "corners", "bends"]
Division = Literal["community", "subdistrict", "compound", "group"]


class Candidates(Frozen):
    """Which places could become stations, and what each would be."""

    sources: Annotated[tuple[Source, ...], Field(strict=False, min_length=1)] = ("ledger",)
    """``ledger`` the candidates layer; ``rooms`` stations with vacant rooms, which a centre could open in;
    ``shopfronts`` buildings of the kinds below; ``corners`` every corner and end of the ways that are open
    to the public; ``bends`` every bend of them too."""
    vacant: Names = ("闲置",)
    """Functions of the room ledger that say a room stands vacant."""
    shopfront_kinds: Names = ("commercial", "retail", "shop")
    """Kinds of building that have shopfronts."""
    opens: Literal["post", "community_centre"] = "post"
    """Kind of station that opens: a post (驿家) is lite, a centre is full."""
    least_area: Area | None = None
    """Least floor area, ㎡; places with less, or whose area is not known, are vetoed. null = no such rule."""
    opening_hours: FreeHours | None = None
    """Hours that new stations keep, OSM opening_hours; null = not known."""
    services: str | None = None
    """Services that new stations offer, separated by ';'; null = not known."""
    required: Names = ()
    """Places that open in any case."""
    forbidden: Names = ()
    """Places that must not open, besides those with a veto."""


class Standing(Frozen):
    """What becomes of the stations that are there."""

    close: Names = ()
    """Stations that close, and are replaced by nobody unless a new one is sited."""
    may_move: Names | Literal["post", "community_centre"] = ()
    """Stations that may close so that another may open instead; or all of a kind."""
    moves: Annotated[int, Field(ge=0)] = 0
    """Most stations that may move."""

    @model_validator(mode="after")
    def _moves_and_movers(self) -> Self:
        if bool(self.moves) != bool(self.may_move):
            raise ValueError("'may_move' and 'moves' together: who may move, and how many of them")
        return self


class _FloorRule(Frozen):
    """A least share that every one of a kind must have covered."""

    each: Division
    """Of which communities, subdistricts, compounds or groups."""
    share: Share | Ratio
    """Least share of the residents of each: a number from 0 to 1, or the standard that holds it."""
    impossible: Literal["refuse", "lower"] = "refuse"
    """Where all sites together cannot reach the share: the wish is refused, or lowered to what they reach."""


class _AtMostRule(Frozen):
    """At most so many new stations in every one of a kind."""

    each: Literal["community", "subdistrict"]
    """Of which communities or subdistricts."""
    stations: Annotated[int, Field(ge=0)]
    """Most new stations in each."""


class _PhaseRule(Frozen):
    """A term of the plan, and what may be built in it."""

    name: str
    """Its name in Chinese, such as 近期（2027–2028）."""
    stations: Count | None = None
    """Most new stations of this term."""
    budget: Money | None = None
    """Most they may cost, 万元."""
    years: _Positive = 1.0
    """How long the term lasts, years."""


class Phases(Frozen):
    """The plan in terms: what a term has is there in every later one."""

    terms: Annotated[tuple[_PhaseRule, ...], Field(strict=False)] = ()
    """The terms in order; none = the plan has no terms."""
    priority: Literal["horizon", "years"] = "horizon"
    """``horizon``: the best plan at the end first, then the best first term; ``years``: most person-years."""
    carry: bool = True
    """Whether what a term leaves of its stations or budget may be used in the next."""


class Alternatives(Frozen):
    """Other plans, each the best that differs enough from those before it."""

    count: Annotated[int, Field(ge=0, le=10)] = 2
    """How many besides the best one."""
    apart: Count = 2
    """Least number of new stations in which any two differ."""


class Frontiers(Frozen):
    """How coverage trades against money, and against the worst-off."""

    cost_points: Annotated[int, Field(ge=0, le=200)] = 0
    """Most points of coverage against cost; 0 = not asked."""
    equity_points: Annotated[int, Field(ge=0, le=200)] = 0
    """Most points of coverage against the least covered; 0 = not asked."""
    each: Division = "community"
    """Among whom the least covered is looked for."""


class Siting(Frozen):
    """Where the next stations go."""

    goal: Literal["max_cover", "set_cover", "p_median", "p_center"] = "max_cover"
    """``max_cover`` most people within the limit; ``set_cover`` the fewest or cheapest stations for a share of them;
    ``p_median`` least walking in all; ``p_center`` the farthest walk as short as can be."""
    stations: Count | None = None
    """New stations: at most so many; for ``p_median`` and ``p_center`` exactly so many where the rules leave room."""
    budget: Money | None = None
    """Most that new stations may cost, 万元 (capex)."""
    share: Share = 1.0
    """``set_cover``: share of the people to cover; those whom no site can reach are left out and listed."""
    count_cost: Literal["stations", "capex"] = "stations"
    """``set_cover``: whether the number of new stations is to be least, or their cost."""
    mode: Literal["compliance", "experience"] = "compliance"
    """Metres for everybody, or minutes at the pace of each group."""
    level: Literal["any", "full"] = "any"
    """Which stations count."""
    who: Literal["residents", "households"] = "residents"
    """Who counts. Households have no age: in the experience mode they walk at the default pace."""
    group_weights: dict[str, _Positive] = Field(default_factory=dict)
    """What a resident of a group counts in the objective; those not named count 1."""
    candidates: Candidates = Candidates()
    """Which places could become stations."""
    standing: Standing = Standing()
    """What becomes of the stations that are there."""
    floors: Annotated[tuple[_FloorRule, ...], Field(strict=False)] = ()
    """Least shares."""
    at_most: Annotated[tuple[_AtMostRule, ...], Field(strict=False)] = ()
    """Most new stations by area."""
    spacing_m: _Positive | None = None
    """Least distance in a straight line between a new station and any other, metres."""
    backup: Count = 1
    """How many stations must be within reach for somebody to count as covered."""
    decay: Literal["none", "linear"] = "none"
    """``linear``: beyond the limit a walk counts less and less, and nothing from the next limit on."""
    capacity: AreaPer100 | None = None
    """Floor area that 100 households take up, ㎡: a station serves no more than its area allows; asks for
    ``who: households``. null = room is no question."""
    farthest_m: Metres = "gb50180.fifteen_minute.walk_distance"
    """Compliance: in ``p_median`` walks beyond this count as this; in ``p_center`` nobody whom a site can reach
    within it may walk farther."""
    farthest_min: Minutes = "gb50180.fifteen_minute.walk_time"
    """The same in the experience mode."""
    curve: Annotated[int, Field(ge=0, le=500)] = 0
    """Marginal curve up to so many new stations; 0 = not asked."""
    phases: Phases = Phases()
    """The plan in terms."""
    alternatives: Alternatives = Alternatives()
    """Other plans to compare with."""
    frontiers: Frontiers = Frontiers()
    """How coverage trades against money and against the worst-off."""
    near_optimal: Ratio = "siting.near_optimal"
    """Loss against the best plan, as a share of what its new stations win, up to which another counts as good as it."""
    cost_spread: Ratio = "siting.cost_spread"
    """Share by which investment may be off, either way: it is given as a range."""
    sensitivity: bool = True
    """Whether the plan is tried with pace, limit and population off by what ``robustness`` says."""
    time_limit_s: _Positive = 60.0
    """Wall time for each problem, seconds; the best plan so far is given with its bound."""
    gap: Annotated[float, Field(ge=0, lt=1, strict=False)] = 0.0
    """Relative gap that is good enough."""
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    """Seed of everything random."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        wrong = [*self._unfit_goal(), *self._unfit_people(), *self._unfit_terms()]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    def _unfit_goal(self) -> Iterator[str]:
        """Say what does not go with the goal."""
        setting, nearest = self.goal == "set_cover", self.goal in ("p_median", "p_center")
        if not setting and self.stations is None and self.budget is None and not self.phases.terms:
            yield f"'stations' or 'budget' for {self.goal}: without either everything would open"
        if not setting and self.share < 1:
            yield "'share' with set_cover only"
        if not setting and self.count_cost == "capex":
            yield "'count_cost' with set_cover only"
        if setting and self.budget is not None:
            yield "'budget' not with set_cover, which asks for the least there is: take 'count_cost: capex'"
        if self.curve and self.goal not in ("max_cover", "p_median"):
            yield "'curve' with max_cover and p_median only"
        if self.decay != "none" and self.goal != "max_cover":
            yield "'decay' with max_cover only"
        given = {"floors": self.floors, "backup": self.backup > 1, "capacity": self.capacity}
        if nearest:
            yield from (f"'{name}' with max_cover and set_cover only" for name, there in given.items() if there)
        if self.backup > 1 and (self.decay != "none" or self.capacity):
            yield "'backup' without 'decay' and 'capacity', under which one station serves each"
        if self.group_weights and self.goal in ("set_cover", "p_center"):
            yield f"'group_weights' not with {self.goal}, where everybody counts the same"
        if self.phases.terms and self.goal != "max_cover":
            yield "'phases' with max_cover only"

    def _unfit_people(self) -> Iterator[str]:
        """Say what does not go with those who count, or with the stations that do."""
        if self.standing.moves and self.stations is None:
            yield "'stations' where stations may move: how many new ones there may be besides"
        if self.capacity and self.who != "households":
            yield "'who: households' where 'capacity' is given, for it counts households"
        if self.who == "households" and self.group_weights:
            yield "'who: residents' with 'group_weights', for households have no age"
        if self.level == "full" and self.candidates.opens == "post":
            yield "'opens: community_centre' where 'level: full': a post is lite and would not count"

    def _unfit_terms(self) -> Iterator[str]:
        """Say what does not go with the terms of the plan."""
        terms = self.phases.terms
        if terms and self.standing.moves:
            yield "'phases' without stations that move: a term says what is built, not what is given up"
        if len({(term.stations is None, term.budget is None) for term in terms}) > 1:
            yield "the same in every term: 'stations', 'budget', or both"
        for term in terms:
            if term.stations is None and term.budget is None:
                yield f"'stations' or 'budget' in the term {term.name}"

    @property
    def most_stations(self) -> int | None:
        """Most new stations in the end: as said, else those of all terms together; None for as many as money pays."""
        counts = [term.stations for term in self.phases.terms]
        if self.stations is not None or not counts:
            return self.stations
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None

    @property
    def most_cost(self) -> float | None:
        """Most that new stations may cost in the end, 万元: as said, else the budgets of all terms together."""
        budgets = [term.budget for term in self.phases.terms]
        if self.budget is not None or not budgets:
            return self.budget
        known = [budget for budget in budgets if budget is not None]
        return sum(known) if len(known) == len(budgets) else None
