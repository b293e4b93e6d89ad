"""The seam between the pipeline and whoever writes or judges."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from apigen.records import Completion, Json, Message


class Shape(msgspec.Struct, frozen=True):
    """The form that an answer must have, for endpoints that can enforce one."""

    name: str
    """What is asked for, such as ``pairs``; letters, digits and underscores."""
    schema: Json
    """JSON Schema of an object."""


def exactly(properties: dict[str, Json]) -> dict[str, Json]:
    """The JSON Schema of an object with exactly these properties; engines write them in this order."""
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


class Options(msgspec.Struct, frozen=True):
    """How to sample one completion."""

    temperature: float = 0.7
    max_tokens: int = 4096
    seed: int | None = None
    shape: Shape | None = None
    """The form of the answer; ``None`` for free text. Whoever reads the answer checks it all the same."""
    tools: tuple[Json, ...] = ()
    """Tools offered beside the messages, as OpenAI's protocol has them; what is called is ``Completion.tool_calls``."""


class EndpointFacts(msgspec.Struct, frozen=True):
    """What was seen of one endpoint of a model."""

    model: str
    base_url: str
    """Without what may be secret."""
    requests: int
    """Different requests that were sent there."""
    tries: int
    """How often that was in all."""
    rate_limited: int
    """Tries that were turned away because of too many requests."""
    timeouts: int
    """Tries that brought no answer in time."""
    lowest_limit: int
    """The fewest requests in flight to which it had to be limited."""
    limit: int
    """The present limit."""
    most_in_flight: int
    median_ms: float | None
    """Median latency of its last answers; ``None`` where there were none."""
    problem: str
    """Why it gave no answers at the end, if it did not."""
    structured: dict[str, Json] = {}
    """How the form of answers is enforced there."""


class Model(Protocol):
    """Anything that answers chat messages with text."""

    @property
    def locator(self) -> str:
        """How the user names it, such as ``offline`` or ``openai/gpt-oss-20b``."""
        ...

    @property
    def llm(self) -> bool:
        """Whether a language model writes the text (false: offline and simulated)."""
        ...

    @property
    def extra(self) -> Mapping[str, Json]:
        """What is added to every request besides messages and options: with something else it is another question."""
        ...

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        """Answer the messages.

        Raises:
            ModelUnavailable: no answer could be had after all retries.
            ModelRefused: the model does not take this prompt.
        """
        ...

    def endpoints(self) -> tuple[EndpointFacts, ...]:
        """What was seen of the servers behind it; nothing where there are none."""
        ...

    def stop(self) -> None:
        """Send nothing more: requests that were not sent, or wait to be tried again, raise at once.

        Those that were sent continue and return their answer, which may have been paid for; whoever wants to lose none
        calls this, waits for what is left, and closes.
        """
        ...

    async def aclose(self) -> None:
        """Release connections; what was sent and not answered is lost."""
        ...
