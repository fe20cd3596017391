"""The embedded district: the same as the generator makes, and calibrated to the speech."""

from __future__ import annotations

import csv
import re

import numpy as np
import opening_hours
import pytest
import shapely

from tests.ground.grounds import EMBEDDED, Walks, embedded
from tests.shared_data import shared
from workbench.catalogue.terms import AGE_BANDS
from workbench.ground import synthetic
from workbench.ground.sources.package import read_tables
from workbench.ground.synthetic.character import SPOKEN_COMMUNITIES, SPOKEN_PLACES, SPOKEN_SUBDISTRICTS, TOTALS


def test_the_folder_holds_what_the_generator_makes() -> None:
    made, stored = synthetic.district(synthetic.X_DISTRICT_SEED), embedded()
    assert dict(stored.checksums) == dict(made.checksums)
    assert dict(stored.manifest.checksums) == dict(made.checksums)
    assert stored.manifest == made.manifest
    assert stored.fingerprint == made.fingerprint


def test_the_folder_stays_small_and_says_that_it_is_fiction() -> None:
    assert (EMBEDDED / "ground.gpkg").stat().st_size < 6_000_000
    manifest, _ = read_tables(EMBEDDED)
    assert manifest.fictional
    assert (manifest.key, manifest.name, manifest.crs) == ("x-district", "x区（虚构）", "EPSG:4545")
    assert "no survey, no real place" in manifest.source


def test_it_lies_on_open_sea_at_the_equator() -> None:
    places = embedded().communities.to_crs("EPSG:4490").total_bounds
    assert places == pytest.approx([108.0, 0.2, 108.0, 0.2], abs=0.06)


def test_stations_and_rooms_are_those_of_the_speech() -> None:
    district = embedded()
    kinds = district.stations["kind"].value_counts().to_dict()
    assert kinds == {"district_centre": 1, "community_centre": 33, "post": 38}
    assert len(district.ledger("rooms")) == 156
    centres = district.stations.query("kind == 'community_centre'")
    assert sorted(centres["community"]) == sorted(district.communities["id"])


def test_people_and_housing_are_of_the_right_size() -> None:
    district = embedded()
    demand = district.demand
    assert int(demand["households"].sum()) == TOTALS.households
    assert int(demand["residents"].sum()) == TOTALS.residents
    assert demand["residents"].sum() / demand["households"].sum() == pytest.approx(2.10, abs=0.01)
    assert (demand[list(AGE_BANDS)].sum(axis=1) == demand["residents"]).all()
    assert 2_200 <= len(demand) <= 2_400
    assert 120 <= len(district.compounds) <= 140
    assert 16.0 <= district.communities.area.sum() / 1e6 <= 20.0
    lived_in = demand.groupby("compound")["households"].sum()
    assert lived_in.to_dict() == district.compounds.set_index("id")["households"].to_dict()


def test_old_parts_are_older() -> None:
    district = embedded()
    levels = district.layer("buildings").query("kind == 'residential'")["levels"].to_numpy()
    demand = district.demand
    old = demand["age_60_79"] + demand["age_80_plus"]
    low, high = levels <= 6, levels >= 11
    assert old[low].sum() / demand["residents"][low].sum() > 1.5 * old[high].sum() / demand["residents"][high].sum()


def test_the_network_has_the_size_it_should() -> None:
    walks = Walks(embedded())
    everything = np.ones(len(walks.u), bool)
    assert 15_000 <= len(walks.nodes(everything)) <= 30_000
    kinds = set(embedded().ways["kind"])
    assert kinds == {"street", "lane", "footway", "crossing", "steps", "bridge", "underpass", "path", "interior"}
    levels = embedded().ways.groupby("kind")["level"].unique().map(set).to_dict()
    assert levels["bridge"] == {1.0}
    assert levels["underpass"] == {-1.0}
    assert (embedded().ways["steps"] == (embedded().ways["kind"] == "steps")).all()


def test_river_and_railway_are_crossed_in_few_places() -> None:
    district = embedded()
    backdrop, ways = district.layer("backdrop"), district.ways
    river = backdrop[backdrop["name"] == "澄溪河"].geometry.iloc[0]
    over = ways[ways.intersects(river)]
    assert set(over["kind"]) == {"bridge"}
    assert len(over) <= 10
    railway = backdrop[backdrop["kind"] == "rail"].geometry.iloc[0]
    assert set(ways[ways.intersects(railway)]["kind"]) == {"underpass", "crossing", "bridge"}
    assert len(ways[ways.intersects(railway)]) <= 10


