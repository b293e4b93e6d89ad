"""The parts of an answer that faults change: its values, its calls, and the text that it is written in."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from apigen.faults.base import Faulty
from apigen.records import Call, Candidate, Json, Tool
from apigen.verify.grounding.leaves import Schema, flatten, same

Path = tuple[str | int, ...]


class Slot(NamedTuple):
    """One value of an answer, in a call's arguments or anywhere inside them."""

    call: int
    path: Path
    value: Json
    schema: Schema
    required: bool
    """Whether its object must have it; items of a list count as required."""

    @property
    def name(self) -> str:
        """The name of the property that holds it; of the list, for an item."""
        return next((str(step) for step in reversed(self.path) if isinstance(step, str)), "")

    @property
    def top(self) -> bool:
        """Whether it is an argument itself, rather than a part of one."""
        return len(self.path) == 1

    @property
    def where(self) -> str:
        """Such as ``calls[0].stops[1].city``."""
        steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return f"calls[{self.call}]{steps}"

    @property
    def is_number(self) -> bool:
        """Whether it holds an integer or a float."""
        return isinstance(self.value, int | float) and not isinstance(self.value, bool)

    @property
    def is_free_text(self) -> bool:
        """Whether it holds a text that is no choice out of a list."""
        return isinstance(self.value, str) and "enum" not in self.schema


def slots(candidate: Candidate) -> list[Slot]:
    """Every value of every call, objects and lists before what they hold."""
    found: list[Slot] = []
    for index, call in enumerate(candidate.calls):
        tool = candidate.tool(call.name)
        if tool is not None:
            found += _inside(index, (), call.arguments, tool.parameters, tool.parameters)
    return found


def _inside(call: int, path: Path, value: Json, schema: Schema, root: Schema) -> Iterator[Slot]:
    if isinstance(value, Mapping):
        known, required = schema.get("properties", {}), schema.get("required", ())
        for name, item in value.items():
            inner = flatten(known.get(name, {}), root)
            yield Slot(call, (*path, name), item, inner, name in required)
            yield from _inside(call, (*path, name), item, inner, root)
    elif isinstance(value, list):
        prefixes = schema.get("prefixItems", ())
        for index, item in enumerate(value):
            inner = flatten(prefixes[index] if index < len(prefixes) else schema.get("items") or {}, root)
            yield Slot(call, (*path, index), item, inner, required=True)
            yield from _inside(call, (*path, index), item, inner, root)


def values_replaced(right: Candidate, *changes: tuple[Slot, Json]) -> Candidate:
    """The answer with other values in some slots."""
    calls = list(right.calls)
    for slot, value in changes:
        arguments = _set(calls[slot.call].arguments, slot.path, value)
        calls[slot.call] = Call(calls[slot.call].name, arguments)
    return with_calls(right, calls)


def argument_removed(right: Candidate, slot: Slot) -> Candidate:
    """The answer without a property."""
    arguments = _set(right.calls[slot.call].arguments, slot.path, _REMOVED)
    return call_replaced(right, slot.call, Call(right.calls[slot.call].name, arguments))


_REMOVED = object()


def _set(value: Any, path: Path, new: Any) -> Any:
    step, rest = path[0], path[1:]
    changed: Any = list(value) if isinstance(value, list) else dict(value)
    if rest:
        changed[step] = _set(changed[step], rest, new)
    elif new is _REMOVED:
        del changed[step]
    else:
        changed[step] = new
    return changed


def with_calls(right: Candidate, calls: Sequence[Call]) -> Candidate:
    """The same query with other calls."""
    return msgspec.structs.replace(right, calls=tuple(calls))


def call_replaced(right: Candidate, index: int, call: Call) -> Candidate:
    """The answer with one other call."""
    return with_calls(right, [*right.calls[:index], call, *right.calls[index + 1 :]])


def value_fault(right: Candidate, slot: Slot, value: Json) -> Faulty | None:
    """The answer with another value in one slot; ``None`` where it is the same value, or the slot's default."""
    if same(value, slot.value) or ("default" in slot.schema and same(value, slot.schema["default"])):
        return None
    return Faulty(values_replaced(right, (slot, value)), f"{slot.where}: {short(slot.value)} -> {short(value)}")


def within(schema: Schema, value: float) -> bool:
    """Whether a number keeps the schema's bounds."""
    return not (
        value < schema.get("minimum", value)
        or value > schema.get("maximum", value)
        or value <= schema.get("exclusiveMinimum", value - 1)
        or value >= schema.get("exclusiveMaximum", value + 1)
    )


def key(calls: Sequence[Call]) -> bytes:
    """The calls as one comparable value, whatever their order and that of their arguments."""
    return b"\n".join(sorted(msgspec.json.encode((call.name, call.arguments), order="sorted") for call in calls))


def pair(candidate: Candidate) -> dict[str, Json]:
    """A candidate as the writer puts it: query and answers."""
    return {
        "query": candidate.query,
        "answers": [{"name": call.name, "arguments": call.arguments} for call in candidate.calls],
    }


def completion_text(value: Json) -> str:
    """One pair, right or wrong, as a whole completion: a list in JSON."""
    return msgspec.json.encode([value]).decode()


def as_text(candidate: Candidate) -> str:
    """A candidate as a whole completion."""
    return completion_text(pair(candidate))


def with_tools(right: Candidate, tools: Sequence[Tool]) -> tuple[Tool, ...]:
    """The tools offered and those of another row, each name once."""
    known = {tool.name: tool for tool in tools} | {tool.name: tool for tool in right.tools}
    return tuple(known.values())


def mentions(query: str, value: Json) -> list[tuple[int, int]]:
    """Where a value stands in the query as it is, as a word of its own."""
    text = str(value)
    if isinstance(value, bool) or not text.strip():
        return []
    return [
        found.span() for found in re.finditer(rf"(?<![\w.,]){re.escape(text)}(?![\w]|[.,]\d)", query, re.IGNORECASE)
    ]


def short(value: Json) -> str:
    """A value for people to read."""
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
