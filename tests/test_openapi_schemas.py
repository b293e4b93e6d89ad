"""Schema Objects become JSON Schema that says the same: keyword by keyword, through references, bases and circles."""

import json
import tempfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apigen.library.openapi.merging import merged
from apigen.verify.format.schemas import Schemas
from openapi_specs import load_spec, noted, one_tool, property_of, spec, with_body


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({"type": "string", "nullable": True, "enum": ["a"]}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": True}, {"type": "number", "exclusiveMinimum": 0}),
        ({"type": "number", "maximum": 9, "exclusiveMaximum": False}, {"type": "number", "maximum": 9}),
        ({"type": "string", "example": "x"}, {"type": "string", "examples": ["x"]}),
        ({"properties": {"a": {"type": "string"}}}, {"type": "object", "properties": {"a": {"type": "string"}}}),
        ({"type": "integer", "enum": ["1", "2"], "default": "1"}, {"type": "integer", "enum": [1, 2], "default": 1}),
        ({"type": "string", "minLength": "3", "maxLength": 5.0}, {"type": "string", "minLength": 3, "maxLength": 5}),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, None),
        ({"type": "array", "items": {"type": "string"}, "uniqueItems": True, "minItems": 1}, None),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}], "title": "Either"}, None),
        ({"type": "string", "format": "uuid", "pattern": "^[0-9a-f-]+$", "deprecated": True}, None),
        (
            {"type": "string", "x-go-name": "Y", "xml": {}, "x-enumNames": ["A"]},
            {"type": "string", "x-enumNames": ["A"]},
        ),
        ({"type": "int"}, {"type": "integer"}),
        ({"oneOf": [{"type": "string"}], "nullable": True}, {"oneOf": [{"type": "string"}, {"type": "null"}]}),
    ],
)
def test_keywords_of_openapi_3_0_are_said_in_todays(tmp_path: Path, written: Any, read: Any) -> None:
    """What JSON Schema has is kept as it is; what only OpenAPI 3.0 has becomes what means the same."""
    assert property_of(tmp_path, written, version="3.0.3") == (read or written)


def test_a_pattern_that_no_engine_here_knows_sinks_no_tool(tmp_path: Path) -> None:
    """It is kept aside, with a note."""
    body = {"type": "object", "properties": {"value": {"type": "string", "pattern": "\\Z(oops", "minimum": "low"}}}
    loaded = load_spec(tmp_path, with_body(body))
    assert loaded.tools[0].properties["value"] == {"type": "string", "x-pattern": "\\Z(oops", "x-minimum": "low"}
    assert noted(loaded) == [
        "minimum 'low' is not usable; kept as x-minimum",
        "pattern '\\\\Z(oops' is not usable; kept as x-pattern",
    ]
    assert Schemas().compiled(loaded.tools[0].parameters).problem == ""


BOUND = st.integers(-5, 5)
LEAVES = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("string")},
        optional={
            "minLength": st.integers(0, 3),
            "maxLength": st.integers(3, 9),
            "format": st.sampled_from(["date", "email", "int64"]),
            "pattern": st.sampled_from(["^a", "b$"]),
            "description": st.sampled_from(["A name.", "Ways & means"]),
            "default": st.sampled_from(["", "abc"]),
            "examples": st.just(["abc"]),
            "writeOnly": st.just(True),
        },
    ),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["integer", "number", ["integer", "null"]])},
        optional={"minimum": BOUND, "exclusiveMaximum": BOUND, "multipleOf": st.integers(1, 3), "title": st.just("T")},
    ),
    st.fixed_dictionaries({"enum": st.lists(st.sampled_from(["a", 1, None, True, 2.5]), min_size=1, unique=True)}),
    st.fixed_dictionaries({"const": st.sampled_from(["a", 1, None])}),
    st.booleans(),
)


