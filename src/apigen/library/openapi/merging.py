"""Merges ``allOf`` into one schema where that is exactly equivalent."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

from apigen.records import Json

Schema = dict[str, Json]

ANNOTATIONS = ("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "discriminator")
"""Keywords that forbid nothing; the nearest one counts."""

_LARGER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
_SMALLER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")
_TOGETHER = (
    frozenset(("if", "then", "else")),
    frozenset(("items", "prefixItems")),
    frozenset(("contains", "minContains", "maxContains")),
)
"""Keywords that mean something else beside those of another schema."""

_OBJECT = frozenset(("properties", "patternProperties", "additionalProperties"))
_LOOKING = frozenset(("unevaluatedProperties", "unevaluatedItems"))
"""Keywords that look at every other keyword beside them."""


class _Differs(Exception):  # noqa: N818 - never leaves this module
    """No single schema says what two say together."""


def merged(parts: Sequence[Schema], nearest: Iterable[Mapping[str, Json]]) -> Schema | None:
    """One schema that says what all say together.

    Args:
        parts: in the order in which their properties shall stand.
        nearest: the same parts, those first whose descriptions count more.

    Returns:
        ``None`` where only ``allOf`` says it.
    """
    try:
        schema = reduce(_both, parts)
    except _Differs:
        return None
    told: Schema = {}
    for part in nearest:
        for key in part:
            if key in ANNOTATIONS or key.startswith("x-"):
                told.setdefault(key, part[key])
    return {**{key: value for key, value in schema.items() if key not in told}, **told}


def _both(one: Schema, two: Schema) -> Schema:
    _refuse_contexts(one, two)
    schema = dict(one)
    for key, value in two.items():
        if key not in schema or schema[key] == value or key in ANNOTATIONS or key.startswith("x-"):
            schema.setdefault(key, value)
            continue
        join = _JOINS.get(key)
        if join is None:
            raise _Differs
        schema[key] = join(schema[key], value)
    return schema


def _refuse_contexts(one: Schema, two: Schema) -> None:
    """Refuse keywords that look at others beside them, where those of another schema would come beside them."""
    for group in _TOGETHER:
        first, second = group & one.keys(), group & two.keys()
        same = all(one.get(key) == two.get(key) for key in group)
        if first and second and not same and not first == second == {"items"}:
            raise _Differs
    for closed, other in ((one, two), (two, one)):
        if _LOOKING & closed.keys() and any(key not in ANNOTATIONS for key in other):
            raise _Differs
        if "patternProperties" in closed:
            if _OBJECT & other.keys():
                raise _Differs
        elif closed.get("additionalProperties", True) is not True:
            known = closed.get("properties", {})
            if "patternProperties" in other or any(name not in known for name in other.get("properties", {})):
                raise _Differs


def _types(one: Json, two: Json) -> Json:
    first = [one] if isinstance(one, str) else one
    second = [two] if isinstance(two, str) else two
    common = [kind for kind in first if kind in second]
    common += ["integer"] * (("integer" in first) != ("integer" in second) and "number" in (*first, *second))
    if not common:
        raise _Differs
    return common[0] if len(common) == 1 else common


def _properties(one: Mapping[str, Json], two: Mapping[str, Json]) -> Json:
    found = dict(one)
    for name, value in two.items():
        found[name] = _inner(found[name], value) if name in found else value
    return found


def _inner(one: Json, two: Json) -> Json:
    if one == two or one is True:
        return two
    if two is True:
        return one
    if isinstance(one, dict) and isinstance(two, dict):
        together = merged([one, two], [two, one])
        return {"allOf": [one, two]} if together is None else together
    return False


def _choices(one: Sequence[Json], two: Sequence[Json]) -> Json:
    common = [value for value in one if any(value == other and type(value) is type(other) for other in two)]
    if not common:
        raise _Differs
    return common


def _dependent(one: Mapping[str, Json], two: Mapping[str, Json]) -> Json:
    return {name: list(dict.fromkeys((*one.get(name, ()), *two.get(name, ())))) for name in {**one, **two}}


_JOINS: dict[str, Callable[[Any, Any], Json]] = {
    "type": _types,
    "properties": _properties,
    "required": lambda one, two: list(dict.fromkeys((*one, *two))),
    "enum": _choices,
    "uniqueItems": lambda one, two: one or two,
    "dependentRequired": _dependent,
    "items": _inner,
    "additionalProperties": _inner,
    **dict.fromkeys(_LARGER, max),
    **dict.fromkeys(_SMALLER, min),
}
"""How two values of a keyword become one that demands both."""
