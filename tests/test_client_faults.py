"""The model client against real servers that fail as servers do."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from functools import partial
from typing import Any, TypeVar

import pytest

from apigen.errors import ModelRefused, ModelUnavailable
from apigen.model_config import ModelConfig
from apigen.models.openai.breaker import OPENS_AFTER
from apigen.models.openai.client import Client
from apigen.models.openai.failures import TryAgain
from apigen.models.openai.patience import Patience
from apigen.models.openai.wire import read_completion
from fault_server import (
    FaultServer,
    Handler,
    always,
    answer,
    as_json,
    error,
    faults,
    hang,
    in_turn,
    reset,
    response,
)

QUICK = Patience(first_s=0.01, longest_s=0.05)
BODY = b'{"messages": [{"role": "user", "content": "hi"}], "max_tokens": 100}'
PATIENCE_S = 60
"""How long anything is waited for that comes at once on an idle machine."""

_T = TypeVar("_T")


def client(server: FaultServer, concurrency: int = 8, patience: Patience = QUICK, **settings: Any) -> Client:
    """A client of a server, closed by :func:`run`."""
    config = ModelConfig.model_validate({"name": "openai/m", "base_url": server.url} | settings)
    made = Client([config], concurrency, patience)
    server.asked_by.append(made)
    return made


async def ask(asked: Client) -> str:
    return (await asked.ask(BODY, lambda content: read_completion(content, "openai/m"))).text


def run(handler: Handler, check: Callable[[FaultServer], Awaitable[_T]]) -> _T:
    async def main() -> _T:
        async with faults(handler) as (server,), asyncio.timeout(PATIENCE_S):
            try:
                return await check(server)
            finally:
                for asked in server.asked_by:
                    await asked.aclose()

    return asyncio.run(main())


def one(handler: Handler, **settings: Any) -> tuple[str, FaultServer, Client]:
    """What one request comes to."""

    async def check(server: FaultServer) -> tuple[str, FaultServer, Client]:
        asked = client(server, **settings)
        return await ask(asked), server, asked

    return run(handler, check)


def _cancel(task: "asyncio.Future[str]", _: object) -> None:
    task.cancel()


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110 - what is waited for happens in a server or client that has no event for it
        await asyncio.sleep(0.002)


BROKEN = {
    "500": error(500, "boom"),
    "a reset": b"",
    "a truncated body": answer()[:-20].replace(b"Content-Length: ", b"Content-Length: 9"),
    "half a JSON": response(200, b'{"choices": [{"mess'),
    "invalid UTF-8": response(200, b'{"choices": [{"message": {"content": "\xff\xfe"}}]}'),
    "a web page": response(200, b"<html><title>Hello</title></html>", kind="text/html"),
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "429": error(429, "slow down"),
    "429 with a wait": error(429, "slow down", Retry_After_ms="20"),
    "429 with a moment gone by": error(429, "slow down", Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"),
    "an error called good": as_json(200, {"error": {"code": 502, "message": "Provider returned error"}}),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_passing_fault_costs_a_try_and_no_request(fault: str) -> None:
    """Whatever came instead of an answer, the next one is taken."""

    async def handle(server: FaultServer, body: bytes, writer: asyncio.StreamWriter) -> bytes:
        if len(server.bodies) > 1:
            return answer()
        if fault in ("a truncated body", "no HTTP"):
            writer.write(BROKEN[fault])
            await writer.drain()
            return b""
        return BROKEN[fault]

    text, server, asked = one(handle, retries=1)
    assert (text, len(server.bodies)) == ("hi", 2)
    (facts,) = asked.facts()
    assert (facts.requests, facts.tries) == (1, 2)
    assert facts.rate_limited == ("429" in fault)
    assert facts.lowest_limit == (4 if "429" in fault else 8)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("500", "HTTP 500: boom"),
        ("a reset", "connection lost"),
        ("a truncated body", "connection lost"),
        ("invalid UTF-8", "the answer is not a chat completion"),
        ("a web page", "the answer is a web page titled 'Hello', not a chat completion; check --base-url"),
        ("no HTTP", "connection lost"),
        ("an error called good", "HTTP 502: Provider returned error"),
    ],
)
def test_a_lasting_fault_is_named(fault: str, says: str) -> None:
    """The last try's own words."""

    async def handle(server: FaultServer, body: bytes, writer: asyncio.StreamWriter) -> bytes:
        if fault in ("a truncated body", "no HTTP"):
            writer.write(BROKEN[fault])
            await writer.drain()
            return b""
        return BROKEN[fault]

    with pytest.raises(TryAgain, match=says):
        one(handle, retries=1)


