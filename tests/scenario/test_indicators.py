"""Targets and weights are held against the indicators of a run before anything is measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.errors import ScenarioError, StandardError
from workbench.scenario import load_scenario


def said(path: Path, text: str, error: type[ScenarioError] = ScenarioError) -> list[str]:
    path.write_text(f"name: aims\n{text}", encoding="utf-8")
    with pytest.raises(error) as caught:
        load_scenario(path)
    return [str(problem) for problem in caught.value.problems]


def test_a_target_that_no_study_measures(tmp_path: Path) -> None:
    [problem] = said(tmp_path / "aims.yaml", "targets: {coverage.resident: 80, posts.share: 100}\n")
    assert problem == (
        "aims.yaml, key targets.coverage.resident: no study measures such an indicator. "
        "Did you mean coverage.residents or coverage.residents_full?"
    )


def test_a_target_like_no_other_is_told_what_there_is(tmp_path: Path) -> None:
    [problem] = said(tmp_path / "aims.yaml", "targets: {happiness: 80}\n")
    assert "key targets.happiness: no study measures such an indicator. There are access.residents, " in problem
    assert problem.endswith("walk.time.p90.")


def test_a_target_where_a_standard_stands(tmp_path: Path) -> None:
    standard = "gb50180.ten_minute.walk_distance"
    [problem] = said(
        tmp_path / "aims.yaml", f"targets: {{walk.distance.p90: 400}}\ncoverage: {{distance: {standard}}}\n"
    )
    assert "key targets.walk.distance.p90: a standard sets this indicator; found a target. Set a local" in problem
    assert f"'standards: {{{standard}: …}}'" in problem


def test_weights_and_standards_are_named_with_them(tmp_path: Path) -> None:
    text = "targets: {x: 1}\naxes: {indicators: {group.gap: {weight: 2}}}\nwalking: {pace: pace.adlt}\n"
    standard, target, weight = said(tmp_path / "aims.yaml", text, StandardError)
    assert "key walking.pace: the register holds no such standard" in standard
    assert "key targets.x: no study" in target
    assert "key axes.indicators.group.gap: no study measures such an indicator. Did you mean groups.gap" in weight


def test_the_file_that_set_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("name: base\ntargets: {posts.shares: 80}\n", encoding="utf-8")
    [problem] = said(tmp_path / "aims.yaml", "extends: base.yaml\n")
    assert problem.startswith("base.yaml, key targets.posts.shares: ")
