"""The source of tools in the layout of ToolBench and its successors."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from apigen.errors import UserError
from apigen.library.base import Loaded
from apigen.library.catalogue import load_library
from apigen.library.toolbench.source import load_toolbench
from apigen.library.toolbench.types import example_value, type_schema
from apigen.locators import Locator
from apigen.records import RestBinding, RestCredential, RestParameter, Tool

HOST = "parcels.p.rapidapi.com"


def parameter(name: Any, kind: str = "STRING", default: Any = "", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "description": "", "default": default, **more}


def api(**told: Any) -> dict[str, Any]:
    return {
        "name": "Track Parcel",
        "url": f"https://{HOST}/track",
        "description": "Where a parcel is.",
        "method": "GET",
        "required_parameters": [],
        "optional_parameters": [],
        **told,
    }


def tool_file(*apis: Any, **told: Any) -> dict[str, Any]:
    return {"tool_name": "Parcels", "tool_description": "", "host": HOST, "api_list": list(apis), **told}


def load(path: Path, value: Any) -> Loaded:
    path.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
    return load_toolbench(Locator("toolbench", str(path)))


def one(path: Path, **told: Any) -> tuple[Tool, set[str]]:
    """The only tool of a file, and what was noted about it."""
    loaded = load(path / "parcels.json", tool_file(api(**told)))
    (tool,) = loaded.tools
    return tool, {note.text for note in loaded.notes}


def bound(tool: Tool) -> RestBinding:
    assert isinstance(tool.binding, RestBinding)
    return tool.binding


@pytest.mark.parametrize(
    ("word", "schema"),
    [
        ("STRING", {"type": "string"}),
        ("string", {"type": "string"}),
        ("NUMBER", {"type": "number"}),
        ("BOOLEAN", {"type": "boolean"}),
        ("ARRAY", {"type": "array"}),
        ("LIST", {"type": "array"}),
        ("OBJECT", {"type": "object"}),
        ("MAP", {"type": "object"}),
        ("DATE (YYYY-MM-DD)", {"type": "string", "format": "date"}),
        ("ENUM", {"type": "string", "x-type": "ENUM"}),
        ("CREDENTIALS", {"type": "string", "x-type": "CREDENTIALS"}),
        ("BINARY", {"type": "string", "contentEncoding": "base64", "x-type": "BINARY"}),
        ("JSON", {"x-type": "JSON"}),
        ("something new", {"x-type": "something new"}),
        (None, {}),
        (5, {}),
    ],
)
def test_types_become_schemas_and_keep_what_schemas_cannot_say(word: Any, schema: dict[str, Any]) -> None:
    """Each word for a type that ToolBench has, and words that nobody foresaw."""
    assert type_schema(word) == schema


@pytest.mark.parametrize(
    ("word", "right", "wrong"),
    [
        ("TIME (24-hour HH:MM)", ["00:00", "9:05", "23:59"], ["24:00", "12:60", "noon"]),
        ("GEOPOINT (latitude, longitude)", ["48.1,11.6", "-33, 151.2"], ["48.1", "here", "1,2,3"]),
    ],
)
def test_times_and_points_are_held_to_their_form(word: str, right: list[str], wrong: list[str]) -> None:
    """A pattern says what the word in brackets says."""
    validator = jsonschema_rs.validator_for(type_schema(word))
    assert all(map(validator.is_valid, right))
    assert not any(map(validator.is_valid, wrong))


@pytest.mark.parametrize(
    ("word", "written", "value"),
    [
        ("NUMBER", "25", 25),
        ("NUMBER", " 7.8 ", 7.8),
        ("NUMBER", 3, 3),
        ("BOOLEAN", "TRUE", True),
        ("BOOLEAN", "false", False),
        ("STRING", 2020, "2020"),
        ("STRING", "2020", "2020"),
        ("ARRAY", '["a", "b"]', ["a", "b"]),
        ("OBJECT", {"a": 1}, {"a": 1}),
        ("DATE (YYYY-MM-DD)", "2020-03-31", "2020-03-31"),
    ],
)
def test_examples_are_read_in_their_type(word: str, written: Any, value: Any) -> None:
    """Numbers and truth values written as text are numbers and truth values."""
    read, fits = example_value(written, type_schema(word))
    assert (read, type(read), fits) == (value, type(value), True)


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("NUMBER", "many"),
        ("BOOLEAN", "1"),
        ("ARRAY", "a,b"),
        ("OBJECT", "cities"),
        ("DATE (YYYY-MM-DD)", "31/03/2020"),
        ("NUMBER", True),
    ],
)
def test_examples_that_do_not_fit_are_kept_as_written(word: str, written: Any) -> None:
    """What has no single reading in a type is not forced into it."""
    assert example_value(written, type_schema(word)) == (written, False)


def test_the_default_of_a_required_parameter_is_an_example(tmp_path: Path) -> None:
    """A call must give it, so nothing is filled in; the value serves whoever has to make up a call."""
    tool, _ = one(
        tmp_path,
        required_parameters=[parameter("id", default="CA1"), parameter("empty")],
        optional_parameters=[parameter("page", "NUMBER", "2")],
    )
    assert tool.required == ["id", "empty"]
    assert tool.properties["id"] == {"type": "string", "examples": ["CA1"]}
    assert tool.properties["empty"] == {"type": "string"}
    assert tool.properties["page"] == {"type": "number", "default": 2}


def test_a_default_that_does_not_fit_is_kept_aside(tmp_path: Path) -> None:
    """The schema stays true, and the value is not lost."""
    tool, notes = one(tmp_path, optional_parameters=[parameter("ids", "ARRAY", "a,b")])
    assert tool.properties["ids"] == {"type": "array", "x-default": "a,b"}
    assert any("does not match its type" in note for note in notes)


def test_parameters_keep_their_name_on_the_wire(tmp_path: Path) -> None:
    """Names that providers refuse are cleaned for models and restored for the service."""
    tool, notes = one(tmp_path, optional_parameters=[parameter("array[]"), parameter("array"), parameter("from")])
    wire = {one.argument: one.name or one.argument for one in bound(tool).parameters}
    assert sorted(wire.values()) == ["array", "array[]", "from"]
    assert len(wire) == 3
    assert "from" in wire  # a keyword of Python is a name like others
    assert "parameter 'array[]' is renamed to 'array'" in notes


def test_unusable_parameters_are_left_out_with_a_note(tmp_path: Path) -> None:
    """Doubles, nameless ones, values that are no parameters, and headers that every call has."""
    tool, notes = one(
        tmp_path,
        required_parameters=[parameter("id"), parameter("X-RapidAPI-Key"), None],
        optional_parameters=[parameter("id", "NUMBER"), parameter(None)],
    )
    assert list(tool.properties) == ["id"]
    assert tool.properties["id"] == {"type": "string"}
    assert len(notes) == 4


def test_an_api_is_called_through_rapidapi(tmp_path: Path) -> None:
    """The key comes from the environment, the host chooses the API, placeholders are filled from arguments."""
    tool, notes = one(
        tmp_path,
        url=f"http://{HOST}/track/{{is_id}}/{{part}}?format=json&q={{query}}",
        required_parameters=[parameter("id"), parameter("query")],
        optional_parameters=[parameter("accept-language")],
    )
    assert bound(tool) == RestBinding(
        method="GET",
        server=f"https://{HOST}",
        path="/track/{is_id}/{part}?format=json",
        parameters=(
            RestParameter("id", "path", "is_id"),
            RestParameter("part", "path"),
            RestParameter("query", "query", "q"),
            RestParameter("accept-language", "header"),
        ),
        headers=(("X-RapidAPI-Host", HOST),),
        security=((RestCredential("RAPIDAPI_KEY", "header", "X-RapidAPI-Key"),),),
    )
    assert tool.required == ["id", "query", "part"]
    assert "parameter 'part' appears only in the URL; treated as a string" in notes


@pytest.mark.parametrize(
    ("more", "media_type"),
    [
        ({}, "application/json"),
        (
            {"code": 'headers = {"content-type": "application/x-www-form-urlencoded"}'},
            "application/x-www-form-urlencoded",
        ),
        (
            {"optional_parameters": [parameter("content-type", default="application/x-www-form-urlencoded")]},
            "application/x-www-form-urlencoded",
        ),
    ],
)
def test_what_is_posted_goes_into_the_body(tmp_path: Path, more: dict[str, Any], media_type: str) -> None:
    """As a form where the file says so, else as JSON; and it counts as writing."""
    tool, _ = one(tmp_path, method="post", required_parameters=[parameter("text")], **more)
    assert (bound(tool).body, bound(tool).writes) == (media_type, True)
    assert bound(tool).parameters == (RestParameter("text", "body"),)


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/track",
        "https://rapidapi.com.elsewhere.example/track",
        "https://notrapidapi.com/track",
    ],
)
def test_the_key_goes_to_rapidapi_alone(tmp_path: Path, url: str) -> None:
    """Whatever host a file names, and whatever that host resembles."""
    tool, _ = one(tmp_path, url=url)
    assert bound(tool).security == ()
    assert bound(tool).headers == ()


@pytest.mark.parametrize(
    "url",
    ["", "nonsense://x", "https://user:word@x.rapidapi.com/", "https://[broken/", "https://{host}/x", "https://a b/"],
)
def test_without_a_usable_address_a_tool_is_only_described(tmp_path: Path, url: str) -> None:
    """It stays a tool, and a note says that it cannot be called."""
    tool, notes = one(tmp_path, url=url)
    assert tool.binding is None
    assert notes == {"cannot be called: no URL given"}


def test_a_file_as_parameter_is_only_described(tmp_path: Path) -> None:
    """Calls carry values, not files."""
    tool, notes = one(tmp_path, method="POST", required_parameters=[parameter("photo", "BINARY")])
    assert tool.binding is None
    assert notes == {"cannot be called: 'photo' is a file"}


def test_apis_by_themselves_and_rows_of_instructions_are_read(tmp_path: Path) -> None:
    """StableToolBench lists the same APIs in row after row; each becomes one tool."""
    single = {
        "category_name": "Movies",
        "tool_name": "OTT details",
        "api_name": "Basic Info",
        "api_description": "Cast of a film.",
        "required_parameters": [parameter("peopleid", default="nm0000375")],
        "optional_parameters": [],
        "method": "GET",
        "template_response": {"name": "str"},
    }
    rows = [{"api_list": [single], "query": "Who?", "query_id": 1}, {"api_list": [single], "query": "And?"}]
    for value in (rows, "\n".join(map(json.dumps, rows)), [single], single):
        loaded = load(tmp_path / "G1.json", value)
        assert [tool.name for tool in loaded.tools] == ["basic_info_for_ott_details"]
        assert loaded.tools[0].category == "Movies"
        assert loaded.skipped == ()


def test_a_folder_is_read_in_order_with_categories_from_its_folders(tmp_path: Path) -> None:
    """CATEGORY/TOOL.json, at any depth; what is no API is listed."""
    for category, name in (("Weather", "b"), ("eCommerce", "a"), ("Strange_Things", "c")):
        (tmp_path / "tools" / category).mkdir(parents=True)
        told = tool_file(api(name=f"Api {name}"), tool_name=name)
        (tmp_path / "tools" / category / f"{name}.json").write_text(json.dumps(told))
    (tmp_path / "tools" / "Weather" / "broken.json").write_text("{")
    (tmp_path / "tools" / "Weather" / "pointer.json").write_text("version https://git-lfs.github.com/spec/v1\n")
    library = load_library([f"toolbench:{tmp_path}"])
    assert {tool.name: tool.category for tool in library.tools if tool.name != "api_c_for_c"} == {
        "api_b_for_b": "Environment",
        "api_a_for_a": "Commerce",
    }
    assert any("'Strange_Things'" in note.text and note.name == "api_c_for_c" for note in library.notes)
    reasons = {entry.name: entry.reason for entry in library.skipped}
    assert reasons["tools/Weather/broken.json"].startswith("is not valid JSON")
    assert "git lfs pull" in reasons["tools/Weather/pointer.json"]
    single = load_toolbench(Locator("toolbench", str(tmp_path / "tools" / "Weather" / "b.json")))
    assert single.tools[0].category == "Other"  # only folders below the path are categories


def test_a_category_can_be_chosen_by_either_name(tmp_path: Path) -> None:
    """By ours and by the source's own."""
    (tmp_path / "Weather").mkdir()
    (tmp_path / "Weather" / "a.json").write_text(json.dumps(tool_file(api())))
    for chosen in ("environment", "weather"):
        assert len(load_library([f"toolbench:{tmp_path}#category={chosen}"]).tools) == 1
    with pytest.raises(UserError, match="none of its 1 tools match the filter"):
        load_library([f"toolbench:{tmp_path}#category=music"])


