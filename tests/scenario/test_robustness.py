"""The robustness section of a scenario: what it takes, and what it refuses in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.catalogue.standards import register
from workbench.errors import ScenarioError, StandardError
from workbench.scenario import load_scenario
from workbench.scenario.sections import Robustness


def written(folder: Path, text: str) -> Path:
    path = folder / "s.yaml"
    path.write_text(f"name: s\n{text}\n", encoding="utf-8")
    return path


def test_the_defaults_are_records_of_the_register_that_say_they_are_assumed(tmp_path: Path) -> None:
    rules = load_scenario(written(tmp_path, "")).robustness
    assert rules == Robustness()
    keys = [value for value in rules.model_dump().values() if isinstance(value, str) and "." in value]
    assert len(keys) == 13
    assert {register()[key].certainty for key in keys} == {"推"}
    assert rules.draws == 1000


def test_ranges_of_ones_own(tmp_path: Path) -> None:
    text = "robustness: {draws: 50, seed: 7, shape: normal, winter_low: pace.winter_factor}"
    rules = load_scenario(written(tmp_path, text)).robustness
    assert (rules.draws, rules.seed, rules.shape, rules.winter_low) == (50, 7, "normal", "pace.winter_factor")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("draws: 0", "key robustness.draws: the value does not fit; expected greater than or equal to 1; found 0"),
        ("draws: 100001", "key robustness.draws: the value does not fit; expected less than or equal to 100000"),
        ("draws: many", "key robustness.draws: the value does not fit"),
        ("seed: -1", "key robustness.seed: the value does not fit; expected greater than or equal to 0"),
        ("shape: gamma", "key robustness.shape: the value does not fit; expected 'triangular', 'uniform' or 'normal'; found 'gamma'"),
        ("pace: 0.1", "key robustness.pace: the value does not fit; expected the key of a standard, such as pace.adult; its value is set under 'standards'; found 0.1"),
        ("spread: 1", "key robustness.spread: the key is not known; expected one of critical_draws, critical_loss, crossing_delay_hi"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        load_scenario(written(tmp_path, f"robustness: {{{text}}}"))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pace: robustness.pace_spred", "key robustness.pace: the register holds no such standard; found robustness.pace_spred. Did you mean robustness.pace_spread"),
        ("crossing_delay_low: pace.adult", "key robustness.crossing_delay_low: the standard has the wrong unit; expected a standard in s; found pace.adult in m/s"),
    ],
)  # fmt: skip
def test_standards_that_do_not_fit_are_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(StandardError) as refused:
        load_scenario(written(tmp_path, f"robustness: {{{text}}}"))
    assert said in str(refused.value)
