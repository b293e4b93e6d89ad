"""Documents: JSON and YAML, files and addresses, references between them, and what is no OpenAPI document at all."""

import gzip
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from apigen.errors import UserError
from apigen.library.openapi.fetch import fetch
from apigen.library.openapi.yaml_values import YamlProblem, read_yaml
from apigen.verify.format.schemas import Schemas
from openapi_specs import DATA, binding, load, load_spec, noted, spec


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 2020-01-02\nb: 2001-12-14t21:59:43.10-05:00", {"a": "2020-01-02", "b": "2001-12-14t21:59:43.10-05:00"}),
        ("[no, Off, y, NO, true, False, ~, null]", ["no", "Off", "y", "NO", True, False, None, None]),
        ("[1, -2, 0x1F, 0o17, 0, 1.5, .5, 0.5, 1e3]", [1, -2, 31, 15, 0, 1.5, 0.5, 0.5, 1000.0]),
        ("[1_000, 12:30:00, .inf, .nan, 017, 00.5]", ["1_000", "12:30:00", ".inf", ".nan", "017", "00.5"]),
        ("200: {on: 1}\nyes: 2\n1.0: 3\n", {"200": {"on": 1}, "yes": 2, "1.0": 3}),
        ("a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}", {"a": {"b": 1, "c": 2}, "d": {"b": 1, "c": 3}}),
        ("{<<: [{f: 4, b: 5}, {b: 1}]}", {"f": 4, "b": 5}),
        ("!!str 5", "5"),
        ("!custom text", "text"),
        ("- |\n  one\n  two\n- >\n  three\n  four\n", ["one\ntwo\n", "three four\n"]),
    ],
)
def test_yaml_is_read_as_the_json_that_it_stands_for(text: str, value: Any) -> None:
    """Dates stay text, so do words that older YAML takes for booleans, and keys are text."""
    read = read_yaml(text, {})
    assert read == value
    assert json.dumps(read) == json.dumps(value)


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=8)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
    max_leaves=8,
)


@settings(max_examples=50)
@given(JSON)
def test_json_is_yaml(value: Any) -> None:
    """What stands in JSON is read the same by the reader of YAML."""
    assert read_yaml(json.dumps(value, ensure_ascii=False), {}) == value


@settings(max_examples=50)
@given(JSON.filter(lambda value: value is not None))
def test_what_a_writer_of_yaml_writes_is_read_again(value: Any) -> None:
    """Plain and quoted text, in blocks and in flow."""
    text = yaml.safe_dump(value, allow_unicode=True)
    found: Any = read_yaml(text, {})
    assert found == value


