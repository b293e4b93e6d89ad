"""When calls are tried again, how many run at once, and when a dead host is left alone."""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Sequence
from typing import Any

import pytest
import stamina
from aiohttp import web
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from apigen.errors import ServiceUnavailable
from apigen.execute.base import all_made
from apigen.execute.rest.lane import DEAD_AFTER, DEAD_FOR_S, Lane
from apigen.execute.rest.problems import Unanswered
from apigen.records import Call, Execution, Reason, RestCredential, Tool
from rest_lab import execute, executor_for, tool_for

pytestmark = pytest.mark.slow


def in_turn(server: HTTPServer, *responses: Response) -> None:
    left = list(responses)
    server.expect_request("/").respond_with_handler(lambda _: left.pop(0) if len(left) > 1 else left[0])


OK = Response("[1]", content_type="application/json")


@pytest.mark.parametrize(
    ("method", "writes", "tries"),
    [("GET", False, 2), ("POST", False, 2), ("PUT", True, 2), ("POST", True, 1), ("DELETE", True, 1)],
)
@pytest.mark.parametrize("status", [500, 503])
def test_what_may_be_tried_again(httpserver: HTTPServer, method: str, writes: bool, tries: int, status: int) -> None:
    """Reads, and writes that do the same when done twice; a second POST could be a second order."""
    in_turn(httpserver, Response("", status), OK)
    tool = tool_for(httpserver.url_for("/"), "/", method, writes=writes)
    if tries == 2:
        assert execute(tool).result == [1]
    elif status == 500:
        assert execute(tool).reason is Reason.RUNTIME_ERROR
    else:
        with pytest.raises(ServiceUnavailable):
            execute(tool)
    assert len(httpserver.log) == tries


def test_a_500_is_tried_again_once(httpserver: HTTPServer) -> None:
    """It is most often a defect that meets these arguments every time."""
    in_turn(httpserver, Response("", 500))
    assert execute(tool_for(httpserver.url_for("/")), retries=5).reason is Reason.RUNTIME_ERROR
    assert len(httpserver.log) == 2


def test_no_tries_where_none_are_wanted(httpserver: HTTPServer) -> None:
    """`retries: 0` is one try."""
    in_turn(httpserver, Response("", 503))
    with pytest.raises(ServiceUnavailable, match=r"HTTP 503: Service Unavailable$"):
        execute(tool_for(httpserver.url_for("/")), retries=0)
    assert len(httpserver.log) == 1


def test_what_was_never_sent_may_always_be_sent_again() -> None:
    """A connection that is refused did nothing on the other side."""
    with pytest.raises(ServiceUnavailable, match="tried 3 times"):
        execute(tool_for("http://127.0.0.1:9", "/", "POST", writes=True))


def test_retry_after_is_honoured_within_bounds(httpserver: HTTPServer) -> None:
    """A wait that is too long is not begun."""
    in_turn(httpserver, Response("", 429, {"Retry-After": "1"}), OK)
    started = time.monotonic()
    assert execute(tool_for(httpserver.url_for("/"))).result == [1]
    assert time.monotonic() - started >= 1
    httpserver.clear()
    in_turn(httpserver, Response("", 429, {"Retry-After": "3600"}), OK)
    with pytest.raises(ServiceUnavailable, match="it asks clients to wait 3600 s"):
        execute(tool_for(httpserver.url_for("/")))
    assert len(httpserver.log) == 1


def test_writes_need_an_allowance(httpserver: HTTPServer) -> None:
    """By name or pattern; without it nothing is sent."""
    tool = tool_for(httpserver.url_for("/"), "/", "POST", name="create_order", writes=True)
    execution = execute(tool, writes=("get_*",))
    assert execution.reason is Reason.FORBIDDEN
    assert "--allow-writes create_order" in execution.detail
    assert httpserver.log == []
    httpserver.expect_request("/").respond_with_json({})
    assert execute(tool, writes=("create_*",)).ok


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_dead_host_is_left_alone_and_tried_again_later() -> None:
    """After some calls in a row none is let through; then one tries it, and its success opens the lane."""
    clock = Clock()
    lane = Lane("a.com:443", 1, now=clock)
    for _ in range(DEAD_AFTER):
        lane.enter()
        lane.gave_up("no answer")
    with pytest.raises(Unanswered, match=f"a.com:443 failed to answer {DEAD_AFTER} calls in a row.*30 s.*no answer"):
        lane.enter()
    clock.now += DEAD_FOR_S
    lane.enter()
    with pytest.raises(Unanswered):
        lane.enter()  # while the first one is under way
    lane.gave_up("still no answer")
    with pytest.raises(Unanswered, match="still"):
        lane.enter()
    clock.now += DEAD_FOR_S
    lane.enter()
    lane.answered()
    lane.enter()
    lane.enter()


