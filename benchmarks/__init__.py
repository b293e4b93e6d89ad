"""Speed and size, measured. Each file is a command that prints its figures: ``python benchmarks/NAME.py``.

Machines are noisy: quote ratios, measured in one run.
"""
