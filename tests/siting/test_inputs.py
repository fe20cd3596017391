"""What is wrong with a problem is said all at once, before anything is solved."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from workbench.siting import AtMost, Floor, covered_within, max_cover, set_cover
from workbench.siting.problem import SitingError

COVER = sp.csr_array(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]], bool))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"p": 4}, "key p: there are not so many sites; expected at most 3; found 4"),
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
        ({"p": None, "budget": 1.0, "site_cost": [2, 3, 4]}, "does not pay for the cheapest site; expected at least 2"),
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
        ({"budget": 2.5, "site_cost": [2, 3, 4], "forbidden": [0]}, "for the cheapest site; expected at least 3"),
    ],
)
def test_each_problem_is_named(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SitingError, match=said):
        max_cover(COVER, **{"weight": [4, 3, 2, 1], "p": 1, **given})


def test_all_problems_come_at_once() -> None:
    with pytest.raises(SitingError) as caught:
        max_cover(COVER, [1, 2, np.inf, 4], 9, required=[5], cover_at_least=0)
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
        SitingError, match=r"entries in \(0, 1\]; found 300.0. Walks become cover by workbench.siting.covered_within"
    ):
        max_cover(walks, p=1)


def test_a_walk_of_nought_covers() -> None:
    walks = sp.csr_array((np.array([0.0, 300.0, 301.0]), (np.array([0, 0, 1]), np.array([0, 1, 1]))), shape=(2, 2))
    assert covered_within(walks, 300.0).toarray().tolist() == [[True, True], [False, False]]


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
