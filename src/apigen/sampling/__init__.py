"""Seeded, pure sampling of tools, examples and query styles."""
