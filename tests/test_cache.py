"""Stages that are found again, and what is never found."""

from __future__ import annotations

import json
import os
import pickle
import threading
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point, Polygon, equals_identical, get_srid, set_srid

from tests import pocket
from tests.command import called
from tests.listeners import Steps
from tests.siting import grounds
from workbench import cache as caches
from workbench.cache import FOLDER, Cache, user_cache
from workbench.catalogue.terms import Mode
from workbench.coverage import CoverageResult
from workbench.errors import ScenarioError, SnapWarning
from workbench.ground.sources import write_district
from workbench.scenario import load_scenario
from workbench.siting import result
from workbench.solving import Interrupt
from workbench.study import Study, ground_of, run_study


def answers(cache: Cache, key: str = "a", **given: object) -> tuple[Any, bool]:
    return cache.stage(cache.key(key), lambda: MappingProxyType({"answer": 42}), given)


def test_what_was_worked_out_is_found_again(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    assert answers(cache) == ({"answer": 42}, False)
    assert answers(cache) == ({"answer": 42}, True)
    assert answers(Cache(tmp_path / "cache")) == ({"answer": 42}, True)
    assert answers(cache, "b") == ({"answer": 42}, False)
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700


def test_what_was_given_is_put_in_its_place(tmp_path: Path) -> None:
    cache, old, new = Cache(tmp_path), ["old"], ["new"]
    key = cache.key("a")
    assert cache.stage(key, lambda: {"who": old}, {"given": old})[0] == {"who": ["old"]}
    found, kept = cache.stage(key, dict, {"given": new})
    assert kept
    assert found["who"] is new
    assert cache.stage(key, lambda: "made anew")[0] == "made anew"  # a name that nobody gives


def test_what_is_held_is_the_same_object_for_the_last_two(tmp_path: Path) -> None:
    cache = Cache(tmp_path)

    def ground(key: str) -> object:
        return cache.stage(key, lambda: [key], hold=True)[0]

    a, b = ground("a"), ground("b")
    assert ground("a") is a
    ground("c")
    assert ground("a") is a
    assert ground("b") is not b
    assert ground("b") == b
    cache.asked.clear()
    ground("b")
    assert [*cache.contents()] == ["b"]  # what is held travels too


def test_shapes_are_found_as_they_were(tmp_path: Path) -> None:
    shapes = np.array([Point(1, 2, 3), set_srid(LineString([(0, 0), (1, 1)]), 4490), Polygon(), None], object)
    kept = {"all": shapes[:3], "some": shapes, "none": shapes[:0], "table": shapes[:2].reshape(1, 2), "one": shapes[0]}
    cache = Cache(tmp_path)
    cache.put("a", kept)
    found = cache.find("a")
    for name, those in kept.items():
        assert equals_identical(found[name], those)[np.not_equal(those, None)].all()
        assert (np.shape(found[name]), *get_srid(found[name]).flat) == (np.shape(those), *get_srid(those).flat)
        assert np.array_equal(np.equal(found[name], None), np.equal(those, None))


def test_of_a_variant_only_what_differs_is_kept(tmp_path: Path) -> None:
    cache, old = Cache(tmp_path), pocket.scenario(note="old")
    cache.stage("a", lambda: old.model_copy(update={"title": "varied"}), {"scenario": old})
    found, _ = cache.stage("a", lambda: None, {"scenario": pocket.scenario(note="new")})
    assert found == pocket.scenario(note="new", title="varied")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content[: len(content) // 2],
        lambda _: b"",
        lambda _: os.urandom(4096),
        lambda content: content[:-1] + bytes([content[-1] ^ 1]),
        lambda content: content.replace(b"stage 1", b"stage 0"),
        lambda _: pickle.dumps(({"answer": 41}, [])),
    ],
    ids=["cut", "empty", "random", "bit", "version", "foreign"],
)
def test_a_damaged_entry_is_as_good_as_not_there(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    cache = Cache(tmp_path)
    answers(cache)
    (entry,) = tmp_path.iterdir()
    entry.write_bytes(spoil(entry.read_bytes()))
    assert answers(cache) == ({"answer": 42}, False)
    assert answers(cache) == ({"answer": 42}, True)


def test_other_code_and_other_libraries_find_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(Cache(tmp_path))
    monkeypatch.setattr(caches, "__version__", "0")
    assert answers(Cache(tmp_path)) == ({"answer": 42}, False)
    monkeypatch.setattr(caches.metadata, "version", lambda name: "0")
    assert answers(Cache(tmp_path)) == ({"answer": 42}, False)


def test_a_class_that_is_gone_is_no_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(tmp_path)
    cache.stage(cache.key("a"), lambda: pocket.MANIFEST)
    monkeypatch.delattr("workbench.ground.manifest.Manifest")
    assert answers(cache) == ({"answer": 42}, False)


def test_where_nothing_can_be_kept_the_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    assert answers(Cache(tmp_path / "file" / "cache")) == ({"answer": 42}, False)
    assert Cache(tmp_path / "new").stage("a", lambda: lambda: 42)[0]() == 42  # no pickle holds it
    full = Cache(tmp_path / "full")

    def no_room(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(caches.os, "fdopen", no_room)
        assert answers(full) == ({"answer": 42}, False)
    assert list((tmp_path / "full").iterdir()) == []


def test_a_folder_that_others_may_write_to_is_not_trusted(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    answers(cache)
    tmp_path.chmod(0o777)
    try:
        assert answers(cache) == ({"answer": 42}, False)
    finally:
        tmp_path.chmod(0o700)
    assert answers(cache) == ({"answer": 42}, True)


def test_many_may_write_at_once(tmp_path: Path) -> None:
    def write() -> None:
        for number in range(20):
            cache = Cache.__new__(Cache)
            cache.__dict__ |= shared.__dict__
            assert answers(cache, str(number % 3))[0] == {"answer": 42}

    shared = Cache(tmp_path)
    children = [os.fork() for _ in range(2)] if hasattr(os, "fork") and threading.active_count() == 1 else []
    if 0 in children:
        try:
            write()
        finally:
            os._exit(0)
    write()
    for child in children:
        os.waitpid(child, 0)
    assert len(list(tmp_path.iterdir())) == 3
    assert answers(shared, "1") == ({"answer": 42}, True)


def test_the_oldest_make_room(tmp_path: Path) -> None:
    cache = Cache(tmp_path, most_bytes=4000)
    for number, name in enumerate("abc"):
        cache.stage(name, lambda: bytes(1000))
        os.utime(tmp_path / f"{name}.stage", (number, number))
    assert cache.stage("a", lambda: b"")[1]  # and is the latest now
    cache.stage("d", lambda: bytes(1000))
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["a", "c", "d"]


def test_warnings_are_raised_again(tmp_path: Path) -> None:
    def doubtful() -> int:
        for _ in range(2):
            warnings.warn("too far", SnapWarning, stacklevel=1)
        return 42

    for _ in range(2):
        cache = Cache(tmp_path)
        with pytest.warns(SnapWarning, match="^too far$") as caught:
            cache.stage(cache.key("a"), doubtful)
        assert {str(one.message) for one in caught} == {"too far"}


def test_the_folder_is_where_the_user_wants_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, "")
    assert user_cache() is None
    monkeypatch.setenv(FOLDER, str(tmp_path / "here"))
    assert user_cache().folder == tmp_path / "here"  # type: ignore[union-attr]
    monkeypatch.delenv(FOLDER)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert user_cache().folder.name == "yijia-workbench"  # type: ignore[union-attr]


# ----------------------------------------------------------------------------------------------------------------------
# Whole runs.


def outputs(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "timings.json"
    }


def test_a_second_run_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path / "cache"))
    write_district(pocket.district(), tmp_path / "ground")
    (tmp_path / "s.yaml").write_text(json.dumps({"name": "s", "district": str(tmp_path / "ground")}))
    said = []
    for name, more in (("fresh", ["--no-cache"]), ("kept", []), ("found", [])):
        code, answer, _ = called(
            monkeypatch,
            capsys,
            "run",
            str(tmp_path / "s.yaml"),
            "--out",
            str(tmp_path / name),
            "--figures",
            "none",
            *more,
        )
        assert code == 0
        assert (tmp_path / "cache").exists() == (name != "fresh")
        said.append(answer.replace(str(tmp_path / name), "OUT"))
    assert said[0] == said[1] == said[2]
    assert outputs(tmp_path / "fresh") == outputs(tmp_path / "kept") == outputs(tmp_path / "found")


