"""Recipes: every problem at once, each with file and key."""

from __future__ import annotations

import pytest

from tests.ground.builders import CRS, DEMAND, WAYS, pocket, recipe_file
from workbench.errors import RecipeError, SourceError
from workbench.ground.sources import read_recipe
from workbench.ground.sources.recipe import locate


def problems(path):
    with pytest.raises(RecipeError) as caught:
        read_recipe(path)
    return {problem.key: str(problem) for problem in caught.value.problems}


def test_a_good_recipe(tmp_path):
    recipe = read_recipe(pocket(tmp_path, demand={"where": "residents > 0"}, extent=[109, 40, 111, 41]))
    assert recipe.key == "pocket"
    assert recipe.folder == tmp_path
    assert [type(s).__name__ for s in recipe.layers["demand"]] == ["PointsSource"]
    assert recipe.extent == (109, 40, 111, 41)
    with pytest.raises(ValueError, match=r"frozen"):
        recipe.name = "other"


def test_dates_and_numbers_stay_text(tmp_path):
    text = pocket(tmp_path).read_text().replace('"2024-01-01"', "2024-01-01").replace('"none"', "10:30")
    (tmp_path / "recipe.yaml").write_text(text)
    recipe = read_recipe(tmp_path / "recipe.yaml")
    assert recipe.date == "2024-01-01"
    assert recipe.licence == "10:30"
    (tmp_path / "recipe.yaml").write_text(text.replace("2024-01-01", "2024"))
    assert read_recipe(tmp_path / "recipe.yaml").date == "2024"


def test_all_problems_at_once(tmp_path):
    demand = {**DEMAND, "path": "nowhere.csv", "colums": {"residents": "x"}, "datum": "gcj2", "encoding": "klingon"}
    layers = {"ways": {"path": "grid.osm"}, "demand": demand, "station": {"format": "shp", "path": "x"}}
    path = recipe_file(tmp_path / "recipe.yaml", layers, crs="EPSG:4326", key="Bad Key", layres=1)
    found = problems(path)
    name = str(path)
    assert found["layres"].startswith(f"{name}, key layres: the key is not known; expected one of name, key, crs")
    assert found["layres"].endswith("Did you mean layers?")
    assert "the value does not fit; expected small letters, digits and dashes" in found["key"]
    assert "the CRS of a district is projected, in metres; expected such as EPSG:4546; found EPSG:4326" in found["crs"]
    assert "Did you mean columns?" in found["layers.demand.colums"]
    assert "expected 'wgs84', 'cgcs2000', 'gcj02' or 'bd09'; found 'gcj2'" in found["layers.demand.datum"]
    assert "the encoding is not known; expected utf-8, gbk" in found["layers.demand.encoding"]
    assert "the key is missing; expected one of osm, graphml" in found["layers.ways.format"]
    assert "the format is not known; expected one of osm" in found["layers.station.format"]
    assert "the layer is not known; expected one of communities" in found["layers.station"]
    assert "Did you mean stations?" in found["layers.station"]
    assert "the file is missing; found" in found["layers.demand.path"]


@pytest.mark.parametrize(
    ("source", "key", "words"),
    [
        ({"where": "import os"}, "where", "the condition is not valid: it cannot be read"),
        ({"where": "open('x') > 1"}, "where", "is not allowed in a condition"),
        (
            {"columns": {"inhabitants": "x"}},
            "columns.inhabitants",
            "the layer demand has no such column; expected one of id, compound",
        ),
        ({"columns": {"resident": "x"}}, "columns.resident", "Did you mean residents?"),
        ({"crs": "EPSG:1"}, "crs", "the CRS is not known; expected such as EPSG:4546; found 'EPSG:1'"),
        ({"format": "graphml"}, "", "the format graphml cannot make the layer demand; expected graphml for ways"),
        (
            {"format": "grid"},
            "empty_cells",
            "the key is missing; expected What a cell without a number of residents is",
        ),
        ({"format": "grid", "empty_cells": "zero", "y": None}, "", "x and y are given together, or not at all"),
        (
            {"path": "${HOME}/demand.csv"},
            "path",
            r"the variable is not set; expected ${WORKBENCH_SHARED_DATA}, or no variable; found HOME",
        ),
        ({"header": 0}, "header", "the value does not fit"),
    ],
)
def test_what_is_wrong_with_a_source(tmp_path, source, key, words):
    found = problems(pocket(tmp_path, demand=source))
    assert words in found[f"layers.demand.{key}".rstrip(".")]


def test_words_of_the_house_that_are_none(tmp_path):
    station = {
        **DEMAND,
        "set": {"kind": "shop", "access": "{residents}", "name": "x"},
        "values": {"access": {"a": "publik"}},
    }
    found = problems(pocket(tmp_path, layers={"stations": station}))
    assert set(found) == {"layers.stations.set.kind", "layers.stations.values.access.a"}
    assert (
        "expected one of district_centre, community_centre, post, facility; found 'shop'"
        in found["layers.stations.set.kind"]
    )
    assert "Did you mean public?" in found["layers.stations.values.access.a"]


