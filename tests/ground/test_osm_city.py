"""A city as OSM has it: one file with everything that is odd, imported at the first try."""

from __future__ import annotations

import json

from shapely import box, to_geojson

from tests.ground.builders import DEMAND, at, demand_rows, points_csv, recipe_file
from workbench.calendars import Moment
from workbench.ground.sources import import_district
from workbench.network.streets import GateRule, build_streets

OSM = {"format": "osm", "path": "city.osm"}
STREET, PATH = {"highway": "residential"}, {"highway": "footway"}
LIBRARY = {"amenity": "library"}


def element(kind, number, body="", tags=(), more='version="1"'):
    said = "".join(f"<tag k='{key}' v='{value}'/>" for key, value in dict(tags).items())
    return f"<{kind} id='{number}' {more}>{body}{said}</{kind}>"


def node(number, column, row, tags=(), more='version="1"'):
    lon, lat = at(column, row)
    return element("node", number, "", tags, f'{more} lon="{lon:.7f}" lat="{lat:.7f}"')


def way(number, refs, tags, more='version="1"'):
    return element("way", number, "".join(f"<nd ref='{ref}'/>" for ref in refs), tags, more)


GRID = [node(1 + 5 * r + c, c, r) for r in range(5) for c in range(5)]
EDIT = "action='modify' visible='true'"
CITY = [
    # ways before their nodes, as Overpass's "out skel qt" has them
    *[way(100 + k, [1 + 5 * k + c for c in range(5)], {**STREET, "layer": str(k % 2)}) for k in range(5)],
    *[way(200 + k, [1 + 5 * r + k for r in range(5)], STREET) for k in range(5)],
    way(300, [50, 51, 52, 53, 50], {"highway": "pedestrian", "area": "yes", "name": "Plaza"}),  # a plaza
    way(301, [7, 50], {"highway": "Footway"}),
    way(302, [52, 13], {"highway": "footway;cycleway"}),
    way(310, [60, 61], PATH),  # an island of eight metres
    way(320, [8, 70, 14], PATH),  # a path through a fence that says no
    way(321, [71, 70, 72], {"barrier": "fence", "foot": "no"}),
    way(330, [80, 81, 82, 80], {"leisure": "garden", "barrier": "fence"}),  # a garden and its fence
    way(340, [1, 90, 7], {**PATH, "opening_hours": "06:00-20:00"}),  # a park path
    way(350, [21, 25], {"highway": "primary", "motorroad": "yes"}),
    way(-360, [25, -361], PATH, EDIT),  # drawn in JOSM, not uploaded
    way(370, [5, 9], STREET, "version='3' action='delete'"),  # deleted in JOSM
    way(380, [25, 500, 501], STREET),  # leaves the city
    *GRID,
    node(50, 1.3, 1.3), node(51, 1.7, 1.3), node(52, 1.7, 1.7), node(53, 1.3, 1.7),
    node(60, 3.5, 0.5), node(61, 3.6, 0.5),
    node(70, 2.5, 1.5), node(71, 2.4, 1.6), node(72, 2.6, 1.4),
    node(80, 3.2, 3.2), node(81, 3.8, 3.2), node(82, 3.5, 3.8),
    node(90, 0.5, 0.5), node(-361, 4.4, 4.2, (), EDIT), node(500, 6, 4), node(501, 9, 4),
    # points of interest of any quality
    node(900, 1, 0.1, {**LIBRARY, "name": "Central", "opening_hours": "Mo-Fr 09:00-17:00"}),
    node(901, 2, 0.1, {**LIBRARY, "opening_hours": "Lunes a Viernes de 8:00 a 16:00"}),
    node(902, 3, 0.1, {**LIBRARY, "name": "Norte", "opening_hours": 'Mo-Fr 09:00-17:00 || "cita previa"'}),
    node(903, 1, 2.1, {"amenity": "library;community_centre", "name": "Sur", "access": "customers"}),
    node(904, 8, 4, {**LIBRARY, "name": "of another city"}),
    node(905, 2, 2.1, {**LIBRARY, "name": "gone"}, "version='2' action='delete'"),
    node(900, 1, 0.1, (), "version='1'"),  # once more, without its tags
]  # fmt: skip


