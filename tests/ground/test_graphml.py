"""Street graphs of OSMnx."""

from __future__ import annotations

import pytest
import shapely

from workbench.errors import MissingCRSError, SourceError
from workbench.ground.sources.graphml import read_graphml

KEYS = ("x", "y", "highway", "geometry", "osmid", "name", "access", "oneway", "bridge", "crs")


def graph(path, nodes, edges, crs="epsg:4326"):
    """Write a GraphML file as OSMnx does."""

    def data(values):
        return "".join(f'<data key="d{KEYS.index(k)}">{v}</data>' for k, v in values.items())

    keys = "".join(f'<key id="d{i}" for="node" attr.name="{k}" attr.type="string"/>' for i, k in enumerate(KEYS))
    body = data({"crs": crs}) if crs else ""
    body += "".join(f'<node id="{n}">{data({"x": x, "y": y})}</node>' for n, (x, y) in nodes.items())
    body += "".join(f'<edge source="{u}" target="{v}">{data(values)}</edge>' for u, v, values in edges)
    path.write_text(
        f'<?xml version="1.0"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns">{keys}'
        f'<graph edgedefault="directed">{body}</graph></graphml>',
        encoding="utf-8",
    )
    return path


NODES = {1: (0.0, 0.0), 2: (1.0, 0.0), 3: (1.0, 1.0)}
STREET = {"highway": "residential", "osmid": "7"}


def test_opposite_edges_are_one_way(tmp_path):
    there, back = "LINESTRING (0 0, 0.5 0.1, 1 0)", "LINESTRING (1 0, 0.5 0.1, 0 0)"
    edges = [
        (1, 2, {**STREET, "geometry": there}),
        (2, 1, {**STREET, "geometry": back}),
        (2, 1, {**STREET, "geometry": "LINESTRING (1 0, 0.5 -0.1, 0 0)"}),
        (3, 2, {**STREET, "oneway": "True"}),
    ]
    read = read_graphml(graph(tmp_path / "a.graphml", NODES, edges))
    assert read.ways[["u", "v"]].to_numpy().tolist() == [[1, 2], [1, 2], [2, 3]]
    assert read.ways["id"].tolist() == ["w7.1", "w7.2", "w7.3"]
    assert read.ways.geometry.iloc[2].wkt == "LINESTRING (1 0, 1 1)"
    assert read.held == 4
    assert "1 edges: the way back of another" in [remark.words for remark in read.remarks]


def test_loops_are_kept_once(tmp_path):
    ring = "LINESTRING (0 0, 1 0, 1 1, 0 0)"
    gnir = "LINESTRING (0 0, 1 1, 1 0, 0 0)"
    edges = [(1, 1, {**STREET, "geometry": ring}), (1, 1, {**STREET, "geometry": gnir})]
    assert len(read_graphml(graph(tmp_path / "a.graphml", NODES, edges)).ways) == 1


def test_lists_written_as_text(tmp_path):
    edges = [
        (1, 2, {"highway": "['residential', 'steps']", "osmid": "[12, 13]", "name": "['东路', '西路']"}),
        (2, 3, {"highway": "['residential', 'trunk']", "osmid": "14"}),
        (1, 3, {"highway": "path", "access": "['yes', 'private']", "osmid": "15"}),
        (3, 1, {"highway": "[broken", "osmid": "16"}),
    ]
    read = read_graphml(graph(tmp_path / "a.graphml", NODES, edges))
    ways = read.ways.set_index("id")
    assert ways.loc["w12", ["steps", "name"]].tolist() == [True, "东路;西路"]
    assert ways.loc["w15", "access"] == "members"
    assert set(ways.index) == {"w12", "w15"}
    assert "2 edges not walked" in read.remarks[0].words


def test_motorways_are_left_out(tmp_path):
    edges = [(1, 2, STREET), (2, 3, {"highway": "motorway_link", "osmid": "8"})]
    read = read_graphml(graph(tmp_path / "a.graphml", NODES, edges))
    assert len(read.ways) == 1
    assert "1 edges not walked (motorway_link 1)" in [remark.words for remark in read.remarks]


def test_names_that_are_no_numbers(tmp_path):
    read = read_graphml(graph(tmp_path / "a.graphml", {"a": (0, 0), "b": (1, 1)}, [("b", "a", STREET)]))
    assert read.ways[["u", "v"]].to_numpy().tolist() == [[0, 1]]
    assert shapely.get_coordinates(read.ways.geometry.array).tolist() == [[0, 0], [1, 1]]


def test_missing_crs(tmp_path):
    path = graph(tmp_path / "a.graphml", NODES, [(1, 2, STREET)], crs="")
    with pytest.raises(MissingCRSError, match=r"the graph has no CRS; expected a 'crs' entry"):
        read_graphml(path)
    assert read_graphml(path, "EPSG:4326").ways.crs == "EPSG:4326"


def test_files_that_are_no_graph(tmp_path):
    with pytest.raises(SourceError, match=r"the file is missing"):
        read_graphml(tmp_path / "no.graphml")
    path = tmp_path / "a.graphml"
    path.write_text("<osm></osm>")
    with pytest.raises(SourceError, match=r"the file is not GraphML"):
        read_graphml(path)
    whole = graph(path, NODES, [(1, 2, STREET)]).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceError, match=r"the file is not whole GraphML; found .*cut short or no XML"):
        read_graphml(path)


@pytest.mark.parametrize(
    ("nodes", "edges", "words"),
    [
        (NODES, [(1, 9, STREET)], "a node or edge of the graph is incomplete; .*KeyError: '9'"),
        ({1: ("x", 0)}, [], "a node or edge of the graph is incomplete"),
        (
            NODES,
            [(1, 2, {**STREET, "geometry": "LINESTRING (oops"})],
            "the geometry of an edge cannot be read; expected WKT",
        ),
        (NODES, [(1, 2, {"highway": "trunk"})], "the graph holds no way that is walked; found 1 edges"),
    ],
)
def test_broken_graphs(tmp_path, nodes, edges, words):
    with pytest.raises(SourceError, match=words):
        read_graphml(graph(tmp_path / "a.graphml", nodes, edges))
