"""How the lines of a batch are put, and what comes back is read."""

from collections.abc import Sequence
from typing import Any, Protocol

from apigen.models.base import EndpointFacts, Options
from apigen.models.openai.refused import BodyRefused
from apigen.models.openai.wire import read_completion, request_body
from apigen.records import Completion, Message


class Wording(Protocol):
    """How one request is put, which may change where it is refused."""

    async def body(self) -> dict[str, Any]:
        """The body to send now.

        Raises:
            ModelUnavailable: it cannot be found out how the endpoint is spoken to.
        """
        ...

    def refused(self, refused: BodyRefused) -> bool:
        """Learn from a refusal; returns whether the request is put otherwise from now on, which must not go on ever."""
        ...

    def answered(self) -> None:
        """Take note that it was answered."""
        ...


class Speech(Protocol):
    """How an endpoint is spoken to: the same for a line of a batch as for a request by itself."""

    def worded(self, messages: Sequence[Message], options: Options) -> Wording:
        """How a request is put."""
        ...

    def read(self, content: bytes) -> Completion:
        """The completion in the body of an answer.

        Raises:
            NoCompletion: there is none in it.
        """
        ...

    def endpoints(self) -> tuple[EndpointFacts, ...]:
        """What was seen of the endpoint, where it was asked to learn how it is spoken to."""
        ...

    def stop(self) -> None:
        """Ask nothing more."""
        ...

    async def aclose(self) -> None:
        """Release connections."""
        ...


class _Plain:
    """A request that has one body and no other."""

    def __init__(self, body: dict[str, Any]) -> None:
        self._body = body

    async def body(self) -> dict[str, Any]:
        """The same at all times."""
        return self._body

    def refused(self, refused: BodyRefused) -> bool:
        """It cannot be put otherwise."""
        return False

    def answered(self) -> None:
        """There is nothing to note."""


class PlainSpeech:
    """What one model is sent and answers, as when it is asked request by request.

    Args:
        locator: ``openai/NAME``.
    """

    def __init__(self, locator: str) -> None:
        self._locator = locator

    def worded(self, messages: Sequence[Message], options: Options) -> Wording:
        """How a request is put: as most take it."""
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
