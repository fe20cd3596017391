"""Ledgers as people really keep them: read cell by cell, and every thing that was done to them said."""
