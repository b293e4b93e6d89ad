"""Requests to a model behind one or more OpenAI-compatible endpoints: vLLM, llama.cpp, Ollama, OpenRouter, OpenAI.

429, 5xx, time-outs and lost connections are tried again with growing, jittered waits, at whichever endpoint is free. A
server that fails one request after another gets no more than a check now and then, see
:class:`apigen.models.openai.breaker.Breaker`, and while one endpoint is down the others take its work.
"""

import asyncio
import itertools
import logging
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from apigen.errors import ModelUnavailable
from apigen.model_config import ModelConfig
from apigen.models.base import EndpointFacts
from apigen.models.openai.endpoint import Endpoint, Ticket
from apigen.models.openai.failures import Kind, NoChat, TryAgain
from apigen.models.openai.patience import Patience
from apigen.models.openai.queue import Place, Queue, Request

_Read = TypeVar("_Read")

_JITTER = 0.25
"""Share of a wait by which it may be longer or shorter."""

_log = logging.getLogger(__name__)


class Client:
    """What sends requests to one model.

    Args:
        replicas: how each of its endpoints is reached: resolved ``base_url``, limits, time-outs and retries.
        concurrency: requests in flight at an endpoint that names no number of its own.
        patience: waits between tries.
    """

    def __init__(self, replicas: Sequence[ModelConfig], concurrency: int, patience: Patience | None = None) -> None:
        self.holders = 1
        """Models that share it; the last of them to close it closes it."""
        self._name = replicas[0].name
        self._retries = max(replica.retries for replica in replicas)
        self._patience = patience or Patience()
        self._endpoints = [Endpoint(replica, concurrency, self._patience) for replica in replicas]
        self._queue = Queue(self._endpoints)
        self._numbers = itertools.count()
        self._stopped = asyncio.Event()
        self._warned: set[Endpoint] = set()

    @property
    def url(self) -> str:
        """Where requests go."""
        return ", ".join(endpoint.address for endpoint in self._endpoints)

    @property
    def awaited(self) -> int:
        """Requests that were sent and whose answer is awaited; all others wait for their turn or for their next try."""
        return sum(endpoint.gate.in_flight for endpoint in self._endpoints)

    async def ask(self, body: bytes, read: Callable[[bytes], _Read]) -> _Read:
        """Post a body to the chat endpoint until there is an answer that can be read.

        A try counts against ``retries`` unless it says nothing about the request: those that find the server down wait
        for it together, and one that is turned away by a server that meanwhile answers others only waits its turn.

        Args:
            body: JSON.
            read: turns an answer into what is wanted, or raises :class:`NoCompletion`, which is tried again too.

        Raises:
            TryAgain: the last try failed as well.
            ModelUnavailable: no endpoint can be had, or each refuses everything.
            ModelRefused: the server refuses this body.
        """
        request = Request(next(self._numbers), body)
        failed = busy = answers = tries = 0
        while True:
            endpoint, ticket = await self._place(request)
            tries += 1
            try:
                return await self._post(endpoint, ticket, request, read)
            except TryAgain as error:
                request = request.failed_at(endpoint)
                if endpoint.breaker.open:
                    self._lost(endpoint)
                    continue
                if error.kind is Kind.BUSY:
                    busy, answers = (busy if self._answers == answers else 0) + 1, self._answers
                else:
                    failed += 1
                if max(failed, busy) > self._retries:
                    error.tries = tries
                    raise
            except ModelUnavailable:
                if endpoint.closed is None:  # everything stops
                    raise
                self._lost(endpoint)
                continue
            if not self._ready_beside(endpoint):
                await self._rest(failed + busy)

    async def once(self, body: bytes, read: Callable[[bytes], _Read]) -> _Read:
        """Post a body once; see :meth:`ask`."""
        request = Request(next(self._numbers), body)
        endpoint, ticket = await self._place(request)
        try:
            return await self._post(endpoint, ticket, request, read)
        except ModelUnavailable:
            if endpoint.closed is not None:
                self._lost(endpoint)
            raise

    async def _place(self, request: Request) -> Place:
        if self._stopped.is_set():
            raise self._said_when_stopped()
        if all(endpoint.closed for endpoint in self._endpoints):
            raise self._said_when_gone()
        return await self._queue.place(request)

    async def _post(
        self, endpoint: Endpoint, ticket: Ticket, request: Request, read: Callable[[bytes], _Read]
    ) -> _Read:
        endpoint.requests += endpoint not in request.tried
        try:
            return await endpoint.post(ticket, request.body, read)
        except TryAgain:
            if self._stopped.is_set():
                raise self._said_when_stopped() from None
            raise
        finally:
            self._queue.serve()

    @property
    def _answers(self) -> int:
        return sum(endpoint.answers for endpoint in self._endpoints)

    def _ready_beside(self, endpoint: Endpoint) -> bool:
        """Whether another endpoint could take a request now."""
        now = asyncio.get_running_loop().time()
        return any(other is not endpoint and other.ready_at() <= now for other in self._endpoints)

    async def _rest(self, number: int) -> None:
        """Wait before the next try, unless everything stops."""
        wait_s = self._patience.wait(number) * random.uniform(1 - _JITTER, 1 + _JITTER)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), wait_s)

    def _lost(self, endpoint: Endpoint) -> None:
        """An endpoint gives no answers: the others take its work, if there are any.

        Raises:
            ModelUnavailable: there are none, as far as patience goes; whoever waits is told as well.
        """
        if all(endpoint.gone for endpoint in self._endpoints):
            error = self._said_when_gone()
            self._queue.fail(error)
            raise error
        if len(self._endpoints) > 1 and endpoint not in self._warned:
            self._warned.add(endpoint)
            _log.warning("%s; its requests go to the other endpoints of this model", endpoint.problem)

    def _said_when_gone(self) -> ModelUnavailable:
        problems = [endpoint.problem for endpoint in self._endpoints]
        if len(problems) == 1:
            kind = NoChat if isinstance(self._endpoints[0].closed, NoChat) else ModelUnavailable
            return kind(problems[0])
        return ModelUnavailable(f"{self._name}: none of its {len(problems)} endpoints answers: {'; '.join(problems)}")

    def _said_when_stopped(self) -> ModelUnavailable:
        return ModelUnavailable(f"{self._name}: no more requests are sent, because the run is ending")

    def stop(self) -> None:
        """Send nothing more: whoever waits for a place or another try is told at once; answers are still awaited."""
        self._stopped.set()
        self._queue.fail(self._said_when_stopped())

    def facts(self) -> tuple[EndpointFacts, ...]:
        """What was seen of each endpoint."""
        return tuple(endpoint.facts() for endpoint in self._endpoints)

    async def aclose(self) -> None:
        """Stop, and close the connections, once every holder has said so; answers that are still awaited are lost."""
        self.holders -= 1
        if self.holders > 0:
            return
        self.stop()
        for endpoint in self._endpoints:
            await endpoint.aclose()
