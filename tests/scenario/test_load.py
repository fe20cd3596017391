"""How scenario files compose, and what they say when they do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.errors import (
    IdleSettingWarning,
    OverlayConflictError,
    ScenarioError,
    StandardError,
    UnknownKeyError,
    UnknownOverlayError,
    WorkbenchError,
)
from workbench.scenario import Scenario, load_scenario
from workbench.scenario.load import explain

SCENARIOS = Path(__file__).parents[2] / "scenarios"

WHOLE = "groups: {all: {label: 全体, ages: {age_0_6: 1, age_7_17: 1, age_18_59: 1, age_60_79: 1, age_80_plus: 1}}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "overlays").mkdir()
    write(tmp_path / "base.yaml", f"name: base\ntitle: 基准\ndistrict: ../ground\n{WHOLE}gates: {{policy: as_is}}\n")
    write(tmp_path / "overlays" / "open.yaml", "gates: {policy: all_open}\n")
    write(tmp_path / "overlays" / "night.yaml", 'clock: {at: "22:30"}\n')
    write(tmp_path / "overlays" / "morning.yaml", 'clock: {at: "06:30", weekday: Sa}\n')
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def load(folder: Path, text: str, **options: object) -> Scenario:
    return load_scenario(write(folder / "s.yaml", text), **options)  # type: ignore[arg-type]


def refusal(folder: Path, text: str, kind: type[WorkbenchError] = ScenarioError, **options: object) -> str:
    with pytest.raises(kind) as caught:
        load(folder, text, **options)
    return str(caught.value)


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.yaml")), ids=lambda p: p.stem)
def test_every_committed_scenario_loads(path: Path) -> None:
    assert load_scenario(path).name == path.stem


@pytest.mark.parametrize("path", sorted((SCENARIOS / "overlays").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_committed_overlay_changes_what_it_is_for(path: Path) -> None:
    base = SCENARIOS / ("rooms-share.yaml" if path.stem.startswith("room") else "baseline.yaml")
    assert load_scenario(base, overlays=[path.stem]).fingerprint != load_scenario(base).fingerprint


def test_order_of_precedence(folder: Path) -> None:
    text = "extends: base.yaml\noverlays: [open]\nname: s\n"
    assert load(folder, text).gates.policy == "all_open"
    assert load(folder, text + "gates: {policy: as_is}\n").gates.policy == "as_is"
    assert load(folder, text, settings={"gates.policy": "as_is"}).gates.policy == "as_is"
    assert load(folder, text, overlays=["night"]).clock.at == "22:30"


def test_a_scenario_stands_above_the_overlays_of_its_base(folder: Path) -> None:
    write(folder / "middle.yaml", "extends: base.yaml\noverlays: [open, night]\nname: middle\n")
    own = load(folder, "extends: middle.yaml\nname: s\ngates: {policy: as_is}\n")
    assert (own.gates.policy, own.clock.at) == ("as_is", "22:30")
    assert (own.origins["gates.policy"], own.origins["clock.at"]) == ("s.yaml", "overlays/night.yaml")
    # the overlay of the scenario and the one of its base are no equals: the scenario's holds
    late = load(folder, "extends: middle.yaml\noverlays: [morning]\nname: s\n")
    assert (late.clock.at, late.clock.weekday, late.gates.policy) == ("06:30", "Sa", "all_open")
    rows = {key: (value, origin, said) for key, value, origin, said in explain(folder / "s.yaml")}
    assert rows["clock.at"] == ("06:30", "overlays/morning.yaml", "'22:30' (overlays/night.yaml)")
    assert load(folder, "extends: middle.yaml\nname: s\n", overlays=["morning"]).clock.at == "06:30"


def test_an_overlay_named_again_is_applied_again(folder: Path) -> None:
    write(folder / "middle.yaml", 'extends: base.yaml\noverlays: [night]\nname: middle\nclock: {at: "23:00"}\n')
    assert load(folder, "extends: middle.yaml\nname: s\n").clock.at == "23:00"
    assert load(folder, "extends: middle.yaml\noverlays: [night]\nname: s\n").clock.at == "22:30"


@pytest.mark.parametrize("text", ["", "{}\n", "# later\n"])
def test_an_overlay_that_sets_nothing_is_refused(folder: Path, text: str) -> None:
    write(folder / "overlays" / "void.yaml", text)
    with pytest.raises(ScenarioError, match="void.yaml: the overlay sets nothing; expected at least one key"):
        load(folder, "extends: base.yaml\noverlays: [void]\nname: s\n")


def test_overlays_lie_beside_the_file_that_names_them(folder: Path) -> None:
    write(folder / "middle.yaml", "extends: base.yaml\noverlays: [open]\nname: middle\n")
    (folder / "sub").mkdir()
    below = load_scenario(write(folder / "sub" / "t.yaml", "extends: ../middle.yaml\nname: t\n"))
    assert below.origins["gates.policy"] == "../overlays/open.yaml"
    with pytest.raises(UnknownOverlayError, match=r"call, key overlays: .* in .*sub/overlays"):
        load_scenario(folder / "sub" / "t.yaml", overlays=["open"])


def test_overlays_of_a_base_in_conflict_are_the_base_s_own_affair(folder: Path) -> None:
    write(folder / "middle.yaml", "extends: base.yaml\noverlays: [night, morning]\nname: middle\n")
    message = refusal(folder, 'extends: middle.yaml\nname: s\nclock: {at: "12:00"}\n', OverlayConflictError)
    assert "Set the key in middle.yaml itself, or drop one of the overlays." in message


def test_a_value_against_keys_below_it_is_a_conflict(folder: Path) -> None:
    write(folder / "overlays" / "none.yaml", "standards: {}\n")
    write(folder / "overlays" / "slow.yaml", "standards: {pace.adult: 0.8}\n")
    for names, found in (("none, slow", "{} and keys below it"), ("slow, none", "keys below it and {}")):
        text = f"extends: base.yaml\noverlays: [{names}]\nname: s\n"
        message = refusal(folder, text, OverlayConflictError)
        assert f"key standards: two overlays set one key differently; found {found}" in message
        assert load(folder, text + "standards: {}\n").standards == {}


def test_keys_with_dots_and_mappings_are_set_at_the_call(folder: Path) -> None:
    text = "extends: base.yaml\nname: s\n"
    scenario = load(folder, text, settings={"standards.pace.adult": 1.3, "clock": {"at": "22:30"}})
    assert (scenario.standards, scenario.clock.at) == ({"pace.adult": 1.3}, "22:30")
    assert scenario.origins["standards.pace.adult"] == "call"
    assert scenario.origins["clock.at"] == "call"
    assert scenario.register["pace.adult"].origin == "call"
    assert scenario.gates.policy == "as_is"  # what the base says of the gates besides stays
    assert scenario.origins["gates.policy"] == "base.yaml"


def test_every_key_knows_its_origin(folder: Path) -> None:
    scenario = load(folder, "extends: base.yaml\noverlays: [open]\nname: s\n", settings={"clock.weekday": "Su"})
    assert scenario.origins["gates.policy"] == "overlays/open.yaml"
    assert scenario.origins["district"] == "base.yaml"
    assert scenario.origins["name"] == "s.yaml"
    assert scenario.origins["clock.weekday"] == "call"
    rows = {key: (value, origin, said) for key, value, origin, said in explain(folder / "s.yaml")}
    assert rows["gates.policy"] == ("all_open", "overlays/open.yaml", "'as_is' (base.yaml)")
    assert rows["walking.pace"][1] == "default"


def test_overlays_in_conflict(folder: Path) -> None:
    text = "extends: base.yaml\noverlays: [night, morning]\nname: s\n"
    message = refusal(folder, text, OverlayConflictError)
    assert "overlays/night.yaml and overlays/morning.yaml, key clock.at" in message
    assert "'22:30' and '06:30'" in message
    assert load(folder, text + 'clock: {at: "12:00"}\n').clock.at == "12:00"


def test_an_unknown_overlay_names_those_there_are(folder: Path) -> None:
    message = refusal(folder, "extends: base.yaml\noverlays: [nigth]\nname: s\n", UnknownOverlayError)
    assert "s.yaml, key overlays: there is no such overlay; expected one of morning, night, open (in " in message
    assert "found nigth. Did you mean night?" in message
    write(folder / "middle.yaml", "extends: base.yaml\noverlays: [opne]\nname: middle\n")
    message = refusal(folder, "extends: middle.yaml\nname: s\n", UnknownOverlayError, overlays=["snow", "night"])
    assert "2 problems" in message
    assert "middle.yaml, key overlays: there is no such overlay" in message
    assert "call, key overlays: there is no such overlay" in message


def test_an_unknown_key_names_what_comes_close(folder: Path) -> None:
    message = refusal(folder, "extends: base.yaml\nname: s\ngates: {polcy: as_is}\n", UnknownKeyError)
    assert "s.yaml, key gates.polcy: the key is not known; expected one of policy" in message
    assert "Did you mean policy?" in message


def test_a_section_in_another_one_belongs_at_the_top(folder: Path) -> None:
    message = refusal(
        folder, "extends: base.yaml\nname: s\nprogramme: {monday: 2026-06-01, visits: {}}\n", UnknownKeyError
    )
    assert "key programme.visits: the key is not known" in message
    assert "visits is a key of the file itself: write it at the top." in message


@pytest.mark.parametrize(("key", "value"), [("at", '"22:30"'), ("weekday", "Sa")])
def test_a_time_of_gates_alone_says_where_the_clock_is(folder: Path, key: str, value: str) -> None:
    message = refusal(folder, f"extends: base.yaml\nname: s\ngates: {{{key}: {value}}}\n", UnknownKeyError)
    assert f"s.yaml, key gates.{key}: the key is not known" in message
    assert f"Write clock: {{{key}: {value}}}: gates, stations and the online service follow one time." in message


def test_all_problems_of_a_scenario_at_once(folder: Path) -> None:
    message = refusal(folder, "extends: base.yaml\nname: S!\ngates: {policy: ajar}\nclock: {at: 630}\nfoo: 1\n")
    assert "4 problems" in message
    for part in ("key name", "key gates.policy", "key clock.at", "key foo"):
        assert part in message


def test_a_time_read_as_a_number_is_refused(folder: Path) -> None:
    message = refusal(folder, "extends: base.yaml\nname: s\nclock: {at: 630}\n")
    assert 'found 630 (int). Put quotes around it, as in "10:30"' in message
    assert load(folder, "extends: base.yaml\nname: s\nclock: {at: 10:30}\n").clock.at == "10:30"  # YAML 1.2: text
    assert "key clock.at: the value does not fit; expected a time of day, \"HH:MM\"; found '24:10'" in refusal(
        folder, "extends: base.yaml\nname: s\nclock: {at: '24:10'}\n"
    )


def test_what_has_a_name_of_its_own_is_not_called_as_what_it_extends(folder: Path) -> None:
    (folder / "called.yaml").write_text(
        "extends: base.yaml\nname: called\ntitle: 今天\nnote: today\n", encoding="utf-8"
    )
    mine = load(folder, "extends: called.yaml\nname: mine\n")
    assert (mine.name, mine.title, mine.note) == ("mine", "", "")
    same = load(folder, "extends: called.yaml\n")
    assert (same.name, same.title, same.note) == ("called", "今天", "today")


def test_duplicate_keys_are_refused(folder: Path) -> None:
    message = refusal(folder, "name: s\ntitle: a\nname: t\n")
    assert (
        "s.yaml, line 3, column 1, key name: a key stands twice; expected each key once; found s on line 1; t on line 3. "
        "Keep the one that is meant, and remove the rest." in message
    )


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("- a\n- b\n", "the file is no mapping"),
        ("name: [s\n", "not valid YAML"),
        ("extends: 7\n", "key extends"),
        ("overlays: night\n", "key overlays"),
        ("extends: s.yaml\nname: s\n", "extends itself"),
        ("extends: bass.yaml\nname: s\n", "there is no such file. Did you mean base.yaml?"),
        ("", "key name: the key is missing"),
    ],
)
def test_files_that_are_no_scenario(folder: Path, text: str, part: str) -> None:
    assert part in refusal(folder, text)


def test_a_file_that_is_not_utf8(folder: Path) -> None:
    (folder / "s.yaml").write_bytes("name: s\ntitle: 现状\n".encode("gbk"))
    with pytest.raises(ScenarioError, match="not text in UTF-8.*Save the file as UTF-8"):
        load_scenario(folder / "s.yaml")
    with pytest.raises(ScenarioError, match="cannot be read"):
        load_scenario(folder / "overlays")


def test_an_overlay_composes_nothing(folder: Path) -> None:
    write(folder / "overlays" / "greedy.yaml", "extends: base.yaml\n")
    assert "does not compose others" in refusal(folder, "extends: base.yaml\noverlays: [greedy]\nname: s\n")


def test_groups_make_a_whole(folder: Path) -> None:
    ages = "age_7_17: 1, age_60_79: 1, age_80_plus: 1"
    two = f"{{a: {{label: 甲, ages: {{age_0_6: 0.5, {ages}}}}}, b: {{label: 乙, ages: {{age_18_59: 1, age_80_plus: 0.2}}}}}}"
    message = refusal(folder, f"name: s\ngroups: {two}\n")
    wanted = "the value does not fit; expected shares of all groups that add up to 1"
    mend = "Groups that overlap belong under 'focus'."
    for band, total in (("age_0_6", "0.5"), ("age_80_plus", "1.2")):
        assert f"s.yaml, key groups.*.ages.{band}: {wanted}; found {total} (float). {mend}" in message
    assert message.count(wanted) == 2
    assert "label" not in message
    assert "less than or equal to 1" in refusal(folder, "name: s\nfocus: {a: {label: 甲, ages: {age_0_6: 1.5}}}\n")
    twice = "extends: base.yaml\nname: s\nfocus: {all: {label: 甲, ages: {age_0_6: 1}}}\n"
    assert "key focus.all: the value does not fit; expected a name that does not stand under 'groups' too" in refusal(
        folder, twice
    )
    assert "age_0_9" in refusal(folder, "name: s\nfocus: {a: {label: 甲, ages: {age_0_9: 1}}}\n")


def test_unknown_standards_are_named_with_their_key(folder: Path) -> None:
    text = "extends: base.yaml\nname: s\nwalking: {pace: pace.adlt}\nstandards: {pace.olde: 1.0}\n"
    message = refusal(folder, text, StandardError)
    assert "s.yaml, key walking.pace: the register holds no such standard; found pace.adlt" in message
    assert "key standards.pace.olde" in message
    assert "Did you mean pace.adult" in message


@pytest.mark.parametrize(
    ("line", "key", "unit", "found"),
    [
        ("walking: {pace: gb50180.five_minute.walk_distance}", "walking.pace", "m/s", "walk_distance in m"),
        ("walking: {pace_factor: pace.older}", "walking.pace_factor", "1", "pace.older in m/s"),
        ("walking: {crossing_delay: gb50180.five_minute.walk_time}", "walking.crossing_delay", "s", "in min"),
        ("coverage: {time: walk.snap_limit}", "coverage.time", "min", "walk.snap_limit in m"),
        ("coverage: {smallest_cell: walk.snap_limit}", "coverage.smallest_cell", "人", "walk.snap_limit in m"),
        ("focus: {a: {label: 甲, ages: {}, pace: walk.snap_limit}}", "focus.a.pace", "m/s", "walk.snap_limit in m"),
    ],
)
def test_a_standard_of_another_unit_is_refused(folder: Path, line: str, key: str, unit: str, found: str) -> None:
    message = refusal(folder, f"extends: base.yaml\nname: s\n{line}\n", StandardError)
    assert f"s.yaml, key {key}: the standard has the wrong unit; expected a standard in {unit}; found" in message
    assert found in message
    assert f"In {unit} are " in message


def test_a_number_where_a_standard_is_named(folder: Path) -> None:
    message = refusal(folder, "extends: base.yaml\nname: s\nwalking: {pace: 1.2}\n")
    assert (
        "s.yaml, key walking.pace: the value does not fit; expected the key of a standard, such as pace.adult; "
        in message
    )
    assert "its value is set under 'standards'; found 1.2 (float)." in message
    message = refusal(folder, "extends: base.yaml\nname: s\nwalking: [pace.adult]\n")
    assert "key walking: the value does not fit; expected keys with values; found ['pace.adult'] (list)." in message
    assert "not allowed." in refusal(folder, "name: s\x07\n")


def test_local_standards_keep_their_origin(folder: Path) -> None:
    scenario = load(folder, "extends: base.yaml\nname: s\nstandards: {pace.adult: 1.3}\n")
    item = scenario.register["pace.adult"]
    assert (item.value, item.origin) == (1.3, "s.yaml")
    assert "s.yaml" in item.citation
    assert scenario.standard("pace.adult") == 1.3
    assert "greater than 0" in refusal(folder, "extends: base.yaml\nname: s\nstandards: {pace.adult: 0}\n")


def test_paths_resolve_against_the_file_that_names_them(folder: Path) -> None:
    sub = folder / "sub"
    sub.mkdir()
    scenario = load_scenario(write(sub / "t.yaml", "extends: ../base.yaml\nname: t\n"))
    assert scenario.district == (folder.parent / "ground").as_posix()
    assert scenario.origins["district"] == "../base.yaml"


def test_the_fingerprint_is_of_what_is_decided(folder: Path) -> None:
    one = load(folder, "extends: base.yaml\nname: s\n")
    assert one.fingerprint == load(folder, "name: s\nextends: base.yaml\n").fingerprint
    assert one.fingerprint == load(folder, "extends: base.yaml\nname: s\ndistrict: elsewhere\n").fingerprint
    assert one.fingerprint != load(folder, "extends: base.yaml\nname: s\ngates: {policy: all_open}\n").fingerprint


def test_a_mapping_and_a_value_replace_each_other(folder: Path) -> None:
    write(folder / "overlays" / "none.yaml", "standards: {}\n")
    text = "extends: base.yaml\nname: s\nstandards: {pace.adult: 1.3}\noverlays: [none]\n"
    assert load(folder, text).standards == {"pace.adult": 1.3}


IDLE = """
name: s
groups:
  all: {label: 全体, pace: pace.older, steps: walk, ages: {age_0_6: 1, age_7_17: 1, age_18_59: 1, age_60_79: 1, age_80_plus: 1}}
