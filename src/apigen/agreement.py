"""How sure a share is, and how far two judgements agree: the statistics that every table here quotes."""

from math import sqrt
from typing import NamedTuple

_Z95 = 1.959963984540054
"""The standard normal quantile behind a two-sided interval of 95%."""


class Interval(NamedTuple):
    """A share with its interval, all between 0 and 1."""

    share: float
    low: float
    high: float


def wilson(hits: int, total: int) -> Interval:
    """The share of hits with its 95% Wilson score interval (Wilson 1927, JASA 22:209), right for small counts too.

    Args:
        hits: how many of them.
        total: of how many; 0 says nothing, so the interval is everything.

    Raises:
        ValueError: there cannot be so many hits.
    """
    if not 0 <= hits <= total:
        raise ValueError(f"{hits} of {total} is no share")
    if total == 0:
        return Interval(0.0, 0.0, 1.0)
    share, spread = hits / total, _Z95**2 / total
    middle = (share + spread / 2) / (1 + spread)
    half = _Z95 / (1 + spread) * sqrt(share * (1 - share) / total + spread / (4 * total))
    low = 0.0 if hits == 0 else middle - half
    high = 1.0 if hits == total else middle + half
    return Interval(share, low, high)