def test_calls_that_are_answered_keep_a_host_alive() -> None:
    """Only failures in a row count."""
    lane = Lane("a.com:443", 1)
    for _ in range(3 * DEAD_AFTER):
        lane.gave_up("no answer")
        lane.answered()
    lane.enter()


def test_a_dead_service_is_not_hammered(httpserver: HTTPServer) -> None:
    """Calls after the first few end at once, without a request."""
    httpserver.expect_request("/").respond_with_data("down", 503)
    tool = tool_for(httpserver.url_for("/"))

    async def main() -> list[str]:
        executor = executor_for(tool, retries=0)
        problems = []
        for _ in range(20):
            with pytest.raises(ServiceUnavailable) as caught:
                await executor.execute(tool, Call("ask"))
            problems.append(str(caught.value))
        await executor.aclose()
        return problems

    problems = asyncio.run(main())
    assert len(httpserver.log) == DEAD_AFTER
    assert "calls are paused" in problems[-1]


def test_an_answer_makes_up_for_failures(httpserver: HTTPServer) -> None:
    """A service that answers now and then is never left alone."""
    calls = 3 * DEAD_AFTER
    outcomes = [Response("", 503), *[Response("", 503)] * (DEAD_AFTER - 2), Response("", 404)] * calls
    httpserver.expect_request("/").respond_with_handler(lambda _: outcomes.pop(0))
    tool = tool_for(httpserver.url_for("/"))

    async def main() -> None:
        executor = executor_for(tool, retries=0)
        for _ in range(calls):
            with contextlib.suppress(ServiceUnavailable):
                await executor.execute(tool, Call("ask"))
        await executor.aclose()

    asyncio.run(main())
    assert len(httpserver.log) == calls


class Counting:
    """A service that knows how many calls it has at once, at most, and on how many connections."""

    def __init__(self, wait_s: float = 0.02) -> None:
        self.at_once = self.most = self.calls = 0
        self.peers: set[Any] = set()
        self.wait_s = wait_s
        self.entered, self.left = asyncio.Event(), asyncio.Event()

    async def handle(self, request: web.Request) -> web.Response:
        self.at_once += 1
        self.calls += 1
        self.most = max(self.most, self.at_once)
        assert request.transport
        self.peers.add(request.transport.get_extra_info("peername"))
        self.entered.set()
        try:
            await asyncio.sleep(self.wait_s)
        finally:
            self.at_once -= 1
            self.left.set()
        return web.json_response(self.calls)


async def serve(counting: Counting) -> tuple[web.AppRunner, Tool]:
    app = web.Application()
    app.router.add_get("/", counting.handle)
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, tool_for(f"http://127.0.0.1:{runner.addresses[0][1]}")


def many(counting: Counting, count: int, **remote: Any) -> list[Execution]:
    async def main() -> list[Execution]:
        runner, tool = await serve(counting)
        executor = executor_for(tool, **remote)
        try:
            return all_made(await executor.execute_many([(tool, Call("ask"))] * count))
        finally:
            await executor.aclose()
            await runner.cleanup()

    return asyncio.run(main())


def test_calls_of_a_host_run_side_by_side_up_to_a_bound() -> None:
    """On connections that are used again."""
    counting = Counting()
    executions = many(counting, 30, per_host=3)
    assert all(execution.ok for execution in executions)
    assert counting.calls == 30
    assert counting.most == 3
    assert len(counting.peers) <= 3


def test_a_rate_is_held() -> None:
    """The first call at once, each other a gap later."""
    counting = Counting(0)
    started = time.monotonic()
    many(counting, 11, rate=50)
    assert time.monotonic() - started >= 10 / 50


@pytest.mark.slow
def test_waiting_for_a_turn_is_no_time_out() -> None:
    """Time counts from when a call is let through."""
    executions = many(Counting(0), 2, rate=0.2, timeout_s=4)
    assert all(execution.ok for execution in executions)


