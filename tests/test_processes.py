"""Work side by side: the same answers as in turn, and nobody left behind however it ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest

from workbench import processes
from workbench.errors import Problem, ScenarioError, WorkbenchWarning, WorkerError
from workbench.processes import begun_side_by_side, can_fork, side_by_side, usable_cpus

forks = pytest.mark.skipif(not can_fork(), reason="this platform does not fork")


@pytest.fixture(autouse=True)
def nobody_left() -> Iterator[None]:
    yield
    assert multiprocessing.active_children() == []


def squares(count: int) -> list[Callable[[], tuple[int, int]]]:
    return [lambda n=n: (n * n, os.getpid()) for n in range(count)]


@forks
@pytest.mark.parametrize("workers", [2, 3, 9])
def test_answers_come_in_the_order_of_the_tasks(workers: int) -> None:
    answers = side_by_side(squares(7), workers=workers)
    assert [square for square, _ in answers] == [0, 1, 4, 9, 16, 25, 36]
    assert os.getpid() not in {pid for _, pid in answers}
    assert len({pid for _, pid in answers}) <= min(workers, 7)


@forks
def test_a_slow_task_does_not_hold_up_the_others(tmp_path: Path) -> None:
    marks = [tmp_path / str(number) for number in range(3)]

    def slow() -> None:
        while not all(mark.exists() for mark in marks):
            time.sleep(0.01)

    side_by_side([slow, *(mark.touch for mark in marks)], workers=2)  # else it would not end


@pytest.mark.parametrize("workers", [1, 2])
def test_each_task_is_told_of_when_it_is_done(workers: int) -> None:
    told: list[int] = []
    side_by_side(squares(5), workers, told.append)
    assert sorted(told) == [0, 1, 2, 3, 4]
    if workers == 1:
        assert told == sorted(told)


@pytest.mark.parametrize(("tasks", "workers"), [(3, 1), (1, 8), (0, 8)])
def test_one_task_or_one_worker_stays_at_home(tasks: int, workers: int) -> None:
    assert side_by_side(squares(tasks), workers=workers) == [(n * n, os.getpid()) for n in range(tasks)]


def test_a_single_task_is_begun_beside_what_this_process_does() -> None:
    with begun_side_by_side(squares(1), 2, even_one=True) as finish:
        assert multiprocessing.active_children()
        ((square, pid),) = finish()
    assert (square, pid == os.getpid()) == (0, False)
    with begun_side_by_side(squares(1), 1, even_one=True) as finish:
        assert finish() == [(0, os.getpid())]


def test_without_fork_all_is_done_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes.multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    assert not can_fork()
    assert side_by_side(squares(3), workers=2) == [(n * n, os.getpid()) for n in range(3)]


def test_usable_cpus_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert usable_cpus() >= 1
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert usable_cpus() == (os.cpu_count() or 1)


@forks
def test_a_worker_does_its_share_alone() -> None:
    def share() -> tuple[int, set[int]]:
        return os.getpid(), set(side_by_side([os.getpid] * 3, workers=3))

    for pid, within in side_by_side([share, share], workers=2):
        assert within == {pid}


def refuse(word: str) -> NoReturn:
    raise ScenarioError(Problem("somewhere", word, mend="Mend it."))


@forks
def test_the_first_error_in_order_is_raised_as_it_was() -> None:
    def late() -> NoReturn:
        time.sleep(0.2)
        refuse("first")

    with pytest.raises(ScenarioError, match="somewhere: first. Mend it.") as caught:
        side_by_side([os.getpid, late, partial(refuse, "second"), partial(refuse, "third")], workers=3)
    assert caught.value.problems == (Problem("somewhere", "first", mend="Mend it."),)
    assert "in refuse" in str(caught.value.__cause__)


@forks
def test_after_an_error_nothing_more_is_begun(tmp_path: Path) -> None:
    def mark(number: int) -> None:
        (tmp_path / str(number)).touch()
        time.sleep(0.1)

    with pytest.raises(ScenarioError):
        side_by_side([partial(refuse, "at once"), *(partial(mark, number) for number in range(50))], workers=2)
    assert not (tmp_path / "49").exists()


class Unportable(Exception):
    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


def raise_unportable() -> NoReturn:
    raise Unportable(1, 2)


@forks
def test_an_error_that_cannot_travel_is_told() -> None:
    with pytest.raises(WorkerError, match="ended without an answer"):
        side_by_side([raise_unportable, os.getpid], workers=2)


@forks
def test_an_answer_that_cannot_travel_is_an_error() -> None:
    with pytest.raises(Exception, match="pickle"):
        side_by_side([lambda: lambda: 1, lambda: lambda: 2], workers=2)


@forks
@pytest.mark.parametrize("end", [partial(os._exit, 7), lambda: os.kill(os.getpid(), signal.SIGKILL)])
def test_a_worker_that_dies_is_missed(end: Callable[[], None]) -> None:
    with pytest.raises(WorkerError, match="ended without an answer. A lack of memory"):
        side_by_side([partial(time.sleep, 30), end], workers=2)


def warn(number: int) -> int:
    warnings.warn(f"doubt {number}", WorkbenchWarning, stacklevel=1)
    return number


@forks
def test_warnings_come_back_in_order_and_once() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        assert side_by_side([partial(warn, n) for n in (1, 2, 2, 3)], workers=2) == [1, 2, 2, 3]
    assert [str(w.message) for w in caught] == ["doubt 1", "doubt 2", "doubt 3"]
    assert {w.filename for w in caught} == {__file__}


@forks
def test_warnings_as_errors_are_errors() -> None:
    with pytest.raises(WorkbenchWarning, match="doubt 1"):
        side_by_side([partial(warn, 1), partial(warn, 2)], workers=2)


@forks
def test_other_threads_do_no_harm() -> None:
    """Python 3.12 and later warn of forks beside threads, and here warnings are errors."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert [square for square, _ in side_by_side(squares(3), workers=2)] == [0, 1, 4]
    finally:
        done.set()
        thread.join()


SCRIPT = """
import os, time
from workbench.processes import side_by_side

def sleep():
    os.write(1, b"begun\\n")
    time.sleep(600)

try:
    side_by_side([sleep, sleep, sleep], workers=2)
except KeyboardInterrupt:
    print("stopped", flush=True)
"""


@forks
@pytest.mark.parametrize(
    ("end", "said"),
    [
        (lambda parent: os.killpg(parent, signal.SIGINT), "stopped\n"),  # Ctrl-C goes to the whole group
        (lambda parent: os.kill(parent, signal.SIGINT), "stopped\n"),
        (lambda parent: os.kill(parent, signal.SIGKILL), ""),  # they notice that their parent is gone
    ],
)
def test_whatever_ends_it_nobody_is_left(end: Callable[[int], None], said: str) -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert run.stdout is not None
    for _ in range(2):
        assert run.stdout.readline() == "begun\n"
    end(run.pid)
    assert run.communicate(timeout=60)[0] == said  # ends when the last process that holds the pipe does
