"""What can be run, by name, and what was promised of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.areas import areas
from benchmarks.clock import Row
from benchmarks.cover import cover_races
from benchmarks.edits import edit_races
from benchmarks.goals import Goal, behind, noted, proven, seconds
from benchmarks.halls import hall_races
from benchmarks.many import many_races
from benchmarks.median import median_races
from benchmarks.network import nearest_races, reach_races
from benchmarks.places import place_races
from benchmarks.rooms import room_races
from benchmarks.rosters import roster_races
from benchmarks.rounds import round_races
from benchmarks.whatif import whatif_races

FINDINGS = "findings"
LIGHT = "issue 11"
ISSUE = "issue 3"
ROSTERS = "issue 13"
PROVINCE = "issue 14"
ROUNDS = "issue 15"
USUAL_WEEK, FULL_WEEK = "600 activities", "1,800 activities"
COVER_LARGE, COVER_CORDEAU = "max cover, 1,000,000 × 1,000", "max cover, Cordeau et al., 1,000,000"
COVER_MANY = "max cover, 10,000 × 1,000, 0.5 %, p = "
SMALL, BIG = "reach, 50,176 nodes", "reach, 1,000,000 nodes"
FEW, MANY = (f"nearest, 1,000,000 nodes, k = {k}, 400 m" for k in ("1,500", "20,000"))


@dataclass(frozen=True)
class Section:
    """One part of the page.

    Parameters
    ----------
    title, about
        Heading, and what is raced in a sentence.
    race
        Runs it, quick or whole; yields rows as they come.
    goals
        What was promised.
    """

    title: str
    about: str
    race: Callable[[bool], Iterator[Row]]
    goals: tuple[Goal, ...]


EDITS = ("station opened", "station moved", "station closed", "hours changed", "gate opened", "gate closed")


SECTIONS = {
    "reach": Section(
        "Reach: every node within 400 m of each source",
        "Ground: a made-up city of blocks, nodes numbered at random.",
        reach_races,
        (
            Goal("≥ 60 × networkx, 50 k nodes", FINDINGS, SMALL, "networkx", 60),
            Goal("≥ 300 × scipy, 50 k", FINDINGS, SMALL, "scipy", 300),
            Goal("≥ 5 × pandana's C++ call, 50 k", FINDINGS, SMALL, "pandana, its C++", 5),
            Goal("≥ 500 × pandana's nodes_in_range, 50 k", FINDINGS, SMALL, "pandana nodes_in_range", 500),
            Goal("≥ 80 × networkx, 1 M", FINDINGS, BIG, "networkx", 80),
            Goal("≤ 1.3 × breadth first, 50 k", FINDINGS, SMALL, "floor: breadth first, plain", 1.3, behind, True),
            Goal("≤ 2 × breadth first, 1 M", FINDINGS, BIG, "floor: breadth first, plain", 2, behind, True),
            Goal("≤ 12 bytes a pair", FINDINGS, "reach", "**", 12, noted("bytes a pair"), True),
        ),
    ),
    "nearest": Section(
        "Nearest: the nearest of k sources for every node",
        "The same ground; 400 m as in the findings, and without a limit, as coverage asks.",
        nearest_races,
        (
            Goal("≥ 3 × scipy, k = 1,500", FINDINGS, FEW, "scipy min_only", 3),
            Goal("≥ 8 × scipy, k = 20,000", FINDINGS, MANY, "scipy min_only", 8),
            Goal("≥ 80 × networkx, k = 1,500", FINDINGS, FEW, "networkx", 80),
            Goal("≥ 80 × networkx, k = 20,000", FINDINGS, MANY, "networkx", 80),
        ),
    ),
    "edits": Section(
        "Edits: one source more in an answer that is there",
        "The claim that settles ties in nearest, limit 400 m. Edited answers are compared with new ones, bit for bit.",
        edit_races,
        (Goal("one station in ≤ 10 µs, exact", FINDINGS, "one station", "kernel alone", 1e-5, seconds, True),),
    ),
    "places": Section(
        "Places: Porto Alegre, from the OSM file on",
        "A real city of 1,834 km of ways: reading it, reach from every node, and the nearest health care of each.",
        place_races,
        (Goal("≥ 10 × osmnx.graph_from_xml", FINDINGS, "Porto Alegre, OSM load", "osmnx graph_from_xml", 10),),
    ),
    "areas": Section(
        "Areas: service areas of 72 stations",
        "The embedded district; every piece of way that is reached, drawn. Coverage is never computed from them.",
        areas,
        (
            Goal("≥ 4 × the union of buffers", f"{FINDINGS}, {ISSUE}", "service areas", "buffer", 4),
            Goal("≥ 15 × on dense ground", FINDINGS, "service areas, 72 stations one by one, 1000 m", "buffer", 15),
            Goal("median IoU ≥ 0.98", f"{FINDINGS}, {ISSUE}", "service areas", "**", 0.98, noted("IoU")),
        ),
    ),
    "whatif": Section(
        "What-if: one station or gate edited on the embedded district",
        "From the edit to the number of residents covered, walls and gates and all; all stations spread anew.",
        whatif_races,
        (
            *(
                Goal(f"{kind}: ≤ 10 ms, both modes", LIGHT, f"{kind}, both", "**", 1e-2, seconds, True)
                for kind in EDITS
            ),
            Goal("loss-if-closed of all stations ≤ 2 s", ISSUE, "loss if closed", "**", 2, seconds, True),
            Goal("best gate of all compounds ≤ 2 s", ISSUE, "best gate", "**", 2, seconds, True),
            Goal("Monte-Carlo, 1,000 draws ≤ 10 s", ISSUE, "draws", "**", 10, seconds, True),
        ),
    ),
    "halls": Section(
        "Halls: windows of 33 service halls",
        "The embedded district: separate, pooled, tidal and smallest plan, break-evens; weeks simulated until sure.",
        hall_races,
        (
            Goal("33 halls sized in ≤ 60 s", "issue 13", "33 halls", "**", 60, seconds, True),
            Goal("within 2 % of Erlang", "issue 13", "stream", "**", 2, noted("% off"), True),
        ),
    ),
    "covers": Section(
        "Covers: maximal covering and set covering",
        "Points at random in a square, spopt where it can follow; then published instances. Gaps are told.",
        cover_races,
        (
            Goal("≥ 80 × spopt + CBC, 10 k × 100", FINDINGS, "max cover, 10,000 × 100,", "spopt + CBC", 80),
            Goal("≥ 500 × spopt + CBC, 100 k × 100", FINDINGS, "max cover, 100,000 × 100,", "spopt + CBC", 500),
            Goal("≥ 60 × spopt + CBC, 10 k × 1,000", FINDINGS, COVER_MANY + "100", "spopt + CBC", 60),
            Goal("100 k × 1,000 in ≤ 10 s", FINDINGS, "max cover, 100,000 × 1,000", "**", 10, seconds, True),
            Goal("1 M × 100 in ≤ 2 s", FINDINGS, "max cover, 1,000,000 × 100,", "**", 2, seconds, True),
            Goal("1 M × 1,000 in ≤ 40 s", FINDINGS, COVER_LARGE, "**", 40, seconds, True),
            Goal(
                "0.1 % gap, 1 M × 1,000, in ≤ 4 s",
                FINDINGS,
                "max cover, 1,000,000 × 1,000",
                "max_cover, gap",
                4,
                seconds,
                True,
            ),
            Goal("p = 150 proven in ≤ 60 s", FINDINGS, COVER_MANY + "150", "**", 60, proven, True),
            Goal("p = 250 proven in ≤ 60 s", FINDINGS, COVER_MANY + "250", "**", 60, proven, True),
            Goal("p = 150 and 250 gap 0", FINDINGS, COVER_MANY, "**", 0, noted("% gap"), True),
            Goal(
                "Cordeau, 1 M customers, in ≤ 20 s",
                FINDINGS,
                COVER_CORDEAU,
                "**",
                20,
                seconds,
                True,
            ),
        ),
    ),
    "medians": Section(
        "Medians: p-median, facility location and p-center",
        "OR-Library pmed and cap; every plan proven, its bound recomputed without a solver. Then ground of our own.",
        median_races,
        (
            Goal("each pmed proven in ≤ 60 s", FINDINGS, "p-median, pmed", "**", 60, proven, True),
            Goal("each pmed gap 0", FINDINGS, "p-median, pmed", "**", 0, noted("% gap"), True),
        ),
    ),
    "rooms": Section(
        "Rooms: the week of 34 centres, stage by stage",
        "The rooms of the embedded district; weeks from other seeds, and one of three times as many activities.",
        room_races,
        (
            Goal("600 activities: all centres proven", FINDINGS, USUAL_WEEK, "**", 100, noted("% proven")),
            Goal("600 activities in ≤ 20 s on two cores", FINDINGS, USUAL_WEEK, "**", 20, seconds, True),
            Goal("1,800 activities: ≥ 90 % of centres proven", FINDINGS, FULL_WEEK, "**", 90, noted("% proven")),
            Goal("1,800 activities in ≤ 120 s on two cores", FINDINGS, FULL_WEEK, "**", 120, seconds, True),
        ),
    ),
    "rosters": Section(
        "Rosters: who is on duty at 34 centres, and published instances",
        "Four weeks, a quarter, a roster mended; processor time of both workers, so 120 s on two cores are 240 s.",
        roster_races,
        (
            Goal("34 centres, 4 weeks: all proven", ROSTERS, "34 centres, 4 weeks", "**", 100, noted("% proven")),
            Goal("4 weeks in ≤ 120 s on two cores", ROSTERS, "34 centres, 4 weeks", "**", 240, seconds, True),
            Goal("a quarter in ≤ 10 min on two cores", ROSTERS, "34 centres, 13 weeks", "**", 1200, seconds, True),
            Goal("a roster mended in ≤ 5 s", ROSTERS, "a roster mended", "**", 5, seconds, True),
            Goal("Instance1 to 3: all proven", ROSTERS, "the three smallest", "**", 3, noted("proven")),
            Goal("Instance1 to 3 in ≤ 60 s together", ROSTERS, "the three smallest", "**", 60, seconds, True),
        ),
    ),
    "many": Section(
        "Many: a hundred variants, and a province of 3,000 communities",
        "Wall time on two cores; each call is the command line with processes of its own. Single runs are sampled.",
        many_races,
        (
            Goal("two workers ≥ 1.7 × one", PROVINCE, "100 variants", "one worker", 1.7),
            Goal("two workers ≥ 5 × a hundred single runs", PROVINCE, "100 variants", "single runs", 5),
            Goal("overhead of a cell ≤ 0.2 s", PROVINCE, "a cell more", "**", 0.2, seconds, True),
            Goal("3,000 communities in ≤ 15 min", PROVINCE, "3,000 communities", "**", 900, seconds, True),
            Goal("3,000 communities in ≤ 16 GB", PROVINCE, "3,000 communities", "**", 16_000, noted("MB"), True),
        ),
    ),
    "rounds": Section(
        "Rounds: published instances of periodic routing",
        "Days, loads, Euclidean lengths unrounded; processor time of one core.",
        round_races,
        (
            Goal("each in ≤ 60 s", ROUNDS, "p", "**", 60, seconds, True),
            Goal("the worst ≤ 2 % above the best known", ROUNDS, "p", "**", 2, noted("% above"), True),
            Goal("all ≤ 1 % above on average", ROUNDS, "all", "**", 1, noted("% above"), True),
        ),
    ),
}
