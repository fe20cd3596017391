"""Outputs of a run: tables, layers, figures and the run record, in one folder that is complete or absent."""

from workbench.report.run_folder import RECORD, write_run
from workbench.report.standards_list import facility_table, print_standards, standards_table
from workbench.report.terminal import planned_kpis, print_answer, print_indicators, print_kpis, print_results

__all__ = [
    "RECORD",
    "facility_table",
    "planned_kpis",
    "print_answer",
    "print_indicators",
    "print_kpis",
    "print_results",
    "print_standards",
    "standards_table",
    "write_run",
]
