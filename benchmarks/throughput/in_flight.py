"""How many requests a server had in flight over time."""

from collections.abc import Sequence

from benchmarks.throughput.server import Told

_BARS = " ▁▂▃▄▅▆▇█"


def means(told: Told, parts: int) -> list[float]:
    """The mean in each of so many equal parts of the time from the first request to the last answer."""
    width = (told.last - told.first) / parts or 1.0
    sums = [0.0] * parts
    for (since, number), (until, _) in zip(told.in_flight, told.in_flight[1:], strict=False):
        at = since
        while at < until:
            part = min(int((at - told.first) / width), parts - 1)
            end = until if part == parts - 1 else min(until, told.first + (part + 1) * width)
            sums[part] += number * (end - at)
            at = end if end > at else until
    return [total / width for total in sums]


def share_of_time(told: Told, least: int) -> float:
    """The share of that time in which at least so many were in flight."""
    held = sum(
        until - since
        for (since, number), (until, _) in zip(told.in_flight, told.in_flight[1:], strict=False)
        if number >= least
    )
    return held / ((told.last - told.first) or 1.0)


def chart(values: Sequence[float], most: float) -> str:
    """A line of bars, the highest for ``most``."""
    return "".join(_BARS[min(len(_BARS) - 1, round(value / most * (len(_BARS) - 1)))] for value in values)
