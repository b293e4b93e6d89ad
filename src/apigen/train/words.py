"""What a model is taught to say where it makes no call: short, and always the same for the same row."""

from collections.abc import Sequence

from apigen.records import Tool


def no_call(missing: Sequence[str], tools: Sequence[Tool]) -> str:
    """One sentence that says why there is no call.

    Args:
        missing: required parameters whose values the question does not give. A parameter that a tool lacks is none of
            these: its value was given, and the tool does not fit.
        tools: what was offered.
    """
    if missing:
        return f"I need more information for that. Please tell me: {', '.join(map(_spoken, missing))}."
    if not tools:
        return "I have no tools that could do that."
    if len(tools) == 1:
        return "The tool that I have does not fit this request."
    return "None of the tools that I have fits this request."


def _spoken(name: str) -> str:
    return name.rsplit(".", 1)[-1].replace("_", " ")
