"""How deep the tests draw; and whose lines are counted: of tests neither marked nor in ``spared.txt``."""

from __future__ import annotations

import gc
import os
import pkgutil
import signal
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from hypothesis import settings

import workbench
from tests.depth import draws
from tests.spared import spared
from workbench.processes import RARELY

os.environ["WORKBENCH_CACHE"] = ""  # nothing is found in, or left to, the cache of whoever runs the tests

# A shell begins what runs in its background with Ctrl-C passed over, and some tests press it.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("usual", max_examples=draws(100))
settings.load_profile("usual")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection(session: pytest.Session) -> Iterator[object]:
    """Count what loading the package runs through, and nothing of how tests are found, and handed out to workers."""
    counting, hands_out = _counting(session.config), session.config.pluginmanager.hasplugin("dsession")
    if counting is None:
        return (yield)
    if not hands_out:
        for module in pkgutil.walk_packages(workbench.__path__, "workbench."):
            import_module(module.name)
    counting.pause()
    try:
        return (yield)
    finally:
        if not hands_out:
            counting.resume()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests whose lines others run through."""
    config.option.cov_source = None  # it has been read; nbval would count in the kernels of notebooks as well
    names = frozenset[str]() if os.environ.get("WORKBENCH_TESTS") == "counted" else spared()
    for item in items:
        if item.nodeid.split("[")[0] in names:
            item.add_marker("no_cover")


def pytest_collection_finish() -> None:
    """Look no more for garbage in what is there to stay, all modules and six thousand tests, and else as rarely as a run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(RARELY)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Pause where pytest-cov does not: it spares a marked test, but not the fixtures that the test is the first to ask for."""
    counting = _counting(item.config)
    if counting is None or item.get_closest_marker("no_cover") is None:
        return (yield)
    counting.pause()
    try:
        return (yield)
    finally:
        counting.resume()


def _counting(config: pytest.Config) -> Any:
    """What pytest-cov counts lines with; None where it does not."""
    return getattr(config.pluginmanager.get_plugin("_cov"), "cov_controller", None)
