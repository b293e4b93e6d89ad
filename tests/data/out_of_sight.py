"""Functions whose state lies where no comparison of module variables finds it. Never call them outside a sandbox."""

import collections
import functools
import io
import itertools
import random
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import out_of_sight_helper
from out_of_sight_helper import next_of_helper

_sign = itertools.cycle([1, -1])
_next_sign = itertools.cycle([1, -1]).__next__
_numbers = itertools.count()
_dice = random.Random(5)
_own_dice = random.Random(6).randint
_turning = collections.deque([1, -1])
_lines = io.StringIO("a\nb\n" * 1000)
_scanner: Any = re.compile("a|b").scanner("ab" * 1000)  # type: ignore[attr-defined]
_local = threading.local()


def _endless() -> Iterator[str]:
    while True:
        yield from "ab"


_letters = _endless()


class _Slotted:
    __slots__ = ("sign",)

    def __init__(self) -> None:
        self.sign = 1


class _Wrapped:
    sign = 1

    def __init__(self) -> None:
        self.inner = {"signs": [itertools.cycle("ab")]}


_slotted = _Slotted()
_wrapped = _Wrapped()


def _alternating(function: Callable[..., int]) -> Callable[..., int]:
    sign = 1

    @functools.wraps(function)
    def wrapper(x: int) -> int:
        nonlocal sign
        sign = -sign
        return sign * function(x)

    return wrapper


def by_cycle(x: int) -> int:
    return next(_sign) * x


def by_bound_method(x: int) -> int:
    return _next_sign() * x


def by_generator(x: int) -> str:
    return next(_letters)


def by_count(x: int) -> int:
    return x + next(_numbers) % 2


def by_own_dice(x: int) -> float:
    return _dice.random()


def by_method_of_own_dice(x: int) -> int:
    return _own_dice(0, 10**6)


def by_deque(x: int) -> int:
    _turning.rotate()
    return _turning[0] * x


def by_file(x: int) -> str:
    return _lines.readline()


def by_scanner(x: int) -> str:
    return str(_scanner.match()[0])


def by_slot(x: int) -> int:
    _slotted.sign = -_slotted.sign
    return _slotted.sign * x


def by_attribute_of_a_class(x: int) -> int:
    _Wrapped.sign = -_Wrapped.sign
    return _Wrapped.sign * x


def by_iterator_further_in(x: int) -> str:
    return next(_wrapped.inner["signs"][0])


def by_default(x: int, _signs: Any = itertools.cycle([1, -1])) -> int:  # noqa: B008 - that is the leak
    return int(next(_signs) * x)


@_alternating
def by_closure(x: int) -> int:
    return x


def by_attribute(x: int) -> int:
    by_attribute.sign = -getattr(by_attribute, "sign", 1)  # type: ignore[attr-defined]
    return by_attribute.sign * x  # type: ignore[attr-defined,no-any-return]


def by_module_beside(x: int) -> int:
    out_of_sight_helper.sign = -out_of_sight_helper.sign
    return out_of_sight_helper.sign * x


def by_function_beside(x: int) -> int:
    return next_of_helper() * x


def by_thread_local(x: int) -> int:
    _local.sign = -getattr(_local, "sign", 1)
    return int(_local.sign * x)


@functools.lru_cache
def _first(_: int) -> list[int]:
    return [1]


def by_cache(x: int) -> int:
    kept = _first(0)
    kept[0] = -kept[0]
    return kept[0] * x
