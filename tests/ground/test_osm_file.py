"""OSM files as they come: in any order, with any sign, with old versions and deleted objects, in several extracts."""

from __future__ import annotations

import gzip
import itertools

import osmium
import pytest

from tests.ground.builders import DEMAND, as_pbf, at, demand_rows, grid_osm, points_csv, recipe_file
from workbench.errors import SourceError
from workbench.ground.sources import import_district
from workbench.ground.sources.osm import read_osm_features, read_osm_ways
from workbench.ground.sources.osm_file import in_order


def node(number, place=None, tags="", more='version="1"'):
    where = "" if place is None else f' lat="{place[1]:.7f}" lon="{place[0]:.7f}"'
    return f'<node id="{number}"{where} {more}>{tags}</node>'


def way(number, refs, tags='<tag k="highway" v="footway"/>', more='version="1"'):
    return f'<way id="{number}" {more}>' + "".join(f'<nd ref="{ref}"/>' for ref in refs) + tags + "</way>"


def write(path, *elements, root="osm"):
    path.write_text(f'<{root} version="0.6">' + "\n".join(elements) + f"</{root}>", encoding="utf-8")
    return path


def rows(read):
    return read.ways[["id", "u", "v"]].to_numpy().tolist()


def said(remarks):
    return {remark.words for remark in remarks}


NODES = [node(n, at(n, 0)) for n in range(1, 5)]
LIBRARY = '<tag k="amenity" v="library"/>'


def test_the_order_of_a_file_does_not_matter(tmp_path):
    elements = [*NODES, way(10, [1, 2, 3]), way(11, [3, 4])]
    want = [["w10", 1, 3], ["w11", 3, 4]]
    for turn in itertools.permutations([0, 1, 4, 5]):
        mixed = [elements[i] for i in turn] + [elements[2], elements[3]]
        assert rows(read_osm_ways(write(tmp_path / "a.osm", *mixed))) == want


def test_a_pbf_out_of_order(tmp_path):
    path = write(tmp_path / "a.osm", way(11, [3, 4]), *NODES[::-1], way(10, [1, 2, 3]))
    pbf = as_pbf(path)  # as it stands, and it does not say that it is sorted
    assert next(thing.id for thing in osmium.FileProcessor(str(pbf))) == 11
    assert rows(read_osm_ways(pbf)) == [["w10", 1, 3], ["w11", 3, 4]]


def test_a_sorted_pbf_is_read_as_it_is(tmp_path):
    grid = grid_osm(tmp_path / "grid.osm")
    header = osmium.io.Header()
    header.set("sorting", "Type_then_ID")
    path = tmp_path / "grid.osm.pbf"
    with osmium.SimpleWriter(str(path), header=header) as writer:
        for thing in osmium.FileProcessor(str(grid)):
            writer.add(thing)
    assert in_order(path).content is None
    assert rows(read_osm_ways(path)) == rows(read_osm_ways(grid))


def test_negative_numbers_of_an_editor(tmp_path):
    """JOSM gives negative numbers, and no version, to what is not uploaded yet; they may stand beside others."""
    path = write(
        tmp_path / "a.osm",
        *NODES[:2],
        node(-3, at(3, 0), more="action='modify' visible='true'"),
        node(-4, at(4, 0), LIBRARY + '<tag k="barrier" v="gate"/>', more="action='modify' visible='true'"),
        way(10, [1, 2, -3], more="version='3' action='modify'"),
        way(-11, [-3, -4], more="action='modify'"),
    )
    for file in (path, as_pbf(path)):
        read = read_osm_ways(file)
        assert list(read.ways["id"]) == ["w10", "w-11"]
        assert read.ways["v"].iloc[0] == read.ways["u"].iloc[1] > 0
        assert list(read.gates["id"]) == ["n-4"]
        assert "2 objects with a negative number, not uploaded yet" in said(read.remarks)
        features, _ = read_osm_features(file, "stations", ["amenity"])
        assert list(features["id"]) == ["n-4"]


def test_what_is_deleted_is_out(tmp_path):
    path = write(
        tmp_path / "a.osm",
        *NODES,
        node(8, at(2, 0.1), LIBRARY, more="version='2' action='delete' visible='true'"),
        node(9, at(2, 0.2), LIBRARY),
        way(10, [1, 2]),
        way(11, [2, 3], more='version="4" visible="false"'),
        way(12, [3, 4], more="action='delete' version='1'"),
    )
    read = read_osm_ways(path)
    assert rows(read) == [["w10", 1, 2]]
    assert "3 objects deleted" in said(read.remarks)
    assert list(read_osm_features(path, "stations", ["amenity"])[0]["id"]) == ["n9"]


