"""What a Python function takes: its parameters' types, found in annotations, docstrings, stubs and defaults.

The library describes functions with it and the executor converts arguments with it, so that a schema and the
values that it admits can never disagree. Nothing here depends on either of them.
"""