def test_keys_that_stand_twice_are_told(tmp_path: Path) -> None:
    """In YAML with the line, in JSON without; the last one counts."""
    notes: dict[str, None] = {}
    assert read_yaml("a: 1\nb: 2\na: 3", notes) == {"a": 3, "b": 2}
    assert list(notes) == ["the key 'a' appears more than once (line 3); the last value is used"]
    text = json.dumps(spec({"summary": "One"})).replace('"summary"', '"summary": "Zero", "summary"')
    (tmp_path / "spec.json").write_text(text)
    loaded = load(tmp_path / "spec.json")
    assert loaded.tools[0].description == "One"
    assert noted(loaded) == ["the key 'summary' appears more than once; the last value is used"]


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(["a0: &a0 {x: 1}"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]),
        "\n".join(
            ["a0: &a0 {x: 1}"] + [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 12)]
        ),
        "a: &a [*a]",
        "a: &a {b: {c: *a}}",
        "[" * 5000,
        "? [a]\n: b",
        "a: {<<: 5}",
        "a: 'open",
        "a: 1\n---\nb: 2",
        "a: \x00",
    ],
)
def test_yaml_that_stands_for_no_json_of_bearable_size_is_refused(text: str) -> None:
    """Aliases upon aliases, circles, and plain mistakes: each with a message."""
    with pytest.raises(YamlProblem):
        read_yaml(text, {})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"<!DOCTYPE html><html></html>", "is a web page, not JSON or YAML"),
        (b"<?xml version='1.0'?><a/>", "is XML, not JSON or YAML"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "is not text: byte 0 is not valid UTF-8"),
        (b"PK\x03\x04\x00\x00", "is binary data, not text"),
        (b'{"openapi": "3.0.0",\n "info": }', "is not valid JSON: line 2: Expecting value"),
        (b"openapi: 3.0.0\ninfo: {title: 'x\n", "is not valid YAML: line"),
        (b"openapi: 3.0.0\n\tinfo: x", "is not valid YAML: line 2"),
        (b'{"openapi": NaN}', "is not valid JSON: NaN is not a JSON number"),
        (b"just text", "is not an OpenAPI document but the text 'just text'"),
        (b"[1, 2]", "is not an OpenAPI document but a list"),
        (b'[{"type": "function", "function": {}}]', "a list of tools; load it with `openai:`"),
        (b'{"a": 1, "b": 2}', "it has neither `openapi` nor `swagger` at the top, but a, b"),
        (b'{"asyncapi": "2.0.0"}', "an AsyncAPI document"),
        (b'{"info": {"_postman_id": "x"}, "item": []}', "a Postman collection; export it as OpenAPI 3"),
        (b'{"swaggerVersion": "1.2"}', "Swagger 1 document, which is not supported"),
        (b'{"data": {"__schema": {}}}', "a GraphQL schema"),
        (b'{"log": {"entries": []}}', "a HAR recording"),
        (b'{"$schema": "x", "type": "object"}', "a JSON Schema"),
        (b'{"openapi": "4.0.0"}', "has version '4.0.0'; supported are OpenAPI 3.0, 3.1, 3.2 and Swagger 2.0"),
        (b'{"swagger": "1.2"}', "has version '1.2'"),
        (b'{"openapi": "3.1.0", "webhooks": {}}', "has no operations under `paths`"),
        (b'{"openapi": "3.1.0", "paths": []}', "has no operations under `paths`"),
        (b"[" * 100_000, "nested too deeply"),
        (b"\x1f\x8bbroken", "is not valid gzip"),
    ],
)
def test_what_is_no_spec_is_refused_in_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    """It says what is there, where, and often what to do."""
    path = tmp_path / "given"
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        load(path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_places_without_a_document_are_refused_in_one_line(tmp_path: Path) -> None:
    """No file, a folder, nothing named, no such host."""
    for place, message in (
        (str(tmp_path / "no.yaml"), f"no such file: {tmp_path / 'no.yaml'}"),
        (str(tmp_path), "is a folder; name the document itself"),
        ("", "does not name a document"),
        ("http://127.0.0.1:9/a.json", "cannot be reached"),
        ("http://[x/a.json", "cannot be read"),
    ):
        with pytest.raises(UserError) as caught:
            load(place)
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_document_larger_than_the_limit_is_refused(tmp_path: Path) -> None:
    """Also one that is small while it is packed."""
    path = tmp_path / "large"
    for content in (b"x" * (2 << 20), gzip.compress(b"x" * (2 << 20))):
        path.write_bytes(content)
        with pytest.raises(UserError, match="is larger than 1 MiB"):
            fetch(str(path), most=1 << 20)


def test_packed_and_wide_documents_are_read(tmp_path: Path) -> None:
    """gzip, a byte order mark, UTF-16."""
    text = json.dumps(spec({"summary": "Grüße"}), ensure_ascii=False)
    for content in (gzip.compress(text.encode()), text.encode("utf-8-sig"), text.encode("utf-16")):
        (tmp_path / "spec").write_bytes(content)
        assert load(tmp_path / "spec").tools[0].description == "Grüße"


def test_references_lead_into_other_files_of_the_folder_and_no_further() -> None:
    """A path, a body and a component of three files are one tool; what lies elsewhere is a reason."""
    loaded = load(DATA / "split" / "openapi.yaml")
    assert [tool.name for tool in loaded.tools] == ["addBook"]
    assert loaded.tools[0].properties == {
        "title": {"type": "string"},
        "author": {
            "type": "object",
            "properties": {"name": {"type": ["string", "null"]}},
            "description": "Who wrote it",
        },
    }
    assert {entry.name: entry.reason for entry in loaded.skipped} == {
        "get_outside": "refers to '../petstore-3.0.yaml#/components/parameters/Tenant', which is outside the spec's "
        "folder and is not read",
        "get_elsewhere": "refers to 'https://elsewhere.example/parameters.yaml#/Key', a URL; a spec in a local file "
        "may only refer to local files",
        "get_missing": "refers to 'schemas/book.yaml#/Nothing', which does not exist",
    }


@pytest.mark.parametrize(
    "reference",
    [
        "../secret.json",
        "/etc/hostname",
        "link.json",
        "file:///etc/hostname",
        "%2e%2e/secret.json",
        "a\0b",
        "x" * 5000,
        ".",
    ],
)
def test_no_reference_reads_a_file_outside_the_folder(tmp_path: Path, reference: str) -> None:
    """Neither by dots, nor by a link, nor percent-encoded."""
    (tmp_path / "secret.json").write_text(json.dumps({"type": "string", "description": "secret"}))
    folder = tmp_path / "specs"
    folder.mkdir()
    (folder / "link.json").symlink_to(tmp_path / "secret.json")
    parameter = {"name": "a", "in": "query", "schema": {"$ref": reference}}
    loaded = load_spec(folder, spec({"parameters": [parameter]}))
    assert loaded.tools == ()
    assert len(loaded.skipped) == 1
    assert "refers to" in loaded.skipped[0].reason


@pytest.mark.parametrize("reference", ["#/components/nothing", "#anchor", "#/paths/9", "", "#/components/parameters/A"])
def test_references_that_lead_nowhere_are_a_reason(tmp_path: Path, reference: str) -> None:
    """Also in circles, or to the document itself."""
    parameters = {"A": {"$ref": "#/components/parameters/B"}, "B": {"$ref": "#/components/parameters/A"}}
    document = spec({"parameters": [{"$ref": reference}]}, components={"parameters": parameters})
    loaded = load_spec(tmp_path, document)
    assert len(loaded.skipped) == 1
    assert loaded.skipped[0].name == "post_x"


@pytest.fixture
def server(httpserver: HTTPServer) -> Iterator[HTTPServer]:
    yield httpserver
    httpserver.check_assertions()


def test_a_spec_at_an_address_is_read_with_what_it_refers_to(server: HTTPServer) -> None:
    """After redirects, packed, with relative references and servers from where it was found."""
    schema = {"type": "string", "maxLength": 3}
    document = spec(
        {"parameters": [{"name": "a", "in": "query", "schema": {"$ref": "more/s.json"}}]}, servers=[{"url": "../v1"}]
    )
    packed = gzip.compress(json.dumps(document).encode())
    server.expect_request("/latest").respond_with_data("", status=302, headers={"Location": "/api/spec.json"})
    server.expect_request("/api/spec.json").respond_with_data(packed, headers={"Content-Encoding": "gzip"})
    server.expect_request("/api/more/s.json").respond_with_json(schema)
    loaded = load(server.url_for("/latest"))
    assert loaded.tools[0].properties == {"a": schema}
    assert binding(loaded.tools[0]).server == server.url_for("/v1")


def test_references_leave_no_server(server: HTTPServer) -> None:
    """Neither to another one, nor to a file, nor by a redirect."""
    away = "http://localhost.invalid/s.json"
    server.expect_request("/away.json").respond_with_data("", status=302, headers={"Location": away})
    server.expect_request("/gone.json").respond_with_data("", status=404)
    references = [away, "away.json", "file:///etc/hostname", "gone.json", "http://[x/"]
    paths = {f"/{n}": {"get": {"parameters": [{"$ref": one}]}} for n, one in enumerate(references)}
    server.expect_request("/spec.json").respond_with_json(spec(paths=paths))
    reasons = [entry.reason for entry in load(server.url_for("/spec.json")).skipped]
    assert "on a different server from the spec" in reasons[0]
    assert "it redirects to another server" in reasons[1]
    assert "on a different server from the spec" in reasons[2]
    assert "the server answered HTTP 404" in reasons[3]
    assert "on a different server from the spec" in reasons[4]


def test_addresses_that_answer_otherwise_are_refused_in_one_line(server: HTTPServer) -> None:
    """Status, pages, size, redirects in circles."""
    server.expect_request("/404").respond_with_data("gone", status=404)
    server.expect_request("/page").respond_with_data("<!doctype html><html>")
    server.expect_request("/circle").respond_with_data("", status=302, headers={"Location": "/circle"})
    server.expect_request("/ftp").respond_with_data("", status=302, headers={"Location": "ftp://x.example/a"})
    server.expect_request("/large").respond_with_handler(large)
    for path, message in (
        ("/404", "the server answered HTTP 404"),
        ("/page", "is a web page"),
        ("/circle", "the server answered HTTP 302"),
        ("/ftp", "ftp"),
        ("/large", "is larger than 64 MiB"),
    ):
        with pytest.raises(UserError) as caught:
            load(server.url_for(path))
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)


