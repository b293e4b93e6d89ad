"""Forms of answers: what is right always fits, and every engine's compiler knows the words."""

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apigen.generate.portable import MAX_DEPTH, portable
from apigen.generate.shapes import MAX_BYTES, pairs_shape
from apigen.library.catalogue import load_library
from apigen.models.openai.strict import fits_strict
from apigen.records import Request, Seed, Style, Tool, Wording
from apigen.verify.judges.form import VERDICT

WORDS = {"type", "properties", "required", "additionalProperties", "items", "enum", "anyOf"}


def request(*tools: Tool, calls: tuple[int, int] = (1, 1)) -> Request:
    return Request(0, 0, Style.SIMPLE, Wording.PLAIN, tools, (tools[0].name,), (), 2, calls, 1)


def words(schema: Any) -> set[str]:
    """Every keyword in a schema; names of properties are none."""
    if not isinstance(schema, dict):
        return set()
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", [])]
    inner += [schema[name] for name in ("items", "additionalProperties") if name in schema]
    return set(schema).union(*map(words, inner))


def pair(seed: Seed) -> dict[str, Any]:
    answers = [{"name": call.name, "arguments": call.arguments} for call in seed.calls]
    return {"thought": "", "query": seed.query, "answers": answers}


def test_every_right_answer_fits_the_form_of_its_request() -> None:
    """All hand-written examples of the starter library, with the tools that they call offered in one request."""
    library = load_library(["starter"])
    tools, checked = library.by_name(), 0
    for seed in library.seeds:
        offered = [tools[name] for name in sorted(seed.tool_names)]
        shape = pairs_shape(request(*offered, calls=(1, len(seed.calls))), 1, thought=True)
        jsonschema_rs.validator_for(shape.schema).validate({"pairs": [pair(seed)]})
        checked += 1
    assert checked > 1000
    assert set().union(*(words(portable(tool.parameters)) for tool in library.tools)) <= WORDS


RICH = {
    "type": "object",
    "properties": {
        "id": {"const": "x"},
        "size": {"type": "integer", "minimum": 1, "maximum": 9, "description": "how large"},
        "mode": {"type": ["string", "null"], "enum": ["a", "b", None]},
        "when": {"type": ["string", "null"], "format": "date", "pattern": "^2"},
        "either": {"oneOf": [{"type": "string"}, {"type": "number"}], "default": 1},
        "node": {"$ref": "#/$defs/node"},
        "both": {"allOf": [{"$ref": "#/$defs/named"}, {"properties": {"age": {"type": "integer"}}}]},
        "map": {"type": "object", "additionalProperties": {"type": "integer"}},
        "free": {"type": "object"},
        "list": {"type": "array", "items": {"type": "boolean"}, "minItems": 2, "uniqueItems": True},
        "soft": {"type": "string", "nullable": True},
    },
    "required": ["id", "size", "nothing"],
    "$defs": {
        "node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}, "required": ["next"]},
        "named": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
    },
}


def test_a_schema_is_told_in_portable_words_only() -> None:
    """References are resolved up to where they meet themselves, alternatives are kept, and bounds are left out."""
    assert portable(RICH) == {
        "type": "object",
        "properties": {
            "id": {"type": "string", "enum": ["x"]},
            "size": {"type": "integer"},
            "mode": {"enum": ["a", "b", None]},
            "when": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "either": {"anyOf": [{"type": "string"}, {"type": "number"}]},
            "node": {"type": "object", "properties": {"next": {}}, "required": ["next"], "additionalProperties": False},
            "both": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
                "required": ["name"],
                "additionalProperties": False,
            },
            "map": {"type": "object", "additionalProperties": {"type": "integer"}},
            "free": {"type": "object", "additionalProperties": True},
            "list": {"type": "array", "items": {"type": "boolean"}},
            "soft": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["id", "size"],
        "additionalProperties": False,
    }


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*WORDS, "$ref", "oneOf", "allOf", "const", "nullable", "a"]), inner, max_size=4), max_leaves=20)  # fmt: skip # noqa: E501


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_whatever_a_tool_calls_its_schema_has_a_form(schema: Any) -> None:
    """Malformed, circular, deep: the result is a valid schema in the same few words."""
    form = portable(schema)
    jsonschema_rs.validator_for(form)
    assert words(form) <= WORDS


def test_a_schema_cannot_stand_for_more_than_can_be_compiled() -> None:
    """Ten references in each of ten steps are a million parts when they are resolved; the form stays small."""
    steps = {
        f"s{n}": {"type": "object", "properties": {f"p{m}": {"$ref": f"#/$defs/s{n + 1}"} for m in range(10)}}
        for n in range(MAX_DEPTH + 2)
    }
    form = portable({"$ref": "#/$defs/s0", "$defs": steps})
    assert len(json.dumps(form)) < 100_000
    tool = Tool("wide", "", {"$ref": "#/$defs/s0", "$defs": steps})
    shape = pairs_shape(request(tool), 2, thought=False)
    assert len(json.dumps(shape.schema)) < MAX_BYTES
    jsonschema_rs.validator_for(shape.schema).validate(
        {"pairs": [{"query": "q", "answers": [{"name": "wide", "arguments": {"p0": {"p1": {}}}}]}] * 2}
    )


def test_the_form_holds_an_answer_to_its_request() -> None:
    """Number of pairs and calls, names of the offered tools, their arguments, and the thought where it is asked for."""
    add = Tool("add", "", {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]})
    now = Tool("now", "", {"type": "object", "properties": {}})
    check = jsonschema_rs.validator_for(pairs_shape(request(add, now, calls=(2, 3)), 2, thought=True).schema)
    good = {"thought": "t", "query": "q", "answers": [{"name": "add", "arguments": {"a": 1}}, {"name": "now", "arguments": {}}]}  # fmt: skip # noqa: E501
    assert check.is_valid({"pairs": [good, good]})
    answers: list[Any] = [*good["answers"]]
    for wrong in (
        [good],
        [good, good | {"answers": answers[:1]}],
        [good, good | {"answers": answers * 2}],
        [good, good | {"answers": [answers[0], {"name": "sub", "arguments": {}}]}],
        [good, good | {"answers": [answers[0], {"name": "now", "arguments": {"a": 1}}]}],
        [good, good | {"answers": [answers[0], {"name": "add", "arguments": {}}]}],
        [good, {key: value for key, value in good.items() if key != "thought"}],
    ):
        assert not check.is_valid({"pairs": wrong})
    first = pairs_shape(request(add), 1, thought=True).schema["properties"]["pairs"]["items"]["properties"]
    assert list(first) == ["thought", "query", "answers"], "engines write properties in this order"


@pytest.mark.parametrize(
    ("schema", "fits"),
    [
        (VERDICT.schema, True),
        (pairs_shape(request(Tool("f", "", RICH)), 1, thought=True).schema, False),
        ({"type": "object", "properties": {"a": {}}, "required": [], "additionalProperties": False}, False),
        ({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}, False),
        ({"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "null"}]}}, True),
        ({"type": "array"}, False),
        ({}, False),
    ],
)  # fmt: skip
def test_strict_is_said_only_where_its_rules_are_kept(schema: Any, fits: bool) -> None:
    """OpenAI refuses a strict schema with an optional property or an open object."""
    assert fits_strict(schema) is fits