def test_a_city_imports_at_the_first_try(tmp_path):
    text = "<osm version='0.6'>" + "\n".join(CITY).replace('|| "cita previa"', "|| &quot;cita previa&quot;") + "</osm>"
    (tmp_path / "city.osm").write_text(text, encoding="utf-8")
    edge = {"type": "Feature", "properties": {}, "geometry": json.loads(to_geojson(box(*at(-0.5, -0.5), *at(5, 5))))}
    (tmp_path / "edge.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [edge]}))
    points_csv(tmp_path / "demand.csv", demand_rows(12))  # the last of them lie outside
    stations = {
        **OSM,
        "where": "contains(amenity, 'library')",
        "columns": {"opening_hours": "opening_hours", "access": "access"},
        "set": {"kind": "facility"},
    }
    layers = {"ways": OSM, "demand": DEMAND, "stations": stations, "backdrop": OSM}
    recipe = recipe_file(tmp_path / "recipe.yaml", layers, extent={"path": "edge.geojson"}, source="the city's own")

    made = import_district(recipe)

    ways = made.ways.assign(way=[name.partition(".")[0] for name in made.ways["id"]]).set_index("way")
    whole = {f"w{n}" for n in (*range(100, 105), *range(200, 205), 300, 301, 302, 310, 320, 340, -360, 380)}
    assert whole <= set(ways.index)
    assert not {"w321", "w330", "w350", "w370"} & set(ways.index)
    assert (ways.loc[["w101", "w103"], "level"] == 0).all()
    assert made.stations.set_index("id")["name"].to_dict() == {
        "n900": "Central", "n901": "library n901", "n902": "Norte", "n903": "Sur",
    }  # fmt: skip
    assert made.stations.set_index("id")["opening_hours"].notna().to_dict() == {
        "n900": True, "n901": False, "n902": True, "n903": False,
    }  # fmt: skip
    assert set(made.stations["access"]) == {"public"}
    assert dict(zip(made.layer("backdrop")["id"], made.layer("backdrop")["kind"], strict=True)) == {
        "w350": "motorway",
        "w300": "square", "w321": "wall", "w330": "green", "w330-line": "wall",
    }  # fmt: skip
    gates = made.gates.set_index("barrier")
    assert gates.loc["fence", "access"] == "closed"
    assert set(gates.loc["hours", "opening_hours"]) == {"06:00-20:00"}
    assert len(gates.loc["hours"]) == 2

    by_day, night = (
        build_streets(made.ways, made.compounds, made.gates, GateRule(moment=Moment.at("We", at)))
        for at in ("10:00", "22:30")
    )
    assert not by_day.openings.barred.any()
    assert len(night.components) > len(by_day.components)  # the park path is cut off at both ends

    said = {note.layer: note.told() for note in made.manifest.sources}
    for layer, words in {
        "ways": ["1 objects with a negative number, not uploaded yet", "2 objects deleted", "1 objects there twice",
                 "highways not walked (primary 1)", "2 gates with the hours of ways", "1 ways cut at the extent",
                 "OpenStreetMap contributors", "ODbL"],
        "demand": ["outside the extent"],
        "stations": ["1 rows: outside the extent", "'Lunes a Viernes de 8:00 a 16:00', taken as missing",
                     "1 without a name got one, as 'library n901'", "那时按不开放计（n902）",
                     "4 taken as public, their access is not said"],
    }.items():  # fmt: skip
        for word in words:
            assert word in said[layer], word
    assert made.manifest.notice == "内部资料 · 未经审图不得公开"
    assert "数据：the city's own; © OpenStreetMap contributors · none; ODbL 1.0" in made.manifest.credit_notes