def test_of_all_versions_the_newest_counts(tmp_path):
    """A history file: way 10 was moved, way 11 was deleted and came back, way 12 is gone."""
    steps = '<tag k="highway" v="steps"/>'
    path = write(
        tmp_path / "a.osm",
        way(12, [1, 4], more='version="2" visible="false"'),
        way(11, [2, 3], steps, more='version="3"'),
        way(11, [], "", more='version="2" visible="false"'),
        way(11, [2, 3], more='version="1"'),
        way(10, [1, 2], more='version="2"'),
        way(10, [1, 3], more='version="1"'),
        way(12, [1, 4]),
        node(1, at(9, 9), more='version="1"'),
        node(1, at(1, 0), more='version="2"'),
        *NODES[1:],
    )
    read = read_osm_ways(path)
    assert rows(read) == [["w10", 1, 2], ["w11", 2, 3]]
    assert list(read.ways["kind"]) == ["footway", "steps"]
    assert read.ways.total_bounds[0] == pytest.approx(at(1, 0)[0])
    assert {"1 objects deleted", "5 objects in an older version passed over"} <= said(read.remarks)


def test_a_change_file_is_read_as_what_it_leaves(tmp_path):
    inside = ["<create>", *NODES, way(10, [1, 2]), way(11, [2, 3]), "</create>"]
    path = write(tmp_path / "a.osm", *inside, "<delete>", way(11, [], "", 'version="2"'), "</delete>", root="osmChange")
    assert rows(read_osm_ways(path)) == [["w10", 1, 2]]


def test_the_copy_with_tags_is_taken(tmp_path):
    """Overpass's ``out body; >; out skel;`` prints a node with its tags, and once more without."""
    for order in (1, -1):
        copies = [node(9, at(2, 0.1), LIBRARY, more=""), node(9, at(2, 0.1), more="")][::order]
        path = write(tmp_path / "a.osm", way(10, [1, 2], more=""), copies[0], *NODES, copies[1])
        features, remarks = read_osm_features(path, "stations", ["amenity"])
        assert list(features["amenity"]) == ["library"]
        assert "1 objects there twice, taken once" in said(remarks)


def test_ways_that_carry_their_places(tmp_path):
    """Overpass's ``out geom``: no nodes, but their places in the ways."""
    refs = "".join(f'<nd ref="{n}" lon="{at(n, 0)[0]:.7f}" lat="{at(n, 0)[1]:.7f}"/>' for n in (1, 2))
    body = refs + '<tag k="highway" v="footway"/>'
    path = write(tmp_path / "a.osm", way(10, [], body), way(11, [2, 3]), node(3, at(3, 0)))
    assert rows(read_osm_ways(path)) == [["w10", 1, 2], ["w11", 2, 3]]


@pytest.mark.parametrize("packed", [False, True])
def test_when_nothing_is_left_the_message_says_why(tmp_path, packed):
    path = write(tmp_path / "a.osm", *NODES, way(10, [1, 2], more='version="2" action="delete"'))
    if packed:
        path = tmp_path / "a.osm.gz"
        path.write_bytes(gzip.compress((tmp_path / "a.osm").read_bytes()))
    with pytest.raises(SourceError, match="holds no way that is walked.*1 objects deleted"):
        read_osm_ways(path)


def test_ways_without_their_nodes(tmp_path):
    path = write(tmp_path / "a.osm", node(1, at(1, 0)), way(10, [2, 3]), way(11, [1, 2]))
    with pytest.raises(SourceError, match=r"no way can be drawn.*found 2 ways that are walked.*Overpass"):
        read_osm_ways(path)


def test_coordinates_that_are_no_numbers(tmp_path):
    path = write(tmp_path / "a.osm", '<node id="1" version="1" lat="abc" lon="116.3"/>', way(10, [1, 2]))
    for read in (read_osm_ways, lambda file: read_osm_features(file, "buildings")):
        with pytest.raises(SourceError, match=r"a\.osm: a coordinate of the file is no number.*'abc'"):
            read(path)


def recipe(folder, **layers):
    points_csv(folder / "demand.csv", demand_rows(3))
    osm = {name: [{"format": "osm", "path": path} | more for path in paths] for name, (paths, more) in layers.items()}
    return recipe_file(folder / "recipe.yaml", {"demand": DEMAND, **osm})


