"""The register of thresholds: value, unit, wording, document, clause, certainty."""

from workbench.standards.register import Certainty, Register, Standard, read_register, register

__all__ = ["Certainty", "Register", "Standard", "read_register", "register"]
