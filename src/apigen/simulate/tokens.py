"""How many tokens a text has: an estimate, the same for the same text."""

from collections.abc import Sequence

from apigen.records import Message

_BYTES_A_TOKEN = 4
"""About what tokenizers of today's models need for English and JSON."""
_PER_MESSAGE = 4
"""What a chat template adds to each message."""


def tokens_of(text: str) -> int:
    """The tokens of a text; none for none."""
    return -(-len(text.encode()) // _BYTES_A_TOKEN)


def tokens_of_prompt(messages: Sequence[Message]) -> int:
    """The tokens of a whole prompt."""
    return sum(_PER_MESSAGE + tokens_of(message.content) for message in messages)
