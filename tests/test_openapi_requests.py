"""How a request is made from arguments: places, styles, bodies, servers and secrets."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigen.library.openapi.arguments import Argument, named
from apigen.library.openapi.names import tool_name
from apigen.library.openapi.security import variable_name
from apigen.library.openapi.servers import usable_server
from apigen.library.openapi.texts import plain
from apigen.records import RestCredential, RestParameter
from apigen.verify.format.schemas import Schemas
from openapi_specs import binding, load_spec, noted, one_tool, spec, with_body


@pytest.mark.parametrize(
    ("parameter", "how"),
    [
        ({"in": "query", "style": "form", "explode": True}, RestParameter("p", "query")),
        ({"in": "query", "explode": False}, RestParameter("p", "query", explode=False)),
        ({"in": "query", "style": "pipeDelimited"}, RestParameter("p", "query", style="pipeDelimited")),
        ({"in": "query", "style": "deepObject", "explode": True}, RestParameter("p", "query", "", "deepObject", True)),
        ({"in": "query", "allowReserved": True}, RestParameter("p", "query", reserved=True)),
        ({"in": "path", "style": "label"}, RestParameter("p", "path", style="label")),
        ({"in": "path", "style": "matrix", "explode": True}, RestParameter("p", "path", style="matrix", explode=True)),
        ({"in": "header", "style": "simple", "explode": False}, RestParameter("p", "header")),
        ({"in": "cookie"}, RestParameter("p", "cookie")),
        (
            {"in": "query", "content": {"application/json": {"schema": {"type": "object"}}}},
            RestParameter("p", "query", content="application/json"),
        ),
    ],
)
def test_a_parameter_goes_where_the_spec_says(tmp_path: Path, parameter: Any, how: RestParameter) -> None:
    """What is the default is not said again."""
    told = {"name": "p", "schema": {"type": "object"}, **parameter}
    tool = one_tool(tmp_path, spec({"parameters": [told]}, path="/{p}" if parameter["in"] == "path" else "/x"))
    assert binding(tool).parameters == (how,)
    assert tool.properties["p"]["type"] == "object"


def test_what_is_said_beside_a_parameters_schema_counts(tmp_path: Path) -> None:
    """Description, examples by name, deprecation; that of a reference before that of its target."""
    parameter = {
        "name": "p",
        "in": "query",
        "description": "<p>Outer</p>",
        "deprecated": True,
        "allowEmptyValue": True,
        "examples": {"one": {"value": 1}, "far": {"externalValue": "https://x.example"}, "two": {"value": 2}},
        "schema": {"type": "integer", "description": "Inner"},
    }
    document = spec({"parameters": [{"$ref": "#/components/parameters/P", "description": "Outermost"}]})
    tool = one_tool(tmp_path, document | {"components": {"parameters": {"P": parameter}}})
    assert tool.properties["p"] == {
        "type": "integer",
        "description": "Outermost",
        "deprecated": True,
        "examples": [1, 2],
        "x-allowEmptyValue": True,
    }


def test_a_path_and_its_parameters_are_made_to_fit(tmp_path: Path) -> None:
    """One without a place is left out, one without a description is text."""
    operation = {"parameters": [{"name": "gone", "in": "path", "required": True, "schema": {}}]}
    loaded = load_spec(tmp_path, spec(operation, path="/a/{b}/{c}.json"))
    assert loaded.tools[0].properties == {"b": {"type": "string"}, "c": {"type": "string"}}
    assert loaded.tools[0].required == ["b", "c"]
    assert "its path has no placeholder for the parameter 'gone'" in noted(loaded)


@pytest.mark.parametrize(
    ("offered", "sent"),
    [
        (["application/xml", "application/json"], "application/json"),
        (["multipart/form-data", "application/x-www-form-urlencoded"], "application/x-www-form-urlencoded"),
        (["application/x-www-form-urlencoded", "application/vnd.api+json; v=2"], "application/vnd.api+json; v=2"),
        (["*/*"], "application/json"),
        (["application/json-patch+json", "text/json"], "text/json"),
    ],
)
def test_of_several_formats_the_plainest_is_sent(tmp_path: Path, offered: list[str], sent: str) -> None:
    """JSON before forms before text."""
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    document = spec({"requestBody": {"content": {media: {"schema": schema} for media in offered}}})
    assert binding(one_tool(tmp_path, document)).body == sent


@pytest.mark.parametrize(
    ("media", "schema", "reason"),
    [
        ("application/xml", {}, "its body is application/xml; only JSON, forms and text can be sent"),
        ("application/octet-stream", {}, "its body is application/octet-stream; only JSON, forms and text can be sent"),
        ("multipart/form-data", {}, "its body is a form (multipart/form-data) whose fields are not defined"),
        (
            "multipart/form-data",
            {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string", "format": "binary"}}}},
            "it uploads a file (form field 'a'), which a JSON call cannot contain",
        ),
    ],
)
def test_bodies_that_no_call_can_hold_are_a_reason(tmp_path: Path, media: str, schema: Any, reason: str) -> None:
    """Unless the spec says that the body is not needed: then it is called without."""
    document = with_body(schema, media=media)
    assert [entry.reason for entry in load_spec(tmp_path, document).skipped] == [reason]
    document["paths"]["/x"]["post"]["requestBody"]["required"] = False
    loaded = load_spec(tmp_path, document)
    assert loaded.tools[0].properties == {}
    assert noted(loaded) == [f"called without its optional body: {reason}"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": {"type": "integer"}},
        {"oneOf": [{"type": "object", "properties": {"a": {}}}, {"type": "string"}]},
        {"type": "object"},
        {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "integer"}},
        {"type": "object", "properties": {"a": {}}, "minProperties": 1},
        {},
    ],
)
def test_a_body_that_is_no_plain_object_is_one_argument(tmp_path: Path, schema: Any) -> None:
    """Its schema is kept as it is."""
    tool = one_tool(tmp_path, with_body(schema))
    assert tool.properties == {"body": schema}
    assert tool.required == ["body"]
    assert binding(tool).body_argument == "body"
    assert binding(tool).parameters == ()


def test_a_body_that_may_be_missing_is_whole_when_it_is_there(tmp_path: Path) -> None:
    """None of it, or all that it requires."""
    document = with_body({"type": "object", "required": ["a", "b"], "properties": {"a": {}, "b": {}, "c": {}}})
    document["paths"]["/x"]["post"]["requestBody"]["required"] = False
    tool = one_tool(tmp_path, document)
    assert tool.required == ()
    validator = Schemas().compiled(tool.parameters).validator
    fits = [value for value in ({}, {"a": 1, "b": 2}, {"a": 1}, {"c": 1}) if validator.is_valid(value)]
    assert fits == [{}, {"a": 1, "b": 2}]


def test_a_body_of_which_nothing_is_said_is_needed_where_parts_of_it_are(tmp_path: Path) -> None:
    """Most specs leave out `required` and mean it; the note says what was understood."""
    document = with_body({"type": "object", "required": ["a"], "properties": {"a": {}}})
    del document["paths"]["/x"]["post"]["requestBody"]["required"]
    loaded = load_spec(tmp_path, document)
    assert loaded.tools[0].required == ["a"]
    assert noted(loaded) == ["its body is treated as required, since parts of it are"]


@pytest.mark.parametrize(
    ("schemes", "security", "expected"),
    [
        ({"k": {"type": "apiKey", "in": "cookie", "name": "sid"}}, [{"k": []}], (("cookie", "sid"),)),
        ({"k": {"type": "http", "scheme": "Bearer"}}, [{"k": []}], (("bearer", ""),)),
        ({"k": {"type": "http", "scheme": "basic"}}, [{"k": []}], (("basic", ""),)),
        ({"k": {"type": "openIdConnect"}}, [{"k": []}], (("bearer", ""),)),
        ({"k": {"type": "oauth2"}}, [{}, {"k": ["read"]}], ((), ("bearer", ""))),
    ],
)
def test_security_schemes_become_secrets(tmp_path: Path, schemes: Any, security: Any, expected: Any) -> None:
    """Each alternative of the spec is one of the binding's; an empty one needs no secret."""
    document = spec({"security": security}, components={"securitySchemes": schemes})
    found = binding(one_tool(tmp_path, document)).security
    told = tuple((one[0].place, one[0].name) if one else () for one in found)
    assert told == expected
    assert {secret.variable for one in found for secret in one} <= {"TEST_K"}


