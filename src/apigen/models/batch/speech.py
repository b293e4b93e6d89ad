"""How the lines of a batch are put, and what comes back is read."""

from collections.abc import Sequence
from typing import Any, Protocol

from apigen.models.base import EndpointFacts, Options
from apigen.models.openai.wire import read_completion, request_body
from apigen.records import Completion, Message


class Speech(Protocol):
    """How an endpoint is spoken to: the same for a line of a batch as for a request by itself."""

    async def body(self, messages: Sequence[Message], options: Options) -> dict[str, Any]:
        """The body of a request."""
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


class PlainSpeech:
    """What one model is sent and answers, as when it is asked request by request.

    Args:
        locator: ``openai/NAME``.
    """

    def __init__(self, locator: str) -> None:
        self._locator = locator

    async def body(self, messages: Sequence[Message], options: Options) -> dict[str, Any]:
        """The body of a request."""
        return request_body(self._locator.removeprefix("openai/"), messages, options)

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
