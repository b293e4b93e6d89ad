"""The slow checks, execution and judges, on a chunk of rows at a time."""

import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from apigen.audit.rows import Finding
from apigen.concurrency import together
from apigen.errors import ExecutorUnavailable
from apigen.execute.base import BulkExecutor, Ran
from apigen.records import Call, Execution, Outcome, Reason, Stage, Tool, Verdict
from apigen.verify.base import Judge
from apigen.verify.stages import MAX_DETAIL, Examined, not_run, semantics, through

LaterCheck = Callable[[Sequence[Finding]], Awaitable[list[Finding]]]
"""Takes the findings about a chunk of rows further; those that fell already stay as they are."""


def execution(executor: BulkExecutor, tools: Mapping[str, Tool]) -> LaterCheck:
    """The execution stage: each call of a tool that the library has is run.

    Args:
        executor: runs the calls.
        tools: the library's tools that can be executed, by name.
    """

    async def stage(findings: Sequence[Finding]) -> list[Finding]:
        pairs = [pair for finding in findings for pair in _known(finding, tools)]
        ran = iter(await _ran(executor, pairs))
        return [
            _executed(finding, tuple(itertools.islice(ran, len(_known(finding, tools)))), tools) for finding in findings
        ]

    return stage


def _known(finding: Finding, tools: Mapping[str, Tool]) -> list[tuple[Tool, Call]]:
    """The calls of a row that is still in the running which the library can execute."""
    if not finding.passed:
        return []
    return [(tools[call.name], call) for call in finding.candidate.calls if call.name in tools]


async def _ran(executor: BulkExecutor, pairs: Sequence[tuple[Tool, Call]]) -> Sequence[Ran]:
    try:
        return await executor.execute_many(pairs)
    except ExecutorUnavailable as problem:
        return [problem] * len(pairs)


def _executed(finding: Finding, ran: tuple[Ran, ...], tools: Mapping[str, Tool]) -> Finding:
    if not finding.passed:
        return finding
    calls = finding.candidate.calls
    indices = [index for index, call in enumerate(calls) if call.name in tools]
    verdict = Verdict(Stage.EXECUTION, Outcome.PASS) if ran else finding.verdict
    for index, one in zip(indices, ran, strict=True):  # the first that has something against it, as in a run
        if isinstance(one, ExecutorUnavailable):
            verdict = not_run(one)
            break
        if not one.ok:
            verdict = _failed(index, calls[index], one)
            break
    return msgspec.structs.replace(
        finding,
        verdict=verdict,
        executions=tuple(one for one in ran if isinstance(one, Execution)),
        not_executed=len(calls) - len(indices),
    )


def _failed(index: int, call: Call, ran: Execution) -> Verdict:
    detail = f"calls[{index}] {call.name}: {ran.detail}"[:MAX_DETAIL]
    return Verdict(Stage.EXECUTION, Outcome.REJECT, ran.reason or Reason.RUNTIME_ERROR, detail)


def judged(judge: Judge) -> LaterCheck:
    """One semantic judge. A language model is asked only where all calls ran: it is to look at their results."""
    stage = semantics(judge)

    async def one(finding: Finding) -> Finding:
        calls = finding.candidate.calls
        due = calls and (judge.name == "rules" or len(finding.executions) == len(calls))
        if not finding.passed or not due:
            return finding
        examined = Examined(finding.candidate, (finding.verdict,), finding.executions)
        seen = await through([(Stage.SEMANTICS, stage)], examined)
        return msgspec.structs.replace(finding, verdict=seen.verdicts[-1])

    async def check(findings: Sequence[Finding]) -> list[Finding]:
        return await together(map(one, findings))

    return check
