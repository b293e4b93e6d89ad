"""MCP servers at an address: what is sent, where to, and what becomes of refusals."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from apigen.errors import ServiceUnavailable, UserError
from apigen.execute.mcp.addresses import addresses_of
from apigen.execute.mcp.servers import NotAllowed
from apigen.library.catalogue import load_library
from apigen.records import Reason
from mcp_lab import lab

TOOLS = [
    {"name": "does", "description": "Does it.", "inputSchema": {"type": "object", "properties": {}}},
    {"name": "sets", "description": "Sets it.", "inputSchema": {}, "annotations": {"readOnlyHint": False}},
]
Answers = Callable[[dict[str, Any]], Response | None]


class Site:
    """A server of the year 2025 with sessions, whose answers to calls a test decides."""

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.sessions = 0
        self.tokens: list[str | None] = []
        self.answers: Answers = lambda _: None
        server.expect_request("/mcp").respond_with_handler(self.handle)

    @property
    def locator(self) -> str:
        return f"mcp:http://{self.place}/mcp"

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.server.port}"

    def handle(self, request: Request) -> Response:
        self.tokens.append(request.headers.get("authorization"))
        if request.method != "POST":
            return Response(status=405)
        message = request.get_json()
        if (decided := self.answers(message)) is not None:
            return decided
        if "id" not in message:
            return Response(status=202)
        if message["method"] == "initialize":
            self.sessions += 1
            about = {"protocolVersion": "2025-03-26", "capabilities": {}, "serverInfo": {"name": "s", "version": "1"}}
            return said(message, about, {"mcp-session-id": str(self.sessions)})
        if message["method"] == "server/discover":
            return Response(status=404)
        if request.headers.get("mcp-session-id") != str(self.sessions):
            return Response(status=404)
        if message["method"] == "tools/list":
            return said(message, {"tools": TOOLS})
        return said(message, {"content": [{"type": "text", "text": f"session {self.sessions}"}]})


def said(message: dict[str, Any], result: Any, headers: dict[str, str] | None = None) -> Response:
    body = {"jsonrpc": "2.0", "id": message["id"], "result": result}
    return Response(json.dumps(body), content_type="application/json", headers=headers)


def calls(answer: Callable[[dict[str, Any]], Response]) -> Answers:
    """Decides the answers to calls, and nothing else."""
    return lambda message: answer(message) if message["method"] == "tools/call" else None


def counted(tries: list[Any], answer: Response) -> Callable[[dict[str, Any]], Response]:
    """Gives the same answer each time, and keeps what it answers."""

    def answers(message: dict[str, Any]) -> Response:
        tries.append(message)
        return answer

    return answers


@pytest.fixture
def site(httpserver: HTTPServer) -> Site:
    return Site(httpserver)


def test_a_call_needs_an_allowance_for_a_private_address(site: Site) -> None:
    """To load is to name the address; to make calls there is for the configuration to allow."""
    with lab(site.locator) as opened:
        ran = opened.call("does")
        assert ran.reason is Reason.FORBIDDEN
        assert (
            ran.detail
            == f"{site.place} has a private address (127.0.0.1); allow it with `remote.private: [{site.place}]`"
        )
    with lab(site.locator, private=[site.place]) as opened:
        assert opened.call("does").result == "session 3"


def test_a_variable_is_sent_as_a_bearer_token(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every request, and only where one is named."""
    load_library([site.locator])
    assert set(site.tokens) == {None}
    site.tokens.clear()
    monkeypatch.setenv("SITE_TOKEN", "correct horse battery")
    load_library([f"{site.locator}#variable=SITE_TOKEN"])
    assert set(site.tokens) == {"Bearer correct horse battery"}


def test_a_forgotten_session_is_begun_again(site: Site) -> None:
    """A server that was restarted knows no old session; the call never began, so a writing one is made as well."""
    with lab(site.locator, private=[site.place]) as opened:
        assert opened.call("sets").result == "session 2"
        site.sessions += 10
        assert opened.call("sets").result == "session 13"


@pytest.mark.parametrize("body", ["", '{"error": "invalid_token"}'])
def test_a_refused_key_is_unauthorized(site: Site, body: str) -> None:
    """In a call it rejects that call; before that, one line says how to give a key."""
    refusal = Response(body, status=401, content_type="application/json" if body else None)
    with lab(site.locator, private=[site.place]) as opened:
        site.answers = calls(lambda _: refusal)
        ran = opened.call("does")
        assert (ran.reason, ran.detail) == (Reason.UNAUTHORIZED, "the server answered HTTP 401 UNAUTHORIZED")
    site.answers = lambda _: refusal
    with pytest.raises(UserError, match=r"it answered with an error: HTTP 401 UNAUTHORIZED; `#variable=NAME` sends"):
        load_library([site.locator])


