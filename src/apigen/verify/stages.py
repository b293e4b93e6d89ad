"""The stages for well-formed candidates, each a function from one examined candidate to the next.

A stage never changes what it gets: it returns a copy with its verdict, and its evidence, added. What is cheap comes
first, and a candidate that fell is never shown to a later stage, so it costs no execution and no judge call.
"""

import traceback
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from pathlib import PurePath
from typing import Literal

import msgspec

from apigen.concurrency import in_order
from apigen.errors import ApigenError, ExecutorUnavailable, NotRecorded, ServiceUnavailable
from apigen.execute.base import Executor, one_after_another
from apigen.records import Call, Candidate, Execution, Outcome, Reason, Stage, Tool, Verdict
from apigen.verify.base import Judge
from apigen.verify.grounding import Level, check
from apigen.verify.judges.committee import Committee, Rule

MAX_DETAIL = 300


class Examined(msgspec.Struct, frozen=True):
    """A candidate with what has been found about it so far."""

    candidate: Candidate
    verdicts: tuple[Verdict, ...] = ()
    executions: tuple[Execution, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """Pass as long as nothing spoke against it."""
        return self.verdicts[-1].outcome if self.verdicts else Outcome.PASS

    def found(self, *verdicts: Verdict, executions: tuple[Execution, ...] | None = None) -> "Examined":
        """The same candidate with more known about it."""
        kept = self.executions if executions is None else executions
        return Examined(self.candidate, (*self.verdicts, *verdicts), kept)


CheckStage = Callable[[Examined], Awaitable[Examined]]
NamedStage = tuple[Stage, CheckStage]


async def through(stages: Sequence[NamedStage], examined: Examined) -> Examined:
    """Lead a candidate through the stages until one of them does not pass it.

    A stage that fails in a way that nobody foresaw leaves an error, which the reports show: one odd candidate must not
    end a run that took a night, and must not slip through either.

    Raises:
        Unavailable: a stage found that nothing more can be said about any candidate.
        ApigenError: a stage failed in a foreseen way, such as a full disk.
    """
    for name, stage in stages:
        if examined.outcome is not Outcome.PASS:
            break
        try:
            examined = await stage(examined)
        except ApigenError:
            raise
        except Exception as error:  # noqa: BLE001 - that is the point
            examined = examined.found(failed(name, error))
    return examined


def failed(stage: Stage, error: Exception) -> Verdict:
    """What is said of a check that failed in a way that nobody foresaw."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{PurePath(frame.filename).name}:{frame.lineno}"
    detail = " ".join(f"{type(error).__name__} in {where}: {error}".split())[:MAX_DETAIL]
    return Verdict(stage, Outcome.ERROR, Reason.CHECK_FAILED, detail.encode("utf-8", "backslashreplace").decode())


def not_run(error: ExecutorUnavailable) -> Verdict:
    """What is said where a call could not be made at all."""
    reason = Reason.EXECUTOR_UNAVAILABLE
    if isinstance(error, ServiceUnavailable):
        reason = Reason.SERVICE_UNAVAILABLE
    elif isinstance(error, NotRecorded):
        reason = Reason.NOT_RECORDED
    return Verdict(Stage.EXECUTION, Outcome.ERROR, reason, str(error)[:MAX_DETAIL])


async def grounding(examined: Examined, level: Level = "strict") -> Examined:
    """Every argument value must be traceable to the query, to a default or to an earlier result.

    Args:
        examined: the candidate with its verdicts so far.
        level: ``strict`` names every value that is not; ``lenient`` only those that are clearly invented.
    """
    return examined.found(check(examined.candidate, level))


def execution(
    executor: Executor,
    varying: Literal["keep", "reject"] = "keep",
    ahead: Callable[[Tool], bool] = one_after_another,
) -> CheckStage:
    """Stage 2: each call really runs; the first that fails rejects the candidate.

    Args:
        executor: runs the calls.
        varying: whether a call that the executor found to vary is kept, marked, or rejects the candidate too.
        ahead: whether a tool's calls may be made before it is known how those before them went. Where that holds for
            all tools of a candidate, its calls are under way at once; what is found is the same.
    """

    async def run(pair: tuple[Tool, Call]) -> Execution:
        return await executor.execute(*pair)

    async def in_turn(pairs: Sequence[tuple[Tool, Call]]) -> AsyncGenerator[Execution, None]:
        for pair in pairs:
            yield await run(pair)

    async def stage(examined: Examined) -> Examined:
        pairs = _called(examined.candidate)
        at_once = len(pairs) > 1 and all(ahead(tool) for tool, _ in pairs)
        executions: list[Execution] = []
        try:
            async with aclosing(in_order(pairs, run, len(pairs)) if at_once else in_turn(pairs)) as ran:
                async for each in ran:
                    executions.append(each)
                    if (verdict := _against(each, len(executions) - 1, varying)) is not None:
                        return examined.found(verdict, executions=tuple(executions))
        except ExecutorUnavailable as error:
            return examined.found(not_run(error), executions=tuple(executions))
        return examined.found(Verdict(Stage.EXECUTION, Outcome.PASS), executions=tuple(executions))

    return stage


def _called(candidate: Candidate) -> list[tuple[Tool, Call]]:
    pairs = []
    for call in candidate.calls:
        tool = candidate.tool(call.name)
        assert tool is not None, "the format stage rejects unknown tools"  # noqa: S101
        pairs.append((tool, call))
    return pairs


def _against(ran: Execution, index: int, varying: Literal["keep", "reject"]) -> Verdict | None:
    """What a call says against its candidate, if anything."""
    where = f"calls[{index}] {ran.call.name}"
    if not ran.ok:
        detail = f"{where}: {ran.detail}"[:MAX_DETAIL]
        return Verdict(Stage.EXECUTION, Outcome.REJECT, ran.reason or Reason.RUNTIME_ERROR, detail)
    if ran.varies and varying == "reject":
        detail = f"{where}: running the same call twice gave two different results"
        return Verdict(Stage.EXECUTION, Outcome.REJECT, Reason.VARYING_RESULT, detail)
    return None


def semantics(*judges: Judge, rule: Rule = Rule.UNANIMOUS) -> CheckStage:
    """Stage 3: one judge, or several that decide together; each one's verdict is kept, the decision comes last."""
    committee = Committee(judges, rule)

    async def stage(examined: Examined) -> Examined:
        return examined.found(*await committee.verdicts(examined.candidate, examined.executions))

    return stage
