"""What is put to a model, what it said, and who can be asked."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec

from apigen.records import Json, Message

IN_TEMPLATE, IN_USER_TURN, LEFT_OUT = "template", "user_turn", "left_out"
"""Where a prompt has what the system says: where the chat template has a place for it, in the user's turn, nowhere."""


class Prompt(msgspec.Struct, frozen=True):
    """One question as it is put to a model."""

    id: str
    messages: tuple[Message, ...]
    tools: tuple[dict[str, Any], ...] = ()
    """Offered beside the messages; none where they stand in the prompt."""


class Response(msgspec.Struct, frozen=True):
    """What a model said to one question, or why it said nothing."""

    text: str = ""
    calls: tuple[Json, ...] | None = None
    """Calls in a field of their own, as they came; ``None`` where all there is is text."""
    error: str = ""
    """What went wrong before there was an answer; empty where there is one."""
    unfit: bool = False
    """Whether the error is of this question alone: it is too long, or the chat template refuses it."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    """From asking to having it; a share of a batch's time where several are answered together."""
    cut: bool = False
    """Whether it was cut off at the most tokens that an answer may have."""


Keep = Callable[[Prompt, Response], None]
"""Is told of each answer as it comes."""


class Answerer(Protocol):
    """Somebody who can be asked."""

    async def ask(self, prompts: Sequence[Prompt], keep: Keep, stopped: Callable[[], bool]) -> None:
        """Have questions answered, many at a time.

        Args:
            prompts: the questions.
            keep: called with each answer, in whatever order they come; one that came is never lost.
            stopped: asked now and then whether to leave it at that.

        Raises:
            ModelUnavailable: no more answers can be had.
            JobFellShort: it would be of no use to ask on.
        """
        ...

    def facts(self) -> dict[str, Any]:
        """What was seen of whoever answers, ready for JSON."""
        ...

    async def aclose(self) -> None:
        """Release what is held."""
        ...
