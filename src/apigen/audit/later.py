"""The checks that take a while: calls that really run, and judges. A chunk of rows at a time."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from apigen.audit.rows import Finding
from apigen.errors import ExecutorUnavailable
from apigen.records import Call, Execution, Outcome, Reason, Stage, Tool, Verdict
from apigen.verify.base import Judge
from apigen.verify.stages import MAX_DETAIL, Examined, not_run, semantics, through

LaterCheck = Callable[[Sequence[Finding]], Awaitable[list[Finding]]]
"""Takes the findings about a chunk of rows further; those that fell already stay as they are."""


class BulkExecutor(Protocol):
    """What runs many calls at once."""

    async def execute_many(self, pairs: Sequence[tuple[Tool, Call]]) -> list[Execution]:
        """An execution for each call, in the same order.

        Raises:
            ExecutorUnavailable: nothing can be run.
        """
        ...


def execution(executor: BulkExecutor, tools: Mapping[str, Tool]) -> LaterCheck:
    """The execution stage: each call of a tool that the library has is run.

    Args:
        executor: runs the calls.
        tools: the library's tools that can be executed, by name.
    """

    async def stage(findings: Sequence[Finding]) -> list[Finding]:
        pairs = [pair for finding in findings for pair in _known(finding, tools)]
        try:
            executions = iter(await executor.execute_many(pairs))
        except ExecutorUnavailable as error:
            verdict = not_run(error)
            return [
                msgspec.structs.replace(finding, verdict=verdict) if _known(finding, tools) else finding
                for finding in findings
            ]
        return [
            _executed(finding, tuple(itertools.islice(executions, len(_known(finding, tools)))), tools)
            for finding in findings
        ]

    return stage


def _known(finding: Finding, tools: Mapping[str, Tool]) -> list[tuple[Tool, Call]]:
    """The calls of a row that is still in the running which the library can execute."""
    if not finding.passed:
        return []
    return [(tools[call.name], call) for call in finding.candidate.calls if call.name in tools]


def _executed(finding: Finding, executions: tuple[Execution, ...], tools: Mapping[str, Tool]) -> Finding:
    if not finding.passed:
        return finding
    calls = finding.candidate.calls
    indices = [index for index, call in enumerate(calls) if call.name in tools]
    ran = zip(indices, executions, strict=True)
    failed = next(((index, one) for index, one in ran if not one.ok), None)
    if failed is not None:
        verdict = _failed(failed[0], calls[failed[0]], failed[1])
    else:
        verdict = Verdict(Stage.EXECUTION, Outcome.PASS) if executions else finding.verdict
    return msgspec.structs.replace(
        finding, verdict=verdict, executions=executions, not_executed=len(calls) - len(indices)
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
        return list(await asyncio.gather(*map(one, findings)))

    return check
