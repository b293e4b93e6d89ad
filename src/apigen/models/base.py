"""The seam between the pipeline and whoever writes or judges."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from apigen.records import Completion, Message


class Options(msgspec.Struct, frozen=True):
    """How to sample one completion."""

    temperature: float = 0.7
    max_tokens: int = 4096
    seed: int | None = None


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
