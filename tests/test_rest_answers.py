"""What a service answers, in good order or not, becomes a result or a reason."""

import asyncio
import gzip
import json
import tracemalloc
import zlib
from collections.abc import Mapping
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from apigen.config import ExecutionConfig, RemoteConfig
from apigen.errors import ServiceUnavailable
from apigen.execute.base import all_made
from apigen.execute.table import make_executor
from apigen.records import Call, Execution, PythonBinding, Reason, RestCredential, RestParameter, Tool
from rest_lab import execute, execute_against, execute_raw, tool_for

JSON = "application/json"


def answered(
    server: HTTPServer,
    body: bytes | str,
    content_type: str = JSON,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Execution:
    response = Response(body, status, headers)
    response.headers["Content-Type"] = content_type
    if not content_type:
        del response.headers["Content-Type"]
    server.expect_request("/x").respond_with_response(response)
    return execute(tool_for(server.url_for(""), "/x"))


def test_the_request_arrives_and_the_result_comes_back(httpserver: HTTPServer) -> None:
    """Path, query, header, cookie and body reach a real server as they were meant."""
    seen: list[Request] = []

    def handler(request: Request) -> Response:
        seen.append(request)
        return Response(json.dumps({"n": 1}), content_type=JSON)

    httpserver.expect_request("/a/é /c%2Fd/").respond_with_handler(handler)
    tool = tool_for(
        httpserver.url_for(""),
        "/a/{p}/c%2Fd/",
        "POST",
        parameters=(
            *(RestParameter("p", "path"), RestParameter("q", "query"), RestParameter("h", "header", "X-H")),
            *(RestParameter("c", "cookie"), RestParameter("b", "body")),
        ),
        body=JSON,
    )
    httpserver.expect_request("/a/é /c/d/").respond_with_handler(handler)  # werkzeug decodes the slash
    execution = execute(tool, {"p": "é ", "q": ["x y", "&"], "h": "v", "c": "k", "b": {"d": None}})
    assert execution.ok, execution.detail
    assert execution.result == {"n": 1}
    assert execution.duration_ms
    (request,) = seen
    assert request.environ["REQUEST_URI"] == "/a/%C3%A9%20/c%2Fd/?q=x%20y&q=%26"
    assert request.headers["X-H"] == "v"
    assert request.cookies["c"] == "k"
    assert request.headers["User-Agent"].startswith("apigen/")
    assert request.headers["Accept-Encoding"] == "gzip, deflate"
    assert request.json == {"b": {"d": None}}


@pytest.mark.parametrize(
    ("body", "content_type", "result"),
    [
        ('{"a": [1, null]}', JSON, {"a": [1, None]}),
        ('"é"'.encode("utf-16"), JSON, "é"),
        ('"é"'.encode("latin-1"), "application/json; charset=ISO-8859-1", "é"),
        (b"\xef\xbb\xbf1", JSON, 1),
        ("{}", "application/vnd.api+json", {}),
        ('{"title": "a book"}', "application/problem+json", {"title": "a book"}),
        ("18446744073709551616", JSON, "18446744073709551616"),
        ("plain é", "text/plain", "plain é"),
        ("é".encode("latin-1"), "text/csv; charset=latin1", "é"),
        ('{"a": 1}', "text/plain", {"a": 1}),
        ("{not json", "text/plain", "{not json"),
        ("[1]", "", [1]),
        ("<a>é</a>", "application/xml", "<a>é</a>"),
        (
            "<?xml version='1.0' encoding='iso-8859-1'?><a>é</a>".encode("latin-1"),
            "text/xml",
            "<?xml version='1.0' encoding='iso-8859-1'?><a>é</a>",
        ),
        ("", JSON, None),
    ],
)
def test_what_can_be_read(httpserver: HTTPServer, body: bytes | str, content_type: str, result: Any) -> None:
    """JSON in any encoding, text and XML as text, text that is JSON, nothing at all."""
    execution = answered(httpserver, body, content_type)
    assert (execution.ok, execution.result) == (True, result)


def test_204_is_null(httpserver: HTTPServer) -> None:
    """There is no content, which is a result."""
    assert answered(httpserver, "", status=204).result is None


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        ("{oops", JSON, "declares its response as JSON"),
        ('{"a": NaN}', JSON, "NaN"),
        ("[Infinity]", JSON, "Infinity"),
        ("1e999", JSON, "inf"),
        ('{"a": 1, "a": 2}', JSON, "repeats the key 'a'"),
        (b'{"a": "\xff"}', JSON, "not valid utf-8"),
        ('"\\ud800"', JSON, "surrogate"),
        ("[" * 300 + "]" * 300, JSON, "nested"),
        ("[" * 30000 + "]" * 30000, JSON, "nested"),
        ("1" * 5000, JSON, "digits"),
        (b"\xff\xfe\xff", "text/plain", "not valid utf-8"),
        ("x", "text/plain; charset=punycode", "unknown text encoding"),
        ("x", "text/plain; charset=nonsense", "unknown text encoding"),
        ("<html><title>Sign\n in</title></html>", "text/html", "an HTML page titled 'Sign in'"),
        (b"%PDF", "application/pdf", "application/pdf"),
        (b"\x89PNG", "image/png", "image/png"),
    ],
)
def test_what_cannot_be_read(httpserver: HTTPServer, body: bytes | str, content_type: str, expected: str) -> None:
    """The line says what came instead."""
    execution = answered(httpserver, body, content_type)
    assert execution.reason is Reason.RESULT_NOT_JSON
    assert expected in execution.detail


