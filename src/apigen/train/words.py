"""The text that a model is taught to answer with where it makes no call: short, and the same for the same row."""

import hashlib
from collections.abc import Sequence

from apigen.records import Tool


def no_call(missing: Sequence[str], tools: Sequence[Tool]) -> str:
    """One or two sentences that say why there is no call.

    Args:
        missing: required parameters whose values the question does not give. A parameter that no tool has is not one of
            these: its value was given, but no tool takes it.
        tools: what was offered.
    """
    if missing:
        return f"I need a bit more information. Please provide: {', '.join(map(_spoken, missing))}."
    if not tools:
        return "I have no tools that could handle this request."
    if len(tools) == 1:
        return "The available tool cannot handle this request."
    return "None of the available tools can handle this request."


def words_version() -> str:
    """Sixteen hex digits that change when the wording does."""
    tool = Tool("a", "", {})
    texts = [no_call(("a.b_c", "d"), ()), *(no_call((), [tool] * count) for count in range(3))]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def _spoken(name: str) -> str:
    return name.rsplit(".", 1)[-1].replace("_", " ")
