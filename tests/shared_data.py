"""Real places and public benchmarks, which are not part of the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("WORKBENCH_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")


def shared(path: str) -> Path:
    """Return a file or folder of the shared data; skip the test where it is absent."""
    found = ROOT / path
    if not found.exists():
        pytest.skip(f"the shared data lack {path}: set WORKBENCH_SHARED_DATA to the folder that holds it")
    return found