def test_a_page_is_a_result_where_it_is_asked_for(httpserver: HTTPServer) -> None:
    """An operation that says that it returns HTML does."""
    httpserver.expect_request("/x").respond_with_data("<p>hi</p>", content_type="text/html")
    tool = tool_for(httpserver.url_for(""), "/x", headers=(("Accept", "text/html"),))
    assert execute(tool).result == "<p>hi</p>"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        *((status, Reason.INVALID_ARGUMENT) for status in (400, 413, 414, 416, 422, 431)),
        *((status, Reason.UNAUTHORIZED) for status in (401, 402, 403)),
        *((status, Reason.NOT_FOUND) for status in (404, 410)),
        *((status, Reason.RUNTIME_ERROR) for status in (405, 406, 409, 412, 415, 451, 500, 501, 505, 300, 304)),
    ],
)
def test_statuses_that_end_a_call(httpserver: HTTPServer, status: int, reason: Reason) -> None:
    """Each says something about the call, with the service's own words."""
    execution = answered(httpserver, '{"message": "no\\n way"}' if status != 304 else "", status=status)
    assert execution.reason is reason
    assert f"HTTP {status}" in execution.detail
    assert "no way" in execution.detail or status == 304


@pytest.mark.parametrize("status", [408, 425, 429, 502, 503, 504, 520, 529])
def test_statuses_of_a_service_that_is_down(httpserver: HTTPServer, status: int) -> None:
    """They say nothing about the call."""
    with pytest.raises(ServiceUnavailable, match=f"ask: localhost:.*HTTP {status}.*tried 3 times"):
        answered(httpserver, "down", "text/plain", status)
    assert len(httpserver.log) == 3


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        ('{"error": {"code": 3, "message": "bad city"}}', JSON, "bad city"),
        ('{"detail": [{"loc": ["query", "n"], "msg": "not a number"}]}', JSON, "query.n: not a number"),
        ('{"title": "Bad", "detail": "n is odd"}', "application/problem+json", "n is odd; Bad"),
        ('{"errors": [{"field": "n", "message": "too small"}, "and late"]}', JSON, "n: too small; and late"),
        ('{"code": "ENOPE"}', JSON, "ENOPE"),
        ("<html><style>p{}</style><h1>Bad</h1>\n<p>request</p></html>", "text/html", "Bad request"),
        ("", JSON, "Bad Request"),
        ("[" * 5000, JSON, "[[["),
        ("x" * 100_000, "text/plain", "xxx"),
    ],
)
def test_the_services_own_words(httpserver: HTTPServer, body: str, content_type: str, message: str) -> None:
    """Common shapes of error messages become one short line."""
    execution = answered(httpserver, body, content_type, 400)
    assert execution.detail.startswith(f"HTTP 400: {message}")
    assert len(execution.detail) < 330


def test_an_error_in_the_shape_of_a_success_is_an_error(httpserver: HTTPServer) -> None:
    """As for functions."""
    execution = answered(httpserver, '{"success": false, "message": "quota"}')
    assert (execution.reason, execution.detail) == (Reason.ERROR_RESULT, "success: false (quota)")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw deflate", "two members"])
def test_compressed_answers(httpserver: HTTPServer, coding: str) -> None:
    """gzip, also in several members, and deflate in both senses of the word."""
    plain = json.dumps(list(range(200))).encode()
    raw = zlib.compressobj(wbits=-15)
    packed = {
        "gzip": gzip.compress(plain),
        "deflate": zlib.compress(plain),
        "raw deflate": raw.compress(plain) + raw.flush(),
        "two members": gzip.compress(plain[:100]) + gzip.compress(plain[100:]),
    }[coding]
    name = "deflate" if "deflate" in coding else "gzip"
    assert answered(httpserver, packed, headers={"Content-Encoding": name}).result == list(range(200))


def test_what_is_too_large_is_cut_off(httpserver: HTTPServer) -> None:
    """Counted in the body, in the body as unpacked, and in the JSON that it becomes."""
    for body, headers in (
        (b'"' + b"x" * 70_000 + b'"', None),
        (gzip.compress(b'"' + b"x" * 20_000_000 + b'"'), {"Content-Encoding": "gzip"}),
    ):
        httpserver.clear()
        assert answered(httpserver, body, headers=headers).reason is Reason.RESULT_TOO_LARGE
    httpserver.clear()
    assert answered(httpserver, "\x01" * 30_000, "text/plain").reason is Reason.RESULT_TOO_LARGE
    httpserver.clear()
    assert answered(httpserver, '"' + "x" * (64 * 1024 - 2) + '"').ok


