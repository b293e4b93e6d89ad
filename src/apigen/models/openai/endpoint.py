"""One endpoint: its connections with the limits, the breaker and the gate that belong to it."""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable
from statistics import median
from typing import NamedTuple, TypeVar

from apigen.errors import ModelRefused, ModelUnavailable
from apigen.model_config import ModelConfig
from apigen.models.base import EndpointFacts
from apigen.models.openai.breaker import OPENS_AFTER, Breaker
from apigen.models.openai.connection import Connection
from apigen.models.openai.failures import GOOD, Kind, TryAgain
from apigen.models.openai.gate import Gate
from apigen.models.openai.limits import Limits
from apigen.models.openai.patience import Patience
from apigen.models.openai.refusals import Answer, refusal
from apigen.models.openai.said import another_kind, read_said
from apigen.models.openai.wire import NoCompletion

_JITTER = 0.1
"""Share of a wait that a server asks for by which it may be longer, so that not all come back at once."""
_REPORTED_S = 15.0
"""A wait of this length is reported, once, since nothing seems to happen meanwhile."""
_LATENCIES = 1000
"""Answers that the median latency is taken over."""

_Read = TypeVar("_Read")

_log = logging.getLogger(__name__)


class Ticket(NamedTuple):
    """A place at an endpoint that one request has."""

    request: int
    sent_at: float
    tokens: float
    check: bool


class Endpoint:
    """One address behind which a model answers.

    Args:
        config: how it is reached.
        concurrency: most requests in flight, where the configuration names no number of its own.
        patience: waits that nobody names.
    """

    def __init__(self, config: ModelConfig, concurrency: int, patience: Patience) -> None:
        self.config = config
        self.breaker = Breaker(patience)
        self.gate = Gate(config.concurrency or concurrency)
        self.closed: ModelUnavailable | None = None
        """Why nothing more is sent here."""
        self.requests = 0
        """Different ones that were sent here."""
        self.answers = 0
        self._tries = self._rate_limited = self._timeouts = 0
        self._limits = Limits(config.requests_per_minute, config.tokens_per_minute)
        self._connection = Connection(config)
        self._paused_until = 0.0
        self._latencies: deque[float] = deque(maxlen=_LATENCIES)

    @property
    def address(self) -> str:
        """Where it is, without secrets."""
        return self._connection.address

    @property
    def gone(self) -> bool:
        """Whether it gives no more answers, as far as patience goes."""
        return self.closed is not None or (self.breaker.open and self.breaker.failed_checks >= self.config.retries)

    @property
    def problem(self) -> str:
        """Why it gives no answers now; nothing where it does."""
        if self.closed is not None:
            return str(self.closed)
        if not self.breaker.open:
            return ""
        return (
            f"{self.config.name} at {self.address}: {self.breaker.problem}; {OPENS_AFTER} requests in a row failed, "
            f"and then {_counted(self.breaker.failed_checks, 'check')}"
        )

    @property
    def load(self) -> tuple[float, float]:
        """What it has to do, in flight and ever, against its weight."""
        return ((self.gate.in_flight + 1) / self.config.weight, self._tries / self.config.weight)

    def ready_at(self) -> float:
        """When one more request may be sent; infinite where only an event can tell."""
        if self.closed is not None or not self.gate.free:
            return float("inf")
        return max(self._paused_until, self.breaker.ready_at(), self._limits.ready_at())

    def enter(self, request: int, body: bytes) -> Ticket:
        """Take a place, which :meth:`post` or :meth:`leave` gives back."""
        now = _now()
        self.gate.enter()
        return Ticket(request, now, self._limits.take(body, now), self.breaker.enter())

    def leave(self, ticket: Ticket) -> None:
        """Give a place back of which no use was made."""
        self.gate.leave()
        self._limits.free(ticket.tokens)
        self.breaker.left(check=ticket.check)

    async def post(self, ticket: Ticket, body: bytes, read: Callable[[bytes], _Read]) -> _Read:
        """Send a body once.

        Raises:
            TryAgain: the server could not answer now.
            ModelUnavailable: it refuses everything.
            ModelRefused: it refuses this body.
        """
        self._tries += 1
        try:
            answer = await self._connection.post(body)
            found = self._read(answer, read)
        except TryAgain as error:
            self._failed(ticket, error)
            raise
        except (ModelUnavailable, ModelRefused) as error:
            if isinstance(error, ModelUnavailable):
                self.closed = error
            self.breaker.answered()
            self._limits.free(ticket.tokens)
            raise
        except BaseException:
            self.breaker.left(check=ticket.check)
            raise
        finally:
            self.gate.leave()
        now = _now()
        self.answers += 1
        self._latencies.append(now - ticket.sent_at)
        self.breaker.answered()
        self.gate.answered(ticket.sent_at, now)
        self._limits.settle(ticket.tokens, body, answer.content)
        return found

    def _read(self, answer: Answer, read: Callable[[bytes], _Read]) -> _Read:
        if answer.status not in GOOD:
            raise refusal(answer, self.config, self.address)
        try:
            return read(answer.content)
        except NoCompletion as error:
            status = read_said(answer.content).status
            if status is not None:  # OpenRouter reports errors with HTTP 200
                raise refusal(answer, self.config, self.address, status=status) from None
            raise TryAgain(another_kind(answer.content) or str(error), kind=Kind.UNREADABLE) from None

    def _failed(self, ticket: Ticket, error: TryAgain) -> None:
        now = _now()
        if error.kind is Kind.BUSY:
            self._rate_limited += 1
            self._limits.free(ticket.tokens)
        if error.kind is Kind.SLOW:
            self._timeouts += 1
        if error.kind in (Kind.BUSY, Kind.SLOW):
            self.gate.overloaded(ticket.sent_at, now)
        if error.wait_s:
            if error.wait_s >= _REPORTED_S and now >= self._paused_until:
                who = f"{self.config.name} at {self.address}"
                _log.warning("%s: %s; pausing requests to it for %.0f s, as it asks", who, error, error.wait_s)
            self._paused_until = max(self._paused_until, now + error.wait_s * random.uniform(1, 1 + _JITTER))
        if error.kind in (Kind.DOWN, Kind.SLOW):
            self.breaker.failed(ticket.request, str(error), now, check=ticket.check)
        else:
            self.breaker.answered()

    def facts(self) -> EndpointFacts:
        """What was seen of it."""
        return EndpointFacts(
            model=self.config.name,
            base_url=self.address.removesuffix("/chat/completions"),
            requests=self.requests,
            tries=self._tries,
            rate_limited=self._rate_limited,
            timeouts=self._timeouts,
            lowest_limit=self.gate.lowest,
            limit=int(self.gate.limit),
            most_in_flight=self.gate.most_in_flight,
            median_ms=round(1000 * median(self._latencies), 1) if self._latencies else None,
            problem=self.problem,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._connection.aclose()


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _now() -> float:
    return asyncio.get_running_loop().time()
