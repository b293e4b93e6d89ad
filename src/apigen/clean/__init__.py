"""Cleans a library: poorly described tools, tools that do not work, near-duplicates, poor descriptions."""
