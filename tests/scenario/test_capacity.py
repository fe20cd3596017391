"""The capacity section of a scenario: what it takes, and what it refuses in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.errors import ScenarioError
from workbench.scenario import load_scenario


def written(folder: Path, text: str) -> Path:
    path = folder / "s.yaml"
    path.write_text(f"name: s\n{text}\n", encoding="utf-8")
    return path


def test_the_default_decay_is_the_published_one(tmp_path: Path) -> None:
    decay = load_scenario(written(tmp_path, "")).capacity.decay
    assert decay.shape == "steps"
    assert [(round(step.upto, 3), step.weight) for step in decay.steps] == [(0.333, 1.0), (0.667, 0.68), (1, 0.22)]


def test_a_decay_of_ones_own(tmp_path: Path) -> None:
    text = "capacity: {decay: {steps: [{upto: 0.5, weight: 1}, {upto: 1, weight: 0.1}]}, mode: experience}"
    capacity = load_scenario(written(tmp_path, text)).capacity
    assert [step.weight for step in capacity.decay.steps] == [1, 0.1]
    assert capacity.mode == "experience"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("decay: {shape: cubic}", "key capacity.decay.shape: the value does not fit; expected 'steps', 'gaussian', 'linear' or 'exponential'; found 'cubic'"),
        ("decay: {bandwidth: 0}", "key capacity.decay.bandwidth: the value does not fit; expected greater than 0"),
        ("decay: {steps: []}", "expected rings whose 'upto' rises and ends at 1 (they are none)"),
        ("decay: {steps: [{upto: 0.5, weight: 1}]}", "ends at 1 (they are 0.5)"),
        ("decay: {steps: [{upto: 0.6, weight: 1}, {upto: 0.4, weight: 0.5}, {upto: 1, weight: 0.2}]}", "ends at 1 (they are 0.6, 0.4, 1)"),
        ("decay: {steps: [{upto: 0.5, weight: 0.2}, {upto: 1, weight: 0.4}]}", "expected weights that start above 0 and never rise (they are 0.2, 0.4)"),
        ("decay: {steps: [{upto: 1, weight: 0}]}", "expected weights that start above 0"),
        ("decay: {steps: [{upto: 1, weight: 1.2}]}", "key capacity.decay.steps.0.weight: the value does not fit; expected less than or equal to 1"),
        ("decay: {steps: [{upto: 0, weight: 1}, {upto: 1, weight: 1}]}", "key capacity.decay.steps.0.upto: the value does not fit; expected greater than 0"),
        ("supply: rooms", "key capacity.supply: the value does not fit; expected 'resident_area_m2' or 'floor_area_m2'"),
        ("decays: {}", "key capacity.decays: the key is not known; expected one of area"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        load_scenario(written(tmp_path, f"capacity: {{{text}}}"))
    assert said in str(refused.value)
    assert "s.yaml, key capacity" in str(refused.value)
