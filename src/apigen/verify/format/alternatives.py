"""Bounds the work of checking a schema: a few nested alternatives can expand to millions.

``a1`` is one of ``a0`` and ``a0``, ``a2`` one of ``a1`` and ``a1``, and so on: a row of two kilobytes brings a schema
whose check takes hours, and the list of what is wrong more memory than there is. So the alternatives are counted first.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from apigen.records import Json

TOLD = 4_096
"""Alternatives up to which each one's errors are looked at; beyond, it is only said that the value does not fit."""
CHECKED = 10_000_000
"""Alternatives up to which a value is checked at all, which takes about a second."""

_BRANCHES = ("anyOf", "oneOf")
_TOGETHER = ("allOf", "prefixItems")
_INNER = ("items", "additionalProperties", "contains", "not", "if", "then", "else", "propertyNames", "unevaluatedItems")
_INNER_MAPS = ("properties", "patternProperties", "dependentSchemas")


class Breadth(msgspec.Struct, frozen=True):
    """How many alternatives a check may go through."""

    alternatives: int
    """For a value, a schema that refers to itself being entered once."""
    recursive: bool
    """Whether it refers to itself, so that a nested value meets the alternatives at each level again."""

    def of(self, value: Json) -> int:
        """The alternatives that a check of one value may go through, at most."""
        return self.alternatives ** max(1, _depth(value)) if self.recursive else self.alternatives


def breadth(schema: Mapping[str, Any]) -> Breadth:
    """Count the alternatives of a schema; references that lead out of it count as one."""
    counting = _Counting(schema)
    return Breadth(counting.of(schema), counting.recursive)


class _Counting:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._known: dict[int, int] = {}
        self._entered: set[int] = set()
        self.recursive = False

    def of(self, schema: Json) -> int:
        """Of branches the sum; of parts that all apply to a value, or to different parts of it, the most."""
        if not isinstance(schema, dict):
            return 1
        key = id(schema)  # parts of one schema, which outlives the counting
        if key in self._entered:
            self.recursive = True
            return 1
        if key not in self._known:
            self._entered.add(key)
            branches = [sum(map(self.of, schema[name])) for name in _BRANCHES if isinstance(schema.get(name), list)]
            self._known[key] = max([1, *branches, *map(self.of, self._parts(schema))])
            self._entered.discard(key)
        return self._known[key]

    def _parts(self, schema: Mapping[str, Any]) -> Iterator[Json]:
        for name, value in schema.items():
            if name == "$ref" and isinstance(value, str):
                yield _target(self._root, value)
            elif name in _INNER:
                yield value
            elif name in _TOGETHER and isinstance(value, list):
                yield from value
            elif name in _INNER_MAPS and isinstance(value, dict):
                yield from value.values()


def _target(root: Json, reference: str) -> Json:
    """What a reference within the schema leads to (RFC 6901, as a URI fragment); nothing for any other."""
    if not reference.startswith("#"):
        return None
    found = root
    for part in reference[1:].split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict):
            found = found.get(name)
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            return None
    return found


def _depth(value: Json) -> int:
    """How deep lists and objects stand in each other; the readers bound it."""
    depth, level = 0, [value]
    while level:
        inner: list[Json] = []
        for one in level:
            inner += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        depth, level = depth + bool(inner), inner
    return depth
