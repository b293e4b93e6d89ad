"""Keeps the schemas of tools within a size limit.

Three ways, in this order: every component is written where it is used; each component is written once, under
``$defs``; only as many levels are written as there is room for, and what lies deeper is left open.
"""

from collections.abc import Callable, Iterable

import msgspec

from apigen.library.openapi.components import DEFS
from apigen.library.openapi.cutting import CUT, Cutter
from apigen.library.openapi.merging import Schema
from apigen.library.openapi.positions import mapped
from apigen.library.openapi.schemas import SchemaReader
from apigen.records import Json

MOST_CHARACTERS = 32_768
"""Default for the characters of JSON that one tool's schema may have."""

_WORTH_SHARING = 300
"""A component with fewer characters is written where it is used."""

_MOST_LEVELS = 12


class Weight(msgspec.Struct, frozen=True):
    """How large a schema is and what it needs."""

    characters: int
    names: frozenset[str] = frozenset()
    """Of ``$defs``."""
    notes: frozenset[str] = frozenset()


_NOTHING = Weight(2)


class Fitted(msgspec.Struct, frozen=True):
    """A tool's parameters, ready."""

    schema: Schema
    notes: tuple[str, ...]


class Fitter:
    """Brings the parameters of one spec's tools to a bearable size.

    Args:
        reader: has the components.
        most: characters of JSON that a tool's schema may have.
    """

    def __init__(self, reader: SchemaReader, most: int = MOST_CHARACTERS) -> None:
        self._reader = reader
        self._most = most
        self._weights: dict[int, Weight] = {}
        self._lasting: set[int] = set()
        self._shared: dict[str, Json] = {}
        self._cutter = Cutter(reader)

    def fit(self, parameters: Schema) -> Fitted:
        """Parameters with the ``$defs`` that they need, cut where they are too large.

        Args:
            parameters: a schema of type object whose properties are converted schemas.
        """
        whole = self._closed(parameters, self._reader.body)
        if whole is not None:
            return whole
        shared = self._closed(self._share(parameters, top=2), self._shared_body)
        return shared or self._cut_down(parameters)

    def _closed(self, parameters: Schema, body: Callable[[str], Json]) -> Fitted | None:
        """Parameters with their ``$defs``; ``None`` where they are too large."""
        weight = self._weigh(parameters)
        total = weight.characters
        notes = set(weight.notes)
        found: dict[str, Json] = {}
        waiting = sorted(weight.names)
        while waiting and total <= self._most:
            name = waiting.pop()
            if name in found:
                continue
            found[name] = body(name)
            inner = self._weigh(found[name])
            total += inner.characters + len(name) + 4
            notes |= inner.notes
            waiting.extend(inner.names - found.keys())
        if total > self._most:
            return None
        defs = {name: found[name] for name in sorted(found)}
        return Fitted({**parameters, "$defs": defs} if defs else parameters, tuple(sorted(notes)))

    def _weigh(self, value: Json) -> Weight:
        if isinstance(value, str):
            return Weight(len(value) + 2)
        if isinstance(value, list):
            return _sum(len(value) + 1, (self._weigh(one) for one in value))
        if not isinstance(value, dict):
            return _NOTHING if value is None or isinstance(value, bool) else Weight(len(str(value)))
        known = self._weights.get(id(value))
        if known is not None:
            return known
        size = 1 + sum(len(key) + 4 for key in value)
        weight = _sum(size, (self._weigh(one) for one in value.values()))
        reference = value.get("$ref")
        if isinstance(reference, str) and reference.startswith(DEFS):
            weight = Weight(weight.characters, weight.names | {reference.removeprefix(DEFS)}, weight.notes)
        if notes := self._reader.notes(value):
            weight = Weight(weight.characters, weight.names, weight.notes | set(notes))
        if id(value) in self._lasting or self._cutter.keeps(value) or self._reader.component(value):
            self._weights[id(value)] = weight  # kept for good, so its id is not used again
        return weight

    def _shared_body(self, name: str) -> Json:
        if name not in self._shared:
            self._shared[name] = self._share(self._reader.body(name), top=1)
            self._lasting.add(id(self._shared[name]))
        return self._shared[name]

    def _share(self, schema: Json, top: int = 0) -> Json:
        """A schema that refers to components under ``$defs``.

        Args:
            schema: a converted one.
            top: how many levels of it are written out, be they components or not.
        """
        if not isinstance(schema, dict):
            return schema
        if top <= 0 and (name := self._reader.component(schema)) and self._weigh(schema).characters > _WORTH_SHARING:
            return {"$ref": f"{DEFS}{name}"}
        return mapped(schema, lambda inner, _: self._share(inner, top - 1))

    def _cut_down(self, parameters: Schema) -> Fitted:
        best = self._cutter.levels(parameters, 1)
        for depth in range(2, _MOST_LEVELS):
            deeper = self._cutter.levels(parameters, depth)
            if self._weigh(deeper).characters > self._most:
                break
            best = deeper
        notes = self._weigh(best).notes
        told = (
            f"its schema has more than {self._most:,} characters; its deepest parts are simplified to accept any "
            f"value ({CUT})"
        )
        return Fitted(best, (*sorted(notes), told))


def _sum(size: int, parts: Iterable[Weight]) -> Weight:
    names: frozenset[str] = frozenset()
    notes: frozenset[str] = frozenset()
    for part in parts:
        size += part.characters
        if part.names:
            names |= part.names
        if part.notes:
            notes |= part.notes
    return Weight(size, names, notes)
