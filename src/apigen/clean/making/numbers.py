"""Numbers within bounds."""

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

_MOST = 256
_NICE = (2, 1, 3, 5, 10, 0, 20, 50, 100)
"""Numbers that mean something to most tools, tried first where they fit."""


def numbers(schema: dict[str, Any], *, whole: bool) -> Iterator[int | float]:
    """Numbers that fit the bounds of a schema, a few hundred at most.

    Args:
        schema: with ``minimum``, ``multipleOf`` and the like.
        whole: whether only integers will do.
    """
    low, least_excluded = _limit(schema, "minimum", "exclusiveMinimum", highest=True)
    high, most_excluded = _limit(schema, "maximum", "exclusiveMaximum", highest=False)
    step = _step(schema, whole=whole)
    for number in _NICE:
        fits = (low is None or number >= low) and (high is None or number <= high)
        if fits and not (step and Fraction(number) % step):
            yield number
    if step is None and low is not None and high is not None and low < high:
        # Between two bounds there may be no whole number, and no tenth either.
        yield from (
            _plain(low + (high - low) * Fraction(part, 64), whole=whole) for part in (32, 16, 48, *range(1, 64))
        )
    grid = step or Fraction(1)
    start = low if low is not None else high if high is not None else Fraction(0)
    first = math.ceil(start / grid) if low is not None or high is None else math.floor(start / grid)
    direction = 1 if low is not None or high is None else -1
    for count in range(_MOST):
        value = (first + direction * count) * grid
        if (high is not None and value > high) or (low is not None and value < low):
            return
        if (value == low and least_excluded) or (value == high and most_excluded):
            continue
        yield _plain(value, whole=whole)


def _plain(value: Fraction, *, whole: bool) -> int | float:
    return int(value) if whole or value.denominator == 1 else float(value)


def _limit(schema: dict[str, Any], plain: str, exclusive: str, *, highest: bool) -> tuple[Fraction | None, bool]:
    """The bound that binds, and whether it is itself outside; draft 4 says so with a boolean."""
    found: list[tuple[Fraction, bool]] = []
    if (value := _number(schema.get(plain))) is not None:
        found.append((value, schema.get(exclusive) is True))
    if (value := _number(schema.get(exclusive))) is not None:
        found.append((value, True))
    if not found:
        return None, False
    return max(found) if highest else min(found, key=lambda one: (one[0], not one[1]))


def _step(schema: dict[str, Any], *, whole: bool) -> Fraction | None:
    """The distance of the numbers that may be: whole ones, multiples, or multiples that are whole."""
    step = _number(schema.get("multipleOf"))
    if step is None or step <= 0:
        return Fraction(1) if whole else None
    return Fraction(step.numerator) if whole else step


def _number(value: Any) -> Fraction | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return Fraction(str(value))
