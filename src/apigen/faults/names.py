"""Faults of names: wrong names of tools and arguments."""

import random
import re
from collections.abc import Callable, Sequence

from apigen.faults.base import Faulty, Pool
from apigen.faults.editing import Slot, argument_removed, call_replaced, short, slots, value_fault, within
from apigen.records import Call, Candidate, Json, Tool
from apigen.verify.grounding.leaves import Schema, flatten
from apigen.verify.grounding.words import content_stems, split_words

_EXTRA = (
    ("language", "en"),
    ("format", "json"),
    ("verbose", True),
    ("timeout_s", 30),
    ("include_details", True),
    ("max_results", 10),
    ("api_key", "demo"),
)
"""Arguments that models add out of habit."""


def near_duplicate_tool(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """Another offered tool, the most alike whose required arguments the right answer's values can fill."""
    index = rng.randrange(len(right.calls)) if right.calls else 0
    tool = right.tool(right.calls[index].name) if right.calls else None
    if tool is None:
        return None
    called = {call.name for call in right.calls}
    idle = [other for other in right.tools if other.name not in called]
    for other in sorted(idle, key=lambda idle_tool: (-_alike(tool, idle_tool), idle_tool.name)):
        wrong = filled(other, right.calls[index].arguments, rng)
        if wrong is not None:
            return Faulty(call_replaced(right, index, wrong), f"calls[{index}]: {tool.name} -> {other.name}")
    return None


def _alike(one: Tool, other: Tool) -> float:
    """The share of words that two tools' names and descriptions have in common."""
    a, b = (set(content_stems(f"{tool.name} {tool.description}")) for tool in (one, other))
    return len(a & b) / max(1, len(a | b))


def filled(tool: Tool, arguments: dict[str, Json], rng: random.Random) -> Call | None:
    """A call whose required arguments are taken from another call's: by name first, then by type."""
    left = dict(arguments)
    chosen: dict[str, Json] = {}
    for name in tool.required:
        schema = flatten(tool.properties.get(name, {}), tool.parameters)
        same_name = [other for other in left if other == name and _suits(left[other], schema)]
        fits = same_name or [other for other in left if _suits(left[other], schema)]
        if fits:
            chosen[name] = left.pop(rng.choice(fits))
        elif schema.get("enum"):
            chosen[name] = rng.choice(schema["enum"])
        else:
            return None
    return Call(tool.name, chosen)


_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def _suits(value: Json, schema: Schema) -> bool:
    """Whether a value has a parameter's type and could stand there for all that a quick look shows."""
    if "enum" in schema:
        return any(value == member for member in schema["enum"])
    kinds = schema.get("type")
    wanted = tuple(
        kind for name in (kinds if isinstance(kinds, list) else [kinds]) for kind in _KINDS.get(str(name), ())
    )
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        return False
    if isinstance(value, int | float) and not isinstance(value, bool):
        return within(schema, value)
    if isinstance(value, list):
        return bool(schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)))
    return "pattern" not in schema and "format" not in schema