def test_secrets_that_go_together_stay_together(tmp_path: Path) -> None:
    """And an alternative with a scheme that cannot be spoken is left out."""
    schemes = {
        "id": {"type": "apiKey", "in": "header", "name": "X-Id"},
        "key": {"type": "apiKey", "in": "query", "name": "key"},
        "tls": {"type": "mutualTLS"},
    }
    document = spec({"security": [{"tls": []}, {"id": [], "key": []}]}, components={"securitySchemes": schemes})
    assert binding(one_tool(tmp_path, document)).security == (
        (RestCredential("TEST_ID", "header", "X-Id"), RestCredential("TEST_KEY", "query", "key")),
    )
    document = spec({"security": [{"tls": []}]}, components={"securitySchemes": schemes})
    loaded = load_spec(tmp_path, document)
    assert loaded.tools[0].binding is None
    assert noted(loaded) == [
        "description only, cannot be called: its security scheme 'tls' is mutual TLS, which is not supported"
    ]


def test_keys_among_the_parameters_are_secrets_and_no_arguments(tmp_path: Path) -> None:
    """Though the operation says that it needs none; an optional one may be missing."""
    schemes = {"k": {"type": "apiKey", "in": "query", "name": "api_key"}}
    parameters: list[Any] = [
        {"name": "api_key", "in": "query", "schema": {"type": "string"}},
        {"name": "authorization", "in": "header", "required": True, "schema": {"type": "string"}},
    ]
    document = spec({"parameters": parameters[:1]}, components={"securitySchemes": schemes})
    tool = one_tool(tmp_path, document)
    assert tool.properties == {}
    assert binding(tool).security == ((RestCredential("TEST_K", "query", "api_key"),), ())
    tool = one_tool(tmp_path, spec({"parameters": parameters[1:]}))
    assert tool.properties == {}
    assert binding(tool).security == ((RestCredential("TEST_AUTHORIZATION", "header", "Authorization"),),)


