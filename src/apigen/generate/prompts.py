"""From a sampled request to the messages a model reads.

The texts are data files in ``generate/prompts``. Values are filled in one pass, so braces in a tool's description
or in a query cannot break a prompt. What does not change between requests comes first, so that providers' prefix
caches hit.
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
import msgspec
import yaml

from apigen.records import Call, Candidate, Execution, Json, Message, Request, Seed

RESULT_PREVIEW_CHARS = 2000
"""Longest result a judge is shown; longer ones are cut and say so."""


def to_json(value: Json) -> str:
    """Compact one-line JSON, as prompts show it."""
    return msgspec.json.encode(value).decode()


def generation_messages(request: Request, *, thought: bool) -> tuple[Message, ...]:
    """The prompt that asks for ``request.pairs`` query/answer pairs.

    The user message carries three blocks that a program can read as well as a model: ``<tools>`` and ``<examples>``,
    each a JSON list with one item a line, and ``<task>``, a JSON object with ``style``, ``wording``, ``pairs``,
    ``calls`` (fewest and most per answer) and ``use`` (names of the tools that the queries should need).
    """
    texts = _texts()
    task = {
        "style": request.style,
        "wording": request.wording,
        "pairs": request.pairs,
        "calls": request.calls,
        "use": request.targets,
    }
    user = _template("generate.user").render(
        tools=[to_json(tool.offered()) for tool in request.tools],
        examples=[to_json(_example(seed)) for seed in request.examples],
        task=to_json(task),
        pairs=request.pairs,
        style=texts["styles"][request.style],
        wording=texts["wordings"][request.wording],
    )
    return (
        Message("system", _template("generate.system").render(thought=thought)),
        Message("user", user),
    )


def judge_messages(candidate: Candidate, executions: Sequence[Execution]) -> tuple[Message, ...]:
    """The prompt that asks a judge for ``{"thought", "pass"}`` about one executed candidate."""
    user = _template("judge.user").render(
        tools=[to_json(tool.offered()) for tool in candidate.tools],
        query=candidate.query,
        calls=to_json([_answer(call) for call in candidate.calls]),
        results="\n".join(_result_preview(execution) for execution in executions),
    )
    return Message("system", _template("judge.system").render()), Message("user", user)


def _example(seed: Seed) -> dict[str, Json]:
    return {"query": seed.query, "answers": [_answer(call) for call in seed.calls]}


def _answer(call: Call) -> dict[str, Json]:
    return {"name": call.name, "arguments": call.arguments}


def _result_preview(execution: Execution) -> str:
    text = to_json({"name": execution.call.name, "result": execution.result})
    if len(text) > RESULT_PREVIEW_CHARS:
        return text[:RESULT_PREVIEW_CHARS] + "... [truncated]"
    return text


@cache
def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701 - plain text
    return environment.from_string(files("apigen.generate").joinpath(f"prompts/{name}.j2").read_text("utf-8"))


@cache
def _texts() -> dict[str, dict[str, Any]]:
    text = files("apigen.generate").joinpath("prompts/styles.yaml").read_text("utf-8")
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return loaded
