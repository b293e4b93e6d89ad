"""Math: whole numbers, equations, counting and plane geometry."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any

from pydantic import Field

CATEGORY = "Math"

_PositiveInt = Annotated[int, Field(ge=1)]
_Length = Annotated[float, Field(ge=1e-6, le=1e9)]
_Coefficient = Annotated[float, Field(ge=-1e12, le=1e12)]
_Coordinate = Annotated[float, Field(ge=-1e9, le=1e9)]


@dataclass(frozen=True)
class _Point:
    """A point in the plane."""

    x: _Coordinate
    y: _Coordinate


def prime_factorization(number: Annotated[int, Field(ge=2, le=10**12)]) -> dict[str, Any]:
    """Split a whole number into its prime factors, which also tells whether it is prime.

    Args:
        number: Whole number from 2 to a million million.

    Returns:
        ``is_prime``, and ``factors``, each a ``prime`` with its ``exponent``, in ascending order.

    Source: trial division; Euclid, "Elements", book IX, proposition 14 (the factors are unique).
    """
    factors = []
    rest, divisor = number, 2
    while divisor * divisor <= rest:
        exponent = 0
        while rest % divisor == 0:
            rest //= divisor
            exponent += 1
        if exponent:
            factors.append({"prime": divisor, "exponent": exponent})
        divisor += 1 if divisor == 2 else 2
    if rest > 1:
        factors.append({"prime": rest, "exponent": 1})
    return {"is_prime": factors == [{"prime": number, "exponent": 1}], "factors": factors}


def gcd_and_lcm(numbers: Annotated[list[_PositiveInt], Field(min_length=2, max_length=20)]) -> dict[str, int]:
    """Greatest common divisor and least common multiple of two or more whole numbers.

    Args:
        numbers: The positive whole numbers.

    Returns:
        ``gcd`` (greatest common divisor) and ``lcm`` (least common multiple).

    Raises:
        ValueError: The least common multiple is 2^53 or more, too large to give exactly.

    Source: Euclid, "Elements", book VII, propositions 2 and 34.
    """
    return {"gcd": math.gcd(*numbers), "lcm": _within_json(math.lcm(*numbers))}


def _within_json(number: int) -> int:
    """Refuse a result that other readers of JSON would round (RFC 8259, section 6)."""
    if abs(number) >= 2**53:
        raise ValueError(f"the result has {len(str(number))} digits, too many to give exactly; use smaller numbers")
    return number


def quadratic_roots(a: _Coefficient, b: _Coefficient, c: _Coefficient) -> dict[str, Any]:
    """Solve a quadratic equation a x^2 + b x + c = 0, also where its roots are complex.

    Args:
        a: Coefficient of x squared, not 0.
        b: Coefficient of x.
        c: Constant term.

    Returns:
        ``discriminant`` and ``roots``, each with its ``real`` and ``imaginary`` part: two, or one if they coincide.

    Raises:
        ValueError: ``a`` is 0 or as good as 0, so the equation is not quadratic.

    Source: the quadratic formula; NIST Digital Library of Mathematical Functions, 1.11(iii).
    """
    if abs(a) < 1e-12:
        raise ValueError("a must not be 0 in a quadratic equation")
    discriminant = b * b - 4 * a * c
    vertex, spread = -b / (2 * a), math.sqrt(abs(discriminant)) / abs(2 * a)
    if discriminant < 0:
        parts = [(vertex, -spread), (vertex, spread)]
    else:
        parts = [(root, 0.0) for root in sorted({vertex - spread, vertex + spread})]
    roots = [{"real": round(real, 6) + 0.0, "imaginary": round(imaginary, 6)} for real, imaginary in parts]
    return {"discriminant": round(discriminant, 6), "roots": roots}


def solve_linear_system(
    coefficients: Annotated[
        list[Annotated[list[float], Field(min_length=1, max_length=10)]], Field(min_length=1, max_length=10)
    ],
    constants: Annotated[list[float], Field(min_length=1, max_length=10)],
) -> list[float]:
    """Solve simultaneous linear equations, as many as there are unknowns.

    Args:
        coefficients: One row per equation with the factors of the unknowns, always in the same order.
        constants: The right-hand side of each equation, in the order of the rows.

    Returns:
        The value of each unknown, in the order of the columns.

    Raises:
        ValueError: The equations do not form a square system, or have no solution or more than one.

    Source: Gaussian elimination; Strang, "Introduction to Linear Algebra", chapter 2. Computed with exact fractions.
    """
    size = len(coefficients)
    if len(constants) != size or any(len(row) != size for row in coefficients):
        raise ValueError(f"{size} equations need {size} coefficients each and {size} constants")
    rows = [
        [Fraction(str(value)) for value in (*row, constant)]
        for row, constant in zip(coefficients, constants, strict=True)
    ]
    for column in range(size):
        pivot = next((index for index in range(column, size) if rows[index][column]), None)
        if pivot is None:
            raise ValueError("the equations depend on each other: there is no solution or more than one")
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for index in range(size):
            if index != column:
                factor = rows[index][column]
                rows[index] = [value - factor * above for value, above in zip(rows[index], rows[column], strict=True)]
    return [round(float(row[-1]), 6) for row in rows]


def count_possible_selections(
    items: Annotated[int, Field(ge=0, le=1000)],
    chosen: Annotated[int, Field(ge=0, le=100)],
    order_matters: bool = False,
    repetition_allowed: bool = False,
) -> int:
    """Count the ways to choose some of a number of things (combinations, permutations, codes).

    Args:
        items: How many different things there are to choose from.
        chosen: How many are chosen.
        order_matters: Whether the same things in another order count as a different selection (permutations).
        repetition_allowed: Whether the same thing may be chosen repeatedly, more than once.

    Returns:
        The number of possible selections; 0 where there are too few things.

    Raises:
        ValueError: There are 2^53 or more, too many to give exactly.

    Source: the twelvefold way; Stanley, "Enumerative Combinatorics", volume 1, section 1.9.
    """
    if order_matters:
        count = int(items**chosen) if repetition_allowed else math.perm(items, chosen)
    elif repetition_allowed and items:
        count = math.comb(items + chosen - 1, chosen)
    else:
        count = math.comb(items, chosen)
    return _within_json(count)


def triangle_from_sides(side_a: _Length, side_b: _Length, side_c: _Length) -> dict[str, Any]:
    """Area, perimeter, angles and kind of a triangle whose three sides are known.

    Args:
        side_a: Length of the first side, in any unit.
        side_b: Length of the second side, in the same unit.
        side_c: Length of the third side, in the same unit.

    Returns:
        ``area``, ``perimeter``, ``angles_degrees`` (each opposite its side, in the order given), ``by_sides``
        (equilateral, isosceles or scalene) and ``by_angles`` (acute, right or obtuse).

    Raises:
        ValueError: One side is at least as long as the other two together.

    Source: Heron of Alexandria, "Metrica", book I, 8 (area); law of cosines (angles).
    """
    short, middle, longest = sides = sorted((side_a, side_b, side_c))
    if longest >= short + middle:
        raise ValueError(f"no triangle has the sides {side_a}, {side_b} and {side_c}: one is too long")
    half = sum(sides) / 2
    area = math.sqrt(half * (half - side_a) * (half - side_b) * (half - side_c))
    angles = [
        math.degrees(math.acos((left**2 + right**2 - opposite**2) / (2 * left * right)))
        for opposite, left, right in ((side_a, side_b, side_c), (side_b, side_a, side_c), (side_c, side_a, side_b))
    ]
    by_angles = "obtuse" if max(angles) > 90 else "acute"
    if math.isclose(max(angles), 90, abs_tol=1e-6):
        by_angles = "right"
    return {
        "area": round(area, 4),
        "perimeter": round(sum(sides), 4),
        "angles_degrees": [round(angle, 3) for angle in angles],
        "by_sides": {1: "equilateral", 2: "isosceles", 3: "scalene"}[len(set(sides))],
        "by_angles": by_angles,
    }


def polygon_area_from_corners(corners: Annotated[list[_Point], Field(min_length=3)]) -> dict[str, float]:
    """Area and perimeter of a polygon, such as a plot of land, from the coordinates of its corners.

    Args:
        corners: The corners in order around the outline, without repeating the first; edges must not cross.

    Returns:
        ``area`` in the square of the coordinates' unit, and ``perimeter`` in that unit.

    Raises:
        ValueError: There are fewer than three corners, or they all lie on one line.

    Source: the shoelace formula; Braden, "The Surveyor's Area Formula", College Mathematics Journal 17 (1986).
    """
    if len(corners) < 3:
        raise ValueError(f"a polygon needs at least three corners, not {len(corners)}")
    edges = list(zip(corners, [*corners[1:], corners[0]], strict=True))
    area = abs(sum(start.x * end.y - end.x * start.y for start, end in edges)) / 2
    if area == 0:
        raise ValueError("the corners enclose no area")
    perimeter = sum(math.dist((start.x, start.y), (end.x, end.y)) for start, end in edges)
    return {"area": round(area, 6), "perimeter": round(perimeter, 6)}


def closest_simple_fraction(value: float, max_denominator: Annotated[int, Field(ge=1, le=1_000_000)] = 100) -> str:
    """Turn a decimal number into the closest fraction whose denominator is not too large.

    Args:
        value: The decimal number.
        max_denominator: Largest denominator that the fraction may have.

    Returns:
        The fraction in lowest terms, such as "22/7"; a whole number without a denominator.

    Source: best rational approximations from continued fractions; Khinchin, "Continued Fractions", chapter II.
    """
    return str(Fraction(str(value)).limit_denominator(max_denominator))
