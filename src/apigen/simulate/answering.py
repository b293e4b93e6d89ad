"""What is said to a prompt: pairs, a verdict, a description, a category, or a plain sentence."""

import re
from collections.abc import Sequence
from random import Random

import msgspec

from apigen.errors import ModelUnavailable
from apigen.library.categories.categorise import categorise
from apigen.models.base import Options
from apigen.models.simulated.ledger import Keep, request_key
from apigen.models.simulated.model import SimulatedModel
from apigen.models.simulated.profiles import Profile
from apigen.records import Completion, Json, Message, Tool
from apigen.simulate.judge import judged
from apigen.simulate.material import quoted_blocks, shown
from apigen.toolspecs.text import parse_json

_PLAIN = "This is a simulated model. It writes query/answer pairs, judges them, and describes tools."
_CATEGORY = re.compile(r"^\{.*\}$", re.MULTILINE)
_LONGEST = 400


class Answering:
    """Answers prompts as one profile.

    Args:
        profile: how often it errs.
        seed: decides, together with each prompt, when and how.
        keep: is given the ledger's entries.
    """

    def __init__(self, profile: Profile, seed: int, keep: Keep) -> None:
        self._profile = profile
        self._seed = seed
        self._writer = SimulatedModel(profile, seed, keep)

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        """Answer a prompt, whatever it is about."""
        user = "\n".join(message.content for message in messages if message.role == "user")
        try:
            blocks = quoted_blocks(user)
        except ValueError:
            blocks = {}
        if "<task>" in user:
            try:
                return await self._writer.complete(messages, options)
            except ModelUnavailable:
                return self._said(_PLAIN)
        if {"tools", "query", "calls"} <= blocks.keys():
            return self._said(await self._verdict(blocks, request_key(messages, options)))
        if "tool" in blocks and (tool := _tool(blocks["tool"][0])):
            return self._said(msgspec.json.encode({"description": _description(tool)}).decode())
        if "which category" in user and (described := _CATEGORY.search(user)):
            tool = _tool(parse_json(described[0]).value)
            category = categorise(tool).category if tool else "Other"
            return self._said(msgspec.json.encode({"category": category}).decode())
        return self._said(_PLAIN)

    async def _verdict(self, blocks: dict[str, list[Json]], key: str) -> str:
        try:
            candidate, executions = shown(blocks)
        except ValueError:
            return _PLAIN
        rng = Random(f"{self._seed}/{self._profile.name}/{key}")
        return await judged(candidate, executions, self._profile.judge_error, rng)

    def _said(self, text: str) -> Completion:
        return Completion(text, self._writer.locator, finish_reason="stop")


def _tool(value: Json) -> Tool | None:
    """A tool as a prompt shows it; the category's prompt gives its parameters by name alone."""
    if not isinstance(value, dict):
        return None
    given = value.get("parameters")
    names: list[str] = given if isinstance(given, list) else []
    parameters = given if isinstance(given, dict) else {"type": "object", "properties": {key: {} for key in names}}
    return Tool(str(value.get("name", "")), str(value.get("description", "")), parameters)


def _description(tool: Tool) -> str:
    """A plain sentence from a tool's names, without anything that is wrong with the old description."""
    name = " ".join(re.findall(r"[A-Za-z][a-z]+|[A-Z]+|\d+", tool.name)).lower()
    inputs = ", ".join(str(parameter).replace("_", " ") for parameter in tool.properties)
    return f"Does what its name says, {name}{f', given {inputs}' if inputs else ''}."[:_LONGEST]
