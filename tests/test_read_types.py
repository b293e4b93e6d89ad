"""Type texts and parameter descriptions of other datasets become JSON Schema without loss."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigen.dataset.export import xlam as export_xlam
from apigen.dataset.read import xlam
from apigen.dataset.read.base import Item
from apigen.dataset.read.tools import read_tools
from apigen.library.starter_source import load_starter
from apigen.locators import Locator
from apigen.records import Call, Provenance, Sample, Style, Wording
from apigen.toolspecs.schemas import parameters_schema
from apigen.toolspecs.typestrings import read_type, read_value

STRING, INTEGER, NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}


def array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def either(*schemas: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": list(schemas)}


READ = {
    "str": STRING,
    "String": STRING,
    "STRING": STRING,
    "char": STRING,
    "text": STRING,
    "int": INTEGER,
    " Integer ": INTEGER,
    "long": INTEGER,
    "Bigint": INTEGER,
    "float": NUMBER,
    "Double": NUMBER,
    "number": NUMBER,
    "bool": {"type": "boolean"},
    "Boolean": {"type": "boolean"},
    "dict": {"type": "object"},
    "Dict": {"type": "object"},
    "HashMap": {"type": "object"},
    "object": {"type": "object"},
    "Dict[str, Any]": {"type": "object"},
    "Dict[str, List[int]]": {"type": "object", "additionalProperties": array(INTEGER)},
    "HashMap<String, Integer>": {"type": "object", "additionalProperties": INTEGER},
    "list": {"type": "array"},
    "array": {"type": "array"},
    "Array": {"type": "array"},
    "ArrayList": {"type": "array"},
    "tuple": {"type": "array"},
    "List[Any]": {"type": "array"},
    "List[int]": array(INTEGER),
    "list of str": array(STRING),
    "string[]": array(STRING),
    "List[List[str]]": array(array(STRING)),
    "List[Dict[str, Union[int, str]]]": array({"type": "object", "additionalProperties": either(INTEGER, STRING)}),
    "Tuple[float, ...]": array(NUMBER),
    "Tuple[int, str]": {"type": "array", "prefixItems": [INTEGER, STRING], "minItems": 2, "maxItems": 2},
    "Union[int, float]": either(INTEGER, NUMBER),
    "int | str": either(INTEGER, STRING),
    "str or List[str]": either(STRING, array(STRING)),
    "Optional[str]": either(STRING, {"type": "null"}),
    "float | None": either(NUMBER, {"type": "null"}),
    "None": {"type": "null"},
    "any": {},
    "Any": {},
    "Literal['a','b']": {"type": "string", "enum": ["a", "b"]},
    "Literal[1, 'b']": {"enum": [1, "b"]},
    "{'low', 'high'}": {"type": "string", "enum": ["low", "high"]},
    "set": {"type": "array", "x-type": "set"},
    "Set[int]": {**array(INTEGER), "x-type": "Set[int]"},
    "Dict[int, str]": {"type": "object", "additionalProperties": STRING, "x-type": "Dict[int, str]"},
}


@pytest.mark.parametrize("text", READ)
def test_a_type_text_is_read(text: str) -> None:
    """What Python, Java, JavaScript and prose call a type has its JSON Schema."""
    assert read_type(text).schema == READ[text]
    assert not read_type(text).optional


@pytest.mark.parametrize(
    "text",
    [
        "Callable[[float], float]",
        "datetime",
        "enum",
        "np.ndarray",
        "numpy.ndarray",
        "List[np.ndarray]",
        "Foo Bar",
        "[int]",
        "__import__('os')",
        "os.path",
        "List[",
        "Object",
        "date",
        "str.upper",
        "(" * 500,
    ],
)
def test_an_unknown_type_stays_open_and_is_kept(text: str) -> None:
    """Whatever is not known allows any value and keeps its text."""
    assert read_type(text).schema == {"x-type": text}
    assert read_type(text).open


@pytest.mark.parametrize(
    ("text", "schema", "default"),
    [
        ("int, optional", INTEGER, None),
        ("Str,Optional", STRING, None),
        ("str (optional)", STRING, None),
        ("List[str], optional", array(STRING), None),
        ("str, default='x'", STRING, "'x'"),
        ("str, default to 'a, b'", STRING, "'a, b'"),
        ("bool, optional, default False", {"type": "boolean"}, "False"),
        ("str, optional (default: 'us')", STRING, "'us'"),
        ("float, optional, defaults to 0.5", NUMBER, "0.5"),
        ("optional", {}, None),
    ],
)
def test_optional_and_default_are_told_apart_from_the_type(text: str, schema: dict[str, Any], default: str) -> None:
    """They say that a parameter may be left out, and what it is then."""
    read = read_type(text)
    assert (read.schema, read.optional, read.default) == (schema, True, default)


@pytest.mark.parametrize(
    ("text", "schema", "value"),
    [
        ("5", INTEGER, 5),
        ("5.5", INTEGER, "5.5"),
        ("5", NUMBER, 5),
        ("0.5", NUMBER, 0.5),
        ("five", INTEGER, "five"),
        ("", INTEGER, ""),
        ("5", STRING, "5"),
        ("True", {"type": "boolean"}, True),
        ("false", {"type": "boolean"}, False),
        ("1", {"type": "boolean"}, "1"),
        ("True", INTEGER, "True"),
        ("[1, 2]", {"type": "array"}, [1, 2]),
        ("('a', 'b')", {"type": "array"}, ["a", "b"]),
        ("{'a': None}", {"type": "object"}, {"a": None}),
        ("5", {}, "5"),
        ("5", either(INTEGER, STRING), "5"),
    ],
)
def test_a_default_as_text_is_read_where_its_type_leaves_one_reading(
    text: str, schema: dict[str, Any], value: Any
) -> None:
    """Elsewhere the text stays."""
    read = read_value(text, schema)
    assert (read, type(read)) == (value, type(value))


def test_an_xlam_parameter_is_required_unless_its_type_or_a_default_says_otherwise() -> None:
    """The shape has no list of required parameters."""
    schema = parameters_schema(
        {
            "a": {"type": "int", "description": "A."},
            "b": {"type": "int, optional"},
            "c": {"type": "int", "default": "3"},
            "type": {"type": "str", "default": ""},
            "d": {"type": "int", "default": "3", "required": True},
            "e": "List[str]",
        },
        {},
    )
    assert schema["required"] == ["a", "d", "e"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["a"] == {"type": "integer", "description": "A."}
    assert schema["properties"]["c"]["default"] == 3
    assert schema["properties"]["type"] == {"type": "string", "default": ""}


@pytest.mark.parametrize("told", [None, {}, [], {"type": "object", "properties": {}}])
def test_a_tool_without_parameters_takes_none(told: Any) -> None:
    """An argument that nobody described is found."""
    schema = parameters_schema(told, {})
    assert schema == {"type": "object", "properties": {}, "additionalProperties": False}


@pytest.mark.parametrize(
    ("told", "read", "note"),
    [
        ({"type": "dict", "properties": {}}, {"type": "object", "properties": {}}, "type 'dict' converted"),
        ({"type": "array", "items": "str"}, array(STRING), "type 'str' converted"),
        ({"type": "array", "enum": ["a"]}, {"type": "array", "items": {"enum": ["a"]}}, "'enum' of an array"),
        ({"type": "string", "enum": None}, STRING, "keywords with the value null"),
        ({"type": "string", "enum": []}, {"type": "string", "x-enum": []}, "'enum' that is not a list"),
        ({"type": "string", "nullable": True}, {"type": ["string", "null"], "nullable": True}, "'nullable'"),
        ({"type": ["int", "null"]}, either(INTEGER, {"type": "null"}), "type 'int' converted"),
        ({"type": ["integer", "null"]}, {"type": ["integer", "null"]}, None),
        (
            {"type": "number", "minimum": 0, "exclusiveMinimum": True},
            {"type": "number", "exclusiveMinimum": 0},
            "bounds",
        ),
        ({"type": "string", "required": True}, STRING, "'required' flags of single parameters"),
        ({"type": "mystery"}, {"x-type": "mystery"}, "unknown type 'mystery'"),
        ({"type": ""}, {}, "empty type"),
        ({"type": 7}, {"x-type": 7}, "type that is not a string"),
        (
            {"items": [{"type": "int"}], "type": "array"},
            {"type": "array", "prefixItems": [INTEGER]},
            "type 'int' converted",
        ),
    ],
)
def test_a_schema_of_another_time_is_read_as_todays(
    told: dict[str, Any], read: dict[str, Any], note: str | None
) -> None:
    """Type names of other languages, keywords of older drafts and of OpenAPI; each leaves a note."""
    notes: dict[str, None] = {}
    schema = parameters_schema({"type": "object", "properties": {"a": told}}, notes)
    assert schema["properties"]["a"] == read
    assert schema.get("required") == (["a"] if told.get("required") else None)
    assert [text for text in notes if note and text.startswith(note)] if note else not notes


def test_what_a_schema_says_about_further_arguments_stays() -> None:
    """Only where it says nothing is a tool held to what it lists."""
    open_ = {"type": "object", "properties": {"a": STRING}, "additionalProperties": True}
    assert parameters_schema(open_, {}) == open_
    assert "additionalProperties" not in parameters_schema({"type": "object"}, {})


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ('[{"description": "x"}]', "tools[0]: has no name"),
        ('[{"name": 3}]', "tools[0]: its name is 3, not text"),
        ('[{"name": "a"}, 7]', "tools[1]: is int, not an object"),
        ('[{"name": "a", "parameters": 7}]', "tools[0]: a: parameters is int, not an object"),
        ('[{"name": "a", "parameters": {"b": 7}}]', "tools[0]: a: parameter 'b' is int, not an object"),
        ('[{"name": "a", "parameters": {"type": "array", "properties": {}}}]', "tools[0]: a: parameters are of type"),
        ('[{"name": "a"', "tools: Input data was truncated"),
        ('"tools"', "tools is text within text, not a list"),
        (7, "tools is int, not a list"),
    ],
)
def test_a_tool_that_cannot_be_read_is_named(value: Any, fault: str) -> None:
    """The row then has a problem that says which tool, and why."""
    problem = read_tools(value).problem
    assert problem is not None
    assert problem.detail.startswith(fault)


def test_tools_are_found_in_every_wrapping() -> None:
    """Bare, as OpenAI, Anthropic and MCP wrap them, as text, as a Python literal, with names as they are."""
    parameters = {"type": "object", "properties": {"a": STRING}}
    told = [
        {"name": "Get Weather", "parameters": parameters},
        {"type": "function", "function": {"name": "b.c", "description": "B.", "parameters": parameters}},
        {"name": "d", "input_schema": parameters},
        {"name": "e", "inputSchema": parameters},
        {"name": "f", "parameters": '{"type": "object", "properties": {"a": {"type": "string"}}}'},
        {"name": "g", "properties": {"a": STRING}},
    ]
    tools = read_tools(told)
    assert [tool.name for tool in tools.tools] == ["Get Weather", "b.c", "d", "e", "f", "g"]
    assert {str(tool.parameters) for tool in tools.tools} == {str({**parameters, "additionalProperties": False})}
    assert read_tools(str(told)).tools == tools.tools
    assert read_tools(str(told)).notes[0] == "tools: a Python literal instead of JSON"


def test_the_same_tool_is_parsed_once() -> None:
    """Rows that offer it share it, so that what is compiled for it is compiled once."""
    first, second = read_tools('[{"name": "a"}, {"name": "b"}]'), read_tools('[{"name": "c"}, {"name": "a"}]')
    assert first.tools[0] is second.tools[1]


def sample(tools: tuple[dict[str, Any], ...], calls: tuple[Call, ...] = ()) -> Sample:
    origin = Provenance("0.0", "m", False, 0, Style.SIMPLE, Wording.PLAIN, (), ())
    return Sample(7, "a question", tools, calls, (), origin)


def test_four_starter_modules_survive_the_shape_of_xlam() -> None:
    """Exported, read and exported again, every tool is the same."""
    tools = tuple(tool.offered() for tool in load_starter(Locator("starter", "finance,travel,data,math")).tools)
    (row,) = export_xlam.rows([sample(tools)])
    (read,) = xlam.reader(Path("x.json"))(Item(1, row))
    assert read.problem is None
    assert len(read.tools) == len(tools)
    (again,) = export_xlam.rows([sample(tuple(tool.offered() for tool in read.tools))])
    assert again == row


SCALARS = st.sampled_from([STRING, INTEGER, NUMBER, {"type": "boolean"}, {}, {"type": "object"}, {"type": "array"}])
TYPES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        inner.filter(bool).map(array),
        inner.filter(bool).map(lambda schema: {"type": "object", "additionalProperties": schema}),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda schemas: {
                "type": "array",
                "prefixItems": schemas,
                "minItems": len(schemas),
                "maxItems": len(schemas),
            }
        ),
    ),
    max_leaves=6,
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(
    types=st.dictionaries(st.text(min_size=1), st.tuples(TYPES, st.booleans(), st.text(max_size=9)), max_size=4),
    arguments=st.dictionaries(st.text(), VALUES, max_size=3),
    query=st.text(),
)
def test_what_the_shape_of_xlam_can_hold_is_read_back(
    types: dict[str, tuple[dict[str, Any], bool, str]], arguments: dict[str, Any], query: str
) -> None:
    """Names, descriptions, types however nested, what is optional, and the calls."""
    properties = {name: {**schema, "description": told} for name, (schema, _, told) in types.items()}
    required = [name for name, (_, needed, _) in types.items() if needed]
    parameters = {"type": "object", "properties": properties, "additionalProperties": False}
    parameters |= {"required": required} if required else {}
    tool = {"name": "Some Tool", "description": "What it does.", "parameters": parameters}
    origin = sample((tool,), (Call("Some Tool", arguments),))
    (row,) = export_xlam.rows([origin])
    (read,) = xlam.reader(Path("x.json"))(Item(1, row | {"query": query}))
    assert (read.id, read.query, read.problem) == ("7", query, None)
    assert [one.offered() for one in read.tools] == [tool]
    assert read.calls == [{"name": "Some Tool", "arguments": arguments}]


@pytest.mark.parametrize("union", [["integer", "string"], ["string", "number", "array"]])
def test_a_union_is_read_back(union: list[str]) -> None:
    """As alternatives, in their order."""
    schema = either(*({"type": kind} for kind in union))
    assert read_type(export_xlam.type_text(schema)).schema == schema