def test_what_two_extracts_share_comes_once(tmp_path):
    """Way 11 is in both, newer in the second, where it is drawn through node 4; the half of way 12 is in each."""
    steps = '<tag k="highway" v="steps"/>'
    poi = {"where": "amenity == 'library'", "set": {"name": "L", "kind": "facility", "access": "public"}}
    write(tmp_path / "a.osm", *NODES[:3], node(8, at(1, 1), LIBRARY), way(10, [1, 2]), way(11, [2, 3]), way(12, [1, 5]))
    write(
        tmp_path / "b.osm",
        *NODES[1:],
        node(5, at(1, 2)),
        node(8, at(1, 1), LIBRARY),
        node(-8, at(2, 1), LIBRARY, more=""),
        way(11, [2, 4, 3], steps, more='version="2"'),
        way(12, [1, 5]),
    )
    made = import_district(recipe(tmp_path, ways=(["a.osm", "b.osm"], {}), stations=(["a.osm", "b.osm"], poi)))
    assert sorted(made.ways["id"]) == ["w10", "w11", "w12"]
    assert made.ways.set_index("id").loc["w11", ["kind", "u", "v"]].tolist() == ["steps", 2, 3]
    assert sorted(made.stations["id"]) == ["n-8@2", "n8"]
    notes = [note for note in made.manifest.sources if note.layer == "ways"]
    assert "1 objects in an older version passed over" in notes[0].left_out
    assert "4 objects there twice, taken once" in notes[0].left_out
    assert "read as one with a.osm" in notes[1].note


def test_what_one_extract_deletes_the_other_does_not_bring_back(tmp_path):
    write(tmp_path / "a.osm", *NODES, way(10, [1, 2]), way(11, [2, 3], more='version="3"'))
    write(tmp_path / "b.osm", way(11, [2, 3], more='version="3" action="delete"'))
    made = import_district(recipe(tmp_path, ways=(["a.osm", "b.osm"], {})))
    assert list(made.ways["id"]) == ["w10"]


def test_negative_numbers_of_two_files_are_different_objects(tmp_path):
    for name, row in (("a.osm", 0), ("b.osm", 1)):
        write(tmp_path / name, node(-1, at(0, row), more=""), node(-2, at(1, row), more=""), way(-1, [-1, -2], more=""))
    made = import_district(recipe(tmp_path, ways=(["a.osm", "b.osm"], {})))
    assert sorted(made.ways["id"]) == ["w-1", "w-1@2"]
    assert made.ways[["u", "v"]].stack().nunique() == 4


def test_sources_with_other_settings_bring_an_object_once(tmp_path):
    write(tmp_path / "a.osm", *NODES, node(8, at(1, 1), LIBRARY + '<tag k="shop" v="books"/>'), way(10, [1, 2]))
    poi = {"format": "osm", "path": "a.osm", "set": {"name": "L", "kind": "facility", "access": "public"}}
    ways = [
        {"format": "osm", "path": "a.osm"},
        {"format": "osm", "path": "a.osm", "where": "kind == 'footway'"},
    ]
    stations = [{**poi, "where": "amenity == 'library'"}, {**poi, "where": "shop == 'books'"}]
    points_csv(tmp_path / "demand.csv", demand_rows(3))
    layers = {"demand": DEMAND, "ways": ways, "stations": stations}
    made = import_district(recipe_file(tmp_path / "recipe.yaml", layers))
    assert (list(made.ways["id"]), list(made.stations["id"])) == (["w10"], ["n8"])
    notes = [words for note in made.manifest.sources for words in note.left_out]
    assert "1 ways that an earlier source brought" in notes
    assert "1 features that an earlier source brought" in notes


def test_an_area_and_the_fence_round_it(tmp_path):
    fenced = '<tag k="leisure" v="garden"/><tag k="barrier" v="fence"/><tag k="amenity" v="school"/>'
    path = write(tmp_path / "a.osm", *NODES[:2], node(3, at(1, 1)), way(10, [1, 2]), way(20, [1, 2, 3, 1], fenced))
    backdrop, _ = read_osm_features(path, "backdrop")
    kinds = dict(zip(backdrop["id"], backdrop["kind"], strict=True))
    assert kinds == {"w20": "green", "w20-line": "wall"}
    schools, _ = read_osm_features(path, "stations", ["amenity"])
    assert list(schools["id"]) == ["w20"]
