"""From an accepted attempt to a row of the dataset."""

from collections.abc import Iterable, Iterator, Mapping

from apigen.errors import UserError
from apigen.records import Attempt, Outcome, Provenance, Sample, Stage, Tool, Verdict
from apigen.verify.judges.committee import COMMITTEE


def samples(
    attempts: Iterable[Attempt], tools: Mapping[str, Tool], *, first_id: int = 0, most: int | None = None
) -> Iterator[Sample]:
    """The accepted attempts as dataset rows, numbered on from ``first_id``.

    Args:
        attempts: in the order of the run.
        tools: the library by name.
        first_id: the id of the first row.
        most: rows wanted at most; a run keeps what was accepted beyond its count in attempts.jsonl only.

    Raises:
        UserError: an attempt names a tool that the library does not have.
    """
    number = first_id
    for attempt in attempts:
        if most is not None and number - first_id >= most:
            return
        if attempt.outcome is Outcome.PASS:
            yield _sample(attempt, tools, number)
            number += 1


def _sample(attempt: Attempt, tools: Mapping[str, Tool], number: int) -> Sample:
    unknown = [name for name in (*attempt.offered, *(call.name for call in attempt.calls)) if name not in tools]
    if unknown:
        raise UserError(
            f"attempts.jsonl: attempt {attempt.id} names the tool {unknown[0]!r}, which library.jsonl does not have; "
            "the file was edited, so start a new run with another --out"
        )
    categories = dict.fromkeys(tools[call.name].category for call in attempt.calls)
    return Sample(
        id=number,
        query=attempt.query,
        tools=tuple(tools[name].offered() for name in attempt.offered),
        calls=attempt.calls,
        results=tuple(execution.result for execution in attempt.executions),
        provenance=Provenance(
            attempt=attempt.id,
            model=attempt.model,
            llm=attempt.llm,
            round=attempt.round,
            style=attempt.style,
            wording=attempt.wording,
            categories=tuple(categories),
            judges=tuple(verdict.by for verdict in attempt.verdicts if _passed_by_judge(verdict)),
            repaired=attempt.repaired,
            varying=tuple(dict.fromkeys(ran.call.name for ran in attempt.executions if ran.varies)),
        ),
    )


def _passed_by_judge(verdict: Verdict) -> bool:
    """Whether one judge speaks for the row here; the committee's decision follows from what its members say."""
    judged = verdict.stage is Stage.SEMANTICS and verdict.by != COMMITTEE
    return judged and verdict.outcome is Outcome.PASS
