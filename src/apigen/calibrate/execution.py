"""Running a case's calls, as the execution stage of a run does."""

from collections.abc import Sequence

from apigen.errors import ExecutorUnavailable, JobFellShort
from apigen.execute.base import Executor
from apigen.records import Candidate, Execution


async def executed(candidate: Candidate, executor: Executor) -> tuple[Execution, ...]:
    """Make each call, up to the first that fails; a call of a tool that is bound to nothing ends it as well.

    Raises:
        JobFellShort: the sandbox does not work, so no case can be judged.
    """
    done: list[Execution] = []
    for call in candidate.calls:
        tool = candidate.tool(call.name)
        if tool is None:
            break
        try:
            done.append(await executor.execute(tool, call))
        except ExecutorUnavailable as error:
            raise JobFellShort(f"the sandbox cannot run {call.name}: {error}") from error
        if not done[-1].ok:
            break
    return tuple(done)


def all_ran(candidate: Candidate, executions: Sequence[Execution]) -> bool:
    """Whether there are calls, and each was made and succeeded: only then does a run ask a judge."""
    return (
        bool(executions) and len(executions) == len(candidate.calls) and all(execution.ok for execution in executions)
    )