def test_names_are_unique_and_stay_what_they_are(tmp_path: Path) -> None:
    """Two APIs of one name get two names, and a further API changes neither; long ones are cut."""
    twins = [api(), api(description="Another.")]
    first = load(tmp_path / "a.json", tool_file(*twins))
    again = load(tmp_path / "a.json", tool_file(api(name="Before"), *twins, api(name="x" * 90), api(name="查询")))
    names = [tool.name for tool in first.tools]
    assert names[0] == "track_parcel_for_parcels"
    assert len(set(names)) == 2
    assert set(names) < {tool.name for tool in again.tools}
    assert max(len(tool.name) for tool in again.tools) == 64
    assert all(tool.name.isascii() and tool.name for tool in again.tools)


def test_what_is_no_api_is_listed_with_its_reason(tmp_path: Path) -> None:
    """Missing names, wrong types, methods that HTTP does not have, schemas that do not compile."""
    loaded = load(
        tmp_path / "a.json",
        tool_file(
            api(),
            5,
            api(name=None),
            api(name="List", required_parameters="id"),
            api(name="Fetch", method="FETCH"),
            {"name": "Bare"},
            api(name="Pattern", optional_parameters=[parameter("p", pattern="(")]),
        ),
    )
    assert [tool.name for tool in loaded.tools] == ["track_parcel_for_parcels"]
    *reasons, last = [entry.reason for entry in loaded.skipped]
    assert reasons == [
        "is int, not an object",
        "has no name",
        "its required_parameters is str, not a list",
        "its method 'FETCH' is not an HTTP method",
        "is not a ToolBench API: it has neither parameters nor a URL",
    ]
    assert last.startswith("its JSON Schema is not valid: properties/p/pattern")


