"""How much verification catches, measured: faults made by a program, and what each stage does with them.

``python -m benchmarks.verification --help``; the results stand in docs/verification.md.
"""
