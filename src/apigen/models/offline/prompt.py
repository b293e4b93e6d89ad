"""Reading a generation prompt: the blocks ``<tools>``, ``<examples>`` and ``<task>``."""

from collections.abc import Sequence

import msgspec

from apigen.errors import ModelUnavailable
from apigen.records import Call, Message, Style, Tool, Wording


class Example(msgspec.Struct, frozen=True):
    """A query with the calls that answer it, as the prompt shows it or as the offline model writes it."""

    query: str
    answers: tuple[Call, ...]


class Task(msgspec.Struct, frozen=True):
    """What is asked for."""

    style: Style
    wording: Wording
    pairs: int
    calls: tuple[int, int] = (1, 1)
    use: tuple[str, ...] = ()


class Prompt(msgspec.Struct, frozen=True):
    """Everything that the offline model knows about a request."""

    tools: dict[str, Tool]
    examples: tuple[Example, ...]
    task: Task
    thought: bool


def read_prompt(messages: Sequence[Message]) -> Prompt:
    """Read the blocks out of a generation prompt.

    Raises:
        ModelUnavailable: the messages are no generation prompt, such as a judge's.
    """
    system = "\n".join(message.content for message in messages if message.role == "system")
    user = "\n".join(message.content for message in messages if message.role == "user")
    try:
        tools = msgspec.json.decode(_block(user, "tools"), type=list[Tool])
        examples = msgspec.json.decode(_block(user, "examples"), type=list[Example])
        task = msgspec.json.decode(_block(user, "task"), type=Task)
    except (ValueError, msgspec.MsgspecError) as error:
        raise ModelUnavailable(
            f"the offline model only writes query/answer pairs, and this prompt asks for something else ({error}); "
            "choose `rules` or a language model to judge"
        ) from None
    return Prompt({tool.name: tool for tool in tools}, tuple(examples), task, thought='"thought"' in system)


def _block(text: str, name: str) -> str:
    """The lines between ``<name>`` and ``</name>``. JSON escapes line breaks, so no value can look like the end."""
    lines = text.split("\n")
    try:
        start = lines.index(f"<{name}>")
        return "\n".join(lines[start + 1 : lines.index(f"</{name}>", start)])
    except ValueError:
        raise ValueError(f"no <{name}> block") from None