def test_osm_features_need_a_condition(tmp_path):
    found = problems(pocket(tmp_path, layers={"stations": WAYS}))
    assert (
        "the source does not say which features are meant; expected a condition on tags"
        in found["layers.stations.where"]
    )


def test_several_sources_of_one_layer(tmp_path):
    path = recipe_file(tmp_path / "recipe.yaml", {"ways": [WAYS, {**WAYS, "formt": "osm"}, 7], "demand": DEMAND})
    found = problems(path)
    assert "Did you mean format?" in found["layers.ways.2.formt"]
    assert "the source is no mapping of keys" in found["layers.ways.3"]


def test_a_layer_with_an_empty_list_of_sources(tmp_path):
    found = problems(recipe_file(tmp_path / "recipe.yaml", {"ways": [], "demand": [], "stations": []}))
    assert {key for key, words in found.items() if "the layer has no source" in words} == {
        "layers.ways",
        "layers.demand",
        "layers.stations",
    }


def test_layers_that_are_missing(tmp_path):
    found = problems(recipe_file(tmp_path / "a.yaml", {"stations": DEMAND}))
    assert "the layer is missing" in found["layers.ways"]
    assert "declared with network_only: true" in found["layers.demand"]
    assert "the key is missing or empty" in problems(recipe_file(tmp_path / "a.yaml", {}))["layers"]
    assert (
        "the key is missing or empty; expected layer: source"
        in problems(recipe_file(tmp_path / "a.yaml", [1]))["layers"]
    )


def test_extents(tmp_path):
    found = problems(pocket(tmp_path, extent=[110, 40, 109, 41]))
    assert "the extent is no box [west, south, east, north]" in found["extent"]
    found = problems(pocket(tmp_path, extent={"path": "edge.shp", "layr": "x"}))
    assert "the key is not known" in found["extent.layr"]
    path = recipe_file(
        tmp_path / "recipe.yaml", {"ways": WAYS, "demand": DEMAND}, extent={"path": "edge.shp"}, folder="/"
    )
    found = problems(path)
    assert "the key is not known" in found["folder"]
    assert "the file is missing" in found["extent.path"]


def test_a_key_that_stands_twice(tmp_path):
    path = pocket(tmp_path)
    path.write_text(path.read_text().replace('"key":', '"name": "x", "key":', 1))
    with pytest.raises(RecipeError, match=r"recipe\.yaml, line \d+, column \d+, key [\w.]+: a key stands twice"):
        read_recipe(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a: [1, 2", "the file is not valid YAML"),
        (b"- a\n- b\n", "the file is no mapping"),
        ("name: 黄金\n".encode("gbk"), "the file is not text in UTF-8"),
    ],
)
def test_files_that_are_no_recipe(tmp_path, content, words):
    path = tmp_path / "recipe.yaml"
    path.write_bytes(content)
    with pytest.raises(RecipeError, match=words):
        read_recipe(path)


def test_missing_files(tmp_path):
    with pytest.raises(RecipeError, match=r"there is no such file"):
        read_recipe(tmp_path / "no.yaml")
    path = pocket(tmp_path)
    (tmp_path / "grid.osm").unlink()
    with pytest.raises(
        SourceError, match=r"recipe\.yaml, key layers\.ways\.path: the file is missing; found .*grid\.osm"
    ):
        read_recipe(path)


def test_where_shared_data_lie(tmp_path, monkeypatch):
    monkeypatch.delenv("WORKBENCH_SHARED_DATA", raising=False)
    folder = tmp_path / "main" / "scenarios" / "recipes"
    folder.mkdir(parents=True)
    asked = "${WORKBENCH_SHARED_DATA}/a.csv"
    assert locate(asked, folder).name == "a.csv"
    (tmp_path / "shared" / "data").mkdir(parents=True)
    assert locate(asked, folder) == tmp_path / "shared" / "data" / "a.csv"
    monkeypatch.setenv("WORKBENCH_SHARED_DATA", str(tmp_path / "elsewhere"))
    assert locate(asked, folder) == tmp_path / "elsewhere" / "a.csv"
    assert locate("b.csv", folder) == folder / "b.csv"
    assert locate("../b.csv", folder) == folder.parent / "b.csv"


def test_a_recipe_made_in_python():
    from workbench.ground.sources import Recipe

    recipe = Recipe.model_validate(
        {
            "name": "x",
            "key": "x",
            "crs": CRS,
            "date": 2024,
            "source": "s",
            "licence": "l",
            "layers": {"ways": [WAYS], "demand": DEMAND},
        }
    )
    assert recipe.layers["ways"][0].format == "osm"