def test_in_bulk_one_dead_service_costs_the_others_nothing() -> None:
    """Each call has its own result, and each is made once."""
    counting = Counting()

    async def main() -> None:
        runner, tool = await serve(counting)
        dead = tool_for("http://127.0.0.1:9", name="dead")
        executor = executor_for(tool, dead)
        pairs: Sequence[tuple[Tool, Call]] = [(dead, Call("dead")), *[(tool, Call("ask"))] * 5]
        first, *others = await executor.execute_many(pairs)
        assert isinstance(first, ServiceUnavailable)
        assert str(first).startswith("dead: 127.0.0.1:9")
        assert all(execution.ok for execution in all_made(others))
        assert counting.at_once == 0
        await executor.aclose()
        await runner.cleanup()

    with stamina.set_testing(True, attempts=10, cap=True):
        asyncio.run(main())
    assert counting.calls == 5


def test_a_cancelled_call_leaves_its_place() -> None:
    """And its connection; the next call is let through."""
    counting = Counting(30)

    async def main() -> None:
        runner, tool = await serve(counting)
        executor = executor_for(tool, per_host=1)
        first = asyncio.ensure_future(executor.execute(tool, Call("ask")))
        await counting.entered.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        await counting.left.wait()
        counting.wait_s = 0
        assert (await executor.execute(tool, Call("ask"))).ok
        await executor.aclose()
        await executor.aclose()
        await runner.cleanup()

    asyncio.run(asyncio.wait_for(main(), 20))


SECRET = "s3cret/key+with=odd&signs"
LOGIN = "ann:pass-word-1"


def echoing(server: HTTPServer, status: int) -> None:
    def handler(request: Request) -> Response:
        authorization = request.authorization
        password = authorization.password if authorization else ""
        seen = {"url": request.url, "all": str(request.headers), "password": password, request.args["key"]: 1}
        return Response(json.dumps(seen), status, content_type="application/json")

    server.expect_request("/").respond_with_handler(handler)


@pytest.mark.parametrize("status", [200, 400, 401, 503])
def test_what_is_echoed_is_taken_out(httpserver: HTTPServer, status: int, caplog: pytest.LogCaptureFixture) -> None:
    """A key is in no result, no detail, no error and no log: plain, encoded, or its password alone."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)  # the server is not ours
    echoing(httpserver, status)
    credentials = (RestCredential("THE_KEY", "query", "key"), RestCredential("THE_LOGIN", "basic"))
    tool = tool_for(httpserver.url_for("/"), security=(credentials,))
    environment = {"THE_KEY": SECRET, "THE_LOGIN": LOGIN}
    try:
        said = repr(execute(tool, environment=environment))
    except ServiceUnavailable as error:
        said = str(error)
    assert "$THE_KEY" in said
    said += caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    for form in (SECRET, LOGIN, "pass-word-1", "s3cret%2Fkey%2Bwith%3Dodd%26signs", "YW5uOnBhc3Mtd29yZC0x"):
        assert form not in said


def test_a_refused_key_is_named(httpserver: HTTPServer) -> None:
    """By its variable; without one, what could be set, or that the document knows none."""
    httpserver.expect_request("/").respond_with_json({"message": "who are you"}, status=401)
    url, key = httpserver.url_for("/"), RestCredential("THE_KEY", "bearer")
    with_key = execute(tool_for(url, security=((key,),)), environment={"THE_KEY": SECRET})
    assert (with_key.reason, with_key.detail) == (Reason.UNAUTHORIZED, "HTTP 401: who are you; check THE_KEY")
    assert execute(tool_for(url, security=((), (key,)))).detail.endswith("; set THE_KEY")
    assert execute(tool_for(url)).detail.endswith("names no credential for it")


def test_without_a_key_nothing_is_sent(httpserver: HTTPServer) -> None:
    """The line says what to set."""
    tool = tool_for(httpserver.url_for("/"), security=((RestCredential("THE_KEY", "bearer"),),))
    execution = execute(tool)
    assert (execution.reason, execution.ok) == (Reason.UNAUTHORIZED, False)
    assert execution.detail == "the service requires a key and none is set; set THE_KEY"
    assert httpserver.log == []
