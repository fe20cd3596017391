"""Work side by side: independent tasks in forked processes, where that is possible."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from workbench.errors import Problem, WorkerError

RARELY = 100_000
"""Objects made between two looks for rubbish in rings, of which a run makes next to none (:func:`gc.set_threshold`)."""
Answer = TypeVar("Answer")
Warned = tuple[Warning | str, type[Warning], str, int]

_tasks: list[Callable[[], Any]] = []
"""What a forked process was given to do; only numbers, answers and warnings travel."""


def usable_cpus() -> int:
    """Return how many CPUs this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def can_fork() -> bool:
    """Whether work may be given to forked processes: not on Windows, nor macOS, whose libraries do not survive it."""
    able = "fork" in multiprocessing.get_all_start_methods() and sys.platform != "darwin"
    return able and multiprocessing.parent_process() is None  # one that was given a share does it alone


def _nobody(number: int) -> None:
    """Tell nobody that a task is done."""


def side_by_side(
    tasks: Sequence[Callable[[], Answer]], workers: int, tell: Callable[[int], None] = _nobody
) -> list[Answer]:
    """Do independent tasks side by side, and wait for them; see :func:`begun_side_by_side`."""
    with begun_side_by_side(tasks, workers, tell) as finish:
        return finish()


@contextmanager
def begun_side_by_side(
    tasks: Sequence[Callable[[], Answer]],
    workers: int,
    tell: Callable[[int], None] = _nobody,
    *,
    even_one: bool = False,
) -> Iterator[Callable[[], list[Answer]]]:
    """Begin independent tasks, in this order, in so many forked processes; in this one, at the end, if that cannot be.

    A forked process starts with all that this one knows, but without its other threads: tasks compute and write files
    of their own. What is given waits for all, ends their processes and returns their answers. The first error in order
    ends all, as Ctrl-C and any error of this process do. Each one that is done is told of by its number. A single task
    is worth a process only where this one has other things to do: ``even_one``.
    """
    if workers <= 1 or len(tasks) <= (not even_one) or not can_fork():
        yield partial(_in_turn, tasks, tell)
        return
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(
        min(len(tasks), workers), multiprocessing.get_context("fork"), _begin, (tasks, os.getpid())
    )
    try:
        with warnings.catch_warnings():  # of threads that may hold a lock; a child touches none of theirs
            warnings.filterwarnings("ignore", "(?s).*multi-threaded.*fork", DeprecationWarning)
            futures = [pool.submit(_done, number) for number in range(len(tasks))]
        yield partial(_answers, pool, futures, tell)
    except BaseException as error:
        for child in set(multiprocessing.active_children()) - others:
            child.kill()
        if isinstance(error, BrokenProcessPool):
            mend = "A lack of memory is the usual cause: close other programs, or try a smaller district."
            raise WorkerError(Problem("worker process", "it ended without an answer", mend=mend)) from error
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _in_turn(tasks: Sequence[Callable[[], Answer]], tell: Callable[[int], None]) -> list[Answer]:
    answers = []
    for number, task in enumerate(tasks):
        answers.append(task())
        tell(number)
    return answers


def _answers(
    pool: ProcessPoolExecutor, futures: Sequence[Future[tuple[Any, list[Warned]]]], tell: Callable[[int], None]
) -> list[Any]:
    """Wait for forked tasks; return their answers in order, and raise their warnings again."""
    answers: list[Any] = []
    seen: dict[Any, Any] = {}
    _tell_of_each(futures, tell)
    for future in futures:
        answer, warned = future.result()
        for message, category, file, line in warned:
            warnings.warn_explicit(message, category, file, line, registry=seen)
        answers.append(answer)
    pool.shutdown()
    return answers


def _tell_of_each(futures: Sequence[Future[Any]], tell: Callable[[int], None]) -> None:
    """Tell of tasks as they are done, until all are, or one has gone wrong."""
    number = {future: place for place, future in enumerate(futures)}
    waiting = set(futures)
    while waiting:
        finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        for future in sorted(finished, key=number.__getitem__):
            if future.exception() is not None:
                return
            tell(number[future])


def _begin(tasks: Sequence[Callable[[], Any]], parent: int) -> None:  # pragma: no cover - runs in a child
    """Leave Ctrl-C to the parent, and end when it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _tasks[:] = tasks


def _end_with(parent: int) -> None:  # pragma: no cover - runs in a child
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _done(number: int) -> tuple[Any, list[Warned]]:  # pragma: no cover - runs in a child
    with warnings.catch_warnings(record=True) as caught:
        answer = _tasks[number]()
    return answer, [(w.message, w.category, w.filename, w.lineno) for w in caught]
