"""Data: grouping, cleaning and comparing small tables and lists."""

import statistics
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Data"


class _Aggregation(StrEnum):
    """What to compute for each group: sum (total), mean (average), median, minimum, maximum or count."""

    SUM = "sum"
    MEAN = "mean"
    MEDIAN = "median"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    COUNT = "count"


@dataclass(frozen=True)
class _GroupedValue:
    """One row of a table: the group it belongs to and its value."""

    group: Annotated[
        str,
        Field(
            description="Label of the group that the row belongs to.",
            examples=["north", "sales", "Berlin", "tea", "marketing", "Tokyo", "coffee", "south"],
        ),
    ]
    value: Annotated[float, Field(ge=-1e15, le=1e15, description="The row's number.")]


_Number = Annotated[float, Field(ge=-1e15, le=1e15)]

_Items = Annotated[
    list[
        Annotated[
            str,
            Field(examples=["apples", "milk", "bread", "Anna", "Ben", "Carlos", "red", "green", "Oslo", "Lima"]),
        ]
    ],
    Field(min_length=1, max_length=200),
]


def aggregate_by_group(
    rows: Annotated[list[_GroupedValue], Field(min_length=1, max_length=200)],
    aggregation: _Aggregation = _Aggregation.SUM,
) -> dict[str, float]:
    """Group the rows of a small table by a label and aggregate each group, as a pivot table or SQL GROUP BY does.

    Args:
        rows: The rows, each with its group's label and a value.
        aggregation: What to compute for each group: sum (total), mean (average), median, minimum, maximum or count.

    Returns:
        The aggregated value of each group, in the order in which groups first appear.

    Source: ISO/IEC 9075-2 (SQL), GROUP BY and set functions.
    """
    groups: dict[str, list[float]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row.value)
    return {label: round(_aggregate(values, aggregation), 6) for label, values in groups.items()}


def find_outliers(
    values: Annotated[list[_Number], Field(min_length=4, max_length=1000)],
    fence_multiplier: Annotated[float, Field(gt=0, le=10)] = 1.5,
) -> dict[str, object]:
    """Find values of a data set that lie unusually far from the rest (outliers, by Tukey's fences).

    Args:
        values: The data, at least four numbers.
        fence_multiplier: How many interquartile ranges away from the quartiles a value must lie to count as an outlier.

    Returns:
        ``outliers`` in the order given, and the fences ``lower`` and ``upper`` between which values are ordinary.

    Source: Tukey, "Exploratory Data Analysis" (1977); quartiles by linear interpolation (Hyndman & Fan type 7).
    """
    first, _, third = statistics.quantiles(values, n=4, method="inclusive")
    margin = fence_multiplier * (third - first)
    lower, upper = first - margin, third + margin
    return {
        "outliers": [value for value in values if not lower <= value <= upper],
        "lower": round(lower, 6),
        "upper": round(upper, 6),
    }


def moving_average(
    values: Annotated[list[_Number], Field(min_length=1, max_length=1000)],
    window: Annotated[int, Field(ge=1, le=365)],
) -> list[float]:
    """Smooth a time series with a simple moving (rolling) average.

    Args:
        values: The series, oldest value first.
        window: Number of consecutive values that are averaged.

    Returns:
        One average for each full window, so ``window - 1`` fewer numbers than were given.

    Raises:
        ValueError: The window is longer than the series.

    Source: NIST/SEMATECH, "e-Handbook of Statistical Methods", section 6.4.2, single moving average.
    """
    if window > len(values):
        raise ValueError(f"window {window} is longer than the series of {len(values)} values: choose a shorter window")
    starts = range(len(values) - window + 1)
    return [round(statistics.fmean(values[start : start + window]), 6) for start in starts]


def rescale_values(
    values: Annotated[list[_Number], Field(min_length=2, max_length=1000)],
    new_minimum: _Number = 0.0,
    new_maximum: _Number = 1.0,
) -> list[float]:
    """Normalize numbers to a new range (min-max scaling), 0 to 1 unless told otherwise.

    Args:
        values: The numbers to rescale; at least two of them differ.
        new_minimum: What the smallest number becomes.
        new_maximum: What the largest number becomes.

    Returns:
        The rescaled numbers, in the order given.

    Raises:
        ValueError: All numbers are equal, or the new range is empty.

    Source: Han, Kamber & Pei, "Data Mining: Concepts and Techniques", section 3.5, min-max normalization.
    """
    low, high = min(values), max(values)
    if high - low < 1e-12:
        raise ValueError(f"all values are {low:g}, so they have no range: give at least two different numbers")
    if new_minimum >= new_maximum:
        raise ValueError(f"new_minimum {new_minimum} is not below new_maximum {new_maximum}: swap them")
    factor = (new_maximum - new_minimum) / (high - low)
    return [round(new_minimum + (value - low) * factor, 6) for value in values]