@pytest.mark.parametrize(
    ("title", "scheme", "variable"),
    [
        ("Swagger Petstore - OpenAPI 3.0", "api_key", "PETSTORE_API_KEY"),
        ("GitHub v3 REST API", "bearerAuth", "GITHUB_BEARER_AUTH"),
        ("Petstore", "petstore_auth", "PETSTORE_AUTH"),
        ("1Forge Finance APIs", "ApiKeyAuth", "_1FORGE_FINANCE_API_KEY_AUTH"),
        ("日本", "密钥", "API_KEY"),
    ],
)
def test_variables_are_named_after_service_and_scheme(title: str, scheme: str, variable: str) -> None:
    """Without the words that every title has."""
    assert variable_name(title, scheme) == variable


@pytest.mark.parametrize(
    ("server", "location", "address"),
    [
        ({"url": "/v2/"}, "https://api.example/specs/a.yaml", "https://api.example/v2"),
        ({"url": "v2"}, "https://api.example/specs/a.yaml", "https://api.example/specs/v2"),
        ({"url": "//api.example"}, "/tmp/a.yaml", "https://api.example"),
        ({"url": "https://x.example:{p}", "variables": {"p": {"default": 81}}}, "/a", "https://x.example:81"),
        ({"url": "https://{h}", "variables": {"h": {"enum": ["x.example"]}}}, "/a", "https://x.example"),
        ({"url": "https://{h}"}, "/a", ""),
        ({"url": "/v2"}, "/a", ""),
        ({"url": "wss://x.example"}, "/a", ""),
        ({"url": "https://[x"}, "/a", ""),
        ("https://x.example", "/a", ""),
    ],
)
def test_servers_are_addresses_that_can_be_called(server: Any, location: str, address: str) -> None:
    """Variables filled in, relative ones from where the spec lies; or there is a reason."""
    found, problem = usable_server([[server]], location)
    assert found == address
    assert bool(problem) == (not address)


