"""Tools beside the messages and calls in fields of their own, as OpenAI's protocol and chat templates have it.

Format: https://platform.openai.com/docs/guides/function-calling and
https://huggingface.co/docs/transformers/chat_extras. Arguments stay objects, as chat templates want them; OpenAI's
protocol has them as JSON text. Names have ``_`` for each dot, since servers allow none: a model is trained on the names
under which it will be asked.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from apigen.records import Call, Message, Tool

Chat = list[dict[str, Any]]
"""Messages as a chat template or a server takes them."""


def underscored(name: str) -> str:
    """A tool's name for servers that allow no dots."""
    return name.replace(".", "_")


def told_apart_by_dots(names: Iterable[str]) -> tuple[str, str] | None:
    """Two tools that would have one name without their dots; ``None`` where there are none."""
    found: dict[str, str] = {}
    for name in names:
        other = found.setdefault(underscored(name), name)
        if other != name:
            return other, name
    return None


def as_function(value: Mapping[str, Any]) -> dict[str, Any]:
    """A tool or a call as the protocol wraps either."""
    return {"type": "function", "function": dict(value)}


def native_tools(tools: Iterable[Tool]) -> list[dict[str, Any]]:
    """The tools as a request's or a chat template's ``tools``."""
    return [as_function(tool.offered() | {"name": underscored(tool.name)}) for tool in tools]


def native_calls(calls: Iterable[Call]) -> list[dict[str, Any]]:
    """The calls as an assistant's ``tool_calls``, their arguments as objects."""
    return [as_function({"name": underscored(call.name), "arguments": call.arguments}) for call in calls]


def native_messages(messages: Iterable[Message]) -> Chat:
    """The conversation up to the answer."""
    return [{"role": message.role, "content": message.content} for message in messages]


def native_answer(calls: Sequence[Call], text: str = "") -> dict[str, Any]:
    """An assistant's message that makes these calls; with none, one that says ``text``."""
    if not calls:
        return {"role": "assistant", "content": text}
    return {"role": "assistant", "content": text, "tool_calls": native_calls(calls)}
