"""The components of a spec, each converted once and named once."""

import re
from collections.abc import Callable

from apigen.library.openapi.circles import Key
from apigen.library.openapi.documents import Target
from apigen.records import Json

DEFS = "#/$defs/"
"""What stands before a component's name in a reference of a tool's schema."""

_NO_NAME = re.compile(r"[^A-Za-z0-9_.-]+")
_LONGEST = 100


class Components:
    """Converted components by what they are, what they are called, and as objects.

    Args:
        convert: converts one.
    """

    def __init__(self, convert: Callable[[Target], Json]) -> None:
        self._convert = convert
        self._bodies: dict[Key, Json] = {}
        self._names: dict[Key, str] = {}
        self._targets: dict[str, Target] = {}
        self._by_id: dict[int, str] = {}

    def body(self, target: Target) -> Json:
        """The component, the same object each time."""
        key = target.key
        if key not in self._bodies:
            body = self._bodies[key] = self._convert(target)
            if isinstance(body, dict):
                self._by_id.setdefault(id(body), self.name(target))
        return self._bodies[key]

    def by_name(self, name: str) -> Json:
        """The component of that name."""
        return self.body(self._targets[name])

    def name_of(self, schema: Json) -> str:
        """The name of a component, given as the very object that :meth:`body` gave; else nothing."""
        return self._by_id.get(id(schema), "")

    def name(self, target: Target) -> str:
        """A name for ``$defs``: the component's own, told apart by a number where two documents use it."""
        name = self._names.get(target.key)
        if name is None:
            stem = _NO_NAME.sub("_", target.name)[:_LONGEST] or "schema"
            name, number = stem, 2
            while name in self._targets:
                name, number = f"{stem}_{number}", number + 1
            self._names[target.key] = name
            self._targets[name] = target
        return name
