"""What is wrong with a problem is said all at once, before anything is solved."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from workbench.locate import AtMost, Floor, covered_within, max_cover, p_center, p_median, set_cover
from workbench.locate.problem import SitingError

COVER = sp.csr_array(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]], bool))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"p": 0}, "key p: .*whole number of at least 1; found 0"),
        ({"p": -1}, "key p: .*found -1"),
        ({"p": 1.5}, "key p: .*found 1.5"),
        ({"p": None}, "neither a number of sites nor a budget"),
        ({"p": 1, "required": [0, 1]}, "more sites are required than may open; expected at least 2; found 1"),
        ({"weight": [1, 2, np.nan, 4]}, "key weight: .*found nan at position 2, 1 in all. What is missing is not zero"),
        ({"weight": [1, 2, -3, 4]}, "key weight: .*found -3.0"),
        ({"weight": [1, 2, 3]}, r"key weight: there is not one number for each demand row; expected shape \(4,\)"),
        ({"required": [1], "forbidden": [1]}, "a required site is also forbidden or vetoed; found site 1"),
        ({"required": [3]}, "key required: there is no such site; expected positions 0 to 2; found 3"),
        ({"forbidden": [0.5]}, "key forbidden: these are no positions"),
        (
            {"p": None, "budget": 5.0, "site_cost": [2, 3, 4], "required": [1, 2]},
            "for the required sites; expected at least 7",
        ),
        ({"capacity": [1, 2]}, "key capacity: there is not one number for each site"),
        ({"floors": [Floor("old", [1, 1, 1, 1], 1.5)]}, r"key floors.old: this is no share; .*found 1.5"),
        ({"floors": [Floor("a", np.ones(4), 0.1)] * 2}, "key floors: a name stands twice; found a"),
        ({"at_most": [AtMost("north", [7], 1)]}, "key at_most.north: there is no such site"),
        ({"at_most": [AtMost("north", [0], -1)]}, "key at_most.north: .*at least 0; found -1"),
        ({"spacing": np.eye(2)}, "key spacing: these are no pairs"),
        ({"spacing": sp.eye_array(2)}, r"key spacing: the matrix does not fit the sites; expected shape \(3, 3\)"),
        ({"spacing": [[0, 3]]}, "key spacing: there is no such site"),
        ({"cover_at_least": 0}, "key cover_at_least"),
        ({"cover_at_least": 2, "capacity": [1, 2, 3]}, "backup cover and decaying cover or capacities"),
        ({"colour": 1}, "key colour: max_cover knows no such rule; expected one of required, forbidden"),
        ({"cost": [1, 2, 3]}, "key cost: max_cover knows no such rule; .*What a site costs is site_cost"),
        ({"share": 0.5}, "key share: max_cover knows no such rule; .*Only set_cover covers a share"),
        ({"weight": ["a", "b", "c", "d"]}, "key weight: these are no numbers; expected an array of numbers; found .*a"),
        ({"capacity": ["much"] * 3}, "key capacity: these are no numbers"),
        (
            {"p": None, "budget": np.nan, "site_cost": [2, 3, 4]},
            "key budget: this is no budget; expected a finite.*nan",
        ),
        ({"p": None, "budget": -1.0, "site_cost": [2, 3, 4]}, "key budget: this is no budget; .*found -1"),
        ({"budget": 3.0, "site_cost": [2, np.nan, 4]}, "key site_cost: some numbers are missing.*nan at position 1"),
        ({"weight": ["1", "2", "3", "4"]}, "key weight: these are no numbers; .*found '1'"),
        ({"weight": [1, 2, 3, None]}, "key weight: some numbers are missing"),
        ({"weight": [[1], [2, 3], 4, 5]}, "key weight: these are no numbers"),
        ({"weight": [1, 2j, 3, 4]}, "key weight: these are no numbers"),
        ({"required": [0, 0, 1]}, r"key required: these may be positions .*found \[0, 0, 1\]. Hand over flags as true"),
        ({"forbidden": np.array([1, 1], np.int8)}, "key forbidden: these may be positions of sites, or flags"),
        ({"at_most": [AtMost("north", [1, 0, 1], 1)]}, "key at_most.north: these may be positions of sites, or flags"),
        ({"required": [True, False]}, r"key required: these are no positions .*found bool, shape \(2,\)"),
        ({"required": "c12"}, "key required: these are no positions"),
        ({"required": [[0], [1, 2]]}, "key required: these are no positions"),
        ({"p": "2"}, "key p: .*found 2"),
        ({"p": (2,)}, "key p: "),
        ({"p": None, "budget": "5"}, "key budget: this is no budget; expected a finite number ≥ 0; found '5'"),
        ({"p": None, "budget": (5,)}, "key budget: this is no budget"),
        ({"p": None, "budget": True}, "key budget: this is no budget"),
        (
            {"floors": [("old", [1, 1, 1, 1], 0.5)]},
            r"key floors: this is no Floor; expected a sequence of Floor; found \('old'",
        ),
        ({"floors": 0.5}, "key floors: this is no Floor; .*found 0.5"),
        ({"floors": [Floor("old", [1, 1, 1, 1], "half")]}, "key floors.old: this is no share; .*found 'half'"),
        ({"at_most": [("north", [0], 1)]}, "key at_most: this is no AtMost"),
        ({"spacing": "near"}, "key spacing: these are no pairs"),
        ({"spacing": [[0, 1], [2]]}, "key spacing: these are no pairs"),
        ({"time_limit_s": "60"}, "key time_limit_s: no time to search; expected > 0; found '60'"),
        ({"time_limit_s": 0}, "key time_limit_s: no time to search"),
        ({"gap": "1%"}, "key gap: this is no gap"),
        ({"gap": np.nan}, "key gap: this is no gap"),
        ({"gap": 1.0}, "key gap: this is no gap"),
        ({"seed": 1.5}, "key seed: "),
        ({"seed": -1}, "key seed: "),
    ],
)
def test_each_problem_is_named(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SitingError, match=said):
        max_cover(COVER, **{"weight": [4, 3, 2, 1], "p": 1, **given})


def test_all_problems_come_at_once() -> None:
    with pytest.raises(SitingError) as caught:
        max_cover(COVER, [1, 2, np.inf, 4], 0, required=[5], cover_at_least=0)
    assert {problem.key for problem in caught.value.problems} == {"weight", "p", "required", "cover_at_least"}
    assert "4 problems" in str(caught.value)


def test_a_row_that_nothing_covers_is_named() -> None:
    cover = sp.csr_array(np.array([[1, 0, 0], [1, 0, 1]], bool))
    with pytest.raises(SitingError, match=r"some demand rows; expected at least 1 sites for each row; found row 1\. "):
        set_cover(cover)
    with pytest.raises(SitingError, match="at least 2 sites for each row; found row 1 and 1 more"):
        set_cover(cover, cover_at_least=2)
    assert max_cover(cover, p=1).objective == 2.0  # in max_cover such a row only stays uncovered


def test_walks_are_not_shares() -> None:
    walks = sp.csr_array(np.array([[120.0, 0.0], [0.0, 300.0]]))
    with pytest.raises(
        SitingError, match=r"entries in \(0, 1\]; found 120.0. Walks become cover by workbench.locate.covered_within"
    ):
        max_cover(walks, p=1)


def test_a_walk_of_nought_covers() -> None:
    walks = sp.csr_array((np.array([0.0, 300.0, 301.0]), (np.array([0, 0, 1]), np.array([0, 1, 1]))), shape=(2, 2))
    assert covered_within(walks, 300.0).toarray().tolist() == [[True, True], [False, False]]


WALKS = np.array([[0.0, 4.0, np.inf], [7.0, 0.0, 5.0]])
STORED = np.isfinite(WALKS)


def stored(kind: str) -> Any:
    """The same walks in the container of that name; what is infinite is not stored where that can be."""
    sparse = sp.coo_array((WALKS[STORED], np.nonzero(STORED)), shape=WALKS.shape)
    dense: dict[str, Any] = {"array": WALKS, "frame": pd.DataFrame(WALKS), "lists": WALKS.tolist()}
    return dense[kind] if kind in dense else sparse.asformat(kind)


@pytest.mark.parametrize("kind", ["array", "frame", "lists", "coo", "csr", "csc", "lil", "dok"])
def test_a_zero_is_a_walk_of_nought_in_every_container(kind: str) -> None:
    assert covered_within(stored(kind), 4.0).toarray().tolist() == [[True, True, False], [False, True, False]]
    assert covered_within(stored(kind), np.inf).toarray().tolist() == STORED.tolist()
    assert max_cover(covered_within(stored(kind), 0.0), [5, 7, 9], 2).objective == 12.0
    assert p_median(stored(kind), [5, 7, 9], 2).objective == 45.0
    assert p_center(stored(kind), 2).objective == 5.0


@pytest.mark.parametrize("kind", ["bsr", "dia"])
def test_a_format_that_does_not_tell_a_zero_from_nothing_is_refused(kind: str) -> None:
    said = f"key cost: this sparse format does not tell a walk of 0 from none; expected csr, csc or coo; found {kind}"
    for verb in (lambda walks: covered_within(walks, 4.0), lambda walks: p_median(walks, None, 2)):
        with pytest.raises(SitingError, match=said):
            verb(stored(kind))


@pytest.mark.parametrize(
    ("walks", "limit", "said"),
    [
        (WALKS, np.nan, "key limit: this is no limit; expected a number ≥ 0; found nan"),
        (WALKS, -1.0, "key limit: this is no limit; .*found -1.0"),
        (WALKS, "300", "key limit: this is no limit; .*found '300'"),
        (
            [[0.0, np.nan]],
            4.0,
            "key cost: some costs are missing or negative; .*found nan at site 0, demand 1, 1 in all",
        ),
        ([[0.0, -2.0]], 4.0, "key cost: some costs are missing or negative; .*found -2 at site 0, demand 1"),
        (sp.csr_array([[0.0, -2.0]]), 4.0, "key cost: some costs are missing or negative"),
        ([["a", "b"]], 4.0, "key cost: this is no matrix of sites × demand"),
        ([[1.0], [2.0, 3.0]], 4.0, "key cost: this is no matrix of sites × demand"),
        (np.zeros((0, 3)), 4.0, "key cost: there are no sites or no demand"),
    ],
)
def test_walks_and_limits_that_mean_nothing_are_refused(walks: Any, limit: Any, said: str) -> None:
    with pytest.raises(SitingError, match=said):
        covered_within(walks, limit)


def test_the_entry_that_is_no_share_is_shown() -> None:
    with pytest.raises(SitingError, match=r"some entries are no shares; expected entries in \(0, 1\]; found -1.0"):
        max_cover(np.array([[1.0, -1.0], [1.0, 1.0]]), None, 1)


def test_no_spacing_is_no_rule() -> None:
    for none in ([], np.empty((0, 2), int), sp.csr_array((3, 3)), None):
        assert max_cover(COVER, [4, 3, 2, 1], 2, spacing=none).objective == 10.0


def test_flags_and_positions_mean_the_same() -> None:
    flags = np.array([False, False, True])
    assert max_cover(COVER, [4, 3, 2, 1], 1, required=flags).sites.tolist() == [2]
    assert max_cover(COVER, [4, 3, 2, 1], 1, required=[2]).sites.tolist() == [2]


@pytest.mark.parametrize("cover", [np.zeros((0, 3)), np.zeros((3, 0)), sp.csr_array((0, 0))])
def test_nothing_is_refused(cover: Any) -> None:
    with pytest.raises(SitingError, match="there are no sites or no demand"):
        set_cover(cover)


def test_what_is_no_matrix_is_refused() -> None:
    with pytest.raises(SitingError, match="no matrix of sites × demand"):
        set_cover(np.ones(3))


def test_a_huge_dense_matrix_is_refused_with_advice() -> None:
    huge = np.broadcast_to(np.zeros(1), (50_000, 27_000))  # 10 GB if it were real
    with pytest.raises(SitingError, match=r"dense and too large; found 10.1 GiB .*csr_array"):
        max_cover(huge, p=3)


def test_decaying_cover_never_covers_all() -> None:
    with pytest.raises(
        SitingError, match="set_cover takes no decaying cover where all is to be covered.*Ask for a share"
    ):
        set_cover(sp.csr_array(np.array([[0.5, 1.0]])))
    assert set_cover(sp.csr_array(np.array([[0.5, 1.0], [1.0, 0.5]])), share=0.75).sites.tolist() == [0]
    assert set_cover(sp.csr_array(np.array([[0.5, 1.0], [1.0, 0.5]])), share=0.8).sites.tolist() == [0, 1]


def test_the_caller_keeps_his_matrix() -> None:
    cover = sp.csr_array((np.array([1.0, 0.0, 1.0]), np.array([0, 1, 1]), np.array([0, 2, 3])), shape=(2, 2))
    max_cover(cover, p=1)
    assert cover.nnz == 3
    assert cover.data.tolist() == [1.0, 0.0, 1.0]
