"""Version of the package; part of every fingerprint."""

__version__ = "0.1.0"
