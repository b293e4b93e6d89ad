"""Everything in the text of the prompt, and ``{"tool_calls": [{name, arguments}]}`` back.

The form in which the paper's models were trained and asked (APIGen, arXiv:2406.18518, section on training): an
instruction, the tools as JSON, the form of the answer, the query; the list is empty where nothing fits. The words are
our own.
"""

from collections.abc import Iterable, Sequence

import msgspec

from apigen.dialogue.native import Chat
from apigen.records import Call, Message, Tool

_INSTRUCTION = """\
You answer questions by calling tools. Choose from the tools below the calls that serve the question, and give every \
argument the value that the question states or implies. Make several calls where several are needed. Where no tool \
fits, make no call; where a value that a tool requires is missing, make no call and name what is missing."""

_FORM = """\
Answer with one JSON object and nothing else: {"tool_calls": [{"name": NAME, "arguments": {PARAMETER: VALUE}}]}. \
Without a call the list is empty; what is missing then stands under "missing"."""


def prompted_messages(messages: Iterable[Message], tools: Iterable[Tool]) -> Chat:
    """The conversation up to the answer, with the tools in its system message.

    System messages of the conversation follow the instruction.
    """
    given = list(messages)
    listed = [{"name": tool.name, "description": tool.description, "parameters": tool.parameters} for tool in tools]
    said = [message.content for message in given if message.role == "system"]
    parts = [_INSTRUCTION, "Tools:\n" + "\n".join(msgspec.json.encode(tool).decode() for tool in listed), _FORM, *said]
    rest: Chat = [{"role": message.role, "content": message.content} for message in given if message.role != "system"]
    return [{"role": "system", "content": "\n\n".join(parts)}, *rest]


def prompted_answer(calls: Sequence[Call], missing: Sequence[str] = ()) -> str:
    """The text of an answer that makes these calls.

    Args:
        calls: to make, in order.
        missing: names of required parameters whose values the question does not give.
    """
    made = {"tool_calls": [{"name": call.name, "arguments": call.arguments} for call in calls]}
    return msgspec.json.encode(made | ({"missing": list(missing)} if missing else {})).decode()