def test_each_phase_has_its_own_time_out_and_words() -> None:
    """Nothing within silence_s; bytes that drip beyond timeout_s; no connection within connect_s."""

    async def drip(server: FaultServer, body: bytes, writer: asyncio.StreamWriter) -> bytes:
        writer.write(answer()[:60])
        while True:
            writer.write(b"X-Drip: 1\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    with pytest.raises(TryAgain, match=r"nothing received within silence_s \(0\.1 s\)"):
        one(hang, retries=0, silence_s=0.1)
    with pytest.raises(TryAgain, match=r"no complete answer within timeout_s \(1\.5 s\)"):
        one(drip, retries=0, silence_s=1, timeout_s=1.5)

    async def unreached(server: FaultServer) -> None:
        with ExitStack() as stack:
            full = stack.enter_context(socket.socket())
            full.bind(("127.0.0.1", 0))
            full.listen(0)  # nobody takes the connection in its queue, and there is room for one
            for _ in range(4):
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(full.getsockname())
            asked = client(server, base_url=f"http://127.0.0.1:{full.getsockname()[1]}/v1", retries=0, connect_s=0.2)
            with pytest.raises(TryAgain, match=r"no connection within connect_s \(0\.2 s\)"):
                await ask(asked)

    run(always(answer()), unreached)


def test_time_outs_narrow_the_concurrency_and_are_counted() -> None:
    """A server that does not answer in time is asked less."""

    async def check(server: FaultServer) -> None:
        asked = client(server, retries=0, timeout_s=0.1)
        assert [type(end) for end in await asyncio.gather(*(ask(asked) for _ in range(3)), return_exceptions=True)] == [
            TryAgain
        ] * 3
        (facts,) = asked.facts()
        assert (facts.timeouts, facts.limit, facts.most_in_flight) == (3, 4, 3)

    run(hang, check)


def test_a_server_that_asks_to_wait_is_left_alone_by_all_requests() -> None:
    """Nobody asks before the time that it named to one of them."""
    times: list[float] = []

    async def handle(server: FaultServer, body: bytes, writer: asyncio.StreamWriter) -> bytes:
        times.append(asyncio.get_running_loop().time())
        return error(429, "slow", Retry_After_ms="300") if len(times) == 1 else answer()

    async def check(server: FaultServer) -> None:
        asked = client(server)
        first = asyncio.ensure_future(ask(asked))
        await until(lambda: asked.facts()[0].rate_limited == 1)
        assert set(await asyncio.gather(first, *(ask(asked) for _ in range(5)))) == {"hi"}

    run(handle, check)
    assert len(times) == 7
    assert min(times[1:]) - times[0] >= 0.3


def test_a_long_wait_that_a_server_asks_for_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """Several requests are turned away at the same time; who looks on is told why nothing happens, once."""

    async def check(server: FaultServer) -> None:
        asked = client(server)
        work = [asyncio.ensure_future(ask(asked)) for _ in range(5)]
        await until(lambda: asked.facts()[0].rate_limited == 5)
        asked.stop()
        await asyncio.gather(*work, return_exceptions=True)

    run(always(error(429, "slow down", Retry_After="40")), check)
    (told,) = [record.getMessage() for record in caplog.records if record.name.startswith("apigen")]
    assert told.startswith("openai/m at http://127.0.0.1:")
    assert told.endswith("HTTP 429: slow down; pausing requests to it for 40 s, as it asks")


def test_a_burst_limit_loses_no_request_however_few_retries_there_are() -> None:
    """Whoever is turned away by a server that meanwhile answers others only waits its turn."""

    async def every_third(server: FaultServer, body: bytes, writer: asyncio.StreamWriter) -> bytes:
        return answer() if len(server.bodies) % 3 == 0 else error(429, "Rate limit reached for requests per minute")

    async def check(server: FaultServer) -> None:
        asked = client(server, retries=2)
        assert set(await asyncio.gather(*(ask(asked) for _ in range(30)))) == {"hi"}
        (facts,) = asked.facts()
        assert facts.rate_limited == facts.tries - 30
        assert facts.lowest_limit < 8

    run(every_third, check)


def test_a_limit_that_lets_nobody_through_ends() -> None:
    """A server that only ever says 429 is given up after the retries."""
    with pytest.raises(TryAgain, match="HTTP 429: no"):
        one(always(error(429, "no")), retries=2)


def test_a_days_quota_ends_at_once_for_everybody() -> None:
    """One request finds out; those that wait are told, and none is sent any more."""
    used_up = error(429, "Rate limit exceeded: free-models-per-day")

    async def check(server: FaultServer) -> int:
        asked = client(server, concurrency=2)
        ends = await asyncio.gather(*(ask(asked) for _ in range(20)), return_exceptions=True)
        assert {type(end) for end in ends} == {ModelUnavailable}
        assert all("the daily quota is used up" in str(end) for end in ends)
        with pytest.raises(ModelUnavailable, match="daily quota"):
            await ask(asked)
        return len(server.bodies)

    assert run(always(used_up), check) <= 2


def test_whoever_waits_is_told_when_a_single_try_finds_that_nothing_is_accepted() -> None:
    """Also a request that is sent only once closes the last endpoint for all."""

    async def handle(server: FaultServer, body: bytes, writer: asyncio.StreamWriter) -> bytes:
        await until(lambda: waiting)
        return error(401, "no")

    waiting = False

    async def check(server: FaultServer) -> None:
        nonlocal waiting
        asked = client(server, concurrency=1)
        probe = asyncio.ensure_future(asked.once(BODY, lambda content: content))
        await until(lambda: server.in_flight == 1)
        work = [asyncio.ensure_future(ask(asked)) for _ in range(3)]
        await asyncio.sleep(0)
        waiting = True
        ends = await asyncio.gather(probe, *work, return_exceptions=True)
        assert {type(end) for end in ends} == {ModelUnavailable}
        assert len(server.bodies) == 1

    run(handle, check)


def test_a_server_that_is_down_for_good_is_asked_by_checks_and_not_by_each_request_in_full() -> None:
    """32 requests with 5 retries would be 192 tries; it takes those in flight while it opens, and the checks."""

    async def check(server: FaultServer) -> list[object]:
        asked = client(server, concurrency=32, retries=5)
        ends = await asyncio.gather(*(ask(asked) for _ in range(100)), return_exceptions=True)
        (facts,) = asked.facts()
        assert facts.problem
        assert len(server.bodies) <= 32 + (OPENS_AFTER - 1) + 5
        return list(ends)

    ends = run(always(error(503, "Loading model")), check)
    assert {type(end) for end in ends} == {ModelUnavailable}
    assert str(ends[0]).endswith(
        "/v1/chat/completions: HTTP 503: Loading model; 5 requests in a row failed, and then 5 checks"
    )


def test_a_server_that_restarts_loses_no_request() -> None:
    """While it is away requests wait together; when it is back they go on, without one of them knowing."""

    async def slow(server: FaultServer, body: bytes, writer: asyncio.StreamWriter) -> bytes:
        await asyncio.sleep(0.005)
        return answer()

    async def check(server: FaultServer) -> None:
        asked = client(server, concurrency=8, retries=20)
        work = [asyncio.ensure_future(ask(asked)) for _ in range(60)]
        await until(lambda: len(server.bodies) >= 20)
        await server.stop()
        await until(lambda: bool(asked.facts()[0].problem))
        await server.start()
        assert set(await asyncio.gather(*work)) == {"hi"}
        assert asked.facts()[0].problem == ""

    run(slow, check)


def test_connections_are_used_again() -> None:
    """As many connections as requests in flight, not as requests."""

    async def check(server: FaultServer) -> None:
        asked = client(server, concurrency=3)
        await asyncio.gather(*(ask(asked) for _ in range(60)))
        assert (server.connections, server.most_in_flight) == (3, 3)
        await asked.aclose()

    async def slow(server: FaultServer, body: bytes, writer: asyncio.StreamWriter) -> bytes:
        await asyncio.sleep(0.002)
        return answer()

    run(slow, check)


def test_cancelled_requests_leave_no_place_taken() -> None:
    """Sent or waiting: their connections close at the server, and others have their places at once."""
    handler: list[Handler] = [hang]

    async def handle(server: FaultServer, body: bytes, writer: asyncio.StreamWriter) -> bytes:
        return await handler[0](server, body, writer)

    async def check(server: FaultServer) -> None:
        asked = client(server, concurrency=2)
        work = [asyncio.ensure_future(ask(asked)) for _ in range(6)]
        await until(lambda: server.in_flight == 2)
        assert asked.awaited == 2
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        assert asked.awaited == 0
        await until(lambda: server.closed_by_client == 2)
        handler[0] = always(answer())
        assert await asyncio.gather(*(ask(asked) for _ in range(4))) == ["hi"] * 4
        assert len(server.bodies) == 6

    run(handle, check)


def test_a_place_given_to_a_request_that_is_cancelled_at_that_moment_is_not_lost() -> None:
    """A place is free again whatever the order in which it is given and refused."""

    async def check(server: FaultServer) -> None:
        asked = client(server, concurrency=1)
        for _ in range(5):
            first, second = (asyncio.ensure_future(ask(asked)) for _ in range(2))
            first.add_done_callback(partial(_cancel, second))  # whose place is on its way to it
            await asyncio.gather(first, second, return_exceptions=True)
            assert asked.awaited == 0
        assert await ask(asked) == "hi"

    run(always(answer()), check)


def test_stopping_ends_waits_at_once_and_lets_answers_come() -> None:
    """What was sent may have been paid for; what waits for a place, or for another try, need not wait."""
    release = asyncio.Event()

    async def handle(server: FaultServer, body: bytes, writer: asyncio.StreamWriter) -> bytes:
        if len(server.bodies) == 1:
            return error(500, "boom")
        await release.wait()
        return answer()

    async def check(server: FaultServer) -> None:
        asked = client(server, 2, Patience(first_s=3600))
        resting = asyncio.ensure_future(ask(asked))
        await until(lambda: len(server.bodies) == 1 and asked.awaited == 0)
        work = [asyncio.ensure_future(ask(asked)) for _ in range(5)]
        await until(lambda: server.in_flight == 2)
        asked.stop()
        ends = await asyncio.gather(resting, *work[2:], return_exceptions=True)
        assert {str(end) for end in ends} == {"openai/m: no more requests are sent, because the run is ending"}
        assert asked.awaited == 2
        release.set()
        assert await asyncio.gather(*work[:2]) == ["hi", "hi"]
        with pytest.raises(ModelUnavailable, match="no more requests"):
            await ask(asked)

    run(handle, check)


def test_closing_ends_what_is_awaited_too() -> None:
    """Nothing goes on behind a closed client."""

    async def check(server: FaultServer) -> None:
        asked = client(server)
        work = asyncio.ensure_future(ask(asked))
        await until(lambda: server.in_flight == 1)
        await asked.aclose()
        with pytest.raises(ModelUnavailable, match="no more requests"):
            await work

    run(hang, check)


def test_requests_per_minute_are_kept() -> None:
    """1,200 a minute are one every 50 ms, and the endpoint sees them so."""
    times: list[float] = []

    async def handle(server: FaultServer, body: bytes, writer: asyncio.StreamWriter) -> bytes:
        times.append(asyncio.get_running_loop().time())
        return answer()

    async def check(server: FaultServer) -> None:
        times.append(asyncio.get_running_loop().time())
        asked = client(server, requests_per_minute=1200)
        await asyncio.gather(*(ask(asked) for _ in range(10)))

    run(handle, check)
    assert times[-1] - times[0] >= 9 * 0.05 - 0.1


def test_tokens_per_minute_are_kept_by_what_answers_cost() -> None:
    """After an answer of 600 tokens at 60,000 a minute the next request waits 0.6 s, less the slack."""
    times: list[float] = []

    async def handle(server: FaultServer, body: bytes, writer: asyncio.StreamWriter) -> bytes:
        times.append(asyncio.get_running_loop().time())
        return answer(prompt_tokens=100, completion_tokens=500)

    async def check(server: FaultServer) -> None:
        times.append(asyncio.get_running_loop().time())
        asked = client(server, tokens_per_minute=60_000)
        await ask(asked)
        await ask(asked)

    run(handle, check)
    assert times[-1] - times[0] >= 0.6 - 0.1


def test_azures_key_header_and_query_go_out_and_stay_out_of_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key bare in the header that is named, the query behind every address; neither in facts or errors."""
    monkeypatch.setenv("MY_KEY", "s3cret")
    azure = {"api_key_env": "MY_KEY", "api_key_header": "api-key", "query": {"api-version": "2024-10-21"}}
    _, server, asked = one(always(answer()), **azure)
    assert server.heads[0].startswith("POST /v1/chat/completions?api-version=2024-10-21 HTTP/1.1")
    assert "\r\napi-key: s3cret\r\n" in server.heads[0]
    assert "authorization" not in server.heads[0].lower()
    assert asked.facts()[0].base_url == server.url
    with pytest.raises(ModelRefused) as caught:
        one(always(error(400, "no")), **azure)
    assert "2024-10-21" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_certificate_that_is_not_trusted_is_said_at_once(tls_server: object) -> None:
    """Another try would not mend it; the line says what would."""
    assert hasattr(tls_server, "url_for")
    with tls_server as server:  # type: ignore[attr-defined]
        asked = Client([ModelConfig(name="openai/m", base_url=server.url_for("/v1"))], 1, QUICK)

        async def main() -> None:
            try:
                await ask(asked)
            finally:
                await asked.aclose()

        with pytest.raises(ModelUnavailable, match=r"its certificate is not trusted .*SSL_CERT_FILE"):
            asyncio.run(main())


def test_an_unknown_host_is_said() -> None:
    """By its name."""
    with pytest.raises(TryAgain, match=r"cannot connect: the host nowhere\.invalid cannot be resolved"):
        one(always(answer()), base_url="http://nowhere.invalid/v1", retries=0)


def test_a_reset_connection_is_not_a_refused_prompt() -> None:
    """It is tried again until the retries are over."""
    with pytest.raises(TryAgain, match="connection lost"):
        one(reset, retries=1)


def test_facts_tell_what_was_seen() -> None:
    """The latency is that of answers, from sending to the last byte."""

    async def slow(server: FaultServer, body: bytes, writer: asyncio.StreamWriter) -> bytes:
        await asyncio.sleep(0.05)
        return answer()

    _, server, asked = one(slow)
    (facts,) = asked.facts()
    assert facts.model == "openai/m"
    assert facts.base_url == server.url
    assert facts.median_ms is not None
    assert facts.median_ms >= 50
    assert (facts.limit, facts.lowest_limit, facts.most_in_flight, facts.problem) == (8, 8, 1, "")


def test_faults_in_turn_do_not_add_up_beyond_the_retries() -> None:
    """Two tries more than were allowed are not made."""
    text, server, _ = one(in_turn(error(500, "a"), b"", answer()), retries=2)
    assert (text, len(server.bodies)) == ("hi", 3)
    with pytest.raises(TryAgain, match="HTTP 500: c"):
        one(in_turn(error(500, "a"), b"", error(500, "c"), answer()), retries=2)
