"""Output folders are complete or not there at all."""

from __future__ import annotations

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workbench.errors import OutputError
from workbench.folder import check_target, put_file, staged_folder


def fill(target: Path, text: str = "new", **options: bool) -> None:
    with staged_folder(target, marker="run.json", **options) as staging:
        (staging / "run.json").write_text(text)


def left_over(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_a_folder_appears_complete(tmp_path: Path) -> None:
    fill(tmp_path / "deep" / "out")
    assert (tmp_path / "deep" / "out" / "run.json").read_text() == "new"
    assert left_over(tmp_path / "deep") == ["out"]


def test_an_earlier_run_is_replaced(tmp_path: Path) -> None:
    fill(tmp_path / "out", "old")
    fill(tmp_path / "out")
    assert (tmp_path / "out" / "run.json").read_text() == "new"
    assert left_over(tmp_path) == ["out"]
    with pytest.raises(OutputError, match="exists already"):
        fill(tmp_path / "out", replace=False)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError])
def test_an_interruption_leaves_the_old_folder(tmp_path: Path, stop: type[BaseException]) -> None:
    fill(tmp_path / "out", "old")

    def interrupted() -> None:
        with staged_folder(tmp_path / "out", marker="run.json") as staging:
            (staging / "half").write_text("half")
            raise stop

    with pytest.raises(stop):
        interrupted()
    assert left_over(tmp_path) == ["out"]
    assert (tmp_path / "out" / "run.json").read_text() == "old"


def test_other_work_is_never_deleted(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(OutputError, match="holds something else, and would be lost"):
        fill(tmp_path)
    assert left_over(tmp_path) == ["thesis.docx"]
    with pytest.raises(OutputError, match="a file where the folder should go"):
        fill(tmp_path / "thesis.docx")
    with pytest.raises(OutputError, match="a part of the path is a file"):
        fill(tmp_path / "thesis.docx" / "out")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.ENOSPC, "the disk is full.*Free some space"),
        (errno.EACCES, "may not be written"),
        (errno.EROFS, "read-only"),
        (errno.EIO, "cannot be written"),
    ],
)
def test_what_the_disk_says_is_said_in_words(tmp_path: Path, number: int, text: str) -> None:
    def full() -> None:
        with staged_folder(tmp_path / "out", marker="run.json"):
            raise OSError(number, os.strerror(number))

    with pytest.raises(OutputError, match=text):
        full()
    assert left_over(tmp_path) == []


def test_a_swap_that_fails_puts_the_old_folder_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "out", "old")
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.name.endswith(".partial"):
            raise OSError(errno.ENOSPC, "full")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OutputError, match="disk is full"):
        fill(tmp_path / "out")
    assert (tmp_path / "out" / "run.json").read_text() == "old"


def test_the_folder_one_stands_in_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for target in (".", "", "..", "/", "../here", str(tmp_path)):
        for tried in (fill, lambda t: check_target(t, marker="run.json")):
            with pytest.raises(
                OutputError, match="the folder is the one you are in, or holds it. Name a folder inside it"
            ):
                tried(Path(target))
    fill(Path("result"))
    assert left_over(tmp_path / "here") == ["result"]


@pytest.mark.parametrize("name", ["x" * 256, "长" * 86, f"deep/{'x' * 300}/out"])
def test_names_that_are_too_long(tmp_path: Path, name: str) -> None:
    for tried in (fill, lambda t: check_target(t, marker="run.json")):
        with pytest.raises(
            OutputError, match="a name in the path is too long; found File name too long. Choose a shorter"
        ) as caught:
            tried(tmp_path / name)
        assert len(str(caught.value)) < 300
    assert left_over(tmp_path) == []


@pytest.mark.parametrize("name", ["x" * 255, "长" * 85])
def test_the_longest_name_there_is(tmp_path: Path, name: str) -> None:
    fill(tmp_path / name, "old")
    fill(tmp_path / name)
    assert left_over(tmp_path) == [name]


