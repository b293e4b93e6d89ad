"""Math: circles, chances and number bases."""

import math
from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Math"

_Base = Literal["binary", "octal", "decimal", "hexadecimal"]

_BASES = {"binary": 2, "octal": 8, "decimal": 10, "hexadecimal": 16}
_FORMATS = {"binary": "b", "octal": "o", "decimal": "d", "hexadecimal": "X"}


def circle_measures(
    known: Literal["radius", "diameter", "circumference", "area"], value: Annotated[float, Field(gt=0, le=1e12)]
) -> dict[str, float]:
    """Compute radius, diameter, circumference and area of a circle of which one of the four is known.

    Args:
        known: Which measure is known: radius, diameter, circumference (perimeter) or area.
        value: The known measure.

    Returns:
        All four measures, in the same unit of length (the area in its square).

    Source: Euclid; Archimedes, "Measurement of a Circle": circumference 2 pi r, area pi r squared.
    """
    radius = {
        "radius": value,
        "diameter": value / 2,
        "circumference": value / (2 * math.pi),
        "area": math.sqrt(value / math.pi),
    }[known]
    return {
        "radius": round(radius, 6),
        "diameter": round(2 * radius, 6),
        "circumference": round(2 * math.pi * radius, 6),
        "area": round(math.pi * radius**2, 6),
    }


def binomial_probability(
    trials: Annotated[int, Field(ge=1, le=1000)],
    success_percent: Annotated[float, Field(ge=0, le=100)],
    successes: Annotated[int, Field(ge=0, le=1000)],
    comparison: Literal["exactly", "at_least", "at_most"] = "exactly",
) -> float:
    """Probability that something with a known chance happens so many times in a number of independent tries.

    Args:
        trials: Number of tries.
        success_percent: Chance of success in a single try in percent.
        successes: Number of successes asked about.
        comparison: Whether there are to be exactly, at least or at most so many successes.

    Returns:
        The probability, from 0 to 1.

    Source: NIST/SEMATECH, "e-Handbook of Statistical Methods", section 1.3.6.6.18, binomial distribution.
    """
    wanted = {
        "exactly": range(successes, successes + 1),
        "at_least": range(successes, trials + 1),
        "at_most": range(successes + 1),
    }[comparison]
    chance = success_percent / 100
    total = math.fsum(
        math.comb(trials, count) * chance**count * (1 - chance) ** (trials - count)
        for count in range(trials + 1)
        if count in wanted
    )
    return round(total, 6)


def convert_number_base(
    digits: Annotated[
        str,
        Field(
            pattern=r"^-?[0-9A-Fa-f]{1,64}$",
            examples=["101101", "FF", "255", "7C3", "11110000", "1024", "644", "DEAD"],
        ),
    ],
    to_base: _Base,
    from_base: _Base = "decimal",
) -> str:
    """Write a whole number in another number system: binary, octal, decimal or hexadecimal.

    Args:
        digits: The number's digits in the system in which it is given.
        to_base: The number system wanted.
        from_base: The number system in which it is given.

    Returns:
        The digits in the number system wanted, without prefix.

    Raises:
        ValueError: A digit does not occur in the system in which the number is given.

    Source: Knuth, "The Art of Computer Programming", volume 2, section 4.4 (radix conversion).
    """
    try:
        number = int(digits, _BASES[from_base])
    except ValueError:
        raise ValueError(f"{digits!r} is no {from_base} number") from None
    return format(number, _FORMATS[to_base])
