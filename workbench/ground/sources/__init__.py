"""Where the ground comes from: district folders, and recipes that make them from files of all kinds.

Names are loaded when they are first used: who reads a district folder needs no reader of foreign files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.lazy import lazy_names

if TYPE_CHECKING:
    from workbench.ground.sources.importer import import_district
    from workbench.ground.sources.package import read_district, write_district
    from workbench.ground.sources.recipe import Recipe, read_recipe

__all__ = [
    "Recipe",
    "import_district",
    "read_district",
    "read_recipe",
    "write_district",
]

__getattr__ = lazy_names(
    __name__,
    {
        "importer": ("import_district",),
        "package": ("read_district", "write_district"),
        "recipe": ("Recipe", "read_recipe"),
    },
)
