"""The source of tools that providers and datasets describe as JSON."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from apigen.errors import UserError
from apigen.library.base import Loaded
from apigen.library.tooljson import load_tool_json
from apigen.locators import Locator
from apigen.records import Tool
from apigen.toolspecs.names import clean_argument, clean_name, free_name, snake_case
from apigen.toolspecs.validity import schema_problem
from starter_library import starter

RICH = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "minLength": 1, "pattern": "^[A-Z]", "examples": ["Rome"], "description": "Where."},
        "when": {"type": ["string", "null"], "format": "date-time", "default": None},
        "unit": {"enum": ["C", "F"], "default": "C"},
        "box": {
            "type": "object",
            "properties": {"corners": {"type": "array", "items": {"$ref": "#/$defs/point"}, "minItems": 2}},
            "required": ["corners"],
            "additionalProperties": {"type": "number"},
        },
        "filter": {
            "oneOf": [{"type": "string"}, {"anyOf": [{"type": "integer", "exclusiveMinimum": 0}, {"const": -1}]}]
        },
        "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "number", "multipleOf": 0.5}]},
    },
    "required": ["city"],
    "additionalProperties": False,
    "$defs": {"point": {"type": "array", "items": {"type": "number", "maximum": 180}, "maxItems": 2}},
}
"""A schema with everything that must survive."""


def load(path: Path, value: Any) -> Loaded:
    path.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
    return load_tool_json(Locator("openai", str(path)))


def one(path: Path, value: Any) -> Tool:
    (tool,) = load(path / "tools.json", value).tools
    return tool


SPELLINGS: dict[str, dict[str, Any]] = {
    "chat completions": {"type": "function", "function": {"name": "weather", "description": "d", "parameters": RICH}},
    "responses": {"type": "function", "name": "weather", "description": "d", "parameters": RICH, "strict": False},
    "anthropic": {"name": "weather", "description": "d", "input_schema": RICH},
    "mcp": {"name": "weather", "description": "d", "inputSchema": RICH, "annotations": {"readOnlyHint": True}},
    "bedrock": {"toolSpec": {"name": "weather", "description": "d", "inputSchema": {"json": RICH}}},
    "gemini": {"functionDeclarations": [{"name": "weather", "description": "d", "parametersJsonSchema": RICH}]},
    "bare": {"name": "weather", "description": "d", "parameters": RICH},
    "as text": {"name": "weather", "description": "d", "parameters": json.dumps(RICH)},
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_schemas_survive_in_every_spelling(tmp_path: Path, spelling: str) -> None:
    """Enums, nested objects, bounds, formats, alternatives, nulls, defaults, examples and references stay the same."""
    tool = one(tmp_path, SPELLINGS[spelling])
    assert (tool.name, tool.description, tool.parameters) == ("weather", "d", RICH)
    assert tool.binding is None
    assert schema_problem(tool.parameters) == ""


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda tool: [tool],
        lambda tool: {"tools": [tool]},
        lambda tool: {"model": "m", "messages": [], "tools": [tool]},
        lambda tool: {"tools": json.dumps([tool])},
        lambda tool: {"functions": [tool]},
        lambda tool: [{"tools": [tool]}, {"tools": [tool]}],
    ],
)
def test_a_tool_is_found_in_whatever_holds_it(tmp_path: Path, wrapped: Any) -> None:
    """Lists, requests, rows of datasets; what stands there twice is one tool."""
    assert one(tmp_path, wrapped(SPELLINGS["anthropic"])).parameters == RICH


def test_a_tool_goes_out_and_comes_back(tmp_path: Path) -> None:
    """What a tool shows to models, read again, is the same tool."""
    tools = starter().tools
    back = load(tmp_path / "tools.jsonl", "\n".join(json.dumps(tool.offered()) for tool in tools)).tools
    assert [tool.offered() for tool in back] == [tool.offered() for tool in tools]


def test_geminis_capital_types_are_read(tmp_path: Path) -> None:
    """Also bounds as text and ``nullable``, which its protocol writes."""
    declared = {
        "name": "lights",
        "description": "d",
        "parameters": {
            "type": "OBJECT",
            "properties": {
                "level": {"type": "INTEGER", "nullable": True, "maximum": 100, "format": "int32"},
                "rooms": {"type": "ARRAY", "minItems": "2", "items": {"type": "STRING", "enum": ["hall", "attic"]}},
            },
            "required": ["rooms"],
        },
    }
    tool = one(tmp_path, {"tools": [{"function_declarations": [declared]}]})
    assert tool.properties["level"] == {
        "type": ["integer", "null"],
        "nullable": True,
        "maximum": 100,
        "format": "int32",
    }
    assert tool.properties["rooms"] == {
        "type": "array",
        "minItems": 2,
        "items": {"type": "string", "enum": ["hall", "attic"]},
    }
    assert one(
        tmp_path, {"name": "off", "description": "d", "parameters": {"type": "OBJECT", "description": "none"}}
    ) == (Tool("off", "d", {"type": "object", "description": "none"}, origin=f"openai:{tmp_path / 'tools.json'}"))


def test_xlams_map_of_parameters_is_read(tmp_path: Path) -> None:
    """Type texts become types, optional ones and defaults are told apart."""
    told = {
        "name": "f",
        "description": "d",
        "parameters": {
            "ids": {"type": "List[int]", "description": "Numbers."},
            "limit": {"type": "int, optional", "description": "Most.", "default": "5"},
        },
    }
    tool = one(tmp_path, told)
    assert tool.required == ["ids"]
    assert tool.properties["ids"] == {"type": "array", "items": {"type": "integer"}, "description": "Numbers."}
    assert tool.properties["limit"]["default"] == 5


def test_anthropics_examples_are_kept(tmp_path: Path) -> None:
    """They are examples of the object of all arguments."""
    told = {**SPELLINGS["anthropic"], "input_examples": [{"city": "Rome"}]}
    assert one(tmp_path, told).parameters == {**RICH, "examples": [{"city": "Rome"}]}


def test_names_are_cleaned_and_the_old_ones_noted(tmp_path: Path) -> None:
    """Unique, short, in characters that every provider takes; who has a valid name keeps it."""
    names = ["get.weather", "get weather", "get_weather", "天气", "x" * 80, "Valid-Name_1"]
    loaded = load(tmp_path / "t.json", [{**SPELLINGS["bare"], "name": name} for name in names])
    new = [tool.name for tool in loaded.tools]
    assert len(set(new)) == len(names)
    assert all(len(name) <= 64 and clean_name(name) == name for name in new)
    assert new[-1] == "Valid-Name_1"
    assert {note.text for note in loaded.notes} == {f"its name in the file is {name!r}" for name in names[:5]}


def test_what_is_no_tool_of_the_users_is_listed(tmp_path: Path) -> None:
    """Tools that a provider has built in, free text instead of arguments, broken ones; the others are loaded."""
    loaded = load(
        tmp_path / "t.json",
        [
            {"type": "web_search"},
            {"type": "bash_20250124", "name": "bash"},
            {"type": "custom", "custom": {"name": "sql", "format": {"type": "grammar"}}},
            {"googleSearch": {}},
            {"name": "p", "parameters": 5},
            {"name": "q", "parameters": {"type": "object", "properties": {"a": {"pattern": "("}}}},
            {
                "name": "r",
                "parameters": {"type": "object", "properties": {"a": {"$ref": "https://elsewhere.example/a"}}},
            },
            7,
            SPELLINGS["bare"],
        ],
    )
    assert [tool.name for tool in loaded.tools] == ["weather"]
    reasons = {entry.name: entry.reason for entry in loaded.skipped}
    assert list(reasons) == ["[0]", "bash", "[2]", "[3]", "p", "q", "r", "[7]"]
    assert reasons["[0]"].startswith("built into the provider (web_search)")
    assert reasons["[2]"] == "takes free text rather than JSON arguments"
    assert reasons["[3]"] == "has no name"
    assert "not an object" in reasons["p"]
    assert "not valid" in reasons["q"]
    assert "elsewhere.example" in reasons["r"]


def test_a_broken_line_costs_only_itself(tmp_path: Path) -> None:
    """Lines before and after it are read."""
    lines = [json.dumps({**SPELLINGS["bare"], "name": name}) for name in ("a", "b")]
    loaded = load(tmp_path / "t.jsonl", f"{lines[0]}\n{{broken\n\n{lines[1]}\n")
    assert [tool.name for tool in loaded.tools] == ["a", "b"]
    (entry,) = loaded.skipped
    assert entry.name == "line 2"
    assert entry.reason.startswith("is not valid JSON")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not valid JSON"),
        ("tools:\n- name: a", "is not valid JSON"),
        ("[]", "contains no tools"),
        ('{"tools": []}', "contains no tools"),
    ],
)
def test_a_file_that_is_none_is_refused_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    """It says what the file should hold."""
    with pytest.raises(UserError, match=said) as error:
        load(tmp_path / "t.json", text)
    assert "\n" not in str(error.value)


def test_places_that_are_no_file_are_refused(tmp_path: Path) -> None:
    """No path, a folder, a path that leads nowhere, an option that is not known."""
    for place, said in (
        ("", "does not name a file"),
        (str(tmp_path), "is a folder"),
        (str(tmp_path / "no"), "no such file"),
    ):
        with pytest.raises(UserError, match=said):
            load_tool_json(Locator("openai", place))
    with pytest.raises(UserError, match="unknown option `server`"):
        load_tool_json(Locator("openai", "t.json", (("server", "x"),)))


def test_schemas_that_cannot_be_used_are_told_from_those_that_can() -> None:
    """The same verdict as the compiler that checks calls, and nothing is fetched."""
    for schema in ({"type": "objct"}, {"$ref": "#/nowhere"}, {"$ref": "https://elsewhere.example"}, {"minimum": "1"}):
        assert schema_problem(schema)
        with pytest.raises((ValueError, jsonschema_rs.ReferencingError)):
            jsonschema_rs.validator_for(schema, offline=True)
    assert schema_problem(RICH) == ""


def test_titles_become_parts_of_names() -> None:
    """Readable ones."""
    assert snake_case("getUserByID") == "get_user_by_id"
    assert snake_case("/cities/:isoCode") == "cities_iso_code"
    assert snake_case("Café & menu") == "cafe_menu"
    assert clean_argument("domain[full.name]") == "domain_full.name"


def test_a_taken_name_gets_a_digest_of_its_own() -> None:
    """Whatever else is there, the same thing gets the same name."""
    taken = {"a"}
    first = free_name("a", taken, "one")
    assert free_name("a", taken, "two") != first
    assert free_name("a", {"a", "b"}, "one") == first
