"""The register of thresholds: value, unit, wording, document, clause, certainty."""

from workbench.standards.facilities import Facility, five_minute_facilities
from workbench.standards.register import (
    Certainty,
    Document,
    Footnote,
    Register,
    Rule,
    Standard,
    read_register,
    register,
)

__all__ = [
    "Certainty",
    "Document",
    "Facility",
    "Footnote",
    "Register",
    "Rule",
    "Standard",
    "five_minute_facilities",
    "read_register",
    "register",
]
