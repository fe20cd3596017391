"""A district as a folder: round trip, same bytes, clear refusals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from pyogrio.errors import FeatureError
from shapely.errors import GEOSException

from tests import pocket
from workbench.documents import read_yaml
from workbench.errors import GeodataError, ManifestError, ManifestWarning, OutputError, SourceError
from workbench.ground.district import District
from workbench.ground.manifest import Manifest
from workbench.ground.sources import read_district, write_district
from workbench.ground.sources.package import folder_problems, manifest_text, seal_district


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_district(pocket.district(), tmp_path / "ground")


def test_a_round_trip_keeps_everything(folder: Path) -> None:
    before, after = pocket.district(), read_district(folder)
    assert after.fingerprint == before.fingerprint
    assert set(after.tables) == set(before.tables)
    for name in before.tables:
        assert list(after.tables[name]["id"]) == list(before.tables[name]["id"])
    assert after.manifest.checksums == dict(before.checksums)
    assert folder_problems(folder) == []


def test_the_same_district_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = write_district(read_district(folder), tmp_path / "again")
    for path in folder.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes()


def test_notes_of_sources_travel_and_older_ones_are_read(folder: Path) -> None:
    said = {"layer": "demand", "source": "a", "licence": "none", "date": "2024", "rows": 3, "note": "as it was"}
    plain = read_yaml(folder / "manifest.yaml", error=ManifestError) | {"sources": [said]}
    manifest = Manifest.model_validate(plain)
    assert manifest.sources[0].told() == "demand: 3 rows came · a, 2024, none\n  read      as it was"
    assert "left_out" not in manifest_text(manifest)  # an older manifest keeps its bytes
    full = manifest.sources[0].model_copy(update={"held": 5, "left_out": ("2 rows: empty",)})
    district = replace(pocket.district(), manifest=manifest.model_copy(update={"sources": (full,)}))
    back = read_district(write_district(district, folder))
    assert back.manifest.sources == (full,)
    assert back.fingerprint == pocket.district().fingerprint


def test_ledgers_travel_as_csv_that_excel_reads(tmp_path: Path) -> None:
    rooms = pd.DataFrame(
        {
            "id": ["R1"], "station": ["S1"], "sign": ["阅览室"], "function": ["meeting"], "storey": [1],
            "area_m2": [40.5], "capacity": [20], "equipment": [None], "water": [True], "sound": ["quiet"],
            "private": [False], "merges_with": [None], "opening_hours": [None],
        }
    )  # fmt: skip
    folder = write_district(pocket.district(rooms=rooms), tmp_path / "ground")
    assert (folder / "rooms.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    back = read_district(folder)
    assert back.ledger("rooms").loc[0, "sign"] == "阅览室"
    assert back.ledger("rooms").loc[0, "water"]
    assert back.fingerprint == pocket.district(rooms=rooms).fingerprint
    assert pocket.district().ledger("rooms").empty
    (folder / "rooms.csv").write_bytes("id,station\nR1,S1,头,多\n".encode("gbk"))
    with pytest.raises(SourceError, match="the ledger cannot be read"):
        read_district(folder)


HEAD = "id,station,sign,function,storey,area_m2,capacity,equipment,water,sound,private,merges_with,opening_hours"
ROOM = "R1,S1,阅览室,meeting,1,40.5,20,,True,quiet,False,,"


def test_a_comma_too_many_does_not_shift_a_ledger(folder: Path) -> None:
    rooms = folder / "rooms.csv"
    rooms.write_text(f"{HEAD}\n{ROOM},\n", encoding="utf-8")
    assert read_district(folder).ledger("rooms").loc[0, ["id", "station", "sign"]].tolist() == ["R1", "S1", "阅览室"]
    rooms.write_text(f"{HEAD}\n{ROOM},24/7\nR2,S1\n", encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        read_district(folder)
    assert [p.row for p in caught.value.problems] == ["on line 2", "on line 3"]
    assert "rooms.csv, row on line 2: the row has more cells than there are column names; expected 13 cells" in str(
        caught.value
    )
    rooms.write_text(f"{HEAD}\n", encoding="utf-8")
    assert read_district(folder).ledger("rooms").empty


def test_words_that_look_like_nothing_stay_words(folder: Path) -> None:
    (folder / "rooms.csv").write_text(f"{HEAD}\n{ROOM.replace('阅览室', 'NA')}\n", encoding="utf-8")
    assert read_district(folder).ledger("rooms").loc[0, "sign"] == "NA"


def test_an_edited_layer_is_noticed(folder: Path) -> None:
    pocket.stations().iloc[:1].to_file(folder / "ground.gpkg", layer="stations", driver="GPKG")
    with pytest.warns(ManifestWarning, match="the stations table differs"):
        read_district(folder)
    assert seal_district(folder) == ["stations"]
    assert len(read_district(folder).stations) == 1


def test_an_invalid_edit_is_not_sealed(folder: Path) -> None:
    before = (folder / "manifest.yaml").read_bytes()
    pocket.stations().assign(kind="castle").to_file(folder / "ground.gpkg", layer="stations", driver="GPKG")
    with pytest.raises(GeodataError, match="the value is not known"):
        seal_district(folder)
    assert (folder / "manifest.yaml").read_bytes() == before
    assert len(folder_problems(folder)) == 2


def test_what_is_missing_is_named(folder: Path) -> None:
    with pytest.raises(SourceError, match="there is no such folder"):
        read_district(folder / "nowhere")
    (folder / "ground.gpkg").unlink()
    with pytest.raises(SourceError, match="ground.gpkg: the file is missing"):
        read_district(folder)
    (folder / "manifest.yaml").unlink()
    with pytest.raises(ManifestError, match="the manifest is missing. Is this a district folder"):
        read_district(folder)
    assert len(folder_problems(folder)) == 1


def test_a_geopackage_that_is_none(folder: Path) -> None:
    (folder / "ground.gpkg").write_bytes(b"not a database")
    with pytest.raises(SourceError, match="not a readable GeoPackage"):
        read_district(folder)


def test_a_geopackage_that_is_cut_short(folder: Path) -> None:
    path = folder / "ground.gpkg"
    path.write_bytes(path.read_bytes()[:-9000])
    with pytest.raises(
        SourceError, match=r"not a readable GeoPackage; found [^;]*malformed\. Copy it again, or save it again"
    ):
        read_district(folder)


def styled(ground: Path, *names: str) -> None:
    """Add tables as QGIS does when it saves styles and projects into a GeoPackage."""
    for name in names:
        frame = pd.DataFrame({"f_table_name": ["demand"], "styleName": ["居民"], "useAsDefault": [True]})
        pyogrio.write_dataframe(frame, ground, layer=name, driver="GPKG")


def test_styles_saved_by_qgis_are_no_layers(folder: Path) -> None:
    before = read_district(folder).fingerprint
    styled(folder / "ground.gpkg", "layer_styles", "qgis_projects")
    assert folder_problems(folder) == []
    assert read_district(folder).fingerprint == before
    assert seal_district(folder) == []


def test_layers_that_are_not_known_are_refused(folder: Path) -> None:
    pocket.stations().to_file(folder / "ground.gpkg", layer="layer_styles2024", driver="GPKG")
    styled(folder / "ground.gpkg", "styles", "layer_styles")
    with pytest.raises(GeodataError) as caught:
        read_district(folder)
    assert [p.row for p in caught.value.problems] == ["layer_styles2024", "styles"]
    assert "district, row styles: the table is not known; expected one of communities, compounds" in str(caught.value)


def test_unreadable_files_are_named_together(folder: Path) -> None:
    (folder / "ground.gpkg").write_bytes(b"not a database")
    (folder / "rooms.csv").write_bytes("id,sign\nR1,阅览室\n".encode("gbk"))
    assert [p.what for p in folder_problems(folder)] == [
        "the file is not a readable GeoPackage",
        "the ledger cannot be read",
    ]


def test_a_ledger_stands_in_one_place(folder: Path) -> None:
    styled(folder / "ground.gpkg", "rooms")
    (folder / "rooms.csv").write_text(f"{HEAD}\n{ROOM}\n", encoding="utf-8")
    with pytest.raises(
        SourceError, match=r"rooms\.csv: the ledger stands in ground\.gpkg as well; found rooms\. Keep one"
    ):
        read_district(folder)


@pytest.mark.parametrize("error", [FeatureError("database disk image is malformed"), GEOSException("ParseException")])
def test_a_geopackage_that_is_damaged_within(folder: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("workbench.ground.sources.package.pyogrio.read_dataframe", broken)
    with pytest.raises(SourceError, match="not a readable GeoPackage; found (database|ParseException).*Copy it again"):
        read_district(folder)


def test_text_of_a_geopackage_that_is_not_utf8(folder: Path) -> None:
    path = folder / "ground.gpkg"
    path.write_bytes(path.read_bytes().replace("东社区".encode(), "东社".encode() + bytes([0xF2, 0x8F, 0x20])))
    with pytest.raises(SourceError, match="not a readable GeoPackage; found 'utf-8' codec can't decode"):
        read_district(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("format: 1\nformat: 1\n", "a key stands twice"),
        ("format: 2\n", "key format"),
        ("nmae: x\n", "Did you mean name"),
        ("[", "not valid YAML"),
    ],
)
def test_a_manifest_that_is_wrong(folder: Path, text: str, message: str) -> None:
    (folder / "manifest.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ManifestError, match=message):
        read_district(folder)


def test_other_folders_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="holds something else"):
        write_district(pocket.district(), tmp_path)


def test_stations_come_and_go() -> None:
    district = pocket.district()
    more = district.with_stations(pocket.station("S3", 300, 5))
    assert list(more.stations["id"]) == ["S1", "S2", "S3"]
    assert more.without_stations(["S3"]).fingerprint == district.fingerprint
    assert more.fingerprint != district.fingerprint
    assert len(district.stations) == 2
    with pytest.raises(GeodataError, match="row S7, column id: there is no such row; expected an id of stations"):
        district.without_stations(["S7", "S8"])
    moved = district.with_stations(pocket.station("S1", 7, 0), replacing=True)
    assert list(moved.stations["id"]) == ["S1", "S2"]
    assert moved.stations.geometry.x.tolist() == [7, 600]
    twice = pd.concat([pocket.station("S3", 0, 0), pocket.station("S3", 9, 0)], ignore_index=True)
    with pytest.raises(GeodataError, match="stations, row S3, column id: the identifier stands more than once"):
        district.with_stations(gpd.GeoDataFrame(twice, crs=pocket.CRS))


def test_a_district_shares_no_state() -> None:
    district = pocket.district()
    district.demand["residents"] = 0.0
    assert district.demand["residents"].sum() == 210
    assert district.layer("candidates").empty
    assert not district.has("candidates")
    assert "6 demand" in repr(district)


def test_the_fingerprint_sees_every_change() -> None:
    prints = {pocket.district().fingerprint}
    moved = pocket.demand()
    moved["geometry"] = moved.geometry.translate(0.01, 0)
    prints.add(pocket.district(demand=moved).fingerprint)
    prints.add(pocket.district(stations=pocket.stations().assign(name=["甲", "乙"])).fingerprint)
    prints.add(pocket.district(gates=pocket.gates().assign(access="public")).fingerprint)
    prints.add(District.from_tables(pocket.MANIFEST.model_copy(update={"key": "other"}), pocket.tables()).fingerprint)
    assert len(prints) == 5