def test_a_server_that_turns_everybody_away_is_unavailable(site: Site) -> None:
    """That says nothing about the call, also when it was tried twice."""
    with lab(site.locator, private=[site.place]) as opened:
        tries: list[Any] = []
        site.answers = calls(counted(tries, Response(status=503)))
        with pytest.raises(ServiceUnavailable, match="the server answered HTTP 503"):
            opened.call("does")
        assert len(tries) == 2
        site.answers = lambda _: None
        assert opened.call("does").ok


def test_a_failure_inside_the_server_does_not_repeat_a_writing_call(site: Site) -> None:
    """It may have written before it failed."""
    with lab(site.locator, private=[site.place]) as opened:
        tries: list[Any] = []
        site.answers = calls(counted(tries, Response(status=500)))
        ran = opened.call("sets")
        assert (ran.reason, len(tries)) == (Reason.RUNTIME_ERROR, 1)
        assert ran.detail.endswith("is not retried")


@pytest.mark.parametrize("streamed", [False, True])
def test_what_is_read_is_bounded(site: Site, streamed: bool) -> None:
    """Seventeen megabytes are too large before they are all there, as a body and as an event."""
    large = {"content": [{"type": "text", "text": "x" * (17 << 20)}]}

    def answer(message: dict[str, Any]) -> Response:
        whole = said(message, large)
        return Response(b"data: " + whole.data + b"\n\n", content_type="text/event-stream") if streamed else whole

    with lab(site.locator, private=[site.place]) as opened:
        site.answers = calls(answer)
        ran = opened.call("does")
        assert (ran.reason, ran.detail) == (Reason.RESULT_TOO_LARGE, "the server sent a message of more than 16 MiB")
        site.answers = lambda _: None
        assert opened.call("does").ok


def test_a_stream_that_ends_without_an_answer_is_the_calls_fault_when_it_does_so_twice(site: Site) -> None:
    """A new session is begun for the second try, and one for whoever comes next."""
    with lab(site.locator, private=[site.place]) as opened:
        site.answers = calls(lambda _: Response(b": nothing\n\n", content_type="text/event-stream"))
        ran = opened.call("does")
        assert (ran.reason, site.sessions) == (Reason.CRASHED, 3)
        site.answers = lambda _: None
        assert opened.call("does").result == "session 4"


def test_a_redirect_to_another_host_is_not_followed(site: Site) -> None:
    """Least of all to a private one; the line names where it leads."""
    away = Response(status=307, headers={"location": "http://169.254.169.254/latest"})
    site.answers = lambda _: away
    with pytest.raises(UserError, match=r"Redirect to http://169\.254\.169\.254/latest not followed"):
        load_library([site.locator])


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (
            Response("<html>Hello</html>", content_type="text/html"),
            "it answered with an error: Unexpected content type: text/html",
        ),
        (
            Response("Hello", content_type="application/json"),
            "it answered with an error: Failed to parse JSON response",
        ),
        (Response(status=404), "it answered with an error: Not Found"),
        (Response(status=500), "it answered with an error: HTTP 500 INTERNAL SERVER ERROR"),
    ],
)
def test_what_is_no_mcp_server_is_one_clear_line(site: Site, answer: Response, line: str) -> None:
    """A page, a text, nothing, a failure."""
    site.answers = lambda _: answer
    with pytest.raises(UserError) as caught:
        load_library([site.locator])
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_certificate_that_nobody_vouches_for_is_refused(tls_server: HTTPServer) -> None:
    """A self-signed one is one clear line."""
    refused = pytest.raises(UserError, match=r"it cannot be reached: .*self.signed certificate")
    with tls_server, refused:
        load_library([f"mcp:https://localhost:{tls_server.port}/mcp"])


def test_a_token_does_not_cross_the_internet_in_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent, and the line names the way out."""
    monkeypatch.setenv("SITE_TOKEN", "a-secret-token")
    with pytest.raises(UserError, match="in plain text; use an https URL"):
        load_library(["mcp:http://1.1.1.1/mcp#variable=SITE_TOKEN"])


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "::1",
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "::ffff:127.0.0.1",
        "224.0.0.1",
    ],
)
def test_private_addresses_are_known(host: str) -> None:
    """Loopback, local networks, link-local ones with their metadata services, and the same in other spellings."""
    with pytest.raises(NotAllowed, match="has a private address"):
        asyncio.run(addresses_of(host, 80, ()))
    assert asyncio.run(addresses_of(host, 80, None))


def test_public_addresses_and_allowed_ones_may_be_reached() -> None:
    """An allowance is for one host and port."""
    assert asyncio.run(addresses_of("8.8.8.8", 443, ())) == ("8.8.8.8",)
    assert asyncio.run(addresses_of("127.0.0.1", 8000, ("127.0.0.1:8000",))) == ("127.0.0.1",)
    assert asyncio.run(addresses_of("::1", 8000, ("[::1]:8000",))) == ("::1",)
    with pytest.raises(NotAllowed):
        asyncio.run(addresses_of("127.0.0.1", 8001, ("127.0.0.1:8000",)))
