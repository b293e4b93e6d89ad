"""OpenAPI 3 and Swagger 2 documents become tools: what each operation asks for, under names that stay."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from apigen.errors import UserError
from apigen.library.openapi.source import OPTIONS
from apigen.records import RestBinding, RestCredential, RestParameter, Tool
from apigen.verify.format.schemas import Schemas
from openapi_specs import DATA, binding, load, load_spec, noted, one_tool, placed, spec


@pytest.fixture(scope="module")
def petstore() -> dict[str, Tool]:
    return {tool.name: tool for tool in load(DATA / "petstore-3.0.yaml").tools}


@pytest.fixture(scope="module")
def swagger() -> dict[str, Tool]:
    return {tool.name: tool for tool in load(DATA / "petstore-2.0.json").tools}


def test_every_operation_is_a_tool_or_listed_with_a_reason() -> None:
    """The upload has no tool, and the reason names the field."""
    loaded = load(DATA / "petstore-3.0.yaml")
    assert [tool.name for tool in loaded.tools] == ["listPets", "addPet", "put_pets_by_id", "placeOrder"]
    assert [(entry.name, entry.reason) for entry in loaded.skipped] == [
        ("upload_photo", "it uploads a file (form field 'photo'), which a JSON call cannot contain")
    ]


def test_schemas_compile_as_stage_1_compiles_them(petstore: dict[str, Tool], swagger: dict[str, Tool]) -> None:
    """Also those that contain themselves."""
    for tool in (*petstore.values(), *swagger.values()):
        assert Schemas().compiled(tool.parameters).problem == "", tool.name


def test_a_tool_is_the_whole_operation(petstore: dict[str, Tool]) -> None:
    """Description without markup, arguments of every place, and a binding from which the call can be made."""
    tool = petstore["listPets"]
    assert tool.description == "List pets, newest first. See the guide."
    assert tool.category == "pets"
    assert tool.required == ["X-Tenant"]
    assert tool.parameters["additionalProperties"] is False
    assert tool.properties["X-Tenant"] == {"type": "string", "pattern": "^[a-z]+$", "description": "Whose pets"}
    assert tool.properties["limit"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 100,
        "default": 20,
        "examples": [10],
    }
    assert tool.binding == RestBinding(
        "GET",
        "https://eu.petstore.example/v2",
        "/pets",
        (
            RestParameter("X-Tenant", "header"),
            RestParameter("status", "query", explode=False),
            RestParameter("filter", "query", style="deepObject"),
            RestParameter("limit", "query"),
            RestParameter("X-Trace", "header"),
            RestParameter("session", "cookie"),
        ),
        headers=(("Accept", "application/json"),),
        security=(
            (RestCredential("PETSTORE_API_KEY", "header", "X-Api-Key"),),
            (RestCredential("PETSTORE_AUTH", "bearer"),),
        ),
    )


def test_an_operations_parameter_overrides_that_of_its_path(petstore: dict[str, Tool]) -> None:
    """By name and place, also where it demands less."""
    assert petstore["addPet"].required == ["name"]
    assert petstore["addPet"].properties["X-Tenant"] == {"type": "string"}


def test_a_body_is_arguments_without_what_only_answers_have(petstore: dict[str, Tool]) -> None:
    """readOnly properties are not offered and not required, writeOnly ones stay, and NO is no boolean."""
    tool = petstore["addPet"]
    assert list(tool.properties) == ["X-Tenant", "name", "born", "secret", "country", "owner"]
    assert tool.parameters["description"] == "The pet to add\nA pet as it comes in"
    assert tool.properties["secret"] == {"type": "string", "writeOnly": True}
    assert tool.properties["country"] == {"type": "string", "enum": ["NO", "SE"], "default": "NO"}
    assert tool.properties["born"]["examples"] == ["2020-01-02"]
    assert tool.properties["owner"]["type"] == ["object", "null"]
    assert tool.properties["owner"]["description"] == "Whose it is"
    assert binding(tool).body == "application/json"
    assert binding(tool).writes


def test_names_do_not_clash(petstore: dict[str, Tool]) -> None:
    """The path keeps the name, the body's goes by its place."""
    tool = petstore["put_pets_by_id"]
    assert tool.required == ["id", "body_id"]
    assert tool.properties["id"] == {"type": "integer", "format": "int64", "exclusiveMinimum": 0}
    assert tool.properties["body_id"] == {"type": ["string", "null"], "examples": ["abc"]}
    assert placed(tool)["body_id"] == RestParameter("body_id", "body", "id")


