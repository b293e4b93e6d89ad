"""Tools as others describe them, read without loss: type strings, dialects of JSON Schema, JSON in text."""
