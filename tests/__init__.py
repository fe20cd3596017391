"""Tests; a package by name, or one of that name among the installed would be taken for it."""
