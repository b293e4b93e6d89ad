"""The form of a writer's answer, for endpoints that can enforce one."""

import msgspec

from apigen.generate.portable import portable
from apigen.models.base import Shape, exactly
from apigen.records import Json, Request, Tool
from apigen.toolspecs.remembering import once_for_each

MAX_BYTES = 24_000
"""Longest form. Engines compile it before they answer; where tools need more, their arguments are any object."""

_TEXT: dict[str, Json] = {"type": "string"}
_ANY_ARGUMENTS: dict[str, Json] = {"type": "object", "additionalProperties": True}


def pairs_shape(request: Request, pairs: int, *, thought: bool) -> Shape:
    """The object ``{"pairs": [...]}`` that a writer is to answer with.

    Args:
        request: its tools decide what an answer may call, its bounds how often.
        pairs: how many are wanted.
        thought: whether each begins with the ``thought`` field.
    """
    answers = [_answer(tool, _form(tool) or _ANY_ARGUMENTS) for tool in request.tools]
    if len(msgspec.json.encode(answers)) > MAX_BYTES:
        answers = [_answer(tool, _ANY_ARGUMENTS) for tool in request.tools]
    answer = answers[0] if len(answers) == 1 else {"anyOf": answers}
    before = {"thought": _TEXT} if thought else {}
    pair = exactly(before | {"query": _TEXT, "answers": _list(answer, *request.calls)})
    return Shape("pairs", exactly({"pairs": _list(pair, pairs, pairs)}))


@once_for_each
def _form(tool: Tool) -> dict[str, Json]:
    return portable(tool.parameters)


def _answer(tool: Tool, arguments: dict[str, Json]) -> dict[str, Json]:
    return exactly({"name": {"type": "string", "enum": [tool.name]}, "arguments": arguments})


def _list(item: Json, fewest: int, most: int) -> dict[str, Json]:
    return {"type": "array", "items": item, "minItems": fewest, "maxItems": most}
