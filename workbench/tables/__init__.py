"""What each layer and ledger must look like; checked at the gate, trusted afterwards."""

from workbench.tables.catalogue import LAYERS, LEDGERS, TABLES, Field, Reference, Table
from workbench.tables.gate import conform, line_ends, problems_of, relation_problems

__all__ = [
    "LAYERS",
    "LEDGERS",
    "TABLES",
    "Field",
    "Reference",
    "Table",
    "conform",
    "line_ends",
    "problems_of",
    "relation_problems",
]