def test_missing_pieces_do_not_matter(tmp_path: Path) -> None:
    """Nulls and absent fields, as real files have them."""
    tool, notes = one(
        tmp_path, description=None, method=None, optional_parameters=None, required_parameters=[parameter("a")]
    )
    assert tool.description == ""
    assert "no HTTP method given; GET assumed" in notes


def test_a_description_says_what_the_tool_is(tmp_path: Path) -> None:
    """An API's own words rarely do; but an API without words stays without, so that cleaning finds it."""
    told = tool_file(api(), api(name="Mute", description=" "), tool_description="Follows parcels.\nMuch more.")
    first, second = load(tmp_path / "a.json", told).tools
    assert first.description == "Where a parcel is.\n\nPart of Parcels: Follows parcels."
    assert second.description == ""


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("not json", "is not valid JSON"),
        ("[]", "contains no APIs"),
        (None, "no such file or folder"),
    ],
)
def test_bad_input_is_one_line(tmp_path: Path, value: str | None, said: str) -> None:
    """What is wrong, and where."""
    path = tmp_path / "a.json"
    if value is not None:
        path.write_text(value)
    with pytest.raises(UserError, match=said) as error:
        load_toolbench(Locator("toolbench", str(path)))
    assert "\n" not in str(error.value)


def test_an_empty_folder_and_no_path_are_refused(tmp_path: Path) -> None:
    """Both say what should stand there."""
    with pytest.raises(UserError, match=r"no \.json or \.jsonl file"):
        load_toolbench(Locator("toolbench", str(tmp_path)))
    with pytest.raises(UserError, match="write toolbench:PATH"):
        load_toolbench(Locator("toolbench"))
