"""What all notebooks of a test run share: a cache, where one finds a week that another planned, and warm kernels."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import warm_kernels
from workbench.processes import can_fork

CACHE, SHARED = "WORKBENCH_CACHE", "WORKBENCH_TESTS_NOTEBOOKS"


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder, before there are workers, and what kernels are forked off."""
    if SHARED not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="notebooks-")
        config.add_cleanup(folder.cleanup)
        os.environ[SHARED] = folder.name
        if can_fork():
            config.add_cleanup(warm_kernels.begun(Path(folder.name)))
    if can_fork() and config.pluginmanager.hasplugin("nbval"):
        config.option.nbval_current_env, config.option.nbval_kernel_name = False, warm_kernels.NAME


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Name it to the kernel, which the first cell begins, and to nobody else; see that it is a warm one."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(CACHE, os.environ[SHARED])
        yield
    kernel = getattr(item.parent, "kernel", None)
    assert kernel is None or not can_fork() or kernel.km.kernel_name == warm_kernels.NAME, "a kernel that is not warm"
