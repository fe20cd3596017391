"""How this package compiles its inner loops: one decorator, so that every kernel is built alike.

Two habits keep the compiled code honest:

* A compiled function calls only compiled functions of *its own module*. numba notices a stale cache
  by the date of the file that holds the function, and would miss a change in another one.
* Array positions are unsigned (``np.uint32``, ``np.uint64``). A signed position makes numba check
  each access for Python's counting from the end, which costs the search about a tenth of its time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])

Floats = NDArray[np.float64]
Positions = NDArray[np.uint32]
Counts = NDArray[np.uint64]
Ints = NDArray[np.int64]
Owners = NDArray[np.int32]
Flags = NDArray[np.bool_]


def compiled(function: Function) -> Function:
    """Compile a function on its first call, keep the machine code on disk, and run it without the GIL.

    Parameters
    ----------
    function
        Plain Python over NumPy arrays. It stays available as ``.py_func``.

    Returns
    -------
    Function
        The compiled function, with the type of the original.
    """
    return cast("Function", numba.njit(nogil=True, cache=True)(function))


def inlined(function: Function) -> Function:
    """Compile a function into each compiled function of its module that calls it.

    For what is called once a source: handing over half a dozen arrays costs as much as a quarter of a
    five-minute search.

    Parameters
    ----------
    function
        Plain Python over NumPy arrays.

    Returns
    -------
    Function
        The function, with the type of the original.
    """
    return cast("Function", numba.njit(nogil=True, forceinline=True)(function))
