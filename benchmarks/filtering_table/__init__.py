"""The paper's filtering table beside apigen's, over a simulated generator whose every fault is known.

``python -m benchmarks.filtering_table --help``; the results stand in docs/filtering.md.
"""
