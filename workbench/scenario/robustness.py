"""What a scenario says of robustness: how far each assumption may be off, and how often that is tried."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workbench.documents import Frozen
from workbench.scenario.keys import Metres, Ratio, Seconds

DrawCount = Annotated[int, Field(ge=1, le=100_000)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]


class Robustness(Frozen):
    """Ranges of the assumptions that coverage rests on, and how they are drawn."""

    pace: Ratio = "robustness.pace_spread"
    """Share by which every walking pace may be off, either way."""
    limit: Ratio = "robustness.limit_spread"
    """Share by which the longest walk, metres and minutes alike, may be off, either way."""
    population: Ratio = "robustness.population_spread"
    """Share by which a count of residents may be off, either way."""
    crossing_delay_low: Seconds = "walk.crossing_delay_min"
    """Least time lost at each crossing."""
    crossing_delay_high: Seconds = "walk.crossing_delay_max"
    """Most time lost at each crossing."""
    winter_low: Ratio = "pace.winter_factor_min"
    """Factor on every pace in a hard winter; the winter is tried by itself and not drawn."""
    winter_high: Ratio = "pace.winter_factor_max"
    """The same in a mild winter."""
    steps_factor_low: Ratio = "walk.steps_factor_min"
    """Least factor on the time a flight of steps takes; not drawn."""
    steps_factor_high: Ratio = "walk.steps_factor_max"
    """Most of it."""
    snap_limit_low: Metres = "walk.snap_limit_min"
    """Least distance at which a door still counts as on its way; not drawn."""
    snap_limit_high: Metres = "walk.snap_limit_max"
    """Most of it."""
    critical_loss: Ratio = "robustness.critical_loss"
    """Share of all residents who lose coverage from which on a station is critical."""
    critical_draws: Ratio = "robustness.critical_draws"
    """Share of the draws in which a station must be critical to count as surely so."""
    draws: DrawCount = 1000
    """How many draws."""
    seed: Seed = 20261101
    """Seed of the draws: same seed, same draws."""
    shape: Literal["triangular", "uniform", "normal"] = "triangular"
    """Draws between low and high: peaked at the scenario's own value, even, or normal with two σ to the farther end."""
