"""A province: districts cut into districts, and what of them adds up.

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.lazy import lazy_names

if TYPE_CHECKING:
    from workbench.province.cut import cut_district, read_parts, write_parts
    from workbench.province.split import Curve, Split, split_sum
    from workbench.province.tally import added, tally

__all__ = ["Curve", "Split", "added", "cut_district", "read_parts", "split_sum", "tally", "write_parts"]

__getattr__ = lazy_names(__name__, {"cut": ("cut_district", "read_parts", "write_parts"), "tally": ("added", "tally")})
