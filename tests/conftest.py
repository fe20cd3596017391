"""How deep the tests draw; and whose lines are counted: of tests neither marked nor in ``spared.txt``."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.depth import draws
from tests.spared import spared

os.environ["WORKBENCH_CACHE"] = ""  # nothing is found in, or left to, the cache of whoever runs the tests

settings.register_profile("usual", max_examples=draws(100))
settings.load_profile("usual")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests whose lines others run through."""
    config.option.cov_source = None  # it has been read; nbval would count in the kernels of notebooks as well
    names = frozenset[str]() if os.environ.get("WORKBENCH_TESTS") == "counted" else spared()
    for item in items:
        if item.nodeid.split("[")[0] in names:
            item.add_marker("no_cover")


def pytest_collection_finish() -> None:
    """Look no more for garbage in what is there to stay: all modules, and five thousand tests."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Pause where pytest-cov does not: it spares a marked test, but not the fixtures that the test is the first to ask for."""
    counting = getattr(item.config.pluginmanager.get_plugin("_cov"), "cov_controller", None)
    if counting is None or item.get_closest_marker("no_cover") is None:
        return (yield)
    counting.pause()
    try:
        return (yield)
    finally:
        counting.resume()
