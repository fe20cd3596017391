"""The register: every value knows where it comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.errors import ScenarioError, StandardError, StandardWarning
from workbench.standards import Certainty, read_register, register


@pytest.mark.parametrize("key", list(register()))
def test_every_record_is_complete(key: str) -> None:
    item = register()[key]
    assert item.key == key
    assert item.document
    assert item.label
    assert item.certainty.value in item.citation


def test_five_minutes_are_three_hundred_metres() -> None:
    item = register()["gb50180.five_minute.walk_distance"]
    assert (item.value, item.unit, item.document, item.clause) == (300, "m", "GB 50180-2018", "2.0.4")


def test_an_unknown_key_names_what_comes_close() -> None:
    with pytest.raises(
        StandardError, match=r"pace\.adlt: the register holds no such standard. Did you mean pace\.adult"
    ):
        register()["pace.adlt"]
    assert "pace.adlt" not in register()
    assert len(register()) == len(list(register()))


def test_a_doubtful_value_warns_when_used() -> None:
    doubtful = register()["pace.adult"].model_copy(update={"certainty": Certainty.DOUBTFUL})
    with pytest.warns(StandardWarning, match=r"pace\.adult = 1.2 m/s is marked 【疑】"):
        assert doubtful.used() == 1.2


def test_an_override_keeps_its_origin() -> None:
    changed = register().overridden({"pace.adult": 1.0}, {"pace.adult": "local.yaml"})
    assert "local.yaml" in changed["pace.adult"].citation
    assert register()["pace.adult"].value == 1.2


def test_a_record_without_certainty_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "register.yaml"
    path.write_text('standards: {a.b: {value: 1, unit: m, wording: "—", document: d, label: l}}\n', encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"key standards\.a\.b\.certainty: the key is missing"):
        read_register(path)
