"""How the requests of a batch are built and their answers read."""

from collections.abc import Sequence
from typing import Any, Protocol

from apigen.models.base import EndpointFacts, Options
from apigen.models.openai.refused import BodyRefused
from apigen.models.openai.wire import read_completion, request_body
from apigen.records import Completion, Message


class Wording(Protocol):
    """How one request is phrased, which may change when it is refused."""

    async def body(self) -> dict[str, Any]:
        """The body to send now.

        Raises:
            ModelUnavailable: the dialect of the endpoint cannot be determined.
        """
        ...

    def refused(self, refused: BodyRefused) -> bool:
        """Learn from a refusal; returns whether the request is now phrased differently, finitely often."""
        ...

    def answered(self) -> None:
        """Record that it was answered."""
        ...


class Speech(Protocol):
    """The dialect of an endpoint: the same for a line of a batch as for a single request."""

    def worded(self, messages: Sequence[Message], options: Options) -> Wording:
        """How a request is phrased."""
        ...

    def read(self, content: bytes) -> Completion:
        """The completion in the body of an answer.

        Raises:
            NoCompletion: there is none in it.
        """
        ...

    def endpoints(self) -> tuple[EndpointFacts, ...]:
        """Facts about the endpoint, from requests sent to learn its dialect."""
        ...

    def stop(self) -> None:
        """Send nothing more."""
        ...

    async def aclose(self) -> None:
        """Release connections."""
        ...


class _Plain:
    """A request with a single possible body."""

    def __init__(self, body: dict[str, Any]) -> None:
        self._body = body

    async def body(self) -> dict[str, Any]:
        """Always the same."""
        return self._body

    def refused(self, refused: BodyRefused) -> bool:
        """It cannot be phrased differently."""
        return False

    def answered(self) -> None:
        """There is nothing to record."""


class PlainSpeech:
    """The plain dialect of one model, as for single requests.

    Args:
        locator: ``openai/NAME``.
    """

    def __init__(self, locator: str) -> None:
        self._locator = locator

    def worded(self, messages: Sequence[Message], options: Options) -> Wording:
        """How a request is phrased: as most endpoints take it."""
        return _Plain(request_body(self._locator.removeprefix("openai/"), messages, options))

    def read(self, content: bytes) -> Completion:
        """The completion in the body of an answer; raises :class:`NoCompletion` where there is none."""
        return read_completion(content, self._locator)

    def endpoints(self) -> tuple[EndpointFacts, ...]:
        """There are none."""
        return ()

    def stop(self) -> None:
        """Nothing is ever asked."""

    async def aclose(self) -> None:
        """Nothing is held open."""
