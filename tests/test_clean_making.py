"""Values made for JSON Schemas: another implementation accepts every one, and hardly a schema is given up."""

import itertools
from typing import Any

import jsonschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apigen.clean.making.maker import Maker, Optional

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


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(objects(SCHEMAS), st.sampled_from(list(Optional)))
def test_every_value_fits_and_one_is_found(schema: dict[str, Any], optional: Optional) -> None:
    """For schemas that something fits, the first values made fit, and there is one."""
    schema = schema | {"$defs": {"shared": {"type": "object", "properties": {"again": {"$ref": "#/$defs/shared"}}}}}
    made = list(itertools.islice(Maker(schema, optional=optional).values(), 4))
    assert made, schema
    for value in made:
        oracle(schema).validate(value)
    assert made == list(itertools.islice(Maker(schema, optional=optional).values(), 4))
