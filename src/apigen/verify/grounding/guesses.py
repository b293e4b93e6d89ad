"""Numbers that may come from those in the query by a step that nobody states: scaled, combined, in another unit."""

import math
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property

from apigen.verify.grounding.reading import Reading
from apigen.verify.grounding.units import UNITS

_SCALES = (1, -1, 2, 1 / 2, 12, 1 / 12, 60, 1 / 60, 100, 1 / 100, 1000, 1 / 1000)
_MOST_SAID = 8
"""Numbers of the query beyond which what follows from any two of them says nothing."""

_SHARE = 1e-3
"""A result may be rounded by so much of itself."""


class Guesses:
    """What may be computed from a query, once for all of an answer's numbers."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def are_near(self, value: float) -> bool:
        """Whether one of them is a value, up to rounding; none is beyond all numbers."""
        least, most = sorted((value / (1 + _SHARE), value / (1 - _SHARE)))
        index = bisect_left(self._results, least)
        return index < len(self._results) and self._results[index] <= most

    @cached_property
    def _results(self) -> list[float]:
        numbers = self._reading.numbers[:_MOST_SAID]
        said = [float(spoken) for number in numbers for spoken in number.values[:2]]
        results = {one * factor for one in said for factor in _SCALES}
        results |= {result for one in said for other in said for result in _combined(one, other)}
        return sorted(filter(math.isfinite, {*results, *self._in_other_units(), sum(said)}))

    def _in_other_units(self) -> Iterator[float]:
        """What the stated quantities are in every other unit of their kinds."""
        for quantity in self._reading.quantities:
            for units in UNITS.values():
                yield from (quantity.amount / unit.factor for unit in units if unit.kind == quantity.kind)


def _combined(one: float, other: float) -> tuple[float, ...]:
    return (one * other, one / other, one + other, one - other, one * one) if other else (one,)
