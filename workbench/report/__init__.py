"""Outputs of a run: tables, layers, figures and the run record, in one folder that is complete or absent."""

from workbench.report.run_folder import RECORD, write_run
from workbench.report.terminal import print_kpis

__all__ = ["RECORD", "print_kpis", "write_run"]
