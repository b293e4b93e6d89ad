"""A class with state, its factories, and asynchronous functions."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

CATEGORY = "Commerce"
MADE: list[str] = []
"""Counts what was made in this process, which a fresh process per call keeps at one."""


class Basket:
    """What carts and orders share."""

    def __init__(self) -> None:
        self.items: dict[str, int] = {}
        MADE.append(type(self).__name__)

    def add_item(self, name: str, count: int = 1) -> dict[str, int]:
        """Put an item into the basket.

        Args:
            name: What it is called.
            count: How many.
        """
        self.items[name] = self.items.get(name, 0) + count
        return self.items


class Cart(Basket):
    """Somebody's cart."""

    limit = 10

    @property
    def total(self) -> int:
        """How many items there are."""
        raise RuntimeError("a property must not run before somebody asks for it")

    @functools.cached_property
    def first(self) -> str:
        """The first item."""
        raise RuntimeError("a property must not run before somebody asks for it")

    @staticmethod
    def price(count: int, each: float) -> float:
        """Multiply."""
        return count * each

    @classmethod
    def with_limit(cls, limit: int) -> str:
        """Say the limit."""
        return f"{cls.__name__} {limit}"

    def count_of(self, name: str) -> int:
        """Count an item."""
        return self.items.get(name, 0)

    def itself(self, name: str) -> Cart:
        """Return the cart."""
        self.add_item(name)
        return self

    async def ship(self, city: str) -> list[str]:
        """Ship it."""
        await asyncio.sleep(0)
        return [*self.items, city]

    async def track(self, city: str) -> AsyncIterator[str]:
        """Follow it."""
        yield city

    def made(self, name: str) -> list[str]:
        """Say what was made so far."""
        return [*MADE, name]

    def _secret(self, name: str) -> str:
        """Not public."""
        return name


class Order:
    """Cannot be made without arguments."""

    __slots__ = ("owner",)

    def __init__(self, owner: str) -> None:
        self.owner = owner

    def pay(self, amount: float) -> str:
        """Pay it."""
        return f"{self.owner} {amount}"

    @classmethod
    def number_of(cls, text: str) -> int:
        """Read a number."""
        return int(text)


@dataclass
class Shelf:
    """A record that does something."""

    books: list[str] = field(default_factory=list)

    def put(self, title: str) -> list[str]:
        """Put a book there."""
        self.books.append(title)
        return self.books


def make_shop() -> Cart:
    """Make a cart with something in it."""
    cart = Cart()
    cart.add_item("apple", 2)
    return cart


async def open_shop(name: str = "pear") -> Cart:
    """The same, asynchronously."""
    await asyncio.sleep(0)
    cart = Cart()
    cart.add_item(name)
    return cart


def make_order(owner: str) -> Order:
    """Needs an owner."""
    return Order(owner)


def make_nothing() -> None:
    """Make nothing."""


def make_trouble() -> Cart:
    """Fail."""
    raise KeyError("no shelf")


async def wait_for(seconds: float, *names: str) -> list[str]:
    """Wait, together, and give the names back.

    Args:
        seconds: How long.
        names: Who waits.
    """

    async def one(name: str) -> str:
        await asyncio.sleep(seconds)
        return name

    return list(await asyncio.gather(*map(one, names)))
