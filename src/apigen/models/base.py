"""The seam between the pipeline and whoever writes or judges."""

from collections.abc import Sequence
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

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        """Answer the messages.

        Raises:
            ModelUnavailable: no answer could be had after all retries.
            ModelRefused: the model does not take this prompt.
        """
        ...

    async def aclose(self) -> None:
        """Release connections."""
        ...
