"""Vector files: encodings, truncated names, missing CRS, broken shapes."""

from __future__ import annotations

import json
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely import LineString, MultiPoint, Point, Polygon

from tests.ground.builders import CRS, shapefile
from workbench.errors import GeodataError, MissingCRSError, SourceEncodingWarning, SourceError
from workbench.ground.sources.reading import Remark
from workbench.ground.sources.table import codec_name, read_table, table_encoding, text_encoding
from workbench.ground.sources.vector import read_vector

NAMES = ["黄金社区", "鸿翔小区一期", "plain"]
SHAPES = [Point(412000 + i, 4498000) for i in range(3)]


@pytest.fixture
def gbk(tmp_path):
    return shapefile(tmp_path / "社区.shp", {"名称": NAMES, "户数": [1, 2, 3]}, SHAPES, CRS, "GBK")


def test_gbk_without_a_word(gbk):
    read = read_vector(gbk)
    assert read.rows["名称"].tolist() == NAMES
    assert read.rows["户数"].tolist() == [1, 2, 3]
    assert "read as gb18030 (no encoding declared, not UTF-8, every byte fits GBK)" in [
        remark.words for remark in read.remarks
    ]


def test_gbk_with_its_cpg(gbk):
    gbk.with_suffix(".cpg").write_text("936")
    read = read_vector(gbk)
    assert read.rows["名称"].tolist() == NAMES
    assert "read as gbk (declared by its .cpg file)" in [remark.words for remark in read.remarks]


def test_gbk_stated_in_the_recipe(gbk):
    assert read_vector(gbk, encoding="gbk").remarks == (Remark("read", "read as gbk (stated in the recipe)"),)


def test_gbk_whose_cpg_says_utf8(gbk):
    gbk.with_suffix(".cpg").write_text("UTF-8")
    words = r"its \.cpg file declares utf-8, but the text is gbk and was read as that\. State 'encoding: gbk'"
    with pytest.warns(SourceEncodingWarning, match=words):
        read = read_vector(gbk)
    assert read.rows["名称"].tolist() == NAMES


def test_gbk_that_the_recipe_calls_utf8(gbk):
    words = "the text is not in the encoding it should be in; expected utf-8; found bytes that only fit gbk. "
    words += "State 'encoding: gbk'"
    with pytest.raises(SourceError) as caught:
        read_vector(gbk, encoding="utf-8")
    assert words in str(caught.value)


def test_utf8_without_a_word(tmp_path):
    path = shapefile(tmp_path / "a.shp", {"名称": NAMES}, SHAPES, CRS, "UTF-8")
    assert read_vector(path).rows["名称"].tolist() == NAMES


def test_language_byte_of_the_table(gbk):
    table = bytearray(gbk.with_suffix(".dbf").read_bytes())
    table[29] = 0x4D
    gbk.with_suffix(".dbf").write_bytes(table)
    assert table_encoding(gbk, None).name == "gbk"


def test_bytes_that_fit_nothing(gbk):
    table = gbk.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace("黄金".encode("gbk"), b"\xff\xff\xff\xff"))
    with pytest.raises(SourceError, match=r"bytes that are neither UTF-8 nor GBK. State its encoding"):
        read_vector(table.with_suffix(".shp"))


def test_names_and_texts_cut_inside_a_letter(tmp_path):
    path = shapefile(tmp_path / "a.shp", {"社区名称长": NAMES}, SHAPES, CRS, "GBK")
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    table[32:43] = ("x" + "社区名称长").encode("gbk")[:10] + b"\0"
    path.with_suffix(".dbf").write_bytes(table)
    read = read_vector(path)
    assert read.rows.columns[0] == "x社区名称"
    assert read.rows.iloc[:, 0].tolist() == NAMES


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("UTF-8", "utf-8"),
        ("936", "gbk"),
        ("CP936", "gbk"),
        ("ANSI 936", "gbk"),
        ("GBK", "gbk"),
        ("65001", "utf-8"),
        ("klingon", None),
    ],
)
def test_what_encodings_are_called(word, name):
    assert codec_name(word) == name


def test_missing_crs(tmp_path):
    path = shapefile(tmp_path / "a.shp", {"n": [1, 2, 3]}, SHAPES, None, "UTF-8")
    with pytest.raises(
        MissingCRSError, match=r"the file has no CRS; expected a \.prj file beside it\. State 'crs'.*never guessed"
    ):
        read_vector(path)
    assert read_vector(path, crs=CRS).crs == CRS


def test_gbk_in_a_package_is_read_as_what_it_is(gbk, tmp_path):
    packed = tmp_path / "社区.zip"
    with zipfile.ZipFile(packed, "w") as package:
        for part in gbk.parent.glob("社区.*"):
            if part != packed:
                package.write(part, part.name)
    for encoding in (None, "gbk"):
        assert read_vector(packed, encoding=encoding).rows.equals(read_vector(gbk).rows)