def test_a_component_that_contains_itself_is_kept_whole(petstore: dict[str, Tool]) -> None:
    """It is written once more under $defs, and values are checked to any depth."""
    schema = petstore["put_pets_by_id"].parameters
    assert schema["properties"]["parent"]["properties"]["children"] == {
        "type": "array",
        "items": {"$ref": "#/$defs/Pet"},
    }
    validator = Schemas().compiled(schema).validator
    deep: dict[str, Any] = {"name": "a", "children": [{"children": [{"name": 5}]}]}
    assert not validator.is_valid({"id": 1, "body_id": "x", "parent": deep})
    deep["children"][0]["children"][0]["name"] = "b"
    assert validator.is_valid({"id": 1, "body_id": "x", "parent": deep})


def test_forms_keep_how_their_fields_are_written(petstore: dict[str, Tool]) -> None:
    """And an operation can lift the security of the spec."""
    bound = binding(petstore["placeOrder"])
    assert bound.body == "application/x-www-form-urlencoded"
    assert bound.parameters[1] == RestParameter("tags", "body", style="pipeDelimited", explode=False)
    assert bound.security == ()


def test_swagger_2_says_the_same_in_its_own_words(swagger: dict[str, Tool]) -> None:
    """Servers, collection formats, body and form parameters, keys among the parameters, categories."""
    found = swagger["get_pets"]
    assert binding(found).server == "https://petstore.example/v1"
    assert placed(found)["tags"] == RestParameter("tags", "query")
    assert placed(found)["ids"] == RestParameter("ids", "query", style="spaceDelimited", explode=None)
    assert placed(found)["names"] == RestParameter("names", "query", explode=False)
    assert "api_key" not in found.properties
    assert binding(found).security == ((RestCredential("PETSTORE_KEY", "query", "api_key"),),)
    assert found.properties["limit"] == {"type": "integer", "maximum": 50, "examples": [5]}
    assert found.category == "Tools"
    assert binding(found).headers == (("Accept", "application/json"),)
    assert swagger["addPet"].properties["age"] == {"type": ["integer", "null"]}
    changed = swagger["changePet"]
    assert changed.required == ["petId", "name"]
    assert placed(changed)["tags"] == RestParameter("tags", "body", style="pipeDelimited", explode=False)
    assert binding(changed).security == ((RestCredential("PETSTORE_BASIC_AUTH", "basic"),),)


