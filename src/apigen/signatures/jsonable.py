"""Turns what a function returned, or a default value, into JSON.

What is decided here, where Python knows more kinds of values than JSON:

- ``Decimal`` and ``Fraction`` become a number where the number's shortest decimal form is exactly the value, else a
  string: ``Decimal("0.1")`` is ``0.1``, ``Fraction(1, 3)`` is ``"1/3"``.
- Numbers of other packages, which say so by the classes of ``numbers``, are written in the same way.
- An integer outside 64 bits becomes a string of digits, because most readers of JSON would round it.
- Sets are sorted, so that the same result is the same JSON in every process.
- Iterators and generators are read to their end, up to :data:`MOST_ITEMS` items.
- NaN, infinity, bytes, complex numbers and objects of other classes have no JSON form and are refused.
"""

import dataclasses
import datetime
import json
import math
import numbers
from collections.abc import Iterable, Iterator, KeysView, Mapping, Sequence, Set, ValuesView
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from itertools import islice
from pathlib import PurePath
from typing import Any
from uuid import UUID

from pydantic import BaseModel, RootModel, TypeAdapter

from apigen.records import Json
from apigen.signatures.problems import ResultNotJson

MOST_ITEMS = 10_000
"""How many items of an iterator are read before it is taken for endless."""
DEEPEST = 200
"""Levels of nesting; readers of JSON commonly stop at a few hundred."""
_INTEGERS = range(-(2**63), 2**64)
_TEXTUAL = (UUID, PurePath, IPv4Address, IPv4Network, IPv6Address, IPv6Network)
_SEQUENCES = (Sequence, KeysView, ValuesView, Iterator)
_duration = TypeAdapter(datetime.timedelta)


def to_json(value: Any) -> Json:
    """The JSON form of a value.

    Args:
        value: what a function returned. An iterator is consumed, and what it raises is passed on untouched.

    Returns:
        Only ``None``, ``bool``, ``int``, ``float``, ``str``, ``list`` and ``dict`` with string keys.

    Raises:
        ResultNotJson: some part of it has no JSON form; the message gives its path, from ``$``, and its type.
    """
    return _convert(value, "$", frozenset())


def _convert(value: Any, path: str, above: frozenset[int]) -> Json:
    if isinstance(value, Enum):
        return _convert(value.value, path, above)
    if value is None or isinstance(value, bool | int | float | str | Decimal | Fraction):
        return _scalar(value, path)
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return _duration.dump_python(value, mode="json")
    if isinstance(value, _TEXTUAL):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview | type):
        raise _refusal(value, path)
    if id(value) in above:
        raise ResultNotJson(f"result contains itself at {path}")
    if len(above) >= DEEPEST:
        raise ResultNotJson(f"result is nested more than {DEEPEST} levels deep")
    return _container(value, path, above | {id(value)})


def _scalar(value: bool | int | float | str | Decimal | Fraction | None, path: str) -> Json:
    """Numbers and texts, as instances of the plain types even where a subclass came."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        plain = int(value)  # a range looks a subclass up by walking through all its members
        return plain if plain in _INTEGERS else _digits(plain, path)
    if isinstance(value, str):
        text = str.__str__(value)
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            raise ResultNotJson(f"result has a lone surrogate, which is not valid Unicode, in the str at {path}")
        return text
    if not _finite(value):
        raise ResultNotJson(f"result is {value} at {path} ({type(value).__name__}), which JSON cannot represent")
    if isinstance(value, float):
        return float(value)
    return _exact(value, path)


def _finite(value: float | Decimal | Fraction | numbers.Real) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, Fraction) or math.isfinite(value)


def _digits(value: int | Fraction, path: str) -> str:
    try:
        return str(value)
    except ValueError:  # Python writes no more digits than sys.get_int_max_str_digits()
        raise ResultNotJson(f"result at {path} is a number of thousands of digits, too many to write out") from None


def _exact(value: Decimal | Fraction | numbers.Real, path: str) -> float | str:
    """A number where its decimal form says exactly the value, else the text of the value."""
    try:
        number = float(value)
    except OverflowError:
        return _digits(value, path) if isinstance(value, Fraction) else str(value)
    kind: Any = type(value)
    if math.isfinite(number) and kind(repr(number)) == value:
        return number
    return _digits(value, path) if isinstance(value, Fraction) else str(value)


def _container(value: Any, path: str, above: frozenset[int]) -> Json:
    if dataclasses.is_dataclass(value):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return _object(fields, path, above)
    if isinstance(value, RootModel):
        return _convert(value.root, path, above)
    if isinstance(value, BaseModel):
        return _object(dict(value), path, above)
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return _object(value._asdict(), path, above)
    if isinstance(value, Mapping):
        return _object(value, path, above)
    if isinstance(value, Set) and not isinstance(value, KeysView):
        return sorted(_array(value, path, above), key=_sort_key)
    if isinstance(value, _SEQUENCES) or _is_deque(value):
        return _array(value, path, above)
    if callable(plain := getattr(value, "tolist", None) or getattr(value, "item", None)):
        return _convert(plain(), path, above)  # numpy, pandas, torch, array.array
    if isinstance(value, numbers.Integral):
        return _scalar(int(value), path)
    if isinstance(value, numbers.Real) and _finite(value):
        return _exact(value, path)  # sympy, mpmath
    raise _refusal(value, path)


def _is_deque(value: Any) -> bool:
    """Whether it is a sized collection with an order: a deque or a view of a dict's items."""
    return isinstance(value, Iterable) and hasattr(value, "__len__") and hasattr(value, "__reversed__")


def _array(items: Iterable[Any], path: str, above: frozenset[int]) -> list[Json]:
    if isinstance(items, Iterator):
        items = list(islice(items, MOST_ITEMS + 1))
        if len(items) > MOST_ITEMS:
            raise ResultNotJson(f"result at {path} is an iterator of more than {MOST_ITEMS:,} items")
    return [_convert(item, f"{path}[{index}]", above) for index, item in enumerate(items)]


def _object(fields: Mapping[Any, Any], path: str, above: frozenset[int]) -> dict[str, Json]:
    converted: dict[str, Json] = {}
    for key, value in fields.items():
        name = _key(key, path)
        if name in converted:
            raise ResultNotJson(f"result at {path} has two keys that are both {name!r} in JSON")
        converted[name] = _convert(value, f"{path}.{name}", above)
    return converted


def _key(key: Any, path: str) -> str:
    plain = _scalar(key, path) if isinstance(key, str) else None
    if isinstance(plain, str):
        return plain
    if isinstance(key, Enum):
        return _key(key.value, path)
    if isinstance(key, int) and not isinstance(key, bool):
        return _digits(int(key), path)
    if isinstance(key, datetime.date | datetime.time):
        return key.isoformat()
    if isinstance(key, float | Decimal | Fraction | UUID) and (isinstance(key, UUID) or _finite(key)):
        return _digits(key, path) if isinstance(key, Fraction) else str(key)
    raise ResultNotJson(f"result at {path} has a key of type {_name(key)}, but keys of JSON objects are strings")


def _sort_key(item: Json) -> tuple[str, float, str]:
    """Numbers by value, then texts, then the rest by its JSON text."""
    if isinstance(item, int | float):
        return ("", item, "")
    return (type(item).__name__, 0, item if isinstance(item, str) else json.dumps(item, sort_keys=True))


def _refusal(value: Any, path: str) -> ResultNotJson:
    return ResultNotJson(f"result at {path} is of type {_name(value)}, which has no JSON form")


def _name(value: Any) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