def test_names_of_the_speech_are_kept() -> None:
    district = embedded()
    communities = district.communities
    assert set(SPOKEN_SUBDISTRICTS) <= set(communities["subdistrict"])
    assert 5 <= communities["subdistrict"].nunique() <= 6
    where = communities.set_index("name")["subdistrict"].to_dict()
    assert where["鸿翔社区"] == "白音席勒街道"
    assert where["锦溪社区"] == where["恒大社区"] == "沙河街道"
    assert where["富力社区"] == "赛汗街道"
    assert {f"{name}社区" for names in SPOKEN_COMMUNITIES for name in names} <= set(communities["name"])
    assert communities["name"].is_unique
    assert set(SPOKEN_PLACES) <= set(district.layer("buildings")["name"].dropna())


_TAIL = re.compile(
    "(第?[一二三四五六七八九十]+)?(社区居民委员会|社区居委会|居民委员会|村民委员会|村委会|居委会|社区|街道|镇|村)$"
)


def test_no_invented_name_is_a_real_one() -> None:
    real: set[str] = set()
    for name in ("jiuyuan_communities.csv", "baotou_communities.csv"):
        with (shared("real/jiuyuan-divisions") / name).open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                real |= {row["community"], row["street"], _TAIL.sub("", row["community"]), _TAIL.sub("", row["street"])}
    district = embedded()
    spoken = {*SPOKEN_SUBDISTRICTS, *(f"{n}社区" for names in SPOKEN_COMMUNITIES for n in names)}
    names = {*district.communities["name"], *district.communities["subdistrict"], *district.compounds["name"]}
    invented = names - spoken
    assert not invented & real
    assert not {_TAIL.sub("", name) for name in invented} & real


def test_every_opening_hours_can_be_read() -> None:
    district = embedded()
    spoken = {
        *district.stations["opening_hours"],
        *district.gates["opening_hours"],
        *district.ledger("rooms")["opening_hours"],
    }
    hours = {h for h in spoken if isinstance(h, str)}
    assert len(hours) > 10
    for text in hours:
        opening_hours.OpeningHours(text)
    assert any("Sa,Su" in text for text in district.stations.query("kind == 'community_centre'")["opening_hours"])
    assert "24/7" in set(district.stations.query("kind == 'post'")["opening_hours"])


def test_floor_areas_are_plausible() -> None:
    stations = embedded().stations
    centres, posts = stations.query("kind == 'community_centre'"), stations.query("kind == 'post'")
    assert centres["floor_area_m2"].between(600, 1400).all()
    assert posts["floor_area_m2"].between(60, 200).all()
    assert (stations["resident_area_m2"] / stations["floor_area_m2"]).between(0.44, 0.76).all()


def test_rooms_join_their_neighbours_and_signs_do_not_always_tell_the_truth() -> None:
    rooms = embedded().ledger("rooms").set_index("id")
    joined = rooms[rooms["merges_with"].notna()]
    partner = rooms.loc[joined["merges_with"]]
    assert (partner["merges_with"].to_numpy() == joined.index.to_numpy()).all()
    assert (partner["storey"].to_numpy() == joined["storey"].to_numpy()).all()
    assert (partner["station"].to_numpy() == joined["station"].to_numpy()).all()
    assert len(joined) >= 20
    assert 0.1 < (rooms["sign"] != rooms["function"]).mean() < 0.4
    halls = embedded().stations.set_index("id")["floor_area_m2"]
    used = rooms.groupby("station")["area_m2"].sum()
    assert (used <= halls.loc[used.index]).all()


def test_candidates_carry_cost_and_veto() -> None:
    sites = embedded().candidates
    assert len(sites) >= 200
    assert 0.2 < sites["veto"].notna().mean() < 0.5
    assert {"无产权", "消防不达标", "二层以上无电梯", "面积不足", "无独立出入口"} <= set(sites["veto"].dropna())
    assert (sites[["capex", "opex", "floor_area_m2"]] > 0).all().all()
    assert sites["storey"].isin([1, 2]).all()


def test_coverage_is_worth_planning_for() -> None:
    """In a straight line most people have a station near by; on foot, round the walls, fewer than half have."""
    district = embedded()
    tree = shapely.STRtree(np.asarray(district.stations.geometry.array, dtype=object))
    _, away = tree.query_nearest(
        np.asarray(district.demand.geometry.array, dtype=object), return_distance=True, all_matches=False
    )
    near = district.demand["residents"][away <= 300.0].sum() / district.demand["residents"].sum()
    assert 0.65 <= near <= 0.85