def test_the_nearest_servers_count_and_without_one_a_tool_is_described_only(tmp_path: Path) -> None:
    """Those of the operation, its path, the spec; the note says what to write."""
    document = spec({"servers": [{"url": "ftp://no"}, {"url": "https://op.example"}]})
    assert binding(one_tool(tmp_path, document)).server == "https://op.example"
    document = spec({}, servers=[])
    document["paths"]["/x"]["servers"] = [{"url": "https://path.example"}]
    assert binding(one_tool(tmp_path, document)).server == "https://path.example"
    loaded = load_spec(tmp_path, spec({}, servers=[]))
    assert loaded.tools[0].binding is None
    assert noted(loaded) == [
        "description only, cannot be called: the spec does not name a server; set its base URL with `#server=URL`"
    ]
    assert binding(one_tool(tmp_path, spec({}, servers=[]), "#server=https://mine.example/api")).server.endswith("/api")


def test_what_is_asked_for_is_json_where_there_is_json(tmp_path: Path) -> None:
    """From the answers that mean success."""
    responses = {
        "200": {"$ref": "#/components/responses/Ok"},
        "400": {"content": {"application/problem+json": {}}},
    }
    ok: dict[str, Any] = {"content": {"text/html": {}, "application/vnd.x+json": {}}}
    tool = one_tool(tmp_path, spec({"responses": responses}, components={"responses": {"Ok": ok}}))
    assert binding(tool).headers == (("Accept", "application/vnd.x+json"),)


PLACES = st.sampled_from(["path", "query", "header", "cookie", "body"])
KNOWN = st.sampled_from(["id", "body", "body_id", "query_id", "a[b]", "a_b"])
WIRES = st.one_of(st.text(min_size=1, max_size=80), KNOWN)


@given(st.lists(st.tuples(PLACES, WIRES), unique=True, max_size=12))
def test_argument_names_are_valid_unique_and_complete(wanted: list[tuple[Any, str]]) -> None:
    """Whatever stands on the wire."""
    arguments = [Argument(wire, {}, required=False, parameter=RestParameter(wire, place)) for place, wire in wanted]
    found = named(arguments)
    names = [name for name, _ in found]
    assert [argument for _, argument in found] == arguments
    assert len(set(names)) == len(names)
    assert all(name.isascii() and name and len(name) <= 64 for name in names)
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") for name in names)


@given(st.lists(st.tuples(st.sampled_from(["GET", "POST"]), st.text(max_size=90), st.text(max_size=90)), max_size=8))
def test_tool_names_are_valid_and_unique(wanted: list[tuple[str, str, str]]) -> None:
    """Whatever the spec calls its operations."""
    taken: list[str] = []
    for method, path, operation_id in wanted:
        name = tool_name(method, path, operation_id, taken)
        assert name not in taken
        assert 0 < len(name) <= 64
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
        assert not name[0].isdigit()
        taken.append(name)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<p>One &amp; <b>two</b>.</p><ul><li>a</li><li>b</li></ul>", "One & two.\n- a\n- b"),
        ('# Title\n\nSee [here](https://x.example "t") ![i](y.png)', "Title\nSee here i"),
        ("Use `<id>` or <your-key>, a < b and **both**", "Use `<id>` or <your-key>, a < b and both"),
        (None, ""),
    ],
)
def test_markup_is_taken_off_and_nothing_else(written: Any, read: str) -> None:
    """Placeholders in angle brackets are no markup."""
    assert plain(written) == read
