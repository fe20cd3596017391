"""Reading OSM: where ways are cut, what gates they bring, and files that are no OSM files."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
import shapely

from tests.ground.builders import as_pbf, at, grid_osm, osm_xml
from workbench.errors import SourceError
from workbench.ground.sources.osm import read_osm_ways

STREET = {"highway": "residential"}


def edges(read):
    return {tuple(sorted(pair)) for pair in read.ways[["u", "v"]].to_numpy().tolist()}


@pytest.mark.parametrize("packing", ["xml", "pbf", "gz"])
def test_a_grid_is_cut_at_every_crossing(tmp_path, packing):
    path = grid_osm(tmp_path / "grid.osm", size=6)
    if packing == "pbf":
        path = as_pbf(path)
    if packing == "gz":
        packed = tmp_path / "packed.osm.gz"
        packed.write_bytes(gzip.compress(path.read_bytes()))
        path = packed
    read = read_osm_ways(path)
    assert len(read.ways) == 60
    assert edges(read) == {(1 + r * 6 + c, 2 + r * 6 + c) for r in range(6) for c in range(5)} | {
        (1 + r * 6 + c, 7 + r * 6 + c) for r in range(5) for c in range(6)
    }
    assert set(read.ways["name"].dropna()) == {f"第{k}街" for k in range(6)}
    assert read.ways["id"].is_unique
    assert read.ways.loc[0, "id"] == "w100.1"
    assert "12 ways walked, cut into 60" in read.remarks[0].words


def test_shape_points_do_not_cut(tmp_path):
    nodes = {n: at(n, (n % 2) * 0.2) for n in range(1, 6)}
    read = read_osm_ways(osm_xml(tmp_path / "a.osm", nodes, {7: ([1, 2, 3, 4, 5], STREET)}))
    assert read.ways[["id", "u", "v"]].to_numpy().tolist() == [["w7", 1, 5]]
    assert shapely.get_num_coordinates(read.ways.geometry.array[0]) == 5


def test_a_bridge_over_a_street_is_not_a_crossing(tmp_path):
    nodes = {1: at(0, 1), 2: at(2, 1), 3: at(1, 0), 4: at(1, 2)}
    ways = {1: ([1, 2], STREET), 2: ([3, 4], {"highway": "footway", "bridge": "yes"})}
    read = read_osm_ways(osm_xml(tmp_path / "a.osm", nodes, ways))
    assert edges(read) == {(1, 2), (3, 4)}
    assert read.ways.set_index("id").loc["w2", ["kind", "level"]].tolist() == ["bridge", 1.0]


def test_ways_are_cut_where_nodes_are_missing(tmp_path):
    nodes = {n: at(n, 0) for n in (1, 2, 4, 5, 7)}
    ways = {1: ([1, 2, 3, 4, 5, 6, 7], STREET), 2: ([3, 6], STREET)}
    read = read_osm_ways(osm_xml(tmp_path / "a.osm", nodes, ways))
    assert edges(read) == {(1, 2), (4, 5)}
    assert "2 ways cut where nodes are missing" in " ".join(remark.words for remark in read.remarks)


def test_ways_are_cut_where_they_leave_the_box(tmp_path):
    nodes = {n: at(n, 0) for n in range(10)} | {n: at(n, 3) for n in range(20, 25)}
    nodes = {n + 1: place for n, place in nodes.items()}
    ways = {1: (list(range(1, 11)), STREET), 2: ([21, 22, 23], STREET)}
    west, south = at(2.5, -1)
    east, north = at(5.5, 1)
    read = read_osm_ways(osm_xml(tmp_path / "a.osm", nodes, ways), shapely.box(west, south, east, north))
    assert edges(read) == {(3, 7)}  # a step stays when one of its ends is inside
    assert "1 ways cut at the extent, 1 wholly outside it left out" in " ".join(remark.words for remark in read.remarks)


def test_a_way_that_leaves_and_returns_becomes_two(tmp_path):
    nodes = {n: at(n, 5 if n in (4, 5, 6) else 0) for n in range(1, 10)}
    west, south = at(0, -1)
    east, north = at(12, 1)
    path = osm_xml(tmp_path / "a.osm", nodes, {1: (list(nodes), STREET)})
    read = read_osm_ways(path, shapely.box(west, south, east, north))
    assert sorted(read.ways["id"]) == ["w1.1", "w1.2"]
    assert edges(read) == {(1, 4), (6, 9)}


def test_plazas_are_walked_round_their_rim(tmp_path):
    nodes = {1: at(0, 0), 2: at(1, 0), 3: at(1, 1), 4: at(0, 1), 5: at(-1, 0), 6: at(2, 1)}
    ways = {
        1: ([1, 2, 3, 4, 1], {"highway": "pedestrian", "area": "yes"}),
        2: ([5, 1], STREET),
        3: ([3, 6], STREET),
    }
    read = read_osm_ways(osm_xml(tmp_path / "a.osm", nodes, ways))
    rim = read.ways[read.ways["kind"] == "pedestrian"]
    assert sorted(rim[["u", "v"]].to_numpy().tolist()) == [[1, 3], [3, 1]]


def test_plazas_drawn_as_multipolygons(tmp_path):
    nodes = {1: at(0, 0), 2: at(1, 0), 3: at(1, 1), 4: at(0, 1), 5: at(-1, 0)}
    ways = {1: ([1, 2, 3], {}), 2: ([3, 4, 1], {}), 3: ([5, 1], STREET), 4: ([2, 4], {"landuse": "grass"})}
    tags = {"type": "multipolygon", "highway": "pedestrian", "name": "广场"}
    path = osm_xml(tmp_path / "a.osm", nodes, ways, relations={9: ([(1, "outer"), (2, "outer")], tags)})
    for file in (path, as_pbf(path)):
        read = read_osm_ways(file)
        assert edges(read) == {(1, 3), (1, 5)}
        assert read.ways["kind"].tolist().count("pedestrian") == 2
        assert "广场" in set(read.ways["name"].dropna())


def test_gates_cut_ways_and_carry_their_node(tmp_path):
    nodes = {n: at(n, 0) for n in range(1, 6)} | {9: at(9, 9)}
    barrier = {
        2: {"barrier": "gate", "access": "private"},
        3: {"barrier": "bollard"},
        4: {"barrier": "lift_gate", "opening_hours": "06:00-22:00"},
        9: {"barrier": "gate"},
    }
    path = osm_xml(tmp_path / "a.osm", nodes, {1: ([1, 2, 3, 4, 5], STREET)}, node_tags=barrier)
    read = read_osm_ways(path)
    assert edges(read) == {(1, 2), (2, 4), (4, 5)}
    assert read.gates[["id", "node", "access", "barrier"]].to_numpy().tolist() == [
        ["n2", 2, "members", "gate"],
        ["n4", 4, "public", "lift_gate"],
    ]
    assert read.gates["opening_hours"].tolist()[1] == "06:00-22:00"
    assert read.gates["compound"].isna().all()
    assert np.allclose(shapely.get_coordinates(read.gates.geometry.array), [at(2, 0), at(4, 0)], atol=1e-7)


def test_gate_hours_that_cannot_be_read_are_missing_and_listed(tmp_path):
    nodes = {n: at(n, 0) for n in range(1, 5)}
    barrier = {
        2: {"barrier": "gate", "opening_hours": "ask the guard"},
        3: {"barrier": "gate", "opening_hours": "06:00-22:00"},
    }
    read = read_osm_ways(osm_xml(tmp_path / "a.osm", nodes, {1: ([1, 2, 3, 4], STREET)}, node_tags=barrier))
    assert read.gates["opening_hours"].isna().tolist() == [True, False]
    assert "1 ways and gates taken as always open: their hours cannot be read, as 'ask the guard'" in [
        remark.words for remark in read.remarks
    ]


def test_a_wall_drawn_through_a_way_is_listed_and_open(tmp_path):
    nodes = {1: at(0, 0), 2: at(1, 0), 3: at(2, 0), 4: at(1, 1), 5: at(1, -1)}
    ways = {1: ([1, 2, 3], STREET), 2: ([4, 2, 5], {"barrier": "wall"})}
    read = read_osm_ways(osm_xml(tmp_path / "a.osm", nodes, ways))
    assert edges(read) == {(1, 2), (2, 3)}
    assert read.gates[["node", "access", "barrier"]].to_numpy().tolist() == [[2, "public", "wall"]]


CROSS = {1: at(0, 0), 2: at(1, 0), 3: at(2, 0), 4: at(1, 1), 5: at(1, -1), 6: at(1, 2)}


@pytest.mark.parametrize(
    ("refs", "tags", "expected"),
    [
        ([4, 2, 5], {"barrier": "gate", "access": "no"}, ("closed", "gate")),
        ([4, 2, 5], {"barrier": "Gate", "locked": "yes"}, ("closed", "gate")),
        ([4, 2, 5], {"barrier": "gate"}, ("public", "gate")),
        ([4, 2, 5], {"barrier": "fence", "access": "no", "foot": "no"}, ("closed", "fence")),
        ([4, 2, 5], {"barrier": "wall", "foot": "yes"}, ("public", "wall")),
        ([4, 2, 5], {"barrier": "wall", "height": "2"}, ("public", "wall")),
        ([1, 2, 4], {"barrier": "fence", "access": "no"}, ("public", "fence")),  # runs along the way: no crossing
        ([2, 4, 5, 2], {"barrier": "fence", "access": "private"}, ("public", "fence")),  # of the ground within
    ],
)
def test_barriers_drawn_across_a_way(tmp_path, refs, tags, expected):
    ways = {1: ([1, 2, 3], STREET), 2: (refs, tags)}
    gates = read_osm_ways(osm_xml(tmp_path / "a.osm", CROSS, ways)).gates.set_index("node")
    assert tuple(gates.loc[2, ["access", "barrier"]]) == expected


def test_a_gate_on_the_node_says_more_than_the_wall(tmp_path):
    ways = {1: ([1, 2, 3], STREET), 2: ([4, 2, 5], {"barrier": "wall", "foot": "no"})}
    tags = {2: {"barrier": "gate", "foot:conditional": "no @ (20:00-08:00)"}}
    gates = read_osm_ways(osm_xml(tmp_path / "a.osm", CROSS, ways, node_tags=tags)).gates
    assert gates[["id", "access", "opening_hours"]].to_numpy().tolist() == [
        ["n2", "public", "Mo,Tu,We,Th,Fr,Sa,Su 08:00-20:00"]
    ]


def test_a_way_with_hours_is_shut_where_it_meets_others(tmp_path):
    """A park: its ways keep the same hours and meet at node 4; only the end on the street is gated."""
    park = {"highway": "footway", "opening_hours": "06:00-20:00"}
    ways = {1: ([1, 2, 3], STREET), 2: ([2, 4], park), 3: ([4, 6], park), 4: ([4, 5], {**park, "highway": "path"})}
    read = read_osm_ways(osm_xml(tmp_path / "a.osm", {**CROSS, 5: at(0, 1)}, ways))
    gate = read.gates.iloc[0]
    assert len(read.gates) == 1
    assert tuple(gate[["id", "access", "opening_hours", "barrier"]]) == ("w2@1", "public", "06:00-20:00", "hours")
    assert edges(read) == {(1, 2), (2, 3), (-1, 2), (-1, 4), (4, 6), (4, 5)}
    apart = np.hypot(*(np.array(gate.geometry.coords[0]) - at(1, 0)) * [85_000, 111_000])
    assert 0.5 < apart < 1.5
    assert "1 gates with the hours of ways, where these meet others" in {remark.words for remark in read.remarks}


def test_a_way_with_hours_is_shut_on_both_sides_of_a_crossing(tmp_path):
    ways = {1: ([1, 2, 3], {**STREET, "foot:conditional": "no @ (21:00-06:00)"}), 2: ([4, 2, 5], STREET)}
    read = read_osm_ways(osm_xml(tmp_path / "a.osm", CROSS, ways))
    assert edges(read) == {(-1, 1), (-1, 2), (-2, 2), (-2, 3), (2, 4), (2, 5)}
    assert set(read.gates["opening_hours"]) == {"Mo,Tu,We,Th,Fr,Sa,Su 06:00-21:00"}


@pytest.mark.parametrize("apart", [0.001, 0.0])
def test_a_short_way_with_hours(tmp_path, apart):
    nodes = {1: at(0, 0), 2: at(apart, 0), 3: at(0, 1), 4: at(1, 1)}
    ways = {1: ([1, 2], {**STREET, "opening_hours": "08:00-09:00"}), 2: ([1, 3], STREET), 3: ([2, 4], STREET)}
    read = read_osm_ways(osm_xml(tmp_path / "a.osm", nodes, ways))
    gated = {(-1, 1), (-2, -1), (-2, 2), (1, 3), (2, 4)}
    assert edges(read) == (gated if apart else {(1, 3), (1, 4)})


def test_two_nodes_in_one_place_become_one(tmp_path):
    nodes = {1: at(0, 0), 2: at(1, 0), 3: at(1, 0), 4: at(2, 0), 5: at(1, 1), 6: at(1, -1)}
    ways = {1: ([1, 2, 3, 4], STREET), 2: ([5, 2], STREET), 3: ([6, 3], STREET)}
    read = read_osm_ways(osm_xml(tmp_path / "a.osm", nodes, ways))
    assert edges(read) == {(1, 2), (2, 4), (2, 5), (2, 6)}
    assert (shapely.length(read.ways.geometry.array) > 0).all()


def test_a_node_that_repeats_itself_is_passed_over(tmp_path):
    nodes = {1: at(0, 0), 2: at(1, 0)}
    read = read_osm_ways(osm_xml(tmp_path / "a.osm", nodes, {1: ([1, 1, 2, 2], STREET), 2: ([1], STREET)}))
    assert edges(read) == {(1, 2)}


def test_closed_and_private_ways_stay_as_rows(tmp_path):
    nodes = {n: at(n, 0) for n in range(1, 5)}
    ways = {
        1: ([1, 2], {"highway": "service", "access": "private"}),
        2: ([2, 3], {"highway": "path", "access": "no"}),
        3: ([3, 4], {"highway": "primary", "foot": "no"}),
    }
    read = read_osm_ways(osm_xml(tmp_path / "a.osm", nodes, ways))
    assert read.ways.set_index("id")["access"].to_dict() == {"w1": "members", "w2": "closed"}
    assert "1 highways not walked (primary 1)" in " ".join(remark.words for remark in read.remarks)


# files that are not what they claim to be


def test_missing_file(tmp_path):
    with pytest.raises(SourceError, match=r"no\.pbf: the file is missing\. Check the path; in a recipe"):
        read_osm_ways(tmp_path / "no.pbf")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello, this is no map" * 40, "the file is not an OSM file; expected OSM PBF .* begins with b'hello"),
        (b"PK\x03\x04" + b"\0" * 600, "the file is not an OSM file"),
        (b'{"type": "FeatureCollection"}', "other map files are read with format: vector"),
        (b'<?xml version="1.0"?><gpx></gpx>', "begins with XML that is not OSM"),
        (b"", "the file is empty; expected OSM data, PBF or XML; found 0 bytes"),
    ],
)
def test_not_an_osm_file(tmp_path, content, words):
    path = tmp_path / "map.osm.pbf"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=words):
        read_osm_ways(path)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(SourceError, match=r"the file cannot be read; found Is a directory"):
        read_osm_ways(tmp_path)


def test_truncated_pbf_is_noticed_wherever_it_ends(tmp_path):
    whole = as_pbf(grid_osm(tmp_path / "grid.osm", size=30)).read_bytes()
    cut = tmp_path / "cut.osm.pbf"
    for length in sorted({20, 60, *range(100, len(whole), len(whole) // 25), len(whole) - 1}):
        cut.write_bytes(whole[:length])
        with pytest.raises(SourceError, match=r"ends too early|not an OSM file|holds no way") as caught:
            read_osm_ways(cut)
        assert "cut.osm.pbf" in str(caught.value)


def test_pbf_that_ends_between_two_blocks(tmp_path):
    whole = as_pbf(grid_osm(tmp_path / "grid.osm", size=6)).read_bytes()
    cut = tmp_path / "cut.osm.pbf"
    for end in block_ends(whole)[:-1]:
        cut.write_bytes(whole[:end])
        with pytest.raises(SourceError, match=r"holds no way that is walked; .* cut short after its nodes"):
            read_osm_ways(cut)


def block_ends(content: bytes) -> list[int]:
    """Return where the blocks of a PBF file end, found by asking which lengths the walk accepts."""
    from workbench.ground.sources.osm_file import _blob_size

    ends, at_byte = [], 0
    while at_byte < len(content):
        length = int.from_bytes(content[at_byte : at_byte + 4], "big")
        blob = _blob_size(content[at_byte + 4 : at_byte + 4 + length])
        assert blob is not None
        at_byte += 4 + length + blob
        ends.append(at_byte)
    return ends


def test_pbf_with_a_damaged_block(tmp_path):
    whole = bytearray(as_pbf(grid_osm(tmp_path / "grid.osm", size=6)).read_bytes())
    end = block_ends(bytes(whole))[0]
    whole[end : end + 4] = b"\xff\xff\xff\xff"
    path = tmp_path / "damaged.osm.pbf"
    path.write_bytes(whole)
    with pytest.raises(
        SourceError, match=f"the file is damaged; expected a block of OSM PBF; found something else at byte {end}"
    ):
        read_osm_ways(path)


def test_pbf_with_noise_inside_a_block(tmp_path):
    whole = bytearray(as_pbf(grid_osm(tmp_path / "grid.osm", size=6)).read_bytes())
    start = block_ends(bytes(whole))[0] + 60
    whole[start : start + 40] = b"\xa5" * 40
    path = tmp_path / "damaged.osm.pbf"
    path.write_bytes(whole)
    with pytest.raises(SourceError, match=r"the file is not readable OSM data|cut short"):
        read_osm_ways(path)


def test_truncated_xml_is_noticed_wherever_it_ends(tmp_path):
    whole = grid_osm(tmp_path / "grid.osm").read_bytes()
    cut = tmp_path / "cut.osm"
    for length in range(80, len(whole) - 1, len(whole) // 15):
        cut.write_bytes(whole[:length])
        with pytest.raises(SourceError, match=r"ends too early: it is cut short"):
            read_osm_ways(cut)


def test_a_file_without_ways_on_foot(tmp_path):
    nodes = {1: at(0, 0), 2: at(1, 0)}
    path = osm_xml(tmp_path / "a.osm", nodes, {1: ([1, 2], {"highway": "motorway"})})
    with pytest.raises(SourceError, match=r"holds no way that is walked; .* found 1 highways, none of them for people"):
        read_osm_ways(path)
