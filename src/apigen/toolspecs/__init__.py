"""Reads tool definitions in foreign formats without loss: type strings, JSON Schema dialects, JSON in strings."""
