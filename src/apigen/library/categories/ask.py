"""Asks a language model for the category of tools that neither a label nor the classifier settles."""

import re
from collections.abc import Sequence

import msgspec

from apigen.errors import ModelRefused
from apigen.library.categories.categorise import Categorised
from apigen.library.starter import CATEGORIES
from apigen.models.base import Model, Options, Shape, exactly
from apigen.records import Message, Tool
from apigen.templates import text
from apigen.toolspecs.text import parse_json

_SHAPE = Shape("category", exactly({"category": {"type": "string", "enum": list(CATEGORIES)}}))
_OPTIONS = Options(temperature=0.0, max_tokens=512, shape=_SHAPE)
_OBJECT = re.compile(r"\{[^{}]*\}")
_MOST = 1_500
"""Longest description in characters that is shown."""


async def ask_category(tool: Tool, otherwise: Categorised, model: Model) -> Categorised:
    """Let a model decide where the classifier is not sure.

    Args:
        tool: the tool.
        otherwise: what :func:`~apigen.library.categories.categorise.categorise` found. It stands where a label or a
            sure classifier decided, and where the model's answer cannot be read or is refused.
        model: who is asked.

    Raises:
        ModelUnavailable: the model does not answer at all.
    """
    if otherwise.by != "nobody":
        return otherwise
    try:
        completion = await model.complete(question(tool), _OPTIONS)
    except ModelRefused:
        return otherwise
    answer = read_answer(completion.text)
    return otherwise if answer is None else Categorised(answer, "model")


def question(tool: Tool) -> Sequence[Message]:
    """What the model is asked about a tool."""
    shown = {"name": tool.name, "description": tool.description[:_MOST], "parameters": list(tool.properties)}
    asked = text("apigen.library.categories", "question.j2").render(
        categories=", ".join(CATEGORIES), tool=msgspec.json.encode(shown).decode()
    )
    return (Message("user", asked),)


def read_answer(text: str) -> str | None:
    """The category that an answer names; ``None`` unless its last object says one of the 21 and nothing else."""
    objects = _OBJECT.findall(text)
    value = parse_json(objects[-1]).value if objects else None
    if not isinstance(value, dict) or list(value) != ["category"]:
        return None
    return value["category"] if value["category"] in CATEGORIES else None