def test_a_shapefile_in_latin_letters_is_not_taken_for_chinese(tmp_path):
    names = ["São João", "Peça Colorada", "Estação Central"]
    path = shapefile(tmp_path / "p.shp", {"name": names}, [Point(1, 2)] * 3, CRS, "cp1252")
    with pytest.raises(SourceError, match="cannot be told; .*'São João' as cp1252; 'S鉶 Jo鉶' as gbk"):
        read_vector(path)
    assert read_vector(path, encoding="cp1252").rows["name"].tolist() == names


def test_the_number_by_which_a_database_knows_a_row_is_a_column(tmp_path):
    frame = gpd.GeoDataFrame({"n": [10, 20]}, geometry=[Point(1, 2), Point(3, 4)], crs=CRS)
    for name in ("id", "OBJECTID"):
        frame.to_file(tmp_path / f"{name}.gpkg", layer_options={"FID": name}, engine="pyogrio")
        assert read_vector(tmp_path / f"{name}.gpkg").rows.to_dict("list") == {name: [1, 2], "n": [10, 20]}


def test_rows_are_chosen_before_their_shapes_are_judged(tmp_path):
    frame = gpd.GeoDataFrame({"ok": [1, 0, 1]}, geometry=[Point(1, 2), None, Point(3, 4)], crs=CRS)
    frame.to_file(tmp_path / "d.gpkg", engine="pyogrio")
    found = read_vector(tmp_path / "d.gpkg", where="ok == 1")
    assert (len(found.rows), found.held, found.lines) == (2, 3, ["#1", "#3"])
    with pytest.raises(GeodataError, match="row #2: the geometry is missing or empty"):
        read_vector(tmp_path / "d.gpkg")


def test_a_raster_is_told_how_to_become_points(tmp_path):
    path = tmp_path / "pop.tif"
    path.write_bytes(b"II*\0")
    for read in (read_vector, read_table):
        with pytest.raises(SourceError, match="rasters are not read; .*Raster pixels to points"):
            read(path)


def test_a_format_that_knows_one_encoding_is_asked_for_no_other(tmp_path):
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[Point(1, 2)], crs=CRS)
    frame.to_file(tmp_path / "d.gpkg", engine="pyogrio")
    with pytest.raises(SourceError, match="the format knows one encoding only; expected UTF-8; found gbk"):
        read_vector(tmp_path / "d.gpkg", encoding="gbk")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("东风社区党群服务中心\n", "gb18030"),
        ("A区B座3楼,团结路\n小区\n", "gb18030"),
        ("name,类别\nB,医院\n", "gb18030"),
        ("Praça da Sé", None),
        ("S\xe3o Jo\xe3o", None),
        ("Esta\xe7\xe3o", None),
        ("S\xc3O JO\xc3O", None),
    ],
)
def test_bytes_that_fit_gbk_are_chinese_or_are_asked_about(tmp_path, text, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode("gb18030" if encoding else "latin-1"))
    if encoding:
        assert text_encoding(path, None).name == encoding
    else:
        with pytest.raises(SourceError, match="encoding"):
            text_encoding(path, None)
        assert text_encoding(path, "latin-1").name == "latin-1"


def test_two_crs_and_the_recipe_decides(tmp_path):
    path = shapefile(tmp_path / "a.shp", {"n": [1, 2, 3]}, SHAPES, "EPSG:32649", "UTF-8")
    read = read_vector(path, crs=CRS)
    assert read.crs == CRS
    assert "the file says EPSG:32649, the recipe EPSG:4546, which was used" in [remark.words for remark in read.remarks]


def test_missing_file_and_foreign_file(tmp_path):
    with pytest.raises(SourceError, match=r"no\.shp: the file is missing"):
        read_vector(tmp_path / "no.shp")
    (tmp_path / "a.gpkg").write_bytes(b"no map at all")
    with pytest.raises(SourceError, match=r"the file is not a readable vector file; expected GPKG, as its name says"):
        read_vector(tmp_path / "a.gpkg")


def test_a_shapefile_cut_short(tmp_path):
    path = shapefile(tmp_path / "a.shp", {"n": [1, 2, 3]}, SHAPES, CRS, "UTF-8")
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(GeodataError, match=r"a.shp"):
        read_vector(path)


def test_empty_layer(tmp_path):
    path = tmp_path / "a.gpkg"
    gpd.GeoDataFrame({"n": []}, geometry=[], crs=CRS).to_file(path, layer="nothing")
    with pytest.raises(SourceError, match=r"the layer is empty; expected at least one feature; found nothing: 0"):
        read_vector(path)


def test_layers_by_name(tmp_path):
    path = tmp_path / "a.gpkg"
    for layer in ("one", "two"):
        gpd.GeoDataFrame({"n": [layer]}, geometry=[Point(0, 0)], crs=CRS).to_file(path, layer=layer)
    assert read_vector(path, layer="two").rows["n"].tolist() == ["two"]
    with pytest.raises(SourceError, match=r"the file has several layers; expected one of one, two"):
        read_vector(path)
    with pytest.raises(SourceError, match=r"the file has no such layer; expected one of one, two; found 'three'"):
        read_vector(path, layer="three")


