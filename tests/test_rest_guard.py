"""Requests go where the library says, and into private networks only by allowance, whatever names and redirects say."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response
from yarl import URL

from apigen.errors import ServiceUnavailable
from apigen.execute.rest.guard import Guard, GuardedResolver, named_places
from apigen.execute.rest.problems import Rejected
from apigen.records import Execution, Reason, RestCredential
from rest_lab import RawServer, execute, execute_raw, listening, tool_for

PRIVATE = [
    *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
    *("[::1]", "[::]", "[fd00::1]", "[fe80::1]", "[::ffff:127.0.0.1]", "[::ffff:a9fe:a9fe]", "[64:ff9b::7f00:1]"),
    *("[2002:7f00:1::]", "[::127.0.0.1]", "224.0.0.1", "255.255.255.255", "240.0.0.1"),
]
NUMBERS = ["2130706433", "0x7f000001", "0x7f.1", "127.1", "0177.0.0.1", "127.0.0.1.", "0"]


def refusal(guard: Guard, url: str) -> str:
    with pytest.raises(Rejected) as caught:
        guard.admit(URL(url))
    assert caught.value.reason is Reason.FORBIDDEN
    return caught.value.detail


@pytest.mark.parametrize("host", [*PRIVATE, *NUMBERS])
def test_private_addresses_are_refused(host: str) -> None:
    """In every spelling, though the library names them; the line says how to allow it."""
    tool = tool_for(f"http://{host}:8000")
    execution = execute(tool, private=())
    assert execution.reason is Reason.FORBIDDEN
    assert "private network" in execution.detail
    (place,) = named_places([tool])
    assert f"allow it with `--allow-private {place}`" in execution.detail


def test_a_name_that_leads_to_a_private_address_is_refused(httpserver: HTTPServer) -> None:
    """Whoever owns a name decides where it leads."""
    httpserver.expect_request("/").respond_with_json({})
    execution = execute(tool_for(httpserver.url_for("/")), private=())
    assert execution.reason is Reason.FORBIDDEN
    assert f"localhost:{httpserver.port} leads to 127.0.0.1" in execution.detail.replace("::1, ", "")
    assert httpserver.log == []
    assert execute(tool_for(httpserver.url_for("/"))).ok


def test_an_allowance_is_for_one_name_and_one_port(httpserver: HTTPServer) -> None:
    """Another name for the same address, or another port of it, needs its own."""
    port = httpserver.port
    for private in (f"127.0.0.1:{port}", f"localhost:{port + 1}"):
        assert execute(tool_for(httpserver.url_for("/")), private=(private,)).reason is Reason.FORBIDDEN
    assert httpserver.log == []


def test_what_no_tool_names_is_refused() -> None:
    """Also public hosts, other schemes and addresses with a user name in them."""
    guard = Guard(["api.example.com:443"], [])
    guard.admit(URL("https://API.example.com./x"))
    assert "is not a host used by any tool" in refusal(guard, "https://evil.example.com/")
    assert "is not a host used by any tool" in refusal(guard, "http://api.example.com/")
    assert "is not a host used by any tool" in refusal(guard, "https://api.example.com:444/")
    assert "HTTP" in refusal(guard, "ftp://api.example.com:443/")
    assert "user name" in refusal(guard, "https://api.example.com@api.example.com/")


class Rebinding(AbstractResolver):
    """A name that leads to a public address first and to this machine from then on."""

    def __init__(self) -> None:
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        address = "93.184.215.14" if self.asked == 1 else "127.0.0.1"
        return [ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        pass


def test_a_name_that_changes_its_meaning_gains_nothing() -> None:
    """Every lookup is checked, and the connection goes to what was checked."""
    server = RawServer([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"])

    async def main() -> None:
        async with listening(server.handle) as url:
            port = URL(url).port or 0
            resolver = GuardedResolver(Guard([f"rebind.example:{port}"], []), 1, Rebinding())
            assert [entry["host"] for entry in await resolver.resolve("rebind.example", port)] == ["93.184.215.14"]
            connector = aiohttp.TCPConnector(resolver=resolver)
            async with aiohttp.ClientSession(connector=connector) as session:
                with pytest.raises(Rejected, match=r"leads to 127\.0\.0\.1"):
                    await session.get(f"http://rebind.example:{port}/")

    asyncio.run(main())
    assert server.requests == []


class Mixed(Rebinding):
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked = 0
        public = await super().resolve(host, port, family)
        return [*await super().resolve(host, port, family), *public]


def test_of_several_addresses_the_public_ones_are_used() -> None:
    """One private address among them is passed over."""
    resolver = GuardedResolver(Guard([], []), 1, Mixed())
    found = asyncio.run(resolver.resolve("mixed.example", 80))
    assert [entry["host"] for entry in found] == ["93.184.215.14"]


class Hanging(Rebinding):
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        await asyncio.sleep(60)
        return []


def test_a_lookup_that_hangs_ends() -> None:
    """As a name that cannot be found."""
    resolver = GuardedResolver(Guard([], []), 0.05, Hanging())
    with pytest.raises(OSError, match="no answer within"):
        asyncio.run(resolver.resolve("slow.example", 80))


def test_proxies_of_the_environment_are_not_used(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would connect where the guard cannot look."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    httpserver.expect_request("/").respond_with_json([1])
    assert execute(tool_for(httpserver.url_for("/"))).result == [1]


KEY = RestCredential("KEY", "header", "X-Key")
ENVIRONMENT = {"KEY": "key-12345678"}


def redirecting(
    server: HTTPServer, status: int, location: str, method: str = "GET", *, also: str = "", **settings: Any
) -> tuple[Execution, list[Request]]:
    """One call of /start, which redirects to where /end is."""
    server.clear()
    server.expect_request("/start").respond_with_response(Response("", status, {"Location": location}))
    server.expect_request("/end").respond_with_json({"done": True})
    tool = tool_for(server.url_for(""), "/start", method, security=((KEY,),), body="text/plain", body_argument="b")
    others = [tool_for(also)] if also else []
    execution = execute(tool, {"b": "hello"}, also=others, environment=ENVIRONMENT, **settings)
    return execution, [request for request, _ in server.log]


@pytest.mark.parametrize(
    ("status", "method", "follows", "body"),
    [
        (301, "POST", "GET", b""),
        (302, "POST", "GET", b""),
        (303, "POST", "GET", b""),
        (303, "PUT", "GET", b""),
        (301, "PUT", "PUT", b"hello"),
        (302, "DELETE", "DELETE", b"hello"),
        (307, "POST", "POST", b"hello"),
        (308, "PATCH", "PATCH", b"hello"),
    ],
)
def test_what_follows_a_redirect(httpserver: HTTPServer, status: int, method: str, follows: str, body: bytes) -> None:
    """RFC 9110, section 15.4: which methods stay, and whether the body goes along. To the same host the key does."""
    execution, (_, second) = redirecting(httpserver, status, "/end", method)
    assert execution.result == {"done": True}
    assert (second.method, second.data) == (follows, body)
    assert second.headers["X-Key"] == "key-12345678"
    assert ("Content-Type" in second.headers) == bool(body)


def test_a_key_does_not_go_to_another_host(httpserver: HTTPServer) -> None:
    """Though the library names that host too: the key was not meant for it."""
    other = f"http://127.0.0.1:{httpserver.port}"
    execution, (_, second) = redirecting(httpserver, 307, f"{other}/end", also=other)
    assert execution.ok
    assert second.host.startswith("127.0.0.1")
    assert "X-Key" not in second.headers


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (
            "http://169.254.169.254/latest/meta-data/",
            "169.254.169.254:80 is not a host used by any tool of the library",
        ),
        ("//evil.example.com/end", "evil.example.com:80 is not a host"),
        ("http://2130706433/", "2130706433:80 is not a host"),
        ("file:///etc/passwd", "refused a file: URL"),
        ("javascript:alert(1)", "refused a javascript: URL"),
    ],
)
def test_a_redirect_leads_nowhere_else(httpserver: HTTPServer, location: str, expected: str) -> None:
    """Each hop is checked like the first request."""
    execution, requests = redirecting(httpserver, 302, location)
    assert execution.reason is Reason.FORBIDDEN
    assert expected in execution.detail
    assert len(requests) == 1


def test_a_redirect_to_a_private_address_that_is_named_needs_an_allowance(httpserver: HTTPServer) -> None:
    """Being named by the library is not enough."""
    other = f"http://127.0.0.1:{httpserver.port}"
    allowed = f"localhost:{httpserver.port}"
    execution, requests = redirecting(httpserver, 302, f"{other}/end", also=other, private=(allowed,))
    assert execution.reason is Reason.FORBIDDEN
    assert f"--allow-private 127.0.0.1:{httpserver.port}" in execution.detail
    assert len(requests) == 1


def test_redirects_end(httpserver: HTTPServer) -> None:
    """After five of them; one without a target, or with nonsense for one, ends at once."""
    execution, requests = redirecting(httpserver, 302, "/start")
    assert (execution.reason, len(requests)) == (Reason.RUNTIME_ERROR, 6)
    assert "more than 5" in execution.detail
    execution = execute_raw(b"HTTP/1.1 302 Found\r\nLocation: http://[::broken/\r\nContent-Length: 0\r\n\r\n")
    assert (execution.reason, execution.detail) == (Reason.RUNTIME_ERROR, "HTTP 302 redirects to an invalid URL")


def test_a_self_signed_certificate_is_one_clear_line(tls_server: HTTPServer) -> None:
    """Nothing is sent, and nothing is tried again."""
    with tls_server:
        with pytest.raises(
            ServiceUnavailable, match=r"is not trusted \(self.signed certificate\); SSL_CERT_FILE"
        ) as caught:
            execute(tool_for(tls_server.url_for("/")))
        assert "tried" not in str(caught.value)
        assert tls_server.log == []


def test_a_certificate_that_the_user_trusts_is_trusted(
    tls_server: HTTPServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As OpenSSL does everywhere."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "certificate.pem"))
    with tls_server:
        tls_server.expect_request("/").respond_with_json([1])
        assert execute(tool_for(tls_server.url_for("/"))).result == [1]


def test_a_redirect_from_tls_to_plain_text_is_refused(
    tls_server: HTTPServer, httpserver: HTTPServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was to be secret would be readable on the way."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "certificate.pem"))
    plain = httpserver.url_for("/")
    with tls_server:
        tls_server.expect_request("/").respond_with_response(Response("", 302, {"Location": plain}))
        execution = execute(tool_for(tls_server.url_for("/")), also=[tool_for(plain)])
    assert execution.reason is Reason.FORBIDDEN
    assert "from https to plain http" in execution.detail


def test_plain_text_where_tls_is_expected_is_a_service_that_is_down(httpserver: HTTPServer) -> None:
    """A wrong port is no property of a call."""
    with pytest.raises(ServiceUnavailable, match="TLS failed"):
        execute(tool_for(httpserver.url_for("/").replace("http:", "https:")))


def test_keys_do_not_cross_the_internet_in_plain_text(httpserver: HTTPServer) -> None:
    """One line says so, before anything is looked up; a host of one's own that is allowed gets them."""
    key = RestCredential("THE_KEY", "bearer")
    environment = {"THE_KEY": "key-12345678"}
    public = tool_for("http://shop.example.com", security=((key,),))
    execution = execute(public, environment=environment, private=())
    assert execution.reason is Reason.FORBIDDEN
    assert execution.detail.startswith("$THE_KEY would go to shop.example.com:80 in plain text; use an https URL")
    httpserver.expect_request("/", headers={"Authorization": "Bearer key-12345678"}).respond_with_json(1)
    own = tool_for(httpserver.url_for("/"), security=((key,),))
    assert execute(own, environment=environment).result == 1


def test_the_library_names_places_in_one_spelling() -> None:
    """With ports, and without what is no address."""
    tools = [tool_for(server) for server in ("https://A.com/v1", "http://a.com", "http://[::1]:8", "nonsense")]
    assert named_places(tools) == {"a.com:443", "a.com:80", "[::1]:8"}