def inner(schemas: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.fixed_dictionaries(
            {"type": st.just("object"), "properties": st.dictionaries(st.sampled_from("abc"), schemas, max_size=3)},
            optional={
                "required": st.lists(st.sampled_from("abc"), min_size=1, unique=True),
                "additionalProperties": schemas,
                "patternProperties": st.dictionaries(st.just("^x-"), schemas, min_size=1),
                "minProperties": st.integers(0, 2),
                "propertyNames": st.just({"maxLength": 3}),
            },
        ),
        st.fixed_dictionaries(
            {"type": st.just("array"), "items": schemas},
            optional={"minItems": st.integers(0, 2), "uniqueItems": st.booleans(), "contains": schemas},
        ),
        st.fixed_dictionaries({"type": st.just("array"), "prefixItems": st.lists(schemas, min_size=1, max_size=2)}),
        st.fixed_dictionaries({"anyOf": st.lists(schemas, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"oneOf": st.lists(schemas, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": schemas}),
    )


SCHEMAS = st.recursive(LEAVES, inner, max_leaves=6)


@settings(max_examples=60)
@given(SCHEMAS)
def test_a_schema_of_openapi_3_1_can_be_read_again_as_it_was(schema: Any) -> None:
    """Nothing is lost and nothing is added, however deep it stands, also through references."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        assert property_of(folder, schema) == schema
        assert property_of(folder, {"$ref": "#/components/schemas/It"}, schemas={"It": schema}) == schema


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-6, 6), st.sampled_from(["", "a", "ab", "abcdef", "x-1"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b", "c", "x-1", "long"]), inner, max_size=3)
    ),
    max_leaves=5,
)


OBJECTS = SCHEMAS.filter(lambda one: isinstance(one, dict))


@given(st.lists(OBJECTS, min_size=2, max_size=3), st.lists(VALUES, min_size=5))
def test_bases_that_become_one_schema_take_the_same_values(parts: list[Any], values: list[Any]) -> None:
    """The oracle is allOf itself; where one schema cannot say it, there is none."""
    together = merged(parts, parts)
    if together is None:
        return
    alone, before = jsonschema.Draft202012Validator(together), jsonschema.Draft202012Validator({"allOf": parts})
    for value in values:
        assert alone.is_valid(value) == before.is_valid(value), (together, value)


def test_bases_are_merged_and_the_nearest_description_counts(tmp_path: Path) -> None:
    """Bounds become the narrower ones, required names come together, types meet."""
    base = {"type": "object", "description": "Base", "required": ["a"], "properties": {"a": {"type": "number"}}}
    more = {"properties": {"a": {"minimum": 1, "type": "integer"}, "b": {"type": "string"}}, "required": ["b"]}
    read = property_of(
        tmp_path,
        {"allOf": [{"$ref": "#/components/schemas/Base"}, more], "description": "Nearest"},
        schemas={"Base": base},
    )
    assert read == {
        "type": "object",
        "description": "Nearest",
        "required": ["a", "b"],
        "properties": {"a": {"type": "integer", "minimum": 1}, "b": {"type": "string"}},
    }


def test_bases_that_only_all_of_can_say_stay(tmp_path: Path) -> None:
    """A base that is closed says something else once merged."""
    parts = [
        {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False},
        {"type": "object", "properties": {"b": {"type": "string"}}},
    ]
    assert property_of(tmp_path, {"allOf": parts}) == {"allOf": parts}


def test_what_answers_alone_have_is_not_required_through_bases_either(tmp_path: Path) -> None:
    """readOnly in one base, required in another."""
    schemas = {"Base": {"type": "object", "properties": {"id": {"type": "integer", "readOnly": True}}}}
    schema = {"allOf": [{"$ref": "#/components/schemas/Base"}, {"required": ["id", "n"], "properties": {"n": {}}}]}
    read = property_of(tmp_path, schema, schemas=schemas)
    assert read == {"type": "object", "required": ["n"], "properties": {"n": {}}}


def test_what_stands_beside_a_reference_counts_by_version(tmp_path: Path) -> None:
    """All of it since OpenAPI 3.1; before, what forbids nothing."""
    schema = {"$ref": "#/components/schemas/It", "description": "Mine", "minLength": 2, "nullable": True}
    schemas = {"It": {"type": "string", "description": "Its", "maxLength": 5}}
    new = {key: value for key, value in schema.items() if key != "nullable"}
    assert property_of(tmp_path, new, schemas=schemas) == {
        "type": "string",
        "maxLength": 5,
        "minLength": 2,
        "description": "Mine",
    }
    assert property_of(tmp_path, schema, version="3.0.0", schemas=schemas) == {
        "type": ["string", "null"],
        "maxLength": 5,
        "description": "Mine",
    }


ANIMALS = {
    "Animal": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string"}, "friend": {"$ref": "#/components/schemas/Animal"}},
        "discriminator": {"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat", "pup": "Dog"}},
        "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
    },
    "Cat": {"allOf": [{"$ref": "#/components/schemas/Animal"}, {"properties": {"lives": {"type": "integer"}}}]},
    "Dog": {"allOf": [{"$ref": "#/components/schemas/Animal"}, {"properties": {"tricks": {"type": "array"}}}]},
}


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_a_discriminator_decides_which_form_is_meant(tmp_path: Path, version: str) -> None:
    """Also where the base lists its heirs and each heir builds on the base: a circle that would never end."""
    tool = one_tool(tmp_path, with_body({"$ref": "#/components/schemas/Animal"}, version=version, schemas=ANIMALS))
    compiled = Schemas().compiled(tool.parameters)
    assert compiled.problem == ""

    def fits(value: Any) -> bool:
        return bool(compiled.validator.is_valid({"body": value}))

    assert fits({"kind": "cat", "lives": 9})
    assert fits({"kind": "pup", "tricks": [], "friend": {"kind": "cat", "lives": 1}})
    assert not fits({"kind": "cat", "lives": "nine"})
    assert not fits({"kind": "bird"})
    assert not fits({"kind": "pup", "friend": {"kind": "cat", "lives": "one"}})


IT = {"$ref": "#/components/schemas/It"}


@pytest.mark.parametrize(
    "circle",
    [
        {"It": {"allOf": [IT], "type": "object"}},
        {"It": IT},
        {
            "It": {"oneOf": [{"$ref": "#/components/schemas/Two"}]},
            "Two": {"anyOf": [IT]},
        },
        {"It": {"not": IT}},
        {"It": {"allOf": [{"oneOf": [IT]}], "properties": {"a": {"type": "string"}}}},
    ],
)
def test_a_schema_that_is_itself_without_end_is_cut(tmp_path: Path, circle: Any) -> None:
    """It would send a validator into a loop; the cut one checks a value."""
    tool = one_tool(
        tmp_path,
        with_body({"type": "object", "properties": {"v": IT}}, schemas=circle),
    )
    compiled = Schemas().compiled(tool.parameters)
    assert compiled.problem == ""
    assert isinstance(compiled.validator.is_valid({"v": {}}), bool)


def test_components_of_one_name_in_a_circle_keep_apart(tmp_path: Path) -> None:
    """Two documents may each have a Node."""
    node = {"type": "object", "properties": {"next": {"$ref": "#/Node"}}}
    (tmp_path / "a.json").write_text(json.dumps({"Node": {**node, "title": "a"}}))
    (tmp_path / "b.json").write_text(json.dumps({"Node": {**node, "title": "b"}}))
    body = {"type": "object", "properties": {name: {"$ref": f"{name}.json#/Node"} for name in "ab"}}
    tool = one_tool(tmp_path, with_body(body))
    assert {name: one["title"] for name, one in tool.parameters["$defs"].items()} == {"Node": "a", "Node_2": "b"}
    assert tool.properties["b"]["properties"]["next"] == {"$ref": "#/$defs/Node_2"}


def wide(levels: int, fan: int) -> dict[str, Any]:
    """Components of which each holds several of the next, so that writing all out grows exponentially."""
    end = {"type": "object", "properties": {"end": {"type": "string", "maxLength": 3}}}
    found: dict[str, Any] = {f"L{levels}": end}
    for level in range(levels):
        inner = {f"p{number}": {"$ref": f"#/components/schemas/L{level + 1}"} for number in range(fan)}
        found[f"L{level}"] = {"type": "object", "description": "x" * 100, "properties": inner}
    return found


def test_references_that_would_grow_without_bound_are_shared(tmp_path: Path) -> None:
    """Twenty levels of four are a billion schemas written out, and twenty under $defs: nothing is lost."""
    tool = one_tool(tmp_path, with_body({"$ref": "#/components/schemas/L0"}, schemas=wide(20, 4)))
    assert len(tool.parameters["$defs"]) == 18  # L0 is the arguments, L1 each of them
    validator = Schemas().compiled(tool.parameters).validator
    value: Any = {"end": "long"}
    for _ in range(19):
        value = {"p1": value}
    assert validator.is_valid({"p0": value}) is False


def test_what_finds_no_room_is_left_open_with_a_note(tmp_path: Path) -> None:
    """Whatever fitted before still fits, the upper levels are still checked, and the size is as asked."""
    schemas = wide(12, 8) | {"L12": {"type": "object", "properties": {f"q{n}": {"type": "integer"} for n in range(90)}}}
    loaded = load_spec(tmp_path, with_body({"$ref": "#/components/schemas/L0"}, schemas=schemas), "#size=3000")
    tool = loaded.tools[0]
    assert len(json.dumps(tool.parameters)) < 3500
    assert noted(loaded) == [
        "its schema has more than 3,000 characters; its deepest parts are simplified to accept any value (x-cut)"
    ]
    validator = Schemas().compiled(tool.parameters).validator
    assert validator.is_valid({"p0": {"p1": {"p2": 5}}}) is False or "x-cut" in json.dumps(tool.properties["p0"])
    assert not validator.is_valid({"p0": 5})


@settings(max_examples=40)
@given(OBJECTS, OBJECTS, st.sampled_from(["oneOf", "anyOf", "allOf"]), st.lists(VALUES, min_size=5, max_size=9))
def test_what_is_left_open_takes_all_that_it_took(one: Any, two: Any, how: str, values: list[Any]) -> None:
    """Also where alternatives are counted or forms are forbidden."""
    deep = {"type": "object", "properties": {"b": {"type": "object", "properties": {"c": one}}, "d": two}}
    body = {"type": "object", "properties": {"v": {how: [deep, {"properties": {"b": {"not": deep}}}]}}}
    with tempfile.TemporaryDirectory() as name:
        whole = load_spec(Path(name), with_body(body)).tools[0].parameters
        size = len(json.dumps(whole))
        cuts = [load_spec(Path(name), with_body(body), f"#size={size * part // 8}").tools[0] for part in (1, 4, 6, 7)]
    before = Schemas().compiled(whole).validator
    told = [{"v": {"b": {"c": one}, "d": two}} for one, two in zip(values, reversed(values), strict=True)]
    fitting = [value for value in [*told, *({"v": {"b": value}} for value in values)] if before.is_valid(value)]
    for cut in cuts:
        after = Schemas().compiled(cut.parameters).validator
        assert all(after.is_valid(value) for value in fitting), (whole, cut.parameters)


def test_a_schema_that_is_no_object_is_left_open(tmp_path: Path) -> None:
    """What cannot be understood forbids nothing, and a note says so."""
    operation = {"parameters": [{"name": "a", "in": "query", "schema": "string"}]}
    loaded = load_spec(tmp_path, spec(operation))
    assert loaded.tools[0].properties == {"a": {}}
    assert noted(loaded) == ["'string' is not a schema; any value is allowed there"]