def test_files_that_are_not_needed_are_left_out_with_a_note() -> None:
    """The rest of the form can be sent."""
    loaded = load(DATA / "petstore-2.0.json", "#operation=upload")
    assert list(loaded.tools[0].properties) == ["petId", "note"]
    assert noted(loaded) == ["the form field 'file', a file, is dropped"]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ("#tag=store", ["placeOrder"]),
        ("#method=get&method=put", ["listPets", "put_pets_by_id"]),
        ("#path=/pets/*&method=put", ["put_pets_by_id"]),
        ("#operation=*Pet*", ["listPets", "addPet"]),
    ],
)
def test_options_choose_operations_and_change_no_name(options: str, names: list[str]) -> None:
    """By tag, method, path or operation id."""
    loaded = load(DATA / "petstore-3.0.yaml", options)
    assert [tool.name for tool in loaded.tools] == names
    assert loaded.tools[0].origin == f"openapi:{DATA / 'petstore-3.0.yaml'}{options}"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("#tags=store", "did you mean `tag`"),
        ("#tag=shop", "none of its 5 operations match the filter; its tags are pets (3)"),
        ("#server=ftp://x", "'ftp://x' is not a valid URL; write server=https://HOST/PATH"),
        ("#key=oauth:TOKEN", "no such security scheme 'oauth'; the spec has: api_key, petstore_auth"),
        ("#key=api_key:MY-KEY", "'MY-KEY' is not a valid environment variable name"),
        ("#size=big", "size=big is not a positive number of characters"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: str, message: str) -> None:
    """With what there is instead."""
    with pytest.raises(UserError) as caught:
        load(DATA / "petstore-3.0.yaml", options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_locator_names_server_and_variables() -> None:
    """For one scheme, or for all."""
    place = DATA / "petstore-3.0.yaml"
    one = binding(load(place, "#server=http://localhost:4010/&key=api_key:MY_KEY").tools[0])
    assert one.server == "http://localhost:4010"
    assert [alternative[0].variable for alternative in one.security] == ["MY_KEY", "PETSTORE_AUTH"]
    every = binding(load(place, "#key=SECRET").tools[0])
    assert [alternative[0].variable for alternative in every.security] == ["SECRET", "SECRET"]


def test_additions_change_no_name(tmp_path: Path) -> None:
    """A name follows from the operation itself; the one that comes later gives way."""
    paths: dict[str, Any] = {
        "/pets": {"get": {"operationId": "pets.list"}},
        "/pets/{petId}/toys.json": {"get": {}},
        "/" + "very-long/" * 12: {"get": {}},
        "/2fa": {"post": {"operationId": "2fa"}},
        "/日本": {"get": {"operationId": "一覧"}},
    }
    before = [tool.name for tool in load_spec(tmp_path, spec(paths=paths)).tools]
    more = {**paths, "/other": {"get": {"operationId": "pets_list"}}, "/" + "very-long/" * 13: {"get": {}}}
    after = [tool.name for tool in load_spec(tmp_path, spec(paths=more)).tools]
    assert after[: len(before)] == before
    assert before[:2] == ["pets_list", "get_pets_by_petId_toys_json"]
    assert before[3:] == ["post_2fa", "get"]
    assert after[5] == "get_other"
    assert len(set(after)) == len(after)
    assert all(len(name) <= 64 for name in after)


def test_operations_of_one_name_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    """And by a hash over the path where the words of two paths are the same."""
    paths = {path: {"get": {"operationId": "get"}} for path in ("/a-b", "/a_b", "/a b")}
    names = [tool.name for tool in load_spec(tmp_path, spec(paths=paths)).tools]
    assert names[:2] == ["get", "get_a_b"]
    assert names[2].startswith("get_a_b_")


def test_trace_is_not_offered_and_query_reads(tmp_path: Path) -> None:
    """OpenAPI 3.2 has QUERY and methods of one's own; what is not known to read is taken to write."""
    item: dict[str, Any] = {"trace": {}, "query": {}, "head": {}, "additionalOperations": {"COPY": {}}}
    loaded = load_spec(tmp_path, spec(version="3.2.0", paths={"/x": item}))
    assert {tool.name: binding(tool).writes for tool in loaded.tools} == {
        "query_x": False,
        "head_x": False,
        "copy_x": True,
    }
    assert loaded.skipped[0].reason == "TRACE: it only echoes requests"


def test_long_descriptions_are_cut_behind_a_sentence(tmp_path: Path) -> None:
    """With a note that says how long it was."""
    loaded = load_spec(
        tmp_path, spec({"summary": "Do it", "description": "One more sentence. " * 100, "deprecated": True})
    )
    assert loaded.tools[0].description.startswith("Deprecated. Do it. One more sentence.")
    assert loaded.tools[0].description.endswith("One more sentence.…")
    assert len(loaded.tools[0].description) <= 1024
    assert noted(loaded) == ["its description has 1,918 characters; it is cut at 1,024"]


def test_wire_names_that_no_provider_accepts_are_mapped(tmp_path: Path) -> None:
    """A name that is valid on the wire keeps it; the other is cleaned."""
    names = ("$filter", "filter", "filter[a]", "@", "x" * 70)
    parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names]
    found = {
        one.name or one.argument: one.argument
        for one in placed(one_tool(tmp_path, spec({"parameters": parameters}))).values()
    }
    assert found == {
        "$filter": "query_filter",
        "filter": "filter",
        "filter[a]": "filter_a",
        "@": "argument_c3641f",
        "x" * 70: "x" * 57 + "_c71bd1",
    }


def test_the_page_about_this_source_is_true(tmp_path: Path) -> None:
    """The spec in docs/sources/openapi.md becomes the tool that stands below it, and is called as it says."""
    page = (DATA.parents[2] / "docs" / "sources" / "openapi.md").read_text("utf-8")
    blocks = dict(reversed(re.findall(r"^```(\w+)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)))
    written, told = blocks["yaml"], blocks["json"]
    (tmp_path / "library.yaml").write_text(written)
    tool = load(tmp_path / "library.yaml").tools[0]
    assert tool.offered() == json.loads(told)
    assert tool.binding == RestBinding(
        "POST",
        "https://eu.library.example/v1",
        "/shelves/{id}/books",
        (
            RestParameter("id", "path"),
            RestParameter("notify", "query", "notify[]"),
            RestParameter("title", "body"),
            RestParameter("language", "body"),
            RestParameter("sequels", "body"),
        ),
        body="application/json",
        headers=(("Accept", "application/json"),),
        security=((RestCredential("LIBRARY_API_KEY", "header", "X-Api-Key"),),),
        writes=True,
    )
    for option in OPTIONS:
        assert f"`{option}=" in page