def large(request: Request) -> Response:
    del request
    return Response((b" " * (1 << 20) for _ in range(70)), direct_passthrough=True)


def test_a_server_that_does_not_answer_costs_the_time_that_it_may(server: HTTPServer) -> None:
    """Not for ever."""
    server.expect_request("/slow").respond_with_handler(lambda _: Response(slow(), direct_passthrough=True))
    with pytest.raises(UserError, match=r"did not answer within 0\.2 s"):
        fetch(server.url_for("/slow"), timeout_s=0.2)


def slow() -> Iterator[bytes]:
    for _ in range(30):
        time.sleep(0.1)
        yield b" "


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(1e400),
    st.text(max_size=4),
    st.just([]),
    st.just({}),
    st.just([None]),
    st.just({"$ref": "#/components/schemas/Pet"}),
    st.just({"$ref": "#"}),
    st.just({"$ref": 5}),
    st.just({"type": ["object", 5], "properties": {"a": 5}, "required": [{}]}),
    st.just({"schema": {"type": {}}, "in": [], "name": "n"}),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key)
        yield from places(inner, (*path, key))


SPECS = [read_yaml((DATA / name).read_text(), {}) for name in ("petstore-3.0.yaml", "petstore-2.0.json")]


@given(st.data(), st.sampled_from(SPECS), st.sampled_from(["3.0.3", "3.1.0", "as it is"]))
def test_no_document_however_broken_breaks_the_import(data: st.DataObject, whole: Any, version: str) -> None:
    """Each operation that is left is a tool whose schema compiles, or listed with a reason; or there is one line."""
    document = json.loads(json.dumps(whole))
    for _ in range(data.draw(st.integers(1, 3))):
        *path, last = data.draw(st.sampled_from([place for place in places(document) if len(place) > 1]))
        holder = document
        for key in path:
            holder = holder[key]
        holder[last] = json.loads(json.dumps(data.draw(JUNK)))
    if version != "as it is" and "openapi" in document:
        document["openapi"] = version
    with tempfile.TemporaryDirectory() as name:
        try:
            loaded = load_spec(Path(name), document)
        except UserError:
            return
    schemas = Schemas()
    for tool in loaded.tools:
        assert schemas.compiled(tool.parameters).problem == "", tool
    assert all(entry.reason and entry.name for entry in loaded.skipped)
