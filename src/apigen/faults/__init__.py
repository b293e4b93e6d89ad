"""Faults: wrong answers made from right ones by seeded programs, to measure what a check or a judge catches.

:data:`OPERATORS` lists every kind. ``operator.apply(right, rng, pool)`` makes one, or ``None`` where that kind cannot
be made of this answer::

    pool = Pool(rows)
    for operator in OPERATORS:
        faulty = operator.apply(row, random.Random(f"7/{operator.name}/{index}"), pool)

A fault of the text has ``faulty.text``, a completion to be read by ``generate.parse``; for all others
``faulty.candidate`` is the wrong answer. Where ``faulty.returned`` is given, :func:`replayed` gives these results as
executions, and the calls need not run.
"""

from apigen.faults.base import Faulty, Operator, Pool, Visible
from apigen.faults.editing import as_text
from apigen.faults.replay import Replay, replayed
from apigen.faults.table import BY_NAME, OPERATORS

__all__ = ["BY_NAME", "OPERATORS", "Faulty", "Operator", "Pool", "Replay", "Visible", "as_text", "replayed"]
