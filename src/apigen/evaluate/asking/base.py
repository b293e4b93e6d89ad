"""A prompt, a response to it, and what can be asked."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec

from apigen.records import Json, Message

IN_TEMPLATE, IN_USER_TURN, LEFT_OUT = "template", "user_turn", "left_out"
"""Where the system prompt goes: the chat template's system role, the user turn, or nowhere."""


class Prompt(msgspec.Struct, frozen=True):
    """One question as a model gets it."""

    id: str
    messages: tuple[Message, ...]
    tools: tuple[dict[str, Any], ...] = ()
    """Passed beside the messages; empty where the tools are in the text of the prompt."""


class Response(msgspec.Struct, frozen=True):
    """A model's response to one prompt, or the error that came instead."""

    text: str = ""
    calls: tuple[Json, ...] | None = None
    """The content of ``tool_calls``; ``None`` where a model has no such field."""
    error: str = ""
    """Why there is no response; empty where there is one."""
    alone: bool = False
    """Whether the error says nothing about other questions, such as running out of memory on a long one."""
    unfit: bool = False
    """Whether this model can never be asked the question: it is too long, or the chat template refuses it."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    """Latency; for a batch, its time divided by its size."""
    cut: bool = False
    """Whether it was truncated at the maximum number of tokens."""


Keep = Callable[[Prompt, Response], None]
"""Called with each response as it comes."""


class Answerer(Protocol):
    """A model that can be asked."""

    async def ask(self, prompts: Sequence[Prompt], keep: Keep, stopped: Callable[[], bool]) -> None:
        """Respond to prompts, many at a time.

        Args:
            prompts: one per question.
            keep: called with each response, in any order; a response that came is never lost.
            stopped: called now and then; ends the work when it returns true.

        Raises:
            ModelUnavailable: the model stopped answering.
            JobFellShort: every question fails.
        """
        ...

    def facts(self) -> dict[str, Any]:
        """Facts about the model and how it ran, ready for JSON."""
        ...

    async def aclose(self) -> None:
        """Release what is held."""
        ...