def test_after_a_change_of_the_siting_alone_nothing_is_measured_again(tmp_path: Path) -> None:
    cache, folder = Cache(tmp_path / "cache"), write_district(grounds.district(), tmp_path / "ground")
    told: list[tuple[str, int]] = []
    hear = Steps(lambda stage, done, _: told.append((stage, done)))

    def run(cache: Cache | None, **siting: Any) -> Study:
        told.clear()
        wish = {"sensitivity": False, "alternatives": {"count": 0}, **siting}
        scenario = pocket.scenario(standards=grounds.OPEN, siting=wish, title=f"{siting['stations']} more")
        return run_study(scenario, folder, progress=hear, cache=cache)

    run(cache, stations=1)
    assert ("walks", 0) in told
    two = run(cache, stations=2)
    assert ("walks", 0) not in told
    assert ("posts", 0) not in told
    assert ("siting", 0) in told
    assert two.scenario.siting is not None
    assert two.coverage.scenario is two.scenario
    assert two.coverage.fingerprint == two.fingerprint
    fresh = run(None, stations=2)
    for name, part in two.parts.items():
        assert part.fingerprint == fresh.parts[name].fingerprint  # variants of the scenario are those of the current
    for study in (two, run(cache, stations=2)):
        assert study.kpis() == fresh.kpis()
        assert study.headlines() == fresh.headlines()
        assert study.conclusion() == fresh.conclusion()
    assert ("siting", 0) not in told


