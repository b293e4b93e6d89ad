"""Preference pairs: to one question with the same tools, an answer that was accepted and one that was rejected.

Some come about by themselves: a rejected answer that its writer mended without touching the question, and answers of
different worth to the same question. They are few, so faults are made of accepted answers as well, of which only those
count that the format or grounding stage rejects. Each pair says which it is.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from apigen.dataset.duplicates import fingerprint
from apigen.dataset.functions import offered
from apigen.dialogue.native import native_calls
from apigen.faults import OPERATORS, Operator, Pool
from apigen.records import Attempt, Call, Candidate, Json, Outcome, Sample, Stage, Tool, Verdict
from apigen.verify.format import FormatCheck
from apigen.verify.grounding.levels import check

MENDED, ANSWERED_TWICE = "mended", "answered_twice"
"""Where a pair comes from, if it was not made: then it is the name of the fault."""

_SEEN_WITHOUT_RUNNING = (Stage.FORMAT, Stage.GROUNDING, Stage.SEMANTICS)


class Pair(msgspec.Struct, frozen=True):
    """Two answers to one question."""

    id: str
    query: str
    tools: tuple[Tool, ...]
    chosen: tuple[Call, ...]
    rejected: tuple[Call, ...]
    origin: str
    """``mended``, ``answered_twice``, or the name of the fault that was made of the accepted answer."""
    reason: str
    """Why the rejected answer was rejected."""


def natural_pairs(attempts: Iterable[Attempt], tools: Mapping[str, Tool]) -> Iterator[Pair]:
    """The pairs that came about in a run. Answers that differ only in the order of their calls are not a pair: order
    alone is not a fault.

    Args:
        attempts: all of them, in their order.
        tools: the library by name.
    """
    accepted: dict[tuple[int, tuple[str, ...]], Attempt] = {}
    rejected: dict[tuple[int, tuple[str, ...]], list[Attempt]] = {}
    for attempt in attempts:
        if not attempt.query or not attempt.calls:
            continue
        question = fingerprint(attempt.query), attempt.offered
        if attempt.outcome is Outcome.PASS:
            accepted.setdefault(question, attempt)
        elif attempt.outcome is Outcome.REJECT and attempt.verdicts[-1].stage is not Stage.DUPLICATE:
            rejected.setdefault(question, []).append(attempt)
    for question, good in accepted.items():
        for bad in rejected.get(question, ()):
            if bad.query == good.query and not _same_calls(bad.calls, good.calls):
                yield Pair(
                    id=f"{good.id}/{bad.id}",
                    query=good.query,
                    tools=tuple(tools[name] for name in good.offered if name in tools),
                    chosen=good.calls,
                    rejected=bad.calls,
                    origin=MENDED if good.repair_of == bad.id else ANSWERED_TWICE,
                    reason=_reason(bad.verdicts[-1]),
                )


def made_pairs(candidates: Sequence[tuple[str, Candidate]], seed: int = 0) -> Iterator[Pair]:
    """One pair for each right answer of which a fault can be made that the stages before execution reject.

    Args:
        candidates: right answers with their ids.
        seed: decides which fault is made of which.
    """
    pool = Pool([candidate for _, candidate in candidates])
    formed = FormatCheck()
    operators = [one for one in OPERATORS if one.stage in _SEEN_WITHOUT_RUNNING and not one.by_result]
    for id_, right in candidates:
        order = list(operators)
        random.Random(f"{seed}/{id_}").shuffle(order)
        pair = next((pair for operator in order if (pair := _made(id_, right, operator, pool, formed, seed))), None)
        if pair is not None:
            yield pair


def _same_calls(some: Sequence[Call], others: Sequence[Call]) -> bool:
    """Whether two answers make the same calls, in any order; a value of another type makes another call."""
    return sorted(call.canonical for call in some) == sorted(call.canonical for call in others)


def as_candidate(sample: Sample) -> Candidate:
    """A sample as the checks look at it."""
    tools = tuple(Tool(tool["name"], tool["description"], tool["parameters"]) for tool in sample.tools)
    return Candidate(sample.query, sample.calls, tools, sample.provenance.style)


def _made(id_: str, right: Candidate, operator: Operator, pool: Pool, formed: FormatCheck, seed: int) -> Pair | None:
    faulty = operator.apply(right, random.Random(f"{seed}/{operator.name}/{id_}"), pool)
    if faulty is None or faulty.text or faulty.returned is not None:
        return None
    wrong = faulty.candidate
    if wrong.query != right.query or wrong.tools != right.tools or _same_calls(wrong.calls, right.calls):
        return None
    verdict = formed.check(wrong)
    if verdict.outcome is Outcome.PASS:
        verdict = check(wrong, level="lenient")
    if verdict.outcome is not Outcome.REJECT:
        return None
    return Pair(id_, right.query, right.tools, right.calls, wrong.calls, operator.name, _reason(verdict))


def _reason(verdict: Verdict) -> str:
    return f"{verdict.reason}: {verdict.detail}" if verdict.detail else str(verdict.reason)


def row(pair: Pair) -> dict[str, Json]:
    """A pair in TRL's conversational form, with its origin (https://huggingface.co/docs/trl/dataset_formats#preference).

    Raises:
        UserError: two of its tools would have the same name without their dots.
    """
    return {
        "prompt": [{"role": "user", "content": pair.query}],
        "chosen": [_message(pair.chosen)],
        "rejected": [_message(pair.rejected)],
        "tools": offered((tool.offered() for tool in pair.tools), pair.id),
        "id": pair.id,
        "origin": pair.origin,
        "reason": pair.reason,
    }


def _message(calls: Sequence[Call]) -> dict[str, Json]:
    if not calls:
        return {"role": "assistant", "content": ""}
    return {"role": "assistant", "tool_calls": native_calls(calls)}
