"""Executes tools that are operations of web services, over HTTP."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import aiohttp
import msgspec
import stamina
from yarl import URL

from apigen.config import RemoteConfig
from apigen.errors import ServiceUnavailable
from apigen.execute.base import Ran, side_by_side
from apigen.execute.rest.credentials import choose, wrong_key
from apigen.execute.rest.exchange import HttpAnswer, connect, exchange
from apigen.execute.rest.guard import Guard, place_of
from apigen.execute.rest.lane import Lane
from apigen.execute.rest.outcome import BUSY, line_of, result_of
from apigen.execute.rest.problems import Problem, Rejected, Unanswered
from apigen.execute.rest.redirects import MOST_REDIRECTS, redirected
from apigen.execute.rest.request import HttpRequest, write_request
from apigen.records import Call, Execution, Json, Reason, RestBinding, Tool
from apigen.retry_after import seconds_to_wait

LONGEST_WAIT_S = 30.0
"""Longest wait between two tries; a service that asks for more is not waited for."""

_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT"})
"""What may be sent twice. DELETE is idempotent too, but its second answer says that there is nothing to delete."""


class RestExecutor:
    """Sends each call to the web service that its tool is bound to. Belongs to one event loop.

    No connection is made before it is needed; those that are made are used again. docs/execution.md says what is
    allowed and what each answer means.

    Args:
        remote: time-outs, tries, and what is allowed.
        environment: where the values of credentials come from.
        hosts: ``HOST:PORT`` of each service that the library names; nothing else is ever reached.
        result_kb: largest result, in KiB.
    """

    def __init__(
        self, remote: RemoteConfig, environment: Mapping[str, str], *, hosts: Iterable[str], result_kb: int
    ) -> None:
        self._remote = remote
        self._environment = environment
        self._guard = Guard(hosts, remote.private)
        self._result_kb = result_kb
        self._lanes: dict[str, Lane] = {}
        self._session: aiohttp.ClientSession | None = None

    async def execute(self, tool: Tool, call: Call) -> Execution:
        """Make one call.

        Raises:
            ServiceUnavailable: the service does not answer, also after it was tried again.
        """
        started = time.perf_counter()
        try:
            execution = await self._made(tool, call)
        except Rejected as problem:
            execution = Execution(call, ok=False, reason=problem.reason, detail=problem.detail)
        return msgspec.structs.replace(execution, duration_ms=(time.perf_counter() - started) * 1000)

    def ahead(self, tool: Tool) -> bool:
        """Never: a service notices every call."""
        return False

    def prepare(self, tools: Sequence[Tool]) -> None:
        """Connections are made when they are needed."""

    async def execute_many(self, pairs: Sequence[tuple[Tool, Call]]) -> list[Ran]:
        """Make many calls, as many at once as each host may get."""
        return await side_by_side(self, pairs)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _made(self, tool: Tool, call: Call) -> Execution:
        binding = tool.binding
        if not isinstance(binding, RestBinding):
            raise Rejected(Reason.NOT_EXECUTABLE, "the tool is not bound to a web service operation")
        if binding.writes and not self._remote.may_write(tool.name):
            detail = f"the call may change data; allow it with `--allow-writes {tool.name}`"
            raise Rejected(Reason.FORBIDDEN, detail)
        credentials = choose(binding.security, self._environment)
        request = write_request(binding, call.arguments, credentials)
        self._guard.admit(request.url)
        self._guard.admit_secrets(request.url, credentials.variables)
        lane = self._lane(request.url)
        hide = credentials.secrets.hide_in_text
        try:
            lane.enter()
            result = await self._patiently(binding, request, hide)
            return credentials.secrets.hide_in_execution(Execution(call, ok=True, result=result))
        except Unanswered as problem:
            lane.gave_up(problem.detail)
            raise ServiceUnavailable(f"{tool.name}: {problem.detail}") from None
        except Rejected as problem:
            if problem.reason is Reason.TIMEOUT:
                lane.gave_up(problem.detail)
            if problem.reason is Reason.UNAUTHORIZED:
                raise problem.rewritten(lambda detail: f"{detail}; {wrong_key(binding, credentials)}") from None
            raise

    async def _patiently(self, binding: RestBinding, request: HttpRequest, hide: Callable[[str], str]) -> Json:
        """Try again where that can do no harm, with growing, jittered waits."""
        repeatable = not binding.writes or binding.method in _REPEATABLE
        tried = 0

        def again(error: Exception) -> bool:
            if isinstance(error, Rejected):
                return error.again and repeatable and tried == 1
            return isinstance(error, Unanswered) and error.again and (repeatable or not error.sent)

        try:
            async for attempt in stamina.retry_context(
                on=again, attempts=self._remote.retries + 1, timeout=None, wait_initial=0.5, wait_max=LONGEST_WAIT_S
            ):
                with attempt:
                    tried = attempt.num
                    try:
                        return await self._once(binding, request)
                    except Problem as problem:
                        # Before anything writes it down, such as the log of tries.
                        raise problem.rewritten(hide) from None
        except Unanswered as problem:
            raise problem.rewritten(lambda detail: f"{detail} (tried {tried} times)" if tried > 1 else detail) from None
        raise AssertionError("a retry loop ends by returning or raising")

    async def _once(self, binding: RestBinding, request: HttpRequest) -> Json:
        left_s = self._remote.timeout_s
        for _ in range(MOST_REDIRECTS + 1):
            answer, took_s = await self._hop(request, left_s)
            following = redirected(request, answer)
            if following is None:
                html = any("html" in value for name, value in binding.headers if name.lower() == "accept")
                return result_of(answer, self._result_kb, html=html)
            self._guard.admit(following.url)
            request = following
            left_s = max(0.0, left_s - took_s)
        raise Rejected(Reason.RUNTIME_ERROR, f"the service redirected more than {MOST_REDIRECTS} times")

    async def _hop(self, request: HttpRequest, left_s: float) -> tuple[HttpAnswer, float]:
        """One request and its answer, with the seconds that it took once it was its turn."""
        lane, place = self._lane(request.url), place_of(request.url)
        if self._session is None:
            self._session = connect(self._guard, self._remote.timeout_s)
        async with lane.turn():
            started = time.monotonic()
            try:
                async with asyncio.timeout(left_s):
                    answer = await exchange(self._session, request, self._result_kb * 1024)
            except TimeoutError:
                detail = f"{place} did not complete its response within {self._remote.timeout_s:g} s"
                raise Rejected(Reason.TIMEOUT, detail) from None
            except Unanswered as problem:
                raise problem.rewritten(lambda detail: f"{place}: {detail}") from None
        if answer.status in BUSY:
            raise _busy(answer, lane, place)
        lane.answered()
        return answer, time.monotonic() - started

    def _lane(self, url: URL) -> Lane:
        place = place_of(url)
        return self._lanes.setdefault(place, Lane(place, self._remote.per_host, self._remote.rate))


def _busy(answer: HttpAnswer, lane: Lane, place: str) -> Unanswered:
    """What is said of a host that turns calls away; it is left in peace for as long as it asks, within bounds."""
    wait_s = seconds_to_wait(answer.headers.get("Retry-After")) or 0.0
    said = f"{place}: {line_of(answer)}"
    if wait_s > LONGEST_WAIT_S:
        return Unanswered(f"{said}; it asks clients to wait {wait_s:.0f} s", again=False)
    lane.hold(wait_s)
    return Unanswered(said)
