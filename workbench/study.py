"""One scenario walked through the studies, in order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbench.coverage import CoverageResult, assess_coverage
from workbench.district import District
from workbench.errors import Problem, ScenarioError
from workbench.progress import Stopwatch, Tell, silent
from workbench.scenario import Scenario
from workbench.sources import read_district


@dataclass(frozen=True, eq=False)
class Study:
    """What one scenario gave on one district.

    Attributes
    ----------
    district, scenario
        What was studied.
    coverage
        The five-minute circle.
    seconds
        How long each stage took.
    """

    district: District
    scenario: Scenario
    coverage: CoverageResult
    seconds: dict[str, float]


def ground_of(scenario: Scenario, folder: Path | None = None) -> District:
    """Read the district a scenario names, or another one instead.

    Raises
    ------
    ScenarioError
        If the scenario names none and none is given.
    GeodataError
        If the district is not valid.
    """
    place = folder if folder is not None else Path(scenario.district) if scenario.district else None
    if place is None:
        mend = "Name a district folder there, or with --district."
        raise ScenarioError(Problem(scenario.name, "the scenario names no district", key="district", mend=mend))
    return read_district(place)


def run_study(scenario: Scenario, folder: Path | None = None, *, progress: Tell = silent) -> Study:
    """Read the ground and walk the scenario through the studies.

    Parameters
    ----------
    scenario
        The intent.
    folder
        District folder to use instead of the scenario's own.
    progress
        Told of each stage.
    """
    watch = Stopwatch(progress)
    watch("ground", 0, 1)
    district = ground_of(scenario, folder)
    watch("ground", 1, 1)
    coverage = assess_coverage(district, scenario, progress=watch)
    return Study(district, scenario, coverage, watch.seconds)
