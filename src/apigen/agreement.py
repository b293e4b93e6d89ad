"""How sure a share is, and how far two judgements agree: the statistics that every table here quotes."""

from collections.abc import Sequence
from math import comb, sqrt
from typing import NamedTuple

_Z95 = 1.959963984540054
"""The standard normal quantile behind a two-sided interval of 95%."""
_T975 = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
)
"""The same of Student's t, by degrees of freedom from 1 on; beyond, 1.96 + 2.4 / freedom is right to 0.01."""


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
        raise ValueError(f"{hits} of {total} is not a share")
    if total == 0:
        return Interval(0.0, 0.0, 1.0)
    share, spread = hits / total, _Z95**2 / total
    middle = (share + spread / 2) / (1 + spread)
    half = _Z95 / (1 + spread) * sqrt(share * (1 - share) / total + spread / (4 * total))
    low = 0.0 if hits == 0 else middle - half
    high = 1.0 if hits == total else middle + half
    return Interval(share, low, high)


class Paired(NamedTuple):
    """How two judged the same items, and what the first had right more often than the second."""

    both: int
    """Items that both had right."""
    first: int
    """Those that only the first had right."""
    second: int
    neither: int
    difference: float
    """The first's share less the second's."""
    low: float
    high: float
    p: float
    """How probable so uneven a split of the items on which they differ is, were both equally good."""


def paired(both: int, first: int, second: int, neither: int) -> Paired:
    """Compare two shares of the same items.

    The 95% interval of the difference is Newcombe's score interval with a corrected phi (1998, Stat. Med. 17:2635,
    method 10). The probability is that of McNemar's test (1947, Psychometrika 12:153) in its exact form, two-sided: of
    the items on which the two differ each would fall to either side with probability one half.

    Args:
        both: items that both had right.
        first: items that only the first had right.
        second: items that only the second had right.
        neither: items that none had right.
    """
    total, differing = both + first + second + neither, first + second
    tail = sum(comb(differing, count) for count in range(min(first, second) + 1))
    p = min(1.0, 2 * tail / 2**differing)
    if not total:
        return Paired(both, first, second, neither, 0.0, -1.0, 1.0, p)
    one, other = wilson(both + first, total), wilson(both + second, total)
    phi = _phi(both, first, second, neither)
    difference = (first - second) / total

    def spread(down: float, up: float) -> float:
        return sqrt(max(0.0, down**2 - 2 * phi * down * up + up**2))

    low = difference - spread(one.share - one.low, other.high - other.share)
    high = difference + spread(other.share - other.low, one.high - one.share)
    return Paired(both, first, second, neither, difference, max(-1.0, low), min(1.0, high), p)


def _phi(both: int, first: int, second: int, neither: int) -> float:
    """The correlation of the two, corrected towards none where it is positive."""
    margins = (both + first) * (second + neither) * (both + second) * (first + neither)
    if not margins:
        return 0.0
    product = float(both * neither - first * second)
    if product > 0:
        product = max(product - (both + first + second + neither) / 2, 0)
    return product / sqrt(margins)


class Kappa(NamedTuple):
    """Cohen's kappa with its interval: 1 is full agreement, 0 what chance alone brings, below 0 less than that."""

    value: float
    low: float
    high: float
    error: float
    """The asymptotic standard error, from which the interval comes."""


def cohen_kappa(counts: Sequence[Sequence[int]]) -> Kappa | None:
    """How far two judgements of the same items agree beyond chance (Cohen 1960, Educ. Psychol. Meas. 20:37).

    The interval of 95% rests on the large-sample standard error of Fleiss, Cohen and Everitt (1969, Psychol. Bull.
    72:323, formula 13), cut to [-1, 1]. Where the two agree on everything it has no width, however few the items are:
    then the interval of a share says more.

    Args:
        counts: a square table: items that the one puts into class i and the other into class j.

    Returns:
        ``None`` where there are no items, or where both put all of them into one class: there is no chance to beat.

    Raises:
        ValueError: the table is not square or holds a negative count.
    """
    size = len(counts)
    if any(len(row) != size or min(row, default=0) < 0 for row in counts):
        raise ValueError("a table of agreement is square and counts items")
    total = sum(map(sum, counts))
    if not total:
        return None
    shares = [[count / total for count in row] for row in counts]
    rows = [sum(row) for row in shares]
    columns = [sum(row[j] for row in shares) for j in range(size)]
    agreed = sum(shares[i][i] for i in range(size))
    by_chance = sum(row * column for row, column in zip(rows, columns, strict=True))
    if 1 - by_chance < 1e-12:
        return None
    value = (agreed - by_chance) / (1 - by_chance)
    on = sum(shares[i][i] * ((1 - by_chance) - (columns[i] + rows[i]) * (1 - agreed)) ** 2 for i in range(size))
    off = (1 - agreed) ** 2 * sum(
        shares[i][j] * (columns[i] + rows[j]) ** 2 for i in range(size) for j in range(size) if i != j
    )
    middle = (agreed * by_chance - 2 * by_chance + agreed) ** 2
    error = sqrt(max(0.0, on + off - middle) / total) / (1 - by_chance) ** 2
    return Kappa(value, max(-1.0, value - _Z95 * error), min(1.0, value + _Z95 * error), error)


class Spread(NamedTuple):
    """A mean, and half the width of its 95% interval; ``None`` where one value says nothing of that."""

    mean: float
    half: float | None


def student(values: Sequence[float]) -> Spread:
    """The mean of independent measurements with Student's 95% interval (Student 1908, Biometrika 6:1).

    Args:
        values: at least one.

    Raises:
        ValueError: there are none.
    """
    if not values:
        raise ValueError("no values have no mean")
    mean, freedom = sum(values) / len(values), len(values) - 1
    if not freedom:
        return Spread(mean, None)
    variance = sum((value - mean) ** 2 for value in values) / freedom
    quantile = _T975[freedom - 1] if freedom <= len(_T975) else _Z95 + 2.4 / freedom
    return Spread(mean, quantile * sqrt(variance / len(values)))
