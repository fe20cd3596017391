"""驿家工作台: a planning and evaluation workbench for the five-minute living circle.

The front door. Names are loaded when they are first used, so that ``import workbench`` costs nothing
and has no side effects::

    from workbench import assess_coverage, ground_of, load_scenario

    scenario = load_scenario("scenarios/baseline.yaml")
    result = assess_coverage(ground_of(scenario), scenario)
    result.summary()
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from workbench.version import __version__

_HOME = {
    "CoverageResult": "workbench.coverage",
    "District": "workbench.ground.district",
    "Mode": "workbench.catalogue.terms",
    "Scenario": "workbench.scenario",
    "SitingResult": "workbench.siting",
    "ServiceLevel": "workbench.catalogue.terms",
    "Study": "workbench.study",
    "WhatIf": "workbench.coverage.whatif",
    "WorkbenchError": "workbench.errors",
    "assess_coverage": "workbench.coverage",
    "compare": "workbench.study",
    "ground_of": "workbench.study",
    "import_district": "workbench.ground.sources",
    "load_scenario": "workbench.scenario",
    "read_district": "workbench.ground.sources",
    "run_study": "workbench.study",
    "service_areas": "workbench.coverage.service_areas",
    "site_stations": "workbench.siting",
    "write_district": "workbench.ground.sources",
}

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


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
