"""Functions with every kind of annotation that has a JSON form, and each kind that cannot be a tool."""

from __future__ import annotations

import datetime
import enum
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, NewType, SupportsFloat, TypedDict, TypeVar
from uuid import UUID

from annotated_types import Gt
from pydantic import BaseModel, Field

if TYPE_CHECKING:
    import fractions
    from collections import OrderedDict as Ordered

UserId = NewType("UserId", int)
Number = TypeVar("Number", int, float)


class Unit(enum.Enum):
    """A unit of length."""

    METER = "meter"
    MILE = "mile"


class Address(TypedDict, total=False):
    """A postal address."""

    street: str
    title: str


@dataclass
class Item:
    """One thing in a basket."""

    name: str
    price: float
    bought: datetime.date = datetime.date(2024, 1, 1)


class Place(NamedTuple):
    """A point on the globe."""

    lat: float
    lon: float = 0.0


class Person(BaseModel):
    """Somebody."""

    name: str = Field(min_length=1)
    age: int | None = None


class Tree(BaseModel):
    """Refers to itself."""

    children: list[Tree] = []


def everything(
    unit: Unit,
    level: Literal["low", "high"],
    when: datetime.date,
    moment: datetime.datetime,
    clock: datetime.time,
    span: datetime.timedelta,
    amount: Decimal,
    ident: UUID,
    path: Path,
    user: UserId,
    share: Annotated[float, Field(ge=0, le=1, description="The part.")],
    count: Annotated[int, Gt(0)],
    item: Item,
    items: list[Item],
    address: Address,
    place: Place,
    person: Person,
    pair: tuple[int, str],
    many: tuple[float, ...],
    unique: set[str],
    table: Mapping[str, Sequence[int]],
    ratio: SupportsFloat,
    number: Number,
    flag: bool,
    either: int | str,
    maybe: str | None,
    extra: dict[str, Any],
) -> dict[str, Any]:
    """Take one of each and give it back."""
    return locals()


def defaults(
    name: str,
    unit: Unit = Unit.MILE,
    when: datetime.date = datetime.date(2024, 2, 29),
    callback: Callable[[int], int] | None = None,
    sentinel: int = None,  # type: ignore[assignment]  # noqa: RUF013 - as older code writes it
    *values: int,
    **options: int,
) -> str:
    """Show each default."""
    assert callback is None
    return f"{name} {unit.name} {when.year} {sentinel} {values} {options}"


def consumed(numbers: Iterable[float], rest: Iterator[int]) -> list[float]:
    """Read two streams."""
    return [*numbers, next(rest)]


def checker_only(fraction: fractions.Fraction, order: Ordered[str, int] | None = None) -> str:
    """Use names that exist for type checkers only."""
    return f"{fraction} {order}"


def by_position(first: int, second: int = 2, third: int = 3, /) -> list[int]:
    """List three numbers."""
    return [first, second, third]


@lru_cache
def cached(number: int) -> int:
    """Double a number."""
    return 2 * number


def stream(source: IO[str]) -> str:
    """Read a file object."""
    return source.read()


def apply(function: Callable[[int], int], value: int) -> int:
    """Call a function."""
    return function(value)


def anything(value: Any) -> Any:
    """Return it."""
    return value


def recursive(tree: Tree) -> int:
    """Count the children."""
    return len(tree.children)


def starred(*numbers: int) -> int:
    """Add numbers."""
    return sum(numbers)


def named(**numbers: int) -> int:
    """Add numbers that have names."""
    return sum(numbers.values())


def silent(number: int) -> int:
    return number


def nothing() -> int:
    """Return one."""
    return 1


def misnamed(value: Undefined) -> None:  # type: ignore[name-defined]  # noqa: F821 - on purpose
    """Has an annotation that nobody defines."""


async def later(number: int) -> AsyncIterator[int]:
    """Count up to it."""
    for each in range(number):
        yield each


def _hidden(number: int) -> int:
    """Not public."""
    return number


twice = cached
