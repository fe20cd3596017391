"""Where the ground comes from: district folders, and recipes that make them from files of all kinds."""

from workbench.sources.importer import import_district
from workbench.sources.package import read_district, write_district
from workbench.sources.recipe import Recipe, read_recipe

__all__ = ["Recipe", "import_district", "read_district", "read_recipe", "write_district"]
