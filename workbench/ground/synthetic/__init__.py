"""Fictional districts from a seed: nothing in them was surveyed, nobody in them exists."""

from workbench.ground.synthetic.generator import X_DISTRICT_SEED, district
from workbench.ground.synthetic.pocket import pocket
from workbench.ground.synthetic.province import windows

__all__ = ["X_DISTRICT_SEED", "district", "pocket", "windows"]