def compare_item_lists(first: _Items, second: _Items, ignore_case: bool = False) -> dict[str, object]:
    """Compare two lists of names or items: what both have, what only one of them has, and how similar they are.

    Args:
        first: The first list.
        second: The second list.
        ignore_case: Whether to treat capital and small letters as the same.

    Returns:
        ``in_both``, ``only_in_first``, ``only_in_second`` (each item once, in list order) and ``jaccard_similarity``
        from 0 (nothing in common) to 1 (the same items).

    Source: Jaccard, "The distribution of the flora in the alpine zone", New Phytologist 11 (1912).
    """
    first_by_key = _first_by_key(first, ignore_case=ignore_case)
    second_by_key = _first_by_key(second, ignore_case=ignore_case)
    common = first_by_key.keys() & second_by_key.keys()
    return {
        "in_both": [item for key, item in first_by_key.items() if key in common],
        "only_in_first": [item for key, item in first_by_key.items() if key not in common],
        "only_in_second": [item for key, item in second_by_key.items() if key not in common],
        "jaccard_similarity": round(len(common) / len(first_by_key.keys() | second_by_key.keys()), 4),
    }


def remove_duplicate_items(
    items: _Items, ignore_case: bool = False, order: Literal["as_given", "alphabetical"] = "as_given"
) -> dict[str, object]:
    """Remove repeated entries from a single list, such as names or email addresses, and tell which were repeated.

    Args:
        items: The list to clean.
        ignore_case: Whether to treat capital and small letters as the same.
        order: Order of the cleaned list: as given (by first appearance) or alphabetical.

    Returns:
        ``items``, each kept once as first written, and ``repeated``, how often each repeated item occurred.

    Source: case folding as in The Unicode Standard, section 5.18.
    """
    unique = _first_by_key(items, ignore_case=ignore_case)
    kept = list(unique.values())
    keys = [item.strip().casefold() if ignore_case else item.strip() for item in items]
    return {
        "items": sorted(kept, key=str.casefold) if order == "alphabetical" else kept,
        "repeated": {item: keys.count(key) for key, item in unique.items() if keys.count(key) > 1},
    }


def correlation_between(
    x: Annotated[list[_Number], Field(min_length=2, max_length=1000)],
    y: Annotated[list[_Number], Field(min_length=2, max_length=1000)],
    method: Literal["pearson", "spearman"] = "pearson",
) -> float:
    """Correlation coefficient of two paired series of numbers: whether and how strongly they rise or fall together.

    Args:
        x: The first series.
        y: The second series, as many numbers as the first, in the same order.
        method: Pearson for linear relations, Spearman for rankings.

    Returns:
        The coefficient, from -1 (opposite) over 0 (unrelated) to 1 (together).

    Raises:
        ValueError: The series differ in length, or one of them is constant.

    Source: Pearson (1895) and Spearman (1904), as in NIST/SEMATECH, "e-Handbook of Statistical Methods".
    """
    if len(x) != len(y):
        raise ValueError(f"x has {len(x)} numbers and y has {len(y)}: give as many of one as of the other")
    if len(set(x)) == 1 or len(set(y)) == 1:
        raise ValueError("a series whose numbers are all equal has no correlation: give numbers that vary")
    if method == "spearman":
        x, y = _ranks(x), _ranks(y)
    return round(statistics.correlation(x, y), 6)


def _aggregate(values: list[float], aggregation: _Aggregation) -> float:
    match aggregation:
        case _Aggregation.SUM:
            return sum(values)
        case _Aggregation.MEAN:
            return statistics.fmean(values)
        case _Aggregation.MEDIAN:
            return statistics.median(values)
        case _Aggregation.MINIMUM:
            return min(values)
        case _Aggregation.MAXIMUM:
            return max(values)
        case _Aggregation.COUNT:
            return float(len(values))


def _first_by_key(items: list[str], *, ignore_case: bool) -> dict[str, str]:
    """Each distinct item as first written, by what makes it distinct."""
    unique: dict[str, str] = {}
    for item in items:
        written = item.strip()
        unique.setdefault(written.casefold() if ignore_case else written, written)
    return unique


def _ranks(values: list[float]) -> list[float]:
    """Ranks from 1; equal values share the mean of their ranks."""
    ordered = sorted(values)
    return [ordered.index(value) + (ordered.count(value) + 1) / 2 for value in values]