def test_parents_made_in_vain_are_removed(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()

    def failing() -> None:
        with staged_folder(tmp_path / "kept" / "a" / "b", marker="run.json"):
            raise OSError(errno.ENOSPC, "full")

    with pytest.raises(OutputError, match="disk is full"):
        failing()
    assert left_over(tmp_path) == ["kept"]
    assert left_over(tmp_path / "kept") == []


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    fill(tmp_path / "link", "old")
    fill(tmp_path / "link")
    assert (tmp_path / "real" / "run.json").read_text() == "new"
    assert left_over(tmp_path) == ["link", "real"]
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(OutputError, match="links in the path lead in a circle"):
        fill(tmp_path / "circle" / "out")


def test_a_disk_of_its_own_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "volume").mkdir()
    monkeypatch.setattr(Path, "is_mount", lambda self: self.name == "volume")
    with pytest.raises(OutputError, match="a disk of its own, and cannot be replaced.*Name a folder inside it"):
        check_target(tmp_path / "volume", marker="run.json")
    fill(tmp_path / "volume" / "result")


def test_an_interruption_between_the_two_renames_puts_the_old_folder_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path / "out", "old")
    rename = Path.rename

    def interrupted(self: Path, target: Path) -> Path:
        if self.name.endswith(".partial"):
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fill(tmp_path / "out")
    assert (tmp_path / "out" / "run.json").read_text() == "old"
    assert left_over(tmp_path) == ["out"]


@pytest.mark.parametrize("looked", ["is_mount", "is_file", "is_dir"])
def test_a_folder_that_another_run_is_just_replacing_is_looked_at_again(
    looked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was last seen of the old one says nothing of the new one."""
    out, other = tmp_path / "out", tmp_path / "other"
    for folder in (out, other):
        folder.mkdir()
        (folder / "run.json").touch()
    really = getattr(Path, looked)

    def replaced(path: Path) -> bool:
        monkeypatch.setattr(Path, looked, really)
        out.rename(tmp_path / "old")
        if looked == "is_mount":
            raise FileNotFoundError(path)
        other.rename(out)
        return False

    monkeypatch.setattr(Path, looked, replaced)
    with staged_folder(out, marker="run.json") as staging:
        (staging / "run.json").write_text("anew")
    assert (out / "run.json").read_text() == "anew"


def test_of_two_runs_into_one_folder_one_stays_whole(tmp_path: Path) -> None:
    def run(number: int) -> None:
        for turn in range(25):
            with staged_folder(tmp_path / "out", marker="run.json") as staging:
                for name in ("run.json", "tables.xlsx"):
                    (staging / name).write_text(f"{number} {turn}")

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(run, number) for number in range(2)]:
            done.result()
    assert left_over(tmp_path) == ["out"]
    assert left_over(tmp_path / "out") == ["run.json", "tables.xlsx"]
    assert len({path.read_text() for path in (tmp_path / "out").iterdir()}) == 1


def test_a_folder_that_others_take_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "out", "old")
    rename = Path.rename

    def taken(here: Path, target: Path) -> Path:
        if here.suffix == ".partial":
            fill(tmp_path / "other", "of another run")
            rename(tmp_path / "other", tmp_path / "out")
        return rename(here, target)

    with monkeypatch.context() as patch:
        patch.setattr(
            Path, "rename", lambda here, target: taken(here, target) if ".out" in here.name else rename(here, target)
        )
        with pytest.raises(OutputError, match="other runs write into the folder"):
            fill(tmp_path / "out")
    assert left_over(tmp_path) == ["out"]
    assert (tmp_path / "out" / "run.json").read_text() == "of another run"


def test_a_file_stays_as_it_was_until_the_new_one_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    put_file(target, lambda file: file.write_text("old"))

    def half(file: Path) -> None:
        file.write_text("ne")
        raise OSError(errno.ENOSPC, "full")

    with pytest.raises(OSError, match="full"):
        put_file(target, half)
    assert (target.read_text(), left_over(tmp_path)) == ("old", ["a.csv"])
    put_file(target, lambda file: file.write_text("new"))
    assert (target.read_text(), target.stat().st_mode & 0o777) == ("new", 0o644)
