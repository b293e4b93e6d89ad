"""Calls become requests exactly as OpenAPI says, and no argument can become more than an argument."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigen.execute.rest.credentials import choose
from apigen.execute.rest.problems import Rejected
from apigen.execute.rest.request import HttpRequest, write_request
from apigen.records import Reason, RestBinding, RestCredential, RestParameter

SERVER = "https://api.example.com/v2"
TEXT, LIST, OBJECT = "blue", ["blue", "black", "brown"], {"R": 100, "G": 200, "B": 150}


def write(binding: RestBinding, environment: dict[str, str] | None = None, /, **arguments: Any) -> HttpRequest:
    return write_request(binding, arguments, choose(binding.security, environment or {}))


def bound(path: str = "/x", method: str = "GET", *parameters: RestParameter, **settings: Any) -> RestBinding:
    return RestBinding(method, SERVER, path, parameters, **settings)


def url_of(place: str, value: Any, path: str = "/x", **settings: Any) -> str:
    parameter = RestParameter("color", place, **settings)  # type: ignore[arg-type]
    return str(write(bound(path, "GET", parameter), color=value).url).removeprefix(SERVER)


def refused(binding: RestBinding, environment: dict[str, str] | None = None, /, **arguments: Any) -> Rejected:
    with pytest.raises(Rejected) as caught:
        write(binding, environment, **arguments)
    return caught.value


@pytest.mark.parametrize(
    ("style", "explode", "text", "items", "fields"),
    [
        ("", None, "blue", "blue,black,brown", "R,100,G,200,B,150"),
        ("simple", True, "blue", "blue,black,brown", "R=100,G=200,B=150"),
        ("label", False, ".blue", ".blue,black,brown", ".R,100,G,200,B,150"),
        ("label", True, ".blue", ".blue.black.brown", ".R=100.G=200.B=150"),
        ("matrix", False, ";color=blue", ";color=blue,black,brown", ";color=R,100,G,200,B,150"),
        ("matrix", True, ";color=blue", ";color=blue;color=black;color=brown", ";R=100;G=200;B=150"),
    ],
)
def test_path_styles(style: str, explode: bool | None, text: str, items: str, fields: str) -> None:
    """The examples of OpenAPI 3.1.1, "Style Examples", in the path."""
    cases: list[tuple[Any, str]] = [(TEXT, text), (LIST, items), (OBJECT, fields)]
    for value, expected in cases:
        assert url_of("path", value, "/{color}/y", style=style, explode=explode) == f"/{expected}/y"


@pytest.mark.parametrize(
    ("style", "explode", "items", "fields"),
    [
        ("", None, "color=blue&color=black&color=brown", "R=100&G=200&B=150"),
        ("form", False, "color=blue,black,brown", "color=R,100,G,200,B,150"),
        ("spaceDelimited", None, "color=blue%20black%20brown", "color=R%20100%20G%20200%20B%20150"),
        ("pipeDelimited", None, "color=blue%7Cblack%7Cbrown", "color=R%7C100%7CG%7C200%7CB%7C150"),
        ("tabDelimited", None, "color=blue%09black%09brown", "color=R%09100%09G%09200%09B%09150"),
        ("pipeDelimited", True, "color=blue&color=black&color=brown", "R=100&G=200&B=150"),
        (
            "deepObject",
            None,
            "color%5B%5D=blue&color%5B%5D=black&color%5B%5D=brown",
            "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150",
        ),
    ],
)
def test_query_styles(style: str, explode: bool | None, items: str, fields: str) -> None:
    """The examples of OpenAPI 3.1.1, "Style Examples", in the query, and lists under deepObject."""
    cases: list[tuple[Any, str]] = [(LIST, items), (OBJECT, fields), (TEXT, "color=blue"), ("", "color=")]
    for value, expected in cases:
        assert url_of("query", value, style=style, explode=explode) == f"/x?{expected}"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (1.5, "1.5"),
        (1e22, "1e22"),
        ("a b&c=d#e", "a%20b%26c%3Dd%23e"),
        ("50% of Zürich + 1/2", "50%25%20of%20Z%C3%BCrich%20%2B%201%2F2"),
        ("\r\nX-Evil: 1", "%0D%0AX-Evil%3A%201"),
    ],
)
def test_values_in_the_query(value: Any, written: str) -> None:
    """Booleans and numbers are written as in JSON, and everything that means something in a URL is encoded."""
    assert url_of("query", value) == f"/x?color={written}"


def test_null_and_empty_lists_are_left_out() -> None:
    """A query has no way to say them."""
    nothing: list[Any] = [None, [], {}, [None]]
    assert [url_of("query", value) for value in nothing] == ["/x"] * 4
    assert url_of("query", {"a": None, "b": 1}) == "/x?b=1"


def test_reserved_characters_stay_where_it_says_so_but_end_nothing() -> None:
    """What allowReserved keeps cannot begin another parameter or end the query."""
    assert url_of("query", "a/b?c=d:e@f", reserved=True) == "/x?color=a/b?c=d:e@f"
    assert url_of("query", "a&b#c+d", reserved=True) == "/x?color=a%26b%23c%2Bd"
    assert url_of("path", "projects/p1/zones", "/{color}/y", reserved=True) == "/projects/p1/zones/y"


def test_nested_values_are_deep_or_json() -> None:
    """OpenAPI leaves them open; deepObject goes on with brackets, the other styles write JSON."""
    value: dict[str, Any] = {"price": {"max": 5}, "tags": ["a", "b"], "rows": [{"n": 1}]}
    deep = "f[price][max]=5&f[tags]=a&f[tags]=b&f[rows][0][n]=1".replace("[", "%5B").replace("]", "%5D")
    parameter = RestParameter("f", "query", style="deepObject")
    assert write(bound("/x", "GET", parameter), f=value).url.raw_query_string == deep
    assert url_of("query", [{"a": 1}]) == "/x?color=%7B%22a%22%3A1%7D"


def test_a_parameter_with_content_is_a_document() -> None:
    """It is written as JSON whatever its type is."""
    assert url_of("query", {"a": [1]}, content="application/json") == "/x?color=%7B%22a%22%3A%5B1%5D%7D"
    assert url_of("query", "a", content="application/json") == "/x?color=%22a%22"


@pytest.mark.parametrize(
    "value",
    [
        "..",
        ".",
        "../admin",
        "a/../../admin",
        "..\\admin",
        "%2e%2e",
        "%2E%2e/admin",
        "%252e%252e%252fadmin",
        "..;/admin",
        "a\r\nHost: evil",
        "a%0d%0ab",
        "a\0b",
        "",
        None,
    ],
)
def test_what_could_change_the_path_is_refused(value: Any) -> None:
    """Steps up, line ends and nothing at all, also encoded once or twice by whoever wrote the argument."""
    problem = refused(bound("/users/{id}/mail", "GET", RestParameter("id", "path")), id=value)
    assert problem.reason is Reason.INVALID_ARGUMENT
    assert "id" in problem.detail


def test_dots_cannot_be_put_together_from_parts() -> None:
    """A segment is looked at as it stands in the end, with all its parameters and whatever the style adds."""
    both = bound("/{a}{b}/x", "GET", RestParameter("a", "path"), RestParameter("b", "path"))
    assert refused(both, a=".", b=".").reason is Reason.INVALID_ARGUMENT
    label = bound("/{a}", "GET", RestParameter("a", "path", style="label"))
    assert refused(label, a=".").reason is Reason.INVALID_ARGUMENT
    exploded = bound("/{a}", "GET", RestParameter("a", "path", style="label", explode=True))
    assert refused(exploded, a=["", ""]).reason is Reason.INVALID_ARGUMENT
    kept = bound("/f/{a}", "GET", RestParameter("a", "path", reserved=True))
    assert refused(kept, a="x/../../y").reason is Reason.INVALID_ARGUMENT
    assert refused(kept, a="x//y").reason is Reason.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("a/b", "a%2Fb"),
        ("what?", "what%3F"),
        ("c#", "c%23"),
        ("//evil.com", "%2F%2Fevil.com"),
        ("...", "..."),
        (0, "0"),
    ],
)
def test_what_only_looks_dangerous_is_encoded(value: Any, written: str) -> None:
    """A slash, a question mark or a hash in a value stays part of the value."""
    assert url_of("path", value, "/q/{color}") == f"/q/{written}"


@given(st.text(min_size=1, max_size=20))
def test_no_text_changes_the_shape_of_a_url(text: str) -> None:
    """Whatever a text holds, host, number of segments and names of query parameters stay as the binding has them."""
    parameters = (RestParameter("a", "path"), RestParameter("b", "query"))
    try:
        request = write(bound("/one/{a}/two", "GET", *parameters), a=text, b=text)
    except Rejected as problem:
        assert problem.reason is Reason.INVALID_ARGUMENT  # noqa: PT017 - both ends are right
        return
    url = request.url
    assert (url.scheme, url.raw_host, url.port, url.raw_fragment) == ("https", "api.example.com", 443, "")
    one, two, last = url.raw_path.removeprefix("/v2/").split("/")
    assert (one, last) == ("one", "two")
    assert two not in (".", "..")
    assert list(url.query.items()) == [("b", text)]


def test_a_fixed_query_and_odd_characters_of_the_document_stay() -> None:
    """Some documents write part of the query into the path; a fragment never reaches a server."""
    binding = bound("/a b/é?Action=List&v={v}#doc", "GET", RestParameter("n", "query"), RestParameter("v", "path"))
    assert str(write(binding, n=1, v="a&b/..").url) == f"{SERVER}/a%20b/%C3%A9?Action=List&v=a%26b%2F..&n=1"


def test_headers_and_cookies() -> None:
    """Headers are written plainly, cookies encoded; what OpenAPI reserves for itself is ignored."""
    parameters = (
        *(RestParameter("trace", "header", "X-Trace"), RestParameter("tags", "header", "X-Tags")),
        *(RestParameter("accept", "header", "Accept"), RestParameter("session", "cookie")),
    )
    request = write(bound("/x", "GET", *parameters), trace=True, tags=["a", "b"], accept="text/evil", session="a;b c")
    headers = dict(request.headers)
    assert headers["X-Trace"] == "true"
    assert headers["X-Tags"] == "a,b"
    assert headers["Accept"].startswith("application/json")
    assert headers["Cookie"] == "session=a%3Bb%20c"


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0", "Zürich"])
def test_header_values_hold_no_line_ends(value: str) -> None:
    """They could begin another header, or another request."""
    problem = refused(bound("/x", "GET", RestParameter("h", "header", "X-H")), h=value)
    assert problem.reason is Reason.INVALID_ARGUMENT


@pytest.mark.parametrize(
    "name", ["Host", "content-length", "Transfer-Encoding", "Connection", "Cookie", "Proxy-X", "a b"]
)
def test_no_argument_sets_a_header_that_decides_where_a_request_goes_or_ends(name: str) -> None:
    """Such a document is refused, not followed."""
    assert refused(bound("/x", "GET", RestParameter("h", "header", name)), h="1").reason is Reason.NOT_EXECUTABLE


def test_constant_headers_are_sent_and_replace_ours() -> None:
    """In any spelling."""
    headers = dict(write(bound(headers=(("accept", "application/vnd.x+json"), ("X-Version", "3")))).headers)
    assert headers["accept"] == "application/vnd.x+json"
    assert headers["X-Version"] == "3"
    assert "Accept" not in headers


def body_of(media_type: str, arguments: dict[str, Any], *fields: RestParameter, **settings: Any) -> tuple[str, str]:
    request = write(bound("/x", "POST", *fields, body=media_type, **settings), **arguments)
    assert request.body is not None
    return request.body.decode(), dict(request.headers)["Content-Type"]


NAME, SIZE, TAGS = (RestParameter(name, "body") for name in ("name", "size", "tags"))
KEPT = {"name": "å&b", "size": {"w": 1}, "tags": ["x", "y"]}


@pytest.mark.parametrize(
    "media_type", ["application/json", "application/vnd.api+json; charset=utf-8", "text/json", "*/*", "application/*"]
)
def test_json_bodies(media_type: str) -> None:
    """Arguments become the fields of an object, ``null`` included; where none is given it is an empty one."""
    body, sent = body_of(media_type, KEPT | {"name": None}, NAME, SIZE, TAGS)
    assert json.loads(body) == {"name": None, "size": {"w": 1}, "tags": ["x", "y"]}
    assert sent == ("application/json" if "*" in media_type else media_type)
    assert body_of(media_type, {}, NAME)[0] == "{}"


def test_a_body_that_is_one_argument() -> None:
    """It is sent as it is: JSON, or text."""
    assert body_of("application/json", {"all": [1, 2]}, body_argument="all") == ("[1,2]", "application/json")
    assert body_of("text/plain", {"all": "a\nb"}, body_argument="all") == ("a\nb", "text/plain")
    assert body_of("text/csv; header=present", {"all": "a"}, body_argument="all") == ("a", "text/csv; header=present")
    assert body_of("text/*", {"all": "å"}, body_argument="all") == ("å", "text/plain; charset=utf-8")
    assert body_of("application/xml", {"all": "<a/>"}, body_argument="all")[0] == "<a/>"
    assert write(bound("/x", "POST", body="application/json", body_argument="all")).body is None
    problem = refused(bound("/x", "POST", body="application/xml", body_argument="all"), all={"a": 1})
    assert problem.reason is Reason.NOT_EXECUTABLE


def test_form_bodies() -> None:
    """Lists are repeated, objects are JSON, or what a named style makes of them."""
    media_type = "application/x-www-form-urlencoded"
    body, _ = body_of(media_type, KEPT, NAME, SIZE, TAGS)
    assert body == "name=%C3%A5%26b&size=%7B%22w%22%3A1%7D&tags=x&tags=y"
    deep = RestParameter("size", "body", style="deepObject")
    assert body_of(media_type, {"size": {"w": 1}}, deep)[0] == "size%5Bw%5D=1"
    assert body_of(media_type, {"all": {"a": True}}, body_argument="all")[0] == "a=true"
    each = RestParameter("tags", "body", content="text/plain")
    assert body_of(media_type, {"tags": ["x", "y"]}, each)[0] == "tags=x&tags=y"
    together = RestParameter("tags", "body", content="application/json")
    assert body_of(media_type, {"tags": ["x"]}, together)[0] == "tags=%5B%22x%22%5D"


def test_multipart_bodies() -> None:
    """Each field is a part, each item of a list too; the same call is the same bytes; no name ends its header."""
    odd = RestParameter("odd", "body", 'a"\r\nX: 1')
    body, sent = body_of("multipart/form-data", KEPT | {"odd": "1"}, NAME, SIZE, TAGS, odd)
    assert body_of("multipart/form-data", KEPT | {"odd": "1"}, NAME, SIZE, TAGS, odd)[0] == body
    boundary = sent.partition("boundary=")[2]
    parts = [part.strip("\r\n") for part in body.split(f"--{boundary}")]
    assert parts == [
        "",
        'Content-Disposition: form-data; name="name"\r\n\r\nå&b',
        'Content-Disposition: form-data; name="size"\r\nContent-Type: application/json\r\n\r\n{"w":1}',
        'Content-Disposition: form-data; name="tags"\r\n\r\nx',
        'Content-Disposition: form-data; name="tags"\r\n\r\ny',
        'Content-Disposition: form-data; name="a%22%0D%0AX: 1"\r\n\r\n1',
        "--",
    ]


def test_a_part_says_what_it_is() -> None:
    """Of whatever media type the description names for it; what is no JSON has to be text."""
    note = RestParameter("note", "body", content="text/markdown")
    body, _ = body_of("multipart/form-data", {"note": "# a"}, note)
    assert 'name="note"\r\nContent-Type: text/markdown\r\n\r\n# a\r\n' in body
    binding = bound("/x", "POST", note, body="multipart/form-data")
    assert refused(binding, note={"a": 1}).reason is Reason.NOT_EXECUTABLE


@pytest.mark.parametrize(
    ("binding", "arguments", "reason"),
    [
        (bound(), {"b": 1}, Reason.INVALID_ARGUMENT),
        (bound("/{a}"), {}, Reason.INVALID_ARGUMENT),
        (bound("/x", "GET", RestParameter("a", "path")), {"a": "x"}, Reason.NOT_EXECUTABLE),
        (bound("/x", "GET", RestParameter("a", "query")), {"a": "\ud800"}, Reason.INVALID_ARGUMENT),
        (bound("/x", "GET", RestParameter("a", "query", style="odd")), {"a": "x"}, Reason.NOT_EXECUTABLE),
        (bound("/x", "POST", RestParameter("a", "body"), body="application/xml"), {"a": "x"}, Reason.NOT_EXECUTABLE),
        (RestBinding("GET", "/v1", "/x"), {}, Reason.NOT_EXECUTABLE),
        (RestBinding("GET", "ftp://a.com", "/x"), {}, Reason.NOT_EXECUTABLE),
        (RestBinding("GET", "https://user:pw@a.com", "/x"), {}, Reason.NOT_EXECUTABLE),
        (RestBinding("GET", "https://a.com:99999", "/x"), {}, Reason.NOT_EXECUTABLE),
    ],
)
def test_what_cannot_be_written_is_refused(binding: RestBinding, arguments: dict[str, Any], reason: Reason) -> None:
    """With the argument or the address that is wrong, and nothing is sent."""
    assert refused(binding, **arguments).reason is reason


KEY = RestCredential("SHOP_KEY", "header", "X-Key")
LOGIN = RestCredential("SHOP_LOGIN", "basic")
ENVIRONMENT = {"SHOP_KEY": "key-12345678", "SHOP_LOGIN": "ann:secret-word"}


@pytest.mark.parametrize(
    ("credential", "header"),
    [
        (KEY, ("X-Key", "key-12345678")),
        (RestCredential("SHOP_KEY", "header", "Authorization"), ("Authorization", "key-12345678")),
        (RestCredential("SHOP_KEY", "bearer"), ("Authorization", "Bearer key-12345678")),
        (LOGIN, ("Authorization", "Basic YW5uOnNlY3JldC13b3Jk")),
        (RestCredential("SHOP_KEY", "cookie", "sid"), ("Cookie", "sid=key-12345678")),
    ],
)
def test_credentials_in_headers(credential: RestCredential, header: tuple[str, str]) -> None:
    """Each scheme where it belongs, and apart from what may travel to another host."""
    request = write(bound(security=((credential,),)), ENVIRONMENT)
    assert request.secret_headers == (header,)
    assert "key-12345678" not in str(request.headers)


def test_credentials_in_the_query() -> None:
    """Encoded like any other value."""
    binding = bound(security=((RestCredential("K", "query", "api key"),),))
    assert str(write(binding, {"K": "a&b=c#d/e"}).url) == f"{SERVER}/x?api%20key=a%26b%3Dc%23d%2Fe"


def test_the_first_alternative_that_is_set_is_taken() -> None:
    """All of its variables must be there; an empty alternative needs none."""
    either = bound(security=((KEY, LOGIN), (LOGIN,)))
    assert len(write(either, ENVIRONMENT).secret_headers) == 2
    assert write(either, {"SHOP_LOGIN": "ann:secret-word"}).secret_headers[0][0] == "Authorization"
    assert write(bound(security=((KEY,), ())), {}).secret_headers == ()


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "set SHOP_KEY and SHOP_LOGIN or SHOP_LOGIN"),
        ({"SHOP_KEY": "  "}, "set SHOP_KEY and SHOP_LOGIN or SHOP_LOGIN"),
        ({"SHOP_LOGIN": "no-colon-in-it"}, "USER:PASSWORD"),
        ({"SHOP_LOGIN": "a:b"}, "fewer than 8 characters"),
        ({"SHOP_LOGIN": "ann:secret\r\nX-Evil: 1"}, "not allowed in a header"),
    ],
)
def test_a_missing_or_unusable_key_is_said_by_name(environment: dict[str, str], expected: str) -> None:
    """The line names the variables to set, and never a value."""
    problem = refused(bound(security=((KEY, LOGIN), (LOGIN,))), environment)
    assert problem.reason is Reason.UNAUTHORIZED
    assert expected in problem.detail
    assert "secret" not in problem.detail
