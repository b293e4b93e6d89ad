"""Takes away from a verified row what its answer needs: the tools that it calls, or a parameter of one."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from random import Random

import msgspec

from apigen.dataset.negatives.base import Negative, Refusal, Verified
from apigen.dataset.negatives.serving import Serving
from apigen.records import Candidate, Json, Tool
from apigen.verify.grounding import Reading, traces

_TIES = frozenset(("allOf", "anyOf", "oneOf", "if", "dependentRequired", "dependencies", "dependentSchemas", "$ref"))
"""Keywords with which a schema ties its parameters together."""
_FURTHER = 50
"""Tools of other categories that are looked at where the called tool's own has too few."""

Seen = Counter[Refusal]
"""How often a tool was not shown, by reason."""


def dropped_tool(
    row: Verified, pool: Mapping[str, Sequence[Tool]], serving: Serving, random: Random, seen: Seen
) -> Negative | Refusal:
    """The row without the tools that it calls, and with so many others that it offers as many as before.

    As many, so that the number of tools does not tell a negative. Tools of the called tool's own category come first:
    those are the ones that a model takes for the right one.

    Args:
        row: verified.
        pool: what may be shown, by category.
        serving: knows which tools could serve.
        random: of this row alone.
        seen: counts those that could.
    """
    called = {tool.name for tool in row.called}
    shown: list[Tool] = []

    def take(tools: Iterator[Tool]) -> None:
        for tool in tools:
            if len(shown) >= len(row.tools):
                return
            if tool.name in called or any(tool.name == one.name for one in shown):
                continue
            refusal = serving.refusal(tool, row)
            if refusal is None:
                shown.append(tool)
            else:
                seen[refusal] += 1

    take(tool for tool in row.tools if tool.name not in called)
    categories = list(dict.fromkeys(tool.category for tool in row.called))
    take(iter(_shuffled(random, [tool for category in categories for tool in pool.get(category, ())])))
    others = [tool for category in pool if category not in categories for tool in pool[category]]
    take(iter(_shuffled(random, others)[:_FURTHER]))
    if not shown:
        return Refusal.NO_OTHER_TOOL
    return Negative(tuple(_shuffled(random, shown)), tuple(sorted(called)))


def dropped_parameter(row: Verified, serving: Serving, random: Random, seen: Seen) -> Negative | Refusal:
    """The row with a required parameter taken out of the schema of the one tool that it calls.

    Choices and flags stay: without its `order` a tool that sorts still sorts.
    """
    if len(row.called) != 1:
        return Refusal.SEVERAL_TOOLS
    tool = row.called[0]
    if _TIES & tool.parameters.keys():
        return Refusal.COMPLEX_SCHEMA
    if len(tool.properties) == 1:
        return Refusal.ONLY_PARAMETER
    given = _given(row, tool)
    if not given:
        return Refusal.NO_VALUE_GIVEN
    free = [name for name in given if not _another_takes(row, tool, name, serving)]
    if not free:
        return Refusal.OTHER_PARAMETER
    name = random.choice(free)
    less = without(tool, name)
    shown = []
    for other in row.tools:
        refusal = None if other is tool else serving.refusal(other, row)
        if refusal is None:
            shown.append(less if other is tool else other)
        else:
            seen[refusal] += 1
    return Negative(tuple(shown), (f"{tool.name}.{name}",), (name,))


def without(tool: Tool, name: str) -> Tool:
    """The tool without one of its parameters."""
    properties = {one: schema for one, schema in tool.properties.items() if one != name}
    required = [one for one in tool.required if one != name]
    return msgspec.structs.replace(tool, parameters={**tool.parameters, "properties": properties, "required": required})


def is_choice(schema: Json) -> bool:
    """Whether a parameter is a flag or chooses among few values, so that a tool without it does nearly the same."""
    return not isinstance(schema, Mapping) or schema.get("type") == "boolean" or "enum" in schema or "const" in schema


def _given(row: Verified, tool: Tool) -> list[str]:
    """The required parameters of which the query says each value, in every call."""
    told: dict[str, bool] = {}
    candidate = Candidate(row.query, row.calls, (tool,))
    for trace in traces(candidate, Reading(row.query), defaults=True):
        name = trace.leaf.parameter
        told[name] = told.get(name, True) and bool(trace.spans)
    return [
        name
        for name in tool.required
        if told.get(name) and not is_choice(tool.properties.get(name)) and "default" not in tool.properties[name]
    ]


def _another_takes(row: Verified, tool: Tool, name: str, serving: Serving) -> bool:
    """Whether a parameter that some call leaves free would take the value as well."""
    return any(
        serving.takes(tool, other, call.arguments[name])
        for call in row.calls
        for other in tool.properties
        if other != name
        and other not in call.arguments
        and name in call.arguments
        and not is_choice(tool.properties[other])
    )


def _shuffled(random: Random, tools: Sequence[Tool]) -> list[Tool]:
    return random.sample(tools, len(tools))
