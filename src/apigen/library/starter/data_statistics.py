"""Data: rankings, percentiles and trends of small data sets."""

import statistics
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Data"

_Number = Annotated[float, Field(ge=-1e15, le=1e15)]


@dataclass(frozen=True)
class _Entry:
    """One entry of a ranking."""

    name: Annotated[
        str,
        Field(
            description="Who or what is ranked.",
            examples=["Lagos", "Team Blue", "Ines", "Model X2", "Harbour branch", "Oskar", "Peru", "Page 4"],
        ),
    ]
    value: Annotated[float, Field(ge=-1e15, le=1e15, description="The number by which it is ranked.")]


@dataclass(frozen=True)
class _Observation:
    """A pair of measurements that belong together."""

    x: Annotated[float, Field(ge=-1e9, le=1e9, description="The cause or the moment, such as the week.")]
    y: Annotated[float, Field(ge=-1e9, le=1e9, description="What was measured there.")]


def rank_entries(
    entries: Annotated[list[_Entry], Field(min_length=2, max_length=200)],
    order: Literal["highest_first", "lowest_first"] = "highest_first",
    top: Annotated[int, Field(ge=1, le=200)] | None = None,
) -> list[dict[str, object]]:
    """Rank named entries by a number, so that equal numbers share a rank.

    Args:
        entries: What to rank, each with a name and its number.
        order: Whether the highest or the lowest number comes first.
        top: How many of the best places to keep; without it, all. Entries that share the last place are all kept.

    Returns:
        The entries in order, each with ``rank``, ``name`` and ``value``; after two second places comes the fourth.

    Source: standard competition ranking, as RANK() in ISO/IEC 9075-2 (SQL).
    """
    falling = order == "highest_first"
    ordered = sorted(entries, key=lambda entry: entry.value, reverse=falling)
    values = [entry.value for entry in ordered]
    ranked = [(values.index(entry.value) + 1, entry) for entry in ordered]
    return [
        {"rank": rank, "name": entry.name, "value": entry.value} for rank, entry in ranked if top is None or rank <= top
    ]


def percentile_of_data(
    values: Annotated[list[_Number], Field(min_length=1, max_length=1000)],
    percentile: Annotated[float, Field(ge=0, le=100)],
) -> float:
    """Find the value below which a given share of a data set lies, such as the 90th percentile of response times.

    Args:
        values: The data, in any order.
        percentile: The share in percent, from 0 (the smallest value) to 100 (the largest).

    Returns:
        The percentile, by linear interpolation between the two closest values.

    Source: Hyndman & Fan, "Sample Quantiles in Statistical Packages" (1996), definition 7.
    """
    ordered = sorted(values)
    below, share = divmod((len(ordered) - 1) * percentile / 100, 1)
    low = ordered[int(below)]
    high = ordered[min(int(below) + 1, len(ordered) - 1)]
    return round(low + share * (high - low), 6)


def fit_straight_line(
    points: Annotated[list[_Observation], Field(min_length=2, max_length=500)],
    predict_at: Annotated[float, Field(ge=-1e9, le=1e9)] | None = None,
) -> dict[str, float]:
    """Fit a straight trend line to measured points (linear regression), and predict a value from it.

    Args:
        points: The measurements, each a pair of x and y.
        predict_at: The x for which to predict y from the line; without it, nothing is predicted.

    Returns:
        ``slope``, ``intercept``, ``r_squared`` (1 where all points lie on the line), and ``predicted`` if asked for.

    Raises:
        ValueError: All points have the same x, so that no line can be told.

    Source: NIST/SEMATECH, "e-Handbook of Statistical Methods", section 4.1.4.1, linear least squares regression.
    """
    x, y = [point.x for point in points], [point.y for point in points]
    if len(set(x)) == 1:
        raise ValueError(f"all points have x = {x[0]:g}: give points at two different x at least")
    slope, intercept = statistics.linear_regression(x, y)
    explained = statistics.correlation(x, y) ** 2 if len(set(y)) > 1 else 1.0
    line = {"slope": round(slope, 6), "intercept": round(intercept, 6), "r_squared": round(explained, 6)}
    return line if predict_at is None else line | {"predicted": round(intercept + slope * predict_at, 6)}