def misspelt_tool(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """The right tool under a name that is nearly its own."""
    return _renamed_tool(right, rng, _variants)


def unknown_tool(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A tool that exists elsewhere but was not offered."""
    offered = {tool.name for tool in right.tools}
    others = [name for name in pool.tool_names if name not in offered]
    return _renamed_tool(right, rng, lambda _: others)


def _renamed_tool(right: Candidate, rng: random.Random, names: Callable[[str], Sequence[str]]) -> Faulty | None:
    if not right.calls:
        return None
    index = rng.randrange(len(right.calls))
    call = right.calls[index]
    fits = [name for name in names(call.name) if right.tool(name) is None]
    if not fits:
        return None
    name = rng.choice(fits)
    return Faulty(call_replaced(right, index, Call(name, call.arguments)), f"calls[{index}]: {call.name} -> {name}")


def renamed_argument(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """An argument under a name that its tool does not have."""
    given = [slot for slot in slots(right) if slot.top]
    if not given:
        return None
    slot = rng.choice(given)
    call = right.calls[slot.call]
    tool = right.tool(call.name)
    known = {*call.arguments, *(tool.properties if tool else ())}
    fits = [name for name in _variants(slot.name) if name not in known]
    if not fits:
        return None
    name = rng.choice(fits)
    arguments = {name if old == slot.name else old: value for old, value in call.arguments.items()}
    return Faulty(call_replaced(right, slot.call, Call(call.name, arguments)), f"{slot.where} -> {name}")


def _variants(name: str) -> list[str]:
    """Names that a hasty writer takes for this one."""
    words = split_words(name)
    found = [
        "".join([words[0], *(word.title() for word in words[1:])]) if words else name,
        f"{name}s" if not name.endswith("s") else name[:-1],
        f"{name}_value",
        f"get_{name}",
        re.sub(r"_[^_]+$", "", name),
        "_".join(reversed(words)),
    ]
    return [one for one in dict.fromkeys(found) if one and one != name]


def required_argument_dropped(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A call without an argument that it must have."""
    due = [slot for slot in slots(right) if slot.required and isinstance(slot.path[-1], str)]
    if not due:
        return None
    slot = rng.choice(due)
    return Faulty(argument_removed(right, slot), f"{slot.where} removed")


def extra_argument(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """An argument that its tool does not have."""
    if not right.calls:
        return None
    index = rng.randrange(len(right.calls))
    call = right.calls[index]
    tool = right.tool(call.name)
    fits = [(name, value) for name, value in _EXTRA if tool and name not in tool.properties]
    if not fits:
        return None
    name, value = rng.choice(fits)
    wrong = Call(call.name, {**call.arguments, name: value})
    return Faulty(call_replaced(right, index, wrong), f"calls[{index}].{name} added: {short(value)}")


def optional_argument_invented(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """An option that the query does not ask for, given with another value than its default."""
    found = []
    for index, call in enumerate(right.calls):
        tool = right.tool(call.name)
        for name, raw in tool.properties.items() if tool else ():
            schema = flatten(raw, tool.parameters) if tool else {}
            if name in call.arguments or (tool and name in tool.required):
                continue
            found += [(index, name, value) for value in _unasked(right.query, schema, pool.values(call.name, name))]
    if not found:
        return None
    index, name, value = rng.choice(found)
    wrong = Call(right.calls[index].name, {**right.calls[index].arguments, name: value})
    return Faulty(call_replaced(right, index, wrong), f"calls[{index}].{name} added: {short(value)}")


def _unasked(query: str, schema: Schema, elsewhere: Sequence[Json]) -> list[Json]:
    """Values for an option that differ from its default and do not stand in the query."""
    if "enum" in schema:
        values: list[Json] = list(schema["enum"])
    elif schema.get("type") == "boolean":
        values = [True, False] if "default" in schema else [True]
    else:
        values = list(elsewhere)
    said = query.lower()
    return [
        value
        for value in values
        if value is not None
        and value != schema.get("default")
        and (isinstance(value, bool) or str(value).lower() not in said)
    ]


def optional_argument_dropped(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """An option that the query asks for, left out."""
    stated = _stated_options(right)
    if not stated:
        return None
    slot = rng.choice(stated)
    return Faulty(argument_removed(right, slot), f"{slot.where} removed ({short(slot.value)})")


def option_at_default(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """An option that the query asks for, given with its default instead."""
    stated = [slot for slot in _stated_options(right) if slot.schema.get("default") is not None]
    if not stated:
        return None
    slot = rng.choice(stated)
    return value_fault(right, slot._replace(schema={}), slot.schema["default"])


def _stated_options(right: Candidate) -> list[Slot]:
    return [
        slot
        for slot in slots(right)
        if slot.top and not slot.required and slot.value not in (None, "", [], {}, slot.schema.get("default"))
    ]
