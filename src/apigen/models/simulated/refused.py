"""Requests that their own tool turns down: query and calls agree, the schema allows them, and the call fails.

What a tool refuses beyond its schema stands nowhere in a prompt. The starter library's functions are at hand, though,
so each idea is tried on the function itself, and only what it really refuses is a fault. Tools of other libraries are
not tried: no such fault is made of them.
"""

import random
import re
from functools import cache

import msgspec

from apigen.errors import ExecutorUnavailable
from apigen.execute.error_shapes import error_in
from apigen.execute.values import BadArguments, PreparedFunction, resolve
from apigen.faults import Faulty, Operator, Pool
from apigen.faults.editing import Slot, mentions, short, slots, values_replaced
from apigen.library.starter_source import load_starter
from apigen.records import Candidate, Json, PythonBinding, Stage, Tool

_UNKNOWN = ("Vesterholm", "Brixenhall", "XQZ", "Q7", "12", "n/a")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d|\d\d:\d\d")
_MOST_TRIED = 8
"""Ideas tried for one answer, each a call of its tool."""


def value_refused(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """The query asks for what the tool does not know or cannot do, and the call says the same."""
    ideas = []
    for slot in slots(right):
        if isinstance(slot.value, str | int | float) and not isinstance(slot.value, bool):
            spans = mentions(right.query, slot.value)
            if len(spans) == 1:
                ideas += [(slot, spans[0], value) for value in _others(slot)]
    rng.shuffle(ideas)
    for slot, (start, end), value in ideas[:_MOST_TRIED]:
        query = f"{right.query[:start]}{value}{right.query[end:]}"
        wrong = msgspec.structs.replace(values_replaced(right, (slot, value)), query=query)
        if _is_refused(wrong, slot.call):
            return Faulty(wrong, f"{slot.where}: {short(slot.value)} -> {short(value)}, in the query as well")
    return None


def _others(slot: Slot) -> tuple[Json, ...]:
    if not slot.is_number:
        return () if "enum" in slot.schema else (*_UNKNOWN, str(slot.value)[::-1])
    return (0, -slot.value, slot.value * 100)


def moments_exchanged(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """Two dates or times in each other's place, so that something ends before it begins."""
    return _first_refused(right, rng, [slot for slot in slots(right) if _is_moment(slot.value)], "exchanged")


def _is_moment(value: Json) -> bool:
    return isinstance(value, str) and bool(_MOMENT.match(value))


def numbers_that_contradict(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """Two numbers in each other's place, so that the tool finds that they contradict each other."""
    return _first_refused(right, rng, [slot for slot in slots(right) if slot.is_number], "exchanged")


def _first_refused(right: Candidate, rng: random.Random, found: list[Slot], what: str) -> Faulty | None:
    pairs = [
        (one, other)
        for index, one in enumerate(found)
        for other in found[index + 1 :]
        if one.call == other.call and one.path[:-1] == other.path[:-1] and one.value != other.value
    ]
    rng.shuffle(pairs)
    for one, other in pairs[:_MOST_TRIED]:
        wrong = values_replaced(right, (one, other.value), (other, one.value))
        if _is_refused(wrong, one.call):
            return Faulty(wrong, f"{one.where} and {other.where} {what}")
    return None


def lengths_that_differ(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A list with an item too few or too many for its tool."""
    found = [slot for slot in slots(right) if isinstance(slot.value, list) and slot.value]
    ideas = [(slot, value) for slot in found for value in (slot.value[:-1], [*slot.value, slot.value[-1]])]
    rng.shuffle(ideas)
    for slot, value in ideas[:_MOST_TRIED]:
        wrong = values_replaced(right, (slot, value))
        if _is_refused(wrong, slot.call):
            return Faulty(wrong, f"{slot.where}: {len(slot.value)} items -> {len(value)}")
    return None


def _is_refused(wrong: Candidate, call: int) -> bool:
    """Whether the tool itself, rather than its schema, turns a call down."""
    tool = wrong.tool(wrong.calls[call].name)
    function = _function(tool.name, tool.description) if tool else None
    if function is None:
        return False
    try:
        result = function(wrong.calls[call].arguments)
    except BadArguments:
        return False
    except Exception:  # noqa: BLE001 - whatever the function says of these arguments
        return True
    return error_in(result) is not None


@cache
def _function(name: str, description: str) -> PreparedFunction | None:
    """The starter library's function behind a tool; ``None`` where the tool is another one."""
    tool = _starter().get(name)
    if tool is None or tool.description != description or not isinstance(tool.binding, PythonBinding):
        return None
    try:
        return resolve(tool.binding)
    except ExecutorUnavailable:
        return None


@cache
def _starter() -> dict[str, Tool]:
    return {tool.name: tool for tool in load_starter().tools}


REFUSED = (
    Operator("value_refused", "what the query asks for, the tool refuses", Stage.EXECUTION, value_refused),
    Operator("moments_exchanged", "dates or times in the wrong order", Stage.EXECUTION, moments_exchanged),
    Operator("numbers_that_contradict", "numbers that contradict each other", Stage.EXECUTION, numbers_that_contradict),
    Operator("lengths_that_differ", "a list too short or too long", Stage.EXECUTION, lengths_that_differ),
)
