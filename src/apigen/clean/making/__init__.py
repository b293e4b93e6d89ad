"""Making values that fit a JSON Schema, the same ones every time, for probing a tool of which nothing else is known.

Each function gives candidates, the best first; :mod:`.maker` puts them together and holds each one to its schema, so a
generator may be wrong about what it does not understand.
"""
