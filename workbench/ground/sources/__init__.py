"""Where the ground comes from: district folders, and recipes that make them from files of all kinds."""

from workbench.ground.sources.importer import import_district
from workbench.ground.sources.package import read_district, write_district
from workbench.ground.sources.recipe import Recipe, read_recipe

__all__ = ["Recipe", "import_district", "read_district", "read_recipe", "write_district"]
