"""Finds descriptions that are noisy, too short or too long, and has a model rewrite them.

The name and the schema stay as they are, and the old description is kept beside the new one. What the model says is
held to the same rules as what it replaces; an answer that breaks them, or cannot be read, changes nothing.
"""

import json
import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

import jinja2
import json_repair
import msgspec

from apigen.clean.words import words_of
from apigen.concurrency import several
from apigen.errors import ModelRefused
from apigen.generate.quoting import as_data, blocks
from apigen.models.base import Model, Options, Shape, exactly
from apigen.records import Message, Tool
from apigen.templates import text

LONGEST = 600
"""Characters of a description; longer ones are manuals, and are paid for in every prompt."""
_FEWEST_WORDS = 3
_LONGEST_SHOWN = 6000
_LONGEST_ANSWER = 20_000
_SHAPE = Shape("description", exactly({"description": {"type": "string"}}))
_OPTIONS = Options(temperature=0.2, max_tokens=1024, seed=0, shape=_SHAPE)

_NOISE = {
    "markup": re.compile(
        r"</?[a-zA-Z][^<>]{0,200}>|&(?:[a-z]{2,8}|#\d{2,5});|!?\[[^\]]{0,200}\]\([^)]*\)|^#{1,6} |```|\|---",
        re.MULTILINE,
    ),
    "escapes": re.compile(r"\\[nrt\"]|\\u[0-9a-fA-F]{4}|%[0-9A-F]{2}%[0-9A-F]{2}"),
    "broken characters": re.compile(r"\ufffd|\u00c3[\u0080-\u00bf]|\u00e2\u20ac|[\x00-\x08\x0b-\x1f\x7f]"),
    "a placeholder": re.compile(r"\b(?:TODO|FIXME|TBD|lorem ipsum)\b|\{\{|\}\}"),
    "field lists": re.compile(r"^\s*(?::param\b|@param\b|:return|@return|Args:|Parameters?:?\n-+)", re.MULTILINE),
    "repeated signs": re.compile(r"([!?*=_~#-])\1{3,}|[!?]{3,}"),
}


class Repair(StrEnum):
    """What came of asking a model for one description."""

    REPAIRED = "repaired"
    UNREADABLE = "unreadable"
    """The answer held no description, or none that is better."""
    REFUSED = "refused"
    """The model did not take the prompt."""


def poverty(description: str) -> str:
    """What is wrong with a description, in a few words; empty where nothing is."""
    for what, pattern in _NOISE.items():
        if pattern.search(description):
            return f"noisy (it holds {what})"
    if len(words_of(description)) < _FEWEST_WORDS:
        return "too short"
    return "too long" if len(description) > LONGEST else ""


async def repaired(
    tools: Sequence[Tool],
    model: Model,
    concurrency: int,
    watch: Callable[[Repair], None] = lambda repair: None,
    stopped: Callable[[], bool] = lambda: False,
) -> tuple[list[Tool], dict[str, Repair]]:
    """Have the poor descriptions among those of some tools worded anew.

    Args:
        tools: all of them; those with nothing wrong are not asked about.
        model: who words them.
        concurrency: prompts under way at once.
        watch: told of each answer.
        stopped: whether no more should be asked.

    Returns:
        The tools, in the same order, and by name what came of those that were asked about.

    Raises:
        ModelUnavailable: the model cannot be reached.
    """
    found: dict[str, Repair] = {}
    texts: dict[str, str] = {}

    async def work(poor: tuple[Tool, str]) -> None:
        tool, problem = poor
        try:
            completion = await model.complete(messages(tool, problem), _OPTIONS)
        except ModelRefused:
            found[tool.name] = Repair.REFUSED
        else:
            text = read_description(completion.text)
            texts.update({tool.name: text} if text else {})
            found[tool.name] = Repair.REPAIRED if text else Repair.UNREADABLE
        watch(found[tool.name])

    poor = [(tool, problem) for tool in tools if (problem := poverty(tool.description))]
    await several(poor, work, concurrency, stopped)
    return [_described(tool, texts.get(tool.name, "")) for tool in tools], found


def _described(tool: Tool, text: str) -> Tool:
    if not text:
        return tool
    original = tool.original_description or tool.description
    return msgspec.structs.replace(tool, description=text, original_description=original)


def messages(tool: Tool, problem: str) -> tuple[Message, ...]:
    """The prompt that asks for a better description."""
    offered = tool.offered() | {"description": tool.description[:_LONGEST_SHOWN]}
    quoted = blocks({"tool": as_data(offered)})
    system = _template("describe.system").render(most=LONGEST)
    return Message("system", system), Message("user", _template("describe.user").render(quoted, problem=problem))


def read_description(answer: str) -> str:
    """The description in a model's answer; empty where there is none that could be used."""
    text = answer[-_LONGEST_ANSWER:].rpartition("</think>")[2]
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        return ""
    value: Any = None
    try:
        value = json.loads(text[start : end + 1])
    except ValueError:
        value = json_repair.loads(text[start : end + 1]) if text.count("{") < 20 else None
    said = value.get("description") if isinstance(value, dict) else None
    if not isinstance(said, str):
        return ""
    said = " ".join(said.split())
    return "" if poverty(said) else said


def _template(name: str) -> jinja2.Template:
    return text("apigen.clean", f"prompts/{name}.j2")