"""


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("walking.pace", "pace.older", "changes households and residents of unknown age only; found groups.all.pace"),
        ("walking.steps_factor", "walk.steps_factor", "changes nothing; found groups that walk steps like a street"),
        ("hours.holidays", "closed", "changes nothing; found hours.week: null"),
        ("hours.six_days", "six_days", "changes nothing; found hours.extend without weekend"),
        ("rooms.need", "published", "changes nothing; found rooms.plan: false"),
        (
            "standards.td1063.market.walk_time",
            9,
            "changes nothing; found no key of the scenario that names this standard",
        ),
    ],
)
def test_a_setting_that_another_overrides_says_so(tmp_path: Path, key: str, value: object, words: str) -> None:
    file = write(tmp_path / "s.yaml", IDLE)
    with pytest.warns(IdleSettingWarning) as caught:
        load_scenario(file, settings={key: value})
    assert len(caught) == 1
    assert f"call, key {key}: the setting {words}" in str(caught[0].message)


def test_a_setting_that_counts_says_nothing(tmp_path: Path) -> None:
    file = write(tmp_path / "s.yaml", IDLE)
    settings = {"walking.pace_factor": "pace.winter_factor", "standards.pace.winter_factor": 0.8, "clock.at": "20:00"}
    load_scenario(file, settings={**settings, "hours.week": "2026-10-01", "hours.holidays": "closed"})
    load_scenario(write(tmp_path / "t.yaml", "name: t\n"), settings={"walking.pace": "pace.older"})
