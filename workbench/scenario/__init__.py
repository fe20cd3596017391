"""Declared intent: what a run is to measure, by which standards, on which ground."""

from workbench.scenario.load import load_scenario
from workbench.scenario.schema import Group, Scenario

__all__ = ["Group", "Scenario", "load_scenario"]
