"""Independent work side by side in forked processes, where that is possible; else in turn.

A forked process starts with all that this one knows, so that tasks may be closures over large data and nothing but
their answers travels. It lacks the other threads of this one: tasks should compute and write files of their own, and
leave terminals, progress bars and servers alone. A library that keeps threads from call to call, as HiGHS does unless
it is given one only, would wait for them forever.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import Any, Generic, TypeVar

from workbench.errors import Problem, WorkerError

Answer = TypeVar("Answer")


def usable_cpus() -> int:
    """Return how many CPUs this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def can_fork() -> bool:
    """Whether work may be given to forked processes: not on Windows, nor macOS, whose libraries do not survive it.

    A process that was itself started for a share of some work does its share alone.
    """
    able = "fork" in multiprocessing.get_all_start_methods() and sys.platform != "darwin"
    return able and multiprocessing.parent_process() is None


def side_by_side(tasks: Sequence[Callable[[], Answer]], *, workers: int | None = None) -> list[Answer]:
    """Do independent tasks side by side, as far as CPUs and platform allow.

    Parameters
    ----------
    tasks
        Callables without arguments. They are begun in this order: the longest first keeps all CPUs busy to the end.
        What they change in memory is lost; what they return, and warnings, are handed back by pickle.
    workers
        Most processes at a time; all usable CPUs when not given. With 1 all is done in turn in this process.

    Returns
    -------
    list
        Answers in the order of the tasks.

    Raises
    ------
    Exception
        What the first of the tasks that failed raised; those not begun by then are left undone.
    WorkerError
        If a process ended without an answer. No process outlives the call, whatever ends it, Ctrl-C included.
    """
    hands = min(len(tasks), usable_cpus() if workers is None else workers)
    if hands <= 1 or not can_fork():
        return [task() for task in tasks]
    outcomes = _outcomes(tasks, hands)
    seen: dict[Any, Any] = {}
    answers: list[Answer] = []
    for number in sorted(outcomes):
        outcome: _Outcome[Answer] = outcomes[number]
        for message, category, file, line in outcome.warned:
            warnings.warn_explicit(message, category, file, line, registry=seen)
        if outcome.error is not None:
            raise outcome.error
        answers.extend(outcome.answer)
    return answers


@dataclass(frozen=True)
class _Outcome(Generic[Answer]):
    """What came of one task: an answer or an error, and what was warned of."""

    answer: tuple[Answer, ...] = ()
    error: Exception | None = None
    warned: tuple[tuple[Warning | str, type[Warning], str, int], ...] = ()


@dataclass(eq=False)
class _Worker:
    """A forked process, and our end of the pipe to it."""

    process: ForkProcess
    pipe: Connection


def _outcomes(tasks: Sequence[Callable[[], Answer]], hands: int) -> dict[int, _Outcome[Answer]]:
    """Do the tasks in so many processes, until all are done or one has failed."""
    outcomes: dict[int, _Outcome[Answer]] = {}
    waiting: Iterator[int] = iter(range(len(tasks)))
    crew: list[_Worker] = []
    try:
        for _ in range(hands):
            _hire(crew, tasks)
            crew[-1].pipe.send(next(waiting))
        busy = list(crew)
        while busy:
            ready = set(wait([worker.pipe for worker in busy]))
            for worker in [worker for worker in busy if worker.pipe in ready]:
                number, outcome = _reported(worker)
                outcomes[number] = outcome
                if outcome.error is not None:
                    waiting = iter(())
                following = next(waiting, None)
                worker.pipe.send(following)
                if following is None:
                    busy.remove(worker)
        for worker in crew:
            worker.process.join()
    finally:
        for worker in crew:
            worker.process.kill()  # does nothing to one that has ended
            worker.process.join()
            worker.pipe.close()
    return outcomes


def _hire(crew: list[_Worker], tasks: Sequence[Callable[[], Answer]]) -> None:
    """Fork one more process, which waits for the number of a task."""
    ours, theirs = multiprocessing.Pipe()
    foreign = [*(worker.pipe for worker in crew), ours]
    process = multiprocessing.get_context("fork").Process(target=_work, args=(tasks, theirs, foreign), daemon=True)
    with warnings.catch_warnings():
        # Other threads (a progress bar's) do not exist in a child and may have held a lock when it was made; a
        # child touches neither them nor the terminal: it computes, writes files and speaks through its pipe.
        warnings.filterwarnings("ignore", "(?s).*multi-threaded.*fork", DeprecationWarning)
        process.start()
    theirs.close()
    crew.append(_Worker(process, ours))


def _reported(worker: _Worker) -> tuple[int, _Outcome[Any]]:
    try:
        number, outcome = worker.pipe.recv()
    except (EOFError, OSError) as end:
        worker.process.join()
        code = worker.process.exitcode or 0
        found = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
        mend = "A lack of memory is the usual cause: close other programs, or try a smaller district."
        raise WorkerError(Problem("worker process", "it ended without an answer", found=found, mend=mend)) from end
    return number, outcome


def _work(
    tasks: Sequence[Callable[[], Answer]], pipe: Connection, foreign: Sequence[Connection]
) -> None:  # pragma: no cover - runs in a child, where nobody measures
    """Live as a worker: leave Ctrl-C to the parent, and end when it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for end in foreign:
        end.close()  # else the pipes of others would stay open after the parent's end
    try:
        while (number := pipe.recv()) is not None:
            pipe.send_bytes(_packed(number, tasks[number]))
    except (EOFError, OSError):
        return


def _packed(number: int, task: Callable[[], Answer]) -> bytes:
    """Do one task and pack what came of it."""
    with warnings.catch_warnings(record=True) as caught:
        try:
            outcome = _Outcome((task(),))
        except Exception as fault:  # noqa: BLE001 - raised in the parent
            outcome = _Outcome(error=_portable(fault))
    warned = tuple((w.message, w.category, w.filename, w.lineno) for w in caught)
    try:
        return pickle.dumps((number, replace(outcome, warned=warned)))
    except Exception as fault:  # noqa: BLE001 - whatever the answer's own reduction may raise
        return pickle.dumps((number, _Outcome(error=_portable(fault))))


def _portable(error: Exception) -> Exception:
    """Return an error that survives the way to the parent, with the traceback as a note."""
    error.add_note("In a worker process:\n" + "".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - whatever an error's own reduction may raise
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
