"""Wrong answers made from right ones by a seeded program, to measure what the checks catch."""

import random
from collections.abc import Iterator, Sequence

from apigen.records import Call, Candidate, Json, Tool

INVENTED = ("Vesterholm", "quarterly newsletter", "Kolmogorov", "Zanzibar Street 12", "purple giraffe")
"""Strings that no starter seed mentions."""


def corruptions(right: Candidate, rng: random.Random) -> Iterator[tuple[str, Candidate]]:
    """Each kind of wrong answer that can be made from a right one, one of a kind."""
    calls = right.calls
    leaves = [(index, name, value) for index, call in enumerate(calls) for name, value in call.arguments.items()]
    numbers = [leaf for leaf in leaves if isinstance(leaf[2], (int, float)) and not isinstance(leaf[2], bool)]
    if numbers:
        index, name, value = rng.choice(numbers)
        yield (
            "invented number",
            _replaced(right, index, {name: value + rng.choice((3, 7, 13, -4)) + 0.25 * isinstance(value, float)}),
        )
        pairs = [(a, b) for a in numbers for b in numbers if a[0] == b[0] and a[1] < b[1] and a[2] != b[2]]
        if pairs:
            a, b = rng.choice(pairs)
            yield "exchanged numbers", _replaced(right, a[0], {a[1]: b[2], b[1]: a[2]})
            yield "copied number", _replaced(right, a[0], {a[1]: b[2]})
    words = [leaf for leaf in leaves if isinstance(leaf[2], str)]
    if words:
        index, name, value = rng.choice(words)
        schema = _schema(right, index, name)
        members = [member for member in _members(schema) if member not in (value, schema.get("default"))]
        if members:
            yield "invented enum member", _replaced(right, index, {name: rng.choice(members)})
        elif "enum" not in schema:
            yield "invented string", _replaced(right, index, {name: rng.choice(INVENTED)})
    for index, name, value in leaves:
        schema = _schema(right, index, name)
        if ("enum" in schema or isinstance(value, bool)) and schema.get("default") not in (None, value):
            rest = {other: kept for other, kept in calls[index].arguments.items() if other != name}
            yield "left-out option", _with(right, [*calls[:index], Call(calls[index].name, rest), *calls[index + 1 :]])
            break
    if len(calls) > 1:
        dropped = rng.randrange(len(calls))
        yield "dropped call", _with(right, [call for index, call in enumerate(calls) if index != dropped])
        yield "doubled call", _with(right, [*calls, calls[dropped]])
    idle = [tool for tool in right.tools if tool.name not in {call.name for call in calls}]
    rng.shuffle(idle)
    for tool in idle:
        wrong = _filled(tool, [value for _, _, value in leaves], rng)
        if wrong is not None:
            yield "added call", _with(right, [*calls, wrong])
            yield "replaced tool", _with(right, [wrong, *calls[1:]])
            break


def _with(right: Candidate, calls: Sequence[Call]) -> Candidate:
    return Candidate(right.query, tuple(calls), right.tools, right.style)


def _replaced(right: Candidate, index: int, changes: dict[str, Json]) -> Candidate:
    call = right.calls[index]
    changed = Call(call.name, {**call.arguments, **changes})
    return _with(right, [*right.calls[:index], changed, *right.calls[index + 1 :]])


def _schema(right: Candidate, index: int, name: str) -> dict[str, Json]:
    tool = right.tool(right.calls[index].name)
    return tool.properties[name] if tool else {}


def _members(schema: dict[str, Json]) -> list[str]:
    variants = [schema, *schema.get("anyOf", ())]
    return [member for variant in variants for member in variant.get("enum", ()) if isinstance(member, str)]


def _filled(tool: Tool, values: Sequence[Json], rng: random.Random) -> Call | None:
    """A call of another tool whose required arguments are taken from the right answer's values."""
    kinds = {"integer": (int,), "number": (int, float), "string": (str,)}
    arguments: dict[str, Json] = {}
    for name in tool.required:
        schema = tool.properties[name]
        fits: list[Json] = _members(schema) or [
            value
            for value in values
            if isinstance(value, kinds.get(schema.get("type"), ())) and not isinstance(value, bool)
        ]
        if not fits:
            return None
        arguments[name] = rng.choice(fits)
    return Call(tool.name, arguments)