def test_a_small_answer_that_unpacks_to_a_large_one_takes_no_memory(httpserver: HTTPServer) -> None:
    """Unpacking stops at the limit, not after it."""
    bomb = gzip.compress(b" " * 50_000_000)
    httpserver.expect_request("/x").respond_with_data(bomb, headers={"Content-Encoding": "gzip"})
    tool = tool_for(httpserver.url_for(""), "/x")
    tracemalloc.start()
    try:
        execution = execute(tool)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert execution.reason is Reason.RESULT_TOO_LARGE
    assert peak < 25_000_000


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"", "connection lost"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "not HTTP"),
        (b"\x00\x01\x02\x03" * 100, "not HTTP"),
        (b"HTTP/1.1 abc OK\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nBroken header\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", "not HTTP"),
        (HEAD + b"Content-Length: 50\r\n\r\n[1]", "was cut off"),
        (HEAD + b"Content-Length: -1\r\n\r\n[1]", "not HTTP"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n[1]\r\n", "chunk size"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\n[1]\r\n", "was cut off"),
        (HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\n[1]", "not valid gzip"),
        (HEAD + b"Content-Encoding: br\r\nContent-Length: 3\r\n\r\n[1]", "'br'"),
        (
            HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"[1, 2, 3]", mtime=0)[:-9],
            "gzip response is truncated",
        ),
    ],
)
def test_nonsense_on_the_wire(answer: bytes, expected: str) -> None:
    """A service that does not speak HTTP is down: nothing is said about the call."""
    with pytest.raises(ServiceUnavailable, match=expected):
        execute_raw(answer)


def test_a_body_without_a_length_ends_with_the_connection() -> None:
    """As HTTP has it."""
    assert execute_raw(HEAD + b"\r\n[1]").result == [1]


def test_a_stumble_is_forgiven() -> None:
    """One lost connection, and one 500, cost a try and no call."""
    good = HEAD + b"Content-Length: 3\r\n\r\n[1]"
    assert execute_raw(b"", good).result == [1]
    assert execute_raw(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", good).result == [1]


async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Content-Length: 1000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def endless_headers(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: of it\r\n" * 100)
        await writer.drain()


async def endless_body(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"\r\n[")
    while True:
        writer.write(b"1," * 5000)
        await writer.drain()


async def endless_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    stream = zlib.compressobj(wbits=31)
    writer.write(HEAD + b"Content-Encoding: gzip\r\n\r\n" + stream.flush(zlib.Z_SYNC_FLUSH))
    while True:
        writer.write(b"\x00\x00\x00\xff\xff" * 1000)  # blocks of no bytes
        await writer.drain()


@pytest.mark.parametrize("handle", [drip, silence])
def test_a_slow_answer_is_not_waited_for(handle: Any) -> None:
    """Neither where nothing comes nor where a byte comes now and then."""
    execution = execute_against(handle, timeout_s=1)
    assert execution.reason is Reason.TIMEOUT
    assert "within 1 s" in execution.detail
    assert execution.duration_ms
    assert execution.duration_ms >= 900


def test_an_answer_without_end_is_cut_off() -> None:
    """Long before its time is up."""
    for handle in (endless_body, endless_nothing):
        assert execute_against(handle).reason is Reason.RESULT_TOO_LARGE
    with pytest.raises(ServiceUnavailable, match="not HTTP"):
        execute_against(endless_headers)


def test_nobody_listens() -> None:
    """A port that is closed and a name that does not exist are a service that is down."""
    with pytest.raises(ServiceUnavailable, match=r"127.0.0.1:9: cannot connect: .*refused.*tried 3 times"):
        execute(tool_for("http://127.0.0.1:9"))
    with pytest.raises(ServiceUnavailable, match="cannot be resolved"):
        execute(tool_for("http://no-such-host.invalid"))


def test_a_tool_of_another_kind_is_not_executable() -> None:
    """It was sent to the wrong executor."""
    tool = Tool("f", "", {}, binding=PythonBinding("f"))
    assert execute(tool).reason is Reason.NOT_EXECUTABLE


def test_the_table_sends_calls_of_web_services_here(httpserver: HTTPServer) -> None:
    """To the services that the tools of the library name, with the keys of the environment."""
    httpserver.expect_request("/x", headers={"Authorization": "Bearer key-12345678"}).respond_with_json([1])
    key = RestCredential("THE_KEY", "bearer")
    known = tool_for(httpserver.url_for(""), "/x", security=((key,),))
    other = tool_for("https://not-in-the-library.example")
    remote = RemoteConfig(private=(f"localhost:{httpserver.port}",))

    async def main() -> list[Execution]:
        executor = make_executor(ExecutionConfig(), remote, tools=[known], environment={"THE_KEY": "key-12345678"})
        executions = all_made(await executor.execute_many([(known, Call("ask")), (other, Call("ask"))]))
        await executor.aclose()
        return executions

    first, second = asyncio.run(main())
    assert first.result == [1]
    assert second.reason is Reason.FORBIDDEN
    assert "not-in-the-library.example:443 is not a host" in second.detail
