"""The walking graph: how far everybody is from everything, on foot."""

from workbench.network.graph import Seeds, WalkNetwork

__all__ = ["Seeds", "WalkNetwork"]
