"""The house in order: environment files in step, front door light, nothing at the root that does not belong."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet
from ruamel.yaml import YAML

import workbench

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

AT_THE_ROOT = {
    ".ci", ".git-blame-ignore-revs", ".github", ".gitignore", ".pre-commit-config.yaml", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile",
    "README.md", "benchmarks", "constraints.txt", "docs", "environment.yml", "geodata", "notebooks", "pyproject.toml",
    "scenarios", "tests", "workbench",
}  # fmt: skip

CONDA_NAMES = {"osmium": "pyosmium", "matplotlib": "matplotlib-base", "ortools": "ortools-python"}


def name_of(requirement: str) -> str:
    return re.split(r"[<>=!~\[; ]", requirement, maxsplit=1)[0].lower()


def tracked() -> list[str]:
    done = subprocess.run(["git", "-c", "core.quotePath=false", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a git checkout")
    return done.stdout.splitlines()


def test_nothing_else_at_the_root() -> None:
    assert {path.split("/")[0] for path in tracked()} <= AT_THE_ROOT


def test_every_dependency_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = text[text.index("dependencies = [") : text.index("[project.scripts]")]
    bare = [line for line in block.splitlines() if line.strip().startswith('"') and "# " not in line]
    assert bare == []


def test_the_conda_environment_is_in_step() -> None:
    conda = YAML(typ="safe", pure=True).load(ROOT / "environment.yml")
    asked: dict[str, str] = {}
    for item in conda["dependencies"]:
        for line in item["pip"] if isinstance(item, dict) else [item]:
            asked[name_of(line)] = line.removeprefix(name_of(line)).strip()
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
    for requirement in wanted:
        name = name_of(requirement)
        version = requirement.removeprefix(name).strip()
        assert asked.pop(CONDA_NAMES.get(name, name), None) == version, requirement
    assert asked == {"python": PROJECT["requires-python"]}


def test_the_constraints_hold_every_dependency_and_no_host() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pinned = {name_of(line).replace("_", "-") for line in text.splitlines() if "==" in line}
    extras = PROJECT["optional-dependencies"]
    wanted = {name_of(r) for r in [*PROJECT["dependencies"], *extras["dev"], *extras["bench"]]}
    assert wanted - pinned == set()
    assert "://" not in text
    assert " @ " not in text


def test_every_pinned_release_installs_on_the_oldest_python_that_is_promised() -> None:
    """Debian 12 has 3.11.2: a release that asks for a later 3.11 stops there."""
    oldest = PROJECT["requires-python"].removeprefix(">=") + ".0"
    asked = {f"{d.name}=={d.version}".lower(): d.metadata["Requires-Python"] or "" for d in metadata.distributions()}
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower().splitlines()
    known = {line: asked[line] for line in lines if line in asked}
    assert known
    assert {line: said for line, said in known.items() if not SpecifierSet(said).contains(oldest)} == {}


def test_the_front_door_is_light() -> None:
    script = "import sys, workbench; print(sorted(m for m in ('numpy', 'pandas', 'matplotlib', 'numba') if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", workbench.__all__)
def test_every_name_of_the_front_door_opens(name: str) -> None:
    assert getattr(workbench, name) is not None
    assert name in dir(workbench)


def test_the_front_door_knows_no_other_names() -> None:
    with pytest.raises(AttributeError, match="no attribute 'everything'"):
        workbench.everything  # noqa: B018


def test_no_machine_path_and_no_registry_host() -> None:
    bad = re.compile(r"/(home|root|Users)/[a-z]|https?://[^ ]+/(simple|packages)/")
    found = []
    for name in tracked():
        path = ROOT / name
        if (
            path.suffix in {".gpkg", ".png"}
            or not path.is_file()
            or path == Path(__file__)
            or path.stem == "test_notebooks"
        ):
            continue
        if bad.search(path.read_text(encoding="utf-8", errors="replace")):
            found.append(name)
    assert found == []


@pytest.mark.parametrize("page", ["tour", "own-district"])
def test_every_command_of_a_page_exists(page: str) -> None:
    """Walked as far as a test can: targets, commands, options, scenarios and notebooks are there."""
    from typer.main import get_command

    from workbench.cli import app

    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    shown = [line for block in re.findall(r"```\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    said = [*shown, *re.findall(r"`((?:make|\.venv/bin/workbench) [^`]*)`", text)]
    assert len(said) >= 7
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    group: Any = get_command(app)
    for program, verb, *rest in map(str.split, said):
        if program == "make":
            assert re.search(rf"^{verb}:", makefile, re.MULTILINE), verb
            continue
        command, words = group.commands[verb], rest
        if words and words[0] in getattr(command, "commands", ()):
            command, words = command.commands[words[0]], words[1:]
        command.make_context(verb, list(words))
        assert [
            part for part in rest if part.startswith(("scenarios/", "geodata/")) and not (ROOT / part).is_file()
        ] == []
        if verb == "notebook":
            assert (ROOT / "notebooks" / f"{rest[0]}.ipynb").is_file()
    for link in re.findall(r"\]\(([^)]*)\)", text):
        assert (ROOT / "docs" / link).is_file()


def imports_of(path: Path, modules: dict[str, Path]) -> Iterator[str]:
    """Every module that a module names in an import: deferred ones, and those for types only."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in modules else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def imports() -> dict[str, set[str]]:
    paths = sorted((ROOT / "workbench").rglob("*.py"))
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in paths]
    modules = dict(zip(names, paths, strict=True))
    return {
        name: {x for x in imports_of(path, modules) if x in modules and x != name} for name, path in modules.items()
    }


def looked_up() -> set[tuple[str, str]]:
    """The imports, each with its reason in the contract, by which a result asks the floor above to draw it."""
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    (contract,) = tools["importlinter"]["contracts"]
    pairs = [tuple(pair.split(" -> ")) for pair in contract["ignore_imports"]]
    assert all(name == "workbench.results" and above.startswith("workbench.plot.") for name, above in pairs)
    return set(pairs)


def test_no_import_circle() -> None:
    spared = looked_up()
    below = {name: {x for x in needed if (name, x) not in spared} for name, needed in imports().items()}
    while free := {name for name, needed in below.items() if not needed}:
        below = {name: needed - free for name, needed in below.items() if name not in free}
    assert below == {}


def test_no_small_module_that_only_one_other_reads() -> None:
    """DESIGN §3: a chapter that only one other module reads belongs in it. The face of a package reads for all."""
    needs = imports()
    lonely = []
    for name in needs:
        path = ROOT / Path(*name.split(".")).with_suffix(".py")
        if not path.is_file() or path.stem == "__main__":
            continue
        readers = [reader for reader, needed in needs.items() if name in needed]
        faces = [reader for reader in readers if (ROOT / Path(*reader.split("."))).is_dir()]
        if len(path.read_text(encoding="utf-8").splitlines()) <= 80 and len(readers) == 1 and not faces:
            lonely.append(name)
    assert lonely == []
