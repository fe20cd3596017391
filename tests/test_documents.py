"""YAML of others: legal and hostile, through one door."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import called
from workbench import documents
from workbench.documents import read_yaml, yaml_value
from workbench.errors import Problem, RecipeError, ScenarioError
from workbench.scenario import load_scenario

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)

HOSTILE = [
    ("name: !!int x", "line 1, column 7: the file is not valid YAML; found x as tag:yaml.org,2002:int"),
    ("name: !!float x", "found x as tag:yaml.org,2002:float"),
    ("name: !!bool x", "found x as tag:yaml.org,2002:bool"),
    ("name: !!timestamp x", "not valid YAML"),
    ("name: !!binary é", "not valid YAML"),
    ("name: !!python/object:os.system x", "not valid YAML"),
    ("a:\n  b: 2024-99-99", "line 2, column 6: the file is not valid YAML"),
    ("name: x\nwalking: &a {b: *a}", r"key walking\.b\.b.* nested too deeply, or refers to itself"),
    ("name: &a [*a]", "nested too deeply, or refers to itself"),
    ("name: " + "[" * 5000, "nested too deeply"),
    ("name: " + "{a: " * 5000, "nested too deeply"),
    ("name: " + "[" * 60 + "]" * 60, "nested too deeply"),
    (LAUGHS, "the file holds too much; expected at most 100,000 values, aliases counted"),
    ('extends: "\\0"', r"key extends: the text holds a sign that no name may hold; found U\+0000"),
    ('name: "\\ud800"', r"key name: .* found U\+D800"),
    ('layers: {a: {path: "x\\e[31m"}}', r"key layers\.a\.path: .* found U\+001B"),
    ('"a\\a": 1', r"found U\+0007"),
    (f"n: {'9' * 400}", "key n: the number is too large"),
    (f"n: {'9' * 9000}", "not valid YAML"),
]


@pytest.mark.parametrize(("text", "words"), HOSTILE)
def test_legal_and_hostile_yaml_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError, match=words) as caught:
        read_yaml(path, error=RecipeError)
    assert str(caught.value).isprintable()
    with pytest.raises(ScenarioError, match=words):
        load_scenario(path)


@pytest.mark.parametrize("path", sorted(Path(documents.__file__).parent.rglob("*.yaml")), ids=lambda path: path.stem)
def test_documents_of_the_package_are_read_fast_and_say_the_same_with_all_care(path: Path) -> None:
    assert repr(read_yaml(path)) == repr(yaml_value(path.read_text("utf-8"), str(path)))


def test_keys_that_stand_twice_are_all_named_with_their_lines() -> None:
    text = "a:\n  - {x: 1, y: &y {z: 1, 'z': 2}, x: 3}\n  - *y\nb: 1\nc:\n  d: |\n    e: 1\n    e: 2\nb: {b: 1}\n\"b\": 2\n"
    with pytest.raises(RecipeError) as refused:
        yaml_value(text, "r.yaml", error=RecipeError)
    said = [(one.where, one.key, one.found) for one in refused.value.problems]
    assert said == [
        ("r.yaml, line 2, column 25", "a.1.y.z", "1 on line 2, column 19; 2 on line 2, column 25"),
        ("r.yaml, line 2, column 34", "a.1.x", "1 on line 2, column 6; 3 on line 2, column 34"),
        ("r.yaml, line 10, column 1", "b", "1 on line 4; … on line 9; 2 on line 10"),
    ]
    base = "base: &b {a: 1}\nc:\n  <<: *b\n  a: 2\n"
    assert yaml_value(base, "r.yaml") == {"base": {"a": 1}, "c": {"a": 2}}
    for unlike in ("0o1: a\n1: b\n", "[a]: 1\n[a]: 2\n"):
        with pytest.raises(ScenarioError, match=r"line 2, column 1: a key stands twice"):
            yaml_value(unlike, "r.yaml")


def test_aliases_and_long_texts_are_no_crime(tmp_path: Path) -> None:
    assert yaml_value("a: &a [1, 2]\nb: *a\nc: 'x\\ty'\nd: '第一\u2028行'", "a") == {
        "a": [1, 2], "b": [1, 2], "c": "x\\ty", "d": "第一\u2028行",
    }  # fmt: skip


def test_a_document_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_BYTES", 100)
    (tmp_path / "a.yaml").write_text("a: 1\n" * 50)
    with pytest.raises(ScenarioError, match="the file is too long"):
        read_yaml(tmp_path / "a.yaml")
    with pytest.raises(ScenarioError, match="the file is too long"):
        read_yaml(Path("/dev/zero"))


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 5000])
def test_paths_that_no_system_takes(tmp_path: Path, name: str) -> None:
    with pytest.raises(ScenarioError, match=r"the file cannot be read|no such file"):
        read_yaml(tmp_path / name)


@pytest.mark.parametrize("value", ["!!int x", "[" * 3000, "&a [*a]", '"\\0"', "{a: b"])
def test_settings_come_through_the_same_door(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], value: str
) -> None:
    code, _, complaint = called(monkeypatch, capsys, "validate", "scenarios/baseline.yaml", "--set", f"note={value}")
    assert code == 2
    assert "--set" in complaint
    assert "key note" in complaint


def test_a_setting_is_given_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    settings = ("--set", "siting.stations=3", "--set", "siting.stations=4")
    code, _, complaint = called(monkeypatch, capsys, "validate", "scenarios/baseline.yaml", *settings)
    assert code == 2
    assert (
        "--set, key siting.stations: the key is set twice; found siting.stations=4. Leave one of the two out."
        in complaint
    )


@pytest.mark.parametrize(
    ("found", "said"), [("3", "found 3. Mend."), ("both.", "found both. Mend."), ("真?", "found 真? Mend.")]
)
def test_a_message_ends_its_sentences_once(found: str, said: str) -> None:
    assert str(Problem("a", "b", found=found, mend="Mend.")) == f"a: b; {said}"
    assert str(Problem("a", "b", found=found)) == f"a: b; {said.removesuffix(' Mend.')}"
