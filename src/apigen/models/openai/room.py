"""Room for an answer: servers that refuse a request since ``max_tokens`` is too large, and what to do about it."""

import re

TOO_MANY_TOKENS = re.compile(
    r"supports? at most \d+ completion tokens"
    r"|max_(?:completion_|output_)?tokens\W{0,3} must be (?:less|at most|smaller|<)"
    r"|valid range of max_(?:completion_)?tokens",
    re.IGNORECASE,
)
"""How OpenAI, Groq and DeepSeek report more tokens than any answer of the model may have."""
_CONTEXT = re.compile(r"maximum context length is (\d{1,12})", re.IGNORECASE)
_ASKED = re.compile(
    r"max_(?:completion_)?tokens\W{0,3} is too large: (\d{1,12})|(\d{1,12}) in the (?:completion|output)",
    re.IGNORECASE,
)
"""The ``max_tokens`` that vLLM, OpenAI and OpenRouter repeat where prompt and answer together exceed the context."""

ADVICE = "lower generation.max_tokens or judging.max_tokens in a new run; for `apigen evaluate`, lower --max-tokens"


def no_room(message: str) -> str:
    """Why no prompt, however short, leaves room for an answer of ``max_tokens``, with :data:`ADVICE`; else empty.

    Args:
        message: what the server reports.
    """
    if TOO_MANY_TOKENS.search(message):
        return f"max_tokens is above this model's output limit; {ADVICE}"
    context, asked = _CONTEXT.search(message), _asked(message)
    if context and asked and asked >= int(context[1]):
        return f"max_tokens leaves no room for the prompt; {ADVICE}"
    return ""


def little_room(message: str) -> bool:
    """Whether it is prompt and ``max_tokens`` together that exceed the context, so that a lower number helps."""
    return _asked(message) > 0


def _asked(message: str) -> int:
    found = _ASKED.search(message)
    return int(found[1] or found[2]) if found else 0
