"""Values made for JSON Schemas: another implementation accepts every one, and hardly a schema is given up."""

import itertools
import re
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apigen.clean.making.maker import Maker, Optional
from apigen.clean.making.patterns import matching

NAMES = st.sampled_from(["city", "count", "lines", "from", "x-id", "$top", "größe"])


def oracle(schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


@st.composite
def numeric(draw: st.DrawFn) -> dict[str, Any]:
    """Bounds between which there is something, also where a step is asked for."""
    kind = draw(st.sampled_from(["integer", "number"]))
    schema: dict[str, Any] = {"type": kind}
    low = draw(st.integers(-1000, 1000))
    width = draw(st.integers(0, 500))
    step = draw(st.sampled_from([None, 1, 5, 7, 0.5] if kind == "number" else [None, 1, 5, 7]))
    if step:
        schema["multipleOf"] = step
        width = max(width, 8)
    if draw(st.booleans()):
        schema["minimum"] = low
    elif draw(st.booleans()):
        schema["exclusiveMinimum"] = low - 1 if kind == "integer" or step else low - 0.25
    if draw(st.booleans()):
        schema["maximum"] = low + width
    elif draw(st.booleans()):
        schema["exclusiveMaximum"] = low + width + 1
    return schema


@st.composite
def textual(draw: st.DrawFn) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    match draw(st.integers(0, 2)):
        case 0:
            least = draw(st.integers(0, 40))
            schema |= draw(st.sampled_from([{}, {"minLength": least}, {"maxLength": least}]))
            schema |= {"minLength": least, "maxLength": least + draw(st.integers(0, 9))} if draw(st.booleans()) else {}
        case 1:
            schema["format"] = draw(
                st.sampled_from(["date", "date-time", "email", "uri", "uuid", "ipv4", "ipv6", "hostname", "byte"])
            )
        case 2:
            schema["pattern"] = draw(
                st.sampled_from(
                    [
                        "^[A-Z]{3}$",
                        r"^\d{4}-\d{2}$",
                        "^(red|green)[0-9]+$",
                        "^[^@ ]+@[a-z]+\\.com$",
                        "^(?!x)[a-z_]{2,8}$",
                        "b+",
                    ]
                )
            )
    return schema


def below(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(lists(inner), objects(inner), choices(inner))


@st.composite
def lists(draw: st.DrawFn, inner: st.SearchStrategy[dict[str, Any]]) -> dict[str, Any]:
    least = draw(st.integers(0, 4))
    schema: dict[str, Any] = {"type": "array", "items": draw(inner), "minItems": least}
    schema |= {"maxItems": least + draw(st.integers(0, 3))} if draw(st.booleans()) else {}
    return schema | ({"prefixItems": [draw(inner)]} if draw(st.booleans()) else {})


@st.composite
def objects(draw: st.DrawFn, inner: st.SearchStrategy[dict[str, Any]]) -> dict[str, Any]:
    properties = draw(st.dictionaries(NAMES, inner, max_size=4))
    required = draw(st.lists(st.sampled_from(sorted(properties)), unique=True)) if properties else []
    schema: dict[str, Any] = {"type": "object", "properties": properties, "required": required}
    if draw(st.booleans()):
        return schema | {"additionalProperties": False}
    schema |= {"additionalProperties": draw(inner)} if draw(st.booleans()) else {}
    return schema | ({"minProperties": draw(st.integers(0, 6))} if draw(st.booleans()) else {})


@st.composite
def choices(draw: st.DrawFn, inner: st.SearchStrategy[dict[str, Any]]) -> dict[str, Any]:
    match draw(st.integers(0, 3)):
        case 0:
            return {"anyOf": draw(st.lists(inner, min_size=1, max_size=3))}
        case 1:
            return {"oneOf": [draw(inner), {"const": "~none~"}]}
        case 2:
            return {"allOf": [draw(inner), {"description": "the same, and a word about it"}]}
        case _:
            return {"$ref": "#/$defs/shared"}


SCALARS = st.one_of(
    numeric(),
    textual(),
    st.just({"type": "boolean"}),
    st.just({"type": ["null", "string"]}),
    st.just({}),
    st.lists(st.one_of(st.integers(), st.text(max_size=5), st.none()), min_size=1, max_size=4).map(
        lambda x: {"enum": x}
    ),
    st.one_of(st.integers(), st.lists(st.booleans(), max_size=2)).map(lambda x: {"const": x}),
)
SCHEMAS = st.recursive(SCALARS, below, max_leaves=12)


@pytest.mark.slow
@settings(max_examples=100, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(objects(SCHEMAS), st.sampled_from(list(Optional)))
def test_every_value_fits_and_one_is_found(schema: dict[str, Any], optional: Optional) -> None:
    """For schemas that something fits, the first values made fit, and there is one."""
    schema = schema | {"$defs": {"shared": {"type": "object", "properties": {"again": {"$ref": "#/$defs/shared"}}}}}
    made = list(itertools.islice(Maker(schema, optional=optional).values(), 4))
    assert made, schema
    for value in made:
        oracle(schema).validate(value)
    assert made == list(itertools.islice(Maker(schema, optional=optional).values(), 4))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": {"enum": ["a", "b", "c"]}, "uniqueItems": True, "minItems": 3},
        {"type": "array", "items": {"type": "integer", "minimum": 5}, "uniqueItems": True, "minItems": 20},
        {"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 90}, "minContains": 2, "minItems": 4},
        {"type": "array", "prefixItems": [{"type": "string"}, {"const": 4}], "items": False, "minItems": 2},
        {
            "type": "object",
            "properties": {"a": {"type": "integer"}},
            "required": ["a", "b"],
            "dependentRequired": {"a": ["c"]},
        },
        {"type": "object", "minProperties": 3, "propertyNames": {"pattern": "^[A-Z]{2}$"}},
        {
            "type": "object",
            "minProperties": 2,
            "patternProperties": {"^x-": {"type": "integer"}},
            "additionalProperties": False,
        },
        {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "maxProperties": 1},
        {"properties": {"kind": {"enum": ["card", "cash"]}}, "required": ["kind"], "type": "object"}
        | {"if": {"properties": {"kind": {"const": "card"}}}, "then": {"required": ["number"]}},
        {
            "type": "object",
            "properties": {"at": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}},
            "required": ["at"],
        },
        {"type": "number", "multipleOf": 0.01, "minimum": 0.1, "maximum": 0.2},
        {"type": "integer", "multipleOf": 7, "exclusiveMinimum": 100, "maximum": 105},
        {"type": "string", "minLength": 30, "maxLength": 30, "format": "email"},
        {"type": "string", "pattern": "^[a-z]+$", "minLength": 12, "maxLength": 12},
        {"anyOf": [{"required": ["id"]}, {"required": ["name"]}], "type": "object"}
        | {"properties": {"id": {"type": "integer"}, "name": {"type": "string"}}, "additionalProperties": False},
        {"oneOf": [{"type": "number"}, {"type": "integer"}, {"type": "string"}]},
        {"allOf": [{"minimum": 3}, {"type": "integer", "maximum": 8}, {"not": {"enum": [3, 5]}}]},
        {"$ref": "#/$defs/node", "$defs": {"node": {"type": "object", "required": ["next"]}}}
        | {"properties": {"next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}}},
        {
            "type": "object",
            "properties": {"a/b": {"type": "integer"}, "c": {"$ref": "#/properties/a~1b"}},
            "required": ["c"],
        },
        {"type": "string", "examples": [4, "right"]},
        {"type": "integer", "default": "none", "minimum": 4},
    ],
)
def test_what_schemas_may_say_together(schema: dict[str, Any]) -> None:
    """Each of these has a value, which is found and right."""
    made = list(itertools.islice(Maker(schema).values(), 3))
    assert made
    for value in made:
        oracle(schema).validate(value)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 5, "maximum": 4},
        {"type": "string", "pattern": r"^(a+)\1$", "minLength": 3},
        {"type": "object", "properties": {"a": False}, "required": ["a"]},
        {"type": "array", "items": {"enum": [1, 2]}, "uniqueItems": True, "minItems": 3},
        {
            "$ref": "#/$defs/node",
            "$defs": {
                "node": {"type": "object", "required": ["next"]} | {"properties": {"next": {"$ref": "#/$defs/node"}}}
            },
        },
        {"type": "array", "minItems": 10**9},
        {"type": "string", "minLength": 10**9},
        {"not": {}},
    ],
)
def test_what_has_no_value_or_none_that_is_found_ends(schema: dict[str, Any]) -> None:
    """Soon, and with nothing rather than with something wrong."""
    assert list(Maker(schema).values()) == []


