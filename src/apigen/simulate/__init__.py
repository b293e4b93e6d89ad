"""Servers that behave like those of providers, for trying things out without paying."""
