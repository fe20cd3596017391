"""The arrays that pass between modules, by what they hold."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

# Text in tables is the same whether pyarrow is installed or not: its strings refuse signs that our gate is to name.
pd.options.mode.string_storage = "python"

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