@pytest.mark.parametrize(
    "pattern",
    [
        r"^\d{4}-(0[1-9]|1[0-2])$",
        r"^[\w.+-]+@[\w-]+\.[\w.-]+$",
        "^#?([a-fA-F0-9]{6}|[a-fA-F0-9]{3})$",
        r"^arn:aws:[a-z]+:[a-z0-9-]*:\d{12}:.+$",
        r"[^\s]+",
        r"^v\d+(?:\.\d+)*$",
        r"^(?=.*\d)[a-z\d]{6,}$",
        r"^\+?[1-9]\d{1,14}$",
        "^[A-Za-z0-9+/]*={0,2}$",
        r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}",
        r"^[\u00e0-\u00ff]{2}$",
        "^(?P<a>x|y){3}$",
        "a{,3}",
    ],
)
def test_texts_match_the_patterns_that_schemas_have(pattern: str) -> None:
    """At least every third text that is made matches, by Python's own engine."""
    made = list(matching(pattern))
    found = [text for text in made if re.search(pattern, text)]
    assert len(found) * 3 >= len(made) > 0


@pytest.mark.parametrize("pattern", [r"(a)\1", "(", "[z-a]", "*", "a(?", "[", "\\"])
def test_patterns_that_are_not_understood_give_nothing(pattern: str) -> None:
    """What refers back, and what is no pattern at all."""
    assert list(matching(pattern)) == []
