"""驿家工作台: a planning and evaluation workbench for the five-minute living circle.

The front door. Names are loaded when they are first used, so that ``import workbench`` costs nothing
and has no side effects::

    from workbench import assess_coverage, ground_of, load_scenario

    scenario = load_scenario("scenarios/baseline.yaml")
    result = assess_coverage(ground_of(scenario), scenario)
    result.summary()
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.lazy import lazy_names
from workbench.version import __version__

if TYPE_CHECKING:
    from workbench.catalogue.terms import Mode, ServiceLevel
    from workbench.coverage import CoverageResult, assess_coverage
    from workbench.coverage.service_areas import service_areas
    from workbench.coverage.whatif import WhatIf
    from workbench.errors import WorkbenchError
    from workbench.ground.district import District
    from workbench.ground.sources import import_district, read_district, write_district
    from workbench.scenario import Scenario, load_scenario
    from workbench.siting import SitingResult, site_stations
    from workbench.study import Study, compare, ground_of, run_study

__all__ = [
    "CoverageResult",
    "District",
    "Mode",
    "Scenario",
    "ServiceLevel",
    "SitingResult",
    "Study",
    "WhatIf",
    "WorkbenchError",
    "__version__",
    "assess_coverage",
    "compare",
    "ground_of",
    "import_district",
    "load_scenario",
    "read_district",
    "run_study",
    "service_areas",
    "site_stations",
    "write_district",
]


__getattr__ = lazy_names(
    __name__,
    {
        "catalogue.terms": ("Mode", "ServiceLevel"),
        "coverage": ("CoverageResult", "assess_coverage"),
        "coverage.service_areas": ("service_areas",),
        "coverage.whatif": ("WhatIf",),
        "errors": ("WorkbenchError",),
        "ground.district": ("District",),
        "ground.sources": ("import_district", "read_district", "write_district"),
        "scenario": ("Scenario", "load_scenario"),
        "siting": ("SitingResult", "site_stations"),
        "study": ("Study", "compare", "ground_of", "run_study"),
    },
)


def __dir__() -> list[str]:
    return sorted(__all__)
