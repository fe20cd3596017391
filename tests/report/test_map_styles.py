"""What QGIS finds in the layers of a run: a style for each, and what each field is called."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.report.test_word import study
from workbench.ground.sources.package import write_geopackage
from workbench.report.map_styles import write_styles

STYLED = {"coverage_points": "class", "stations": "kind", "siting_sites": "part", "posts": "status_compliance",
          "coverage_compound": "share_compliance", "coverage_community": "share_compliance", "best_gates": "measure"}  # fmt: skip
WORDS = {"everyone": "全体居民"}


def written(path: Path) -> Path:
    write_geopackage(path, study("sites").layers())
    write_styles(path, WORDS)
    return path


def test_layers_have_styles_and_fields_have_names(tmp_path: Path) -> None:
    path = written(tmp_path / "layers.gpkg")
    layers = study("sites").layers()
    with closing(sqlite3.connect(path)) as book:
        styles = book.execute(
            "SELECT f_table_name, f_geometry_column, styleQML, useAsDefault FROM layer_styles"
        ).fetchall()
        names = book.execute("SELECT table_name, column_name, title FROM gpkg_data_columns").fetchall()
        known = dict(book.execute("SELECT table_name, data_type FROM gpkg_contents"))
    assert {row[0] for row in styles} == set(layers)
    assert known["layer_styles"] == "attributes"
    for layer, place, qml, default in styles:
        fields = [str(column) for column in layers[layer].columns if column != "geometry"]
        root = ET.fromstring(qml)
        assert (place, default) == ("geom", 1)
        assert [alias.get("field") for alias in root.iter("alias")] == fields
        assert {alias.get("field"): alias.get("name") for alias in root.iter("alias") if alias.get("name")} == {
            field: title for table, field, title in names if table == layer
        }
        renderer = root.find("renderer-v2")
        assert (None if renderer is None else renderer.get("attr")) == STYLED.get(layer)
        if renderer is None:
            continue
        symbols = [symbol.get("name") for symbol in renderer.iter("symbol")]
        classes = [*renderer.iter("category"), *renderer.iter("range")]
        assert [one.get("symbol") for one in classes] == symbols
        values = {one.get("value") for one in renderer.iter("category")}
        assert not values or set(layers[layer][renderer.get("attr")].dropna()) <= values
    told = {(table, field): title for table, field, title in names}
    assert told["siting_sites", "barred"] == "不可用的原因"
    assert told["coverage_points", "distance_m_any"] == "步行距离（m）·中心＋驿家"
    assert not any("{" in title for title in told.values())


def test_the_same_layers_give_the_same_bytes(tmp_path: Path) -> None:
    assert written(tmp_path / "one.gpkg").read_bytes() == written(tmp_path / "two.gpkg").read_bytes()
