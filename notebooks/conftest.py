"""One cache for all notebooks of a test run, made for it: a week that one of them has planned, another finds."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

import pytest

CACHE, SHARED = "WORKBENCH_CACHE", "WORKBENCH_TESTS_NOTEBOOKS"


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder, before there are workers."""
    if SHARED not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="notebooks-")
        config.add_cleanup(folder.cleanup)
        os.environ[SHARED] = folder.name


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup() -> Iterator[None]:
    """Name it to the kernel, which the first cell begins, and to nobody else."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(CACHE, os.environ[SHARED])
        return (yield)