def test_an_edit_of_the_ground_is_seen(tmp_path: Path) -> None:
    cache, folder = Cache(tmp_path / "cache"), write_district(pocket.district(), tmp_path / "ground")
    before = run_study(pocket.scenario(), folder, cache=cache)
    more = pocket.station("S3", 300, 10)
    write_district(pocket.district(stations=pd.concat([pocket.stations(), more], ignore_index=True)), folder)
    after = run_study(pocket.scenario(), folder, cache=cache)
    assert len(after.district.stations) == len(before.district.stations) + 1
    assert after.coverage.covered_residents(Mode.COMPLIANCE).sum() > 0
    assert after.fingerprint != before.fingerprint


def test_the_ground_of_a_scenario_is_found_as_it_was_read_until_it_is_edited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, folder = Cache(tmp_path / "cache"), write_district(pocket.district(), tmp_path / "ground")
    first = ground_of(pocket.scenario(), folder, cache=cache)
    with monkeypatch.context() as patched:
        patched.setattr("workbench.study.read_district", lambda _: pytest.fail("it is read again"))
        found = ground_of(pocket.scenario(), folder, cache=cache)
    for name, table in first.tables.items():
        pd.testing.assert_frame_equal(pd.DataFrame(table), pd.DataFrame(found.tables[name]))
    write_district(pocket.district(stations=pocket.stations().iloc[:1]), folder)
    assert len(ground_of(pocket.scenario(), folder, cache=cache).stations) == 1 < len(found.stations)


def test_a_scenario_that_names_no_district_has_none_whatever_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not run on the folder where it happens to stand, though that was read before."""
    cache = Cache(tmp_path / "cache")
    monkeypatch.chdir(write_district(pocket.district(), tmp_path / "ground"))
    run_study(pocket.scenario(), ".", cache=cache)
    for ask in (run_study, ground_of):
        with pytest.raises(ScenarioError, match="names no district"):
            ask(pocket.scenario(), cache=cache)


def test_the_origin_of_a_local_value_is_the_current_one(tmp_path: Path) -> None:
    cache, folder = Cache(tmp_path / "cache"), write_district(pocket.district(), tmp_path / "ground")
    for name in ("one", "two"):
        file = tmp_path / f"{name}.yaml"
        file.write_text("name: s\nstandards: {pace.adult: 1.2}\n")
        study = run_study(load_scenario(file), folder, cache=cache)
        assert study.coverage.scenario.register["pace.adult"].origin == f"{name}.yaml"


def test_a_study_that_was_interrupted_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, folder = Cache(tmp_path / "cache"), write_district(grounds.district(), tmp_path / "ground")
    scenario = pocket.scenario(standards=grounds.OPEN, siting={"stations": 1, "sensitivity": False})
    told: list[tuple[str, int]] = []
    hear = Steps(lambda stage, done, _: told.append((stage, done)))
    site_next = result.site_next

    def stopped(coverage: CoverageResult, **more: Any) -> Any:
        Interrupt()(2, None)
        assert coverage.scenario.siting is not None
        other = {"siting": coverage.scenario.siting.model_copy(update={"stations": 2})}  # as if it were not finished
        return site_next(replace(coverage, scenario=coverage.scenario.model_copy(update=other)), **more)

    with monkeypatch.context() as patched:
        patched.setattr(result, "site_next", stopped)
        run_study(scenario, folder, cache=cache)
    for sited in (True, False):
        told.clear()
        study = run_study(scenario, folder, progress=hear, cache=cache)
        assert (("siting", 0) in told) == sited
    assert study.headlines() == run_study(scenario, folder).headlines()  # nor is what was measured with its plan
