"""From a sampled request to the messages a model reads.

The texts are data files in ``generate/prompts``. Values are filled in one pass, so braces in a tool's description
or in a query cannot break a prompt. What does not change between requests comes first, so that providers' prefix
caches hit.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
import msgspec
import yaml

from apigen.generate.quoting import RESULT_CHARS, RESULTS_CHARS, as_data, blocks, shown_results
from apigen.records import Call, Candidate, Execution, Json, Message, Outcome, Request, Seed, Tool, Verdict
from apigen.templates import text
from apigen.toolspecs.remembering import once_for_each


def to_json(value: Json) -> str:
    """Compact one-line JSON, as prompts show it to a writer."""
    return msgspec.json.encode(value).decode()


def generation_messages(request: Request, *, thought: bool) -> tuple[Message, ...]:
    """The prompt that asks for ``request.pairs`` query/answer pairs.

    The user message carries three blocks that a program can read as well as a model: ``<tools>`` and ``<examples>``,
    each a JSON list with one item a line, and ``<task>``, a JSON object with ``style``, ``wording``, ``pairs``,
    ``calls`` (fewest and most per answer) and ``use`` (names of the tools that the queries should need).
    """
    shown = _shown(request, request.pairs)
    return (
        _system("generate.system", thought=thought),
        Message("user", _template("generate.user").render(shown, pairs=request.pairs)),
    )


def repair_messages(
    request: Request, candidate: Candidate, verdicts: Sequence[Verdict], *, thought: bool
) -> tuple[Message, ...]:
    """The prompt that sends a rejected candidate back to the writer, for one pair in its place.

    The blocks of :func:`generation_messages` are there, with ``pairs`` 1 in ``<task>``; the pair and what was found
    about it are quoted as data, since a judge's words and a tool's results may hold anything.

    Args:
        request: what the candidate was written for.
        candidate: what was rejected.
        verdicts: what was found; those that reject are shown.
        thought: whether to ask for the ``thought`` field.
    """
    problems = [_problem(verdict) for verdict in verdicts if verdict.outcome is Outcome.REJECT]
    answers = [_answer(call) for call in candidate.calls]
    quoted = blocks(
        {
            "rejected": as_data({"query": candidate.query, "answers": answers}),
            "problems": "\n".join(as_data(problem) for problem in problems),
        }
    )
    return (
        _system("generate.system", thought=thought),
        Message("user", _template("repair.user").render(_shown(request, 1), **quoted)),
    )


def judge_messages(
    candidate: Candidate,
    executions: Sequence[Execution],
    *,
    result_chars: int = RESULT_CHARS,
    results_chars: int = RESULTS_CHARS,
    again: str = "",
) -> tuple[Message, ...]:
    """The prompt that asks a judge for its criteria and its decision about one executed candidate.

    Args:
        candidate: tools, query and calls; all of them are quoted as data.
        executions: what the calls returned; see :func:`apigen.generate.quoting.shown_results`.
        result_chars: most characters of one result.
        results_chars: most characters of all results together.
        again: why an earlier answer could not be used, in our own words.
    """
    earlier = {"context": "\n".join(map(as_data, candidate.context))} if candidate.context else {}
    # The tools have a key of their own: the pairs of one request, which offers the same ones, share this part.
    quoted = blocks({"tools": "\n".join(map(_quoted_tool, candidate.tools))})
    quoted |= blocks(
        {
            **earlier,
            "query": as_data(candidate.query),
            "calls": "\n".join(as_data(_answer(call)) for call in candidate.calls),
            "results": "\n".join(map(as_data, shown_results(executions, result_chars, results_chars))),
        }
    )
    user = _template("judge.user").render(quoted, again=again)
    return _system("judge.system"), Message("user", user.rstrip("\n"))


@once_for_each
def _quoted_tool(tool: Tool) -> str:
    return as_data(tool.offered())


def _shown(request: Request, pairs: int) -> Mapping[str, Any]:
    """What every prompt to a writer tells about a request."""
    texts = _texts()
    task = {
        "style": request.style,
        "wording": request.wording,
        "pairs": pairs,
        "calls": request.calls,
        "use": request.targets,
    }
    return {
        "tools": [to_json(tool.offered()) for tool in request.tools],
        "examples": [to_json(_example(seed)) for seed in request.examples],
        "task": to_json(task),
        "style": texts["styles"][request.style],
        "wording": texts["wordings"][request.wording],
    }


def _problem(verdict: Verdict) -> dict[str, Json]:
    problem: dict[str, Json] = {"stage": verdict.stage.value, "reason": verdict.reason and verdict.reason.value}
    problem["detail"] = verdict.detail
    if verdict.arguments:
        problem["arguments"] = list(verdict.arguments)
    if failing := [name for name, holds in verdict.criteria.items() if not holds]:
        problem["criteria"] = failing
    return problem | ({"quoted": verdict.evidence} if verdict.evidence else {})


def _example(seed: Seed) -> dict[str, Json]:
    return {"query": seed.query, "answers": [_answer(call) for call in seed.calls]}


def _answer(call: Call) -> dict[str, Json]:
    return {"name": call.name, "arguments": call.arguments}


@cache
def _system(name: str, **settings: bool) -> Message:
    """A message that is the same in every prompt."""
    return Message("system", _template(name).render(**settings))


def _template(name: str) -> jinja2.Template:
    return text("apigen.generate", f"prompts/{name}.j2")


@cache
def _texts() -> dict[str, dict[str, Any]]:
    text = files("apigen.generate").joinpath("prompts/styles.yaml").read_text("utf-8")
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return loaded
