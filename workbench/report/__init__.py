"""Outputs of a run: tables, layers, figures and the run record, in one folder that is complete or absent."""

from workbench.report.run_folder import write_run

__all__ = ["write_run"]
