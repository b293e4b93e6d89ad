"""Finds components that refer to each other in cycles."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from apigen.library.openapi.documents import Documents, Target
from apigen.library.openapi.positions import (
    ALTERNATIVES,
    BASES,
    CONDITIONS,
    INSIDE,
    INSIDE_LISTS,
    INSIDE_MAPS,
    SAME_MAPS,
    Edge,
)
from apigen.library.openapi.problems import CannotOffer
from apigen.records import Json

Key = tuple[str, str]
"""A component: its document and the path in it."""


class Circles:
    """The circles of a graph, found as far as asked (strongly connected components, after Tarjan 1972).

    Args:
        edges: what a node refers to.
    """

    def __init__(self, edges: Callable[[Key], Iterable[Key]]) -> None:
        self._edges = edges
        self._circle: dict[Key, int] = {}
        self._sizes: dict[int, int] = {}
        self._looping: set[Key] = set()

    def has(self, key: Key) -> bool:
        """Whether a node can be reached from itself."""
        self._find(key)
        return key in self._looping or self._sizes[self._circle[key]] > 1

    def share(self, one: Key, two: Key) -> bool:
        """Whether each of two nodes can be reached from the other."""
        self._find(one)
        if one == two:
            return one in self._looping or self._sizes[self._circle[one]] > 1
        return self._circle[one] == self._circle.get(two)

    def _find(self, start: Key) -> None:
        if start in self._circle:
            return
        order: dict[Key, int] = {}
        lowest: dict[Key, int] = {}
        stack: list[Key] = []
        path: list[tuple[Key, Iterator[Key]]] = []

        def enter(key: Key) -> None:
            order[key] = lowest[key] = len(order)
            stack.append(key)
            path.append((key, iter(self._edges(key))))

        enter(start)
        while path:
            key, rest = path[-1]
            following = next(rest, None)
            if following is None:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[key])
                if lowest[key] == order[key]:
                    self._close(key, stack)
                continue
            if following == key:
                self._looping.add(key)
            if following in order:
                if following not in self._circle:
                    lowest[key] = min(lowest[key], order[following])
            elif following not in self._circle:
                enter(following)

    def _close(self, first: Key, stack: list[Key]) -> None:
        number = len(self._sizes)
        size = 0
        while True:
            key = stack.pop()
            self._circle[key] = number
            size += 1
            if key == first:
                break
        self._sizes[number] = size


class References:
    """How a spec's components refer to each other."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._targets: dict[Key, Target] = {}
        self._known: dict[Key, tuple[tuple[Key, Edge], ...]] = {}
        self._any = Circles(lambda key: [to for to, _ in self._of(key)])
        self._same = Circles(lambda key: [to for to, edge in self._of(key) if edge != "inside"])
        self._forms = Circles(lambda key: [to for to, edge in self._of(key) if edge == "alternative"])

    def is_circular(self, target: Target) -> bool:
        """Whether a component contains itself."""
        self._targets.setdefault(target.key, target)
        return self._any.has(target.key)

    def is_endless(self, owner: Target, target: Target, edge: Edge) -> bool:
        """Whether a reference, written out, would say of one value the same again and again.

        Args:
            owner: where the reference stands.
            target: where it leads.
            edge: how it is meant. A base that lists its heirs, which build on it, is cut there and not at the list.
        """
        self._targets.setdefault(owner.key, owner)
        if edge == "inside":
            return False
        return (self._same if edge == "base" else self._forms).share(owner.key, target.key)

    def _of(self, key: Key) -> tuple[tuple[Key, Edge], ...]:
        found = self._known.get(key)
        if found is None:
            target = self._targets[key]
            edges: dict[tuple[Key, Edge], None] = {}
            for reference, edge in _references(target.value):
                try:
                    to = self._documents.target(reference, target.document)
                except CannotOffer:
                    continue
                self._targets.setdefault(to.key, to)
                edges[to.key, edge] = None
            found = self._known[key] = tuple(edges)
        return found


def _references(value: Json) -> Iterator[tuple[str, Edge]]:
    """Every reference in a schema, with how it is meant."""
    waiting: list[tuple[Json, Edge]] = [(value, "alternative")]
    while waiting:
        schema, edge = waiting.pop()
        if not isinstance(schema, dict):
            continue
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"], edge
        waiting.extend(_inner(schema, inside=edge == "inside"))


def _inner(schema: Mapping[str, Any], *, inside: bool) -> Iterator[tuple[Json, Edge]]:
    for key, value in schema.items():
        if key in BASES and isinstance(value, list):
            yield from ((one, "inside" if inside else "base") for one in value)
        elif key in ALTERNATIVES and isinstance(value, list):
            yield from ((one, "inside" if inside else "alternative") for one in value)
        elif key in CONDITIONS:
            yield value, "inside" if inside else "alternative"
        elif key in SAME_MAPS and isinstance(value, dict):
            yield from ((one, "inside" if inside else "alternative") for one in value.values())
        elif key in INSIDE or key in INSIDE_LISTS:
            yield from ((one, "inside") for one in (value if isinstance(value, list) else [value]))
        elif key in INSIDE_MAPS and isinstance(value, dict):
            for one in value.values():
                if not (isinstance(one, dict) and one.get("readOnly") is True):
                    yield one, "inside"
