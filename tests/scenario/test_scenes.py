"""What scenarios say of scenes, and what they say when it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.errors import ScenarioError, StandardError
from workbench.scenario import Group, load_scenario


def refusal(folder: Path, text: str) -> str:
    path = folder / "s.yaml"
    path.write_text(f"name: s\nfocus:\n  riders: {{label: 骑手, ages: {{age_18_59: 0.1}}, {text}}}\n", encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    return str(caught.value)


def test_groups_need_nothing_and_come_at_any_time_unless_they_say_so() -> None:
    group = Group(label="甲", ages={"age_0_6": 1.0})
    assert (group.free, group.needs, group.share_basis, group.assumed) == (None, (), "", False)
    assert Group(label="乙", ages={"age_0_6": 0.5}).assumed


def test_a_scenario_reads_needs_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(
        "name: s\nfocus: {a: {label: 甲, ages: {}, free: 24/7, needs: [riders_post, legal_corner]}}\n", encoding="utf-8"
    )
    group = load_scenario(path).focus["a"]
    assert (group.free, group.needs) == ("24/7", ("riders_post", "legal_corner"))
    assert load_scenario(path, settings={"focus.a.needs": []}).focus["a"].needs == ()


def test_an_unknown_scene_names_file_key_and_what_comes_close(tmp_path: Path) -> None:
    message = refusal(tmp_path, "needs: [riders_post, night_scool]")
    assert "s.yaml, key focus.riders.needs.1: the value does not fit" in message
    assert "Did you mean night_school" in message
    assert "found 'night_scool'" in message


def test_a_scene_named_twice(tmp_path: Path) -> None:
    assert "each scene once; riders_post stands twice" in refusal(tmp_path, "needs: [riders_post, riders_post]")


@pytest.mark.parametrize(
    ("free", "fault"), [("Mo-Fr 25", "does not parse"), ("''", "does not parse"), ("off", "is never open")]
)
def test_hours_that_say_nothing(tmp_path: Path, free: str, fault: str) -> None:
    message = refusal(tmp_path, f"free: {free}")
    assert "s.yaml, key focus.riders.free: the value does not fit" in message
    assert fault in message


def test_all_problems_of_a_group_at_once(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(
        "name: s\nfocus: {a: {label: 甲, ages: {age_18_59: 1.2}, free: nie, needs: [market]}}\n", encoding="utf-8"
    )
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    assert [problem.key for problem in caught.value.problems] == [
        "focus.a.ages.age_18_59",
        "focus.a.free",
        "focus.a.needs.0",
    ]


def test_the_overlap_is_a_standard_in_minutes(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("name: s\nscenes: {least_overlap: pace.adult}\n", encoding="utf-8")
    with pytest.raises(StandardError, match="a standard in min"):
        load_scenario(path)
