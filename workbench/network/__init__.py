"""The walking graph: how far everybody is from everything, on foot."""

from workbench.network.graph import WalkNetwork
from workbench.network.topology import Seeds

__all__ = ["Seeds", "WalkNetwork"]
