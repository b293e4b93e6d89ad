"""Whether one argument's value is acceptable, by the rules of BFCL's AST checker for Python.

The rules were taken from what the official checker decides (``bfcl-eval`` 2026.3.23) and are held to it by
``benchmarks.scorer``. They have quirks, each of which decides real answers. How strings are compared
is the suite's choice (:mod:`apigen.evaluate.texts`); BFCL's way is the default.

- A type must be met exactly: ``true`` is not an integer, nor is ``5.0``; ``5`` is a float at the top level only.
- Strings are normalised before they are compared, also directly inside a list and directly inside a dict.
- Everything else is compared as Python compares: where types are not checked, ``true`` equals ``1`` equals ``1.0``.
- Where the acceptable values are of another type than the parameter (``None`` for a number, a variable's name for a
  list), a value of that type is taken too, and then nothing is standardised.
- ``""`` among the acceptable values means that the argument may be omitted. It also disables the check of item types,
  and accepts an empty string or an empty list.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from apigen.evaluate.base import RIGHT, ErrorType, Score, short
from apigen.evaluate.texts import bfcl_plain
from apigen.records import Json

OMITTED = ""
"""Among the acceptable values: the argument may be omitted."""


class Argument(msgspec.Struct, frozen=True):
    """What is acceptable for one argument."""

    kind: type[Any]
    """The Python type that the tool asks for."""
    values: Sequence[Json]
    """The acceptable values. Inside a dict, each key again has a list of them."""
    item: type[Any] | None = None
    """The type of a list's items; ``None`` where it is not checked."""
    also: type[Any] | None = None
    """A type converted to ``kind`` first: int where a float is expected, tuple for a declared tuple."""
    plain: Callable[[Json], Json] = bfcl_plain
    """Normalises a value before it is compared."""

    def score(self, name: str, value: Json) -> Score:
        """Score one value.

        Args:
            name: of the argument, for the detail.
            value: what was answered.
        """
        if type(value) is self.also:
            try:
                value = self.kind(value)
            except OverflowError:
                return Score(ErrorType.WRONG_VALUE, f"{name}: {short(value)} is too large for a float")
        told = _first_type(self.values)
        if type(value) is not self.kind and type(value) is not told:
            wanted = _type_name(self.kind)
            return Score(ErrorType.WRONG_TYPE, f"{name}: {short(value)} is {_type_name(type(value))}, not {wanted}")
        if type(value) is self.kind and self.item and not any(_items_fit(value, one, self.item) for one in self.values):
            wanted = _type_name(self.item)
            return Score(ErrorType.WRONG_TYPE, f"{name}: {short(value)} has items that are not {wanted}")
        # Acceptable values of another type than the tool asks for are compared as they are.
        as_it_is = type(value) is not self.kind or told not in (None, self.kind)
        if value in self.values if as_it_is else self._accepts(value):
            return RIGHT
        return Score(ErrorType.WRONG_VALUE, f"{name}: {short(value)} is not one of {short(list(self.values))}")

    def _accepts(self, value: Json) -> bool:
        if self.kind is dict:
            return any(_dict_fits(value, one, self.plain) for one in self.values)
        if self.kind is list and self.item is dict:
            return any(_dicts_fit(value, one, self.plain) for one in self.values)
        if self.kind is list:
            wanted = [[self.plain(each) for each in one] for one in self.values if isinstance(one, list | str)]
            return [self.plain(each) for each in value] in wanted
        if self.kind is str:
            return self.plain(value) in [self.plain(one) for one in self.values if isinstance(one, str)]
        return value in self.values


def _first_type(values: Sequence[Json]) -> type[Any] | None:
    """The type of the first value other than the one for omitting the argument."""
    return next((type(one) for one in values if one != OMITTED), None)


def _items_fit(value: list[Json], acceptable: Json, item: type[Any]) -> bool:
    """Whether a list's items have the type asked for, or else that of the first item of what is acceptable."""
    if not isinstance(acceptable, list):
        return True
    told = _first_type(acceptable)
    return all(type(each) is item or type(each) is told for each in value)


def _dicts_fit(value: list[Json], acceptable: Json, plain: Callable[[Json], Json]) -> bool:
    if not isinstance(acceptable, list):
        return acceptable == OMITTED and not value
    return len(value) == len(acceptable) and all(
        _dict_fits(one, wanted, plain) for one, wanted in zip(value, acceptable, strict=True)
    )


def _dict_fits(value: Json, acceptable: Json, plain: Callable[[Json], Json]) -> bool:
    if not isinstance(value, dict) or not isinstance(acceptable, dict):
        return False
    given = all(plain(each) in map(plain, acceptable.get(key, ())) for key, each in value.items())
    return given and all(key in value or OMITTED in choices for key, choices in acceptable.items())


_NAMES = {str: "a string", int: "an integer", float: "a float", bool: "a boolean", list: "a list", dict: "an object"}


_JSON = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array", dict: "object"}


def json_type(kind: type[Any]) -> str:
    """What JSON Schema calls a Python type."""
    return _JSON.get(kind, "null" if kind is type(None) else "string")


def _type_name(kind: type[Any]) -> str:
    return _NAMES.get(kind, "null" if kind is type(None) else f"a {kind.__name__}")