def test_a_table_without_geometry(tmp_path):
    import pandas as pd
    import pyogrio

    pyogrio.write_dataframe(pd.DataFrame({"n": [1]}), tmp_path / "a.gpkg", layer="ledger")
    with pytest.raises(
        SourceError, match=r"the layer has no geometry; found ledger. Read a table with coordinates as format: points"
    ):
        read_vector(tmp_path / "a.gpkg")


def test_missing_and_infinite_geometry(tmp_path):
    path = tmp_path / "a.gpkg"
    with np.errstate(invalid="ignore"):
        nowhere = LineString([(0, 0), (float("nan"), 1)])
    shapes = [Point(0, 0), None, nowhere, Polygon(), MultiPoint([(0, 0), (1, 1)])]
    gpd.GeoDataFrame({"n": range(5)}, geometry=shapes, crs=CRS).to_file(path)
    with pytest.raises(GeodataError) as caught:
        read_vector(path)
    text = str(caught.value)
    assert "row #2: the geometry is missing or empty; found nothing" in text
    assert "row #4: the geometry is missing or empty; found Polygon" in text
    assert "row #3: a coordinate is not a finite number; found LineString" in text
    assert len(caught.value.problems) == 3


def test_many_problems_are_counted(tmp_path):
    path = tmp_path / "a.gpkg"
    gpd.GeoDataFrame({"n": range(50)}, geometry=[None] * 49 + [Point(0, 0)], crs=CRS).to_file(path)
    with pytest.raises(GeodataError, match=r"and 29 more rows with the same problem") as caught:
        read_vector(path)
    assert len(caught.value.problems) == 21


def test_height_is_dropped(tmp_path):
    path = tmp_path / "a.gpkg"
    gpd.GeoDataFrame({"n": [1]}, geometry=[Point(1, 2, 3)], crs=CRS).to_file(path)
    assert not shapely.has_z(read_vector(path).shapes).any()


def geojson(path, encoding):
    feature = {
        "type": "Feature",
        "properties": {"名称": "黄金社区"},
        "geometry": {"type": "Point", "coordinates": [110, 40]},
    }
    text = json.dumps({"type": "FeatureCollection", "features": [feature]}, ensure_ascii=False)
    path.write_bytes(text.encode(encoding))
    return path


def test_geojson(tmp_path):
    read = read_vector(geojson(tmp_path / "a.geojson", "utf-8"))
    assert read.rows["名称"].tolist() == ["黄金社区"]
    assert read.crs == "EPSG:4326"


def test_geojson_in_gbk(tmp_path):
    with pytest.raises(SourceError, match=r"expected UTF-8, as this format demands; found bytes that only fit gbk"):
        read_vector(geojson(tmp_path / "a.geojson", "gbk"))


def test_kml(tmp_path):
    placemark = "<Placemark><name>驿家</name><Point><coordinates>110,40,5</coordinates></Point></Placemark>"
    path = tmp_path / "a.kml"
    path.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{placemark}</Document></kml>',
        encoding="utf-8",
    )
    assert read_vector(path).rows["Name"].tolist() == ["驿家"]


@pytest.mark.parametrize(
    ("content", "stated", "name"),
    [
        ("id,名称\n1,黄金\n".encode(), None, "utf-8"),
        ("id,名称\n1,黄金\n".encode("utf-8-sig"), None, "utf-8-sig"),
        ("id,名称\n1,黄金\n".encode("utf-8-sig"), "utf-8", "utf-8-sig"),
        ("id,名称\n1,黄金\n".encode("utf-16"), None, "utf-16"),
        ("id,名称\n1,黄金\n".encode("gbk"), None, "gb18030"),
        ("id,名称\n1,黄金\n".encode("gbk"), "gbk", "gbk"),
        ("id,name\n1,São\n".encode("latin-1"), "latin-1", "latin-1"),
        (b"id,name\n1,x\n", "gbk", "gbk"),
    ],
)
def test_text_encodings(tmp_path, content, stated, name):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert text_encoding(path, stated).name == name


def test_text_that_is_not_there(tmp_path):
    with pytest.raises(SourceError, match=r"the file is missing"):
        text_encoding(tmp_path / "a.csv", None)


def test_a_geopackage_with_saved_styles_still_has_one_layer(tmp_path):
    path = tmp_path / "a.gpkg"
    gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(0, 0)], crs="EPSG:4546").to_file(path, layer="blocks")
    pyogrio.write_dataframe(pd.DataFrame({"styleName": ["x"]}), path, layer="layer_styles", driver="GPKG")
    assert read_vector(path).rows["n"].tolist() == [1]
    with pytest.raises(SourceError, match="expected one of blocks; found 'layer_styles'"):
        read_vector(path, layer="layer_styles")


def test_a_projection_that_cannot_be_read(gbk, monkeypatch):
    def broken(*_, **__):
        raise UnboundLocalError("wkt")

    monkeypatch.setattr("workbench.ground.sources.vector.pyogrio.read_info", broken)
    with pytest.raises(SourceError, match=r"the CRS of the file cannot be read. Remove its .prj file, and state 'crs'"):
        read_vector(gbk)
