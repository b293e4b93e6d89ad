"""Measures judges: verdicts compared with human labels, or with correct answers and injected faults.

:mod:`.labels` and :mod:`.faulty` say what is right and wrong, :mod:`.judging` asks the judges, :mod:`.figures` counts.
"""
