"""Everything in the text of the prompt, and ``{"tool_calls": [{name, arguments}]}`` back.

The form in which the paper's models were trained and evaluated (APIGen, arXiv:2406.18518, section on training): an
instruction, the tools as JSON, the output format, the query; the list is empty if no tool applies. The words are our
own.
"""

from collections.abc import Iterable, Sequence

import msgspec

from apigen.dialogue.native import Chat
from apigen.records import Call, Message, Tool

_INSTRUCTION = """\
Handle the user's request by calling the tools listed below. Make every call that the request needs, and set each \
argument to the value that the request states or implies. If no tool can handle the request, or if the value of a \
required parameter is missing, do not call any tool."""

_TOOLS = "Available tools, one JSON object per line:"

_FORMAT = """\
Reply with a single JSON object and nothing else: {"tool_calls": [{"name": NAME, "arguments": {PARAMETER: VALUE}}]}. \
If no tool applies, return an empty list; if a required value is missing, also list that parameter under "missing"."""


def prompted_messages(messages: Iterable[Message], tools: Iterable[Tool]) -> Chat:
    """The conversation up to the answer, with the tools in its system message.

    System messages of the conversation follow the instruction.
    """
    given = list(messages)
    listed = [{"name": tool.name, "description": tool.description, "parameters": tool.parameters} for tool in tools]
    said = [message.content for message in given if message.role == "system"]
    lines = [_TOOLS, *(msgspec.json.encode(tool).decode() for tool in listed)]
    parts = [_INSTRUCTION, "\n".join(lines), _FORMAT, *said]
    rest: Chat = [{"role": message.role, "content": message.content} for message in given if message.role != "system"]
    return [{"role": "system", "content": "\n\n".join(parts)}, *rest]


def prompted_answer(calls: Sequence[Call], missing: Sequence[str] = ()) -> str:
    """The text of an answer that makes these calls.

    Args:
        calls: in order.
        missing: names of required parameters whose values the question does not give.
    """
    made = {"tool_calls": [{"name": call.name, "arguments": call.arguments} for call in calls]}
    return msgspec.json.encode(made | ({"missing": list(missing)} if missing else {})).decode()
