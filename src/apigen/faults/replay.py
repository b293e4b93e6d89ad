"""Uses recorded results instead of executing calls, classified as the sandbox classifies results."""

from collections.abc import Sequence

from apigen.execute.error_shapes import error_in
from apigen.faults.base import Faulty
from apigen.records import Call, Execution, Json, Reason, Tool

MAX_DETAIL = 300


def replayed(faulty: Faulty) -> tuple[Execution, ...]:
    """What the calls did, where a fault says what they return; empty where they must really run."""
    return tuple(map(_returning, faulty.candidate.calls, faulty.returned or ()))


def _returning(call: Call, result: Json) -> Execution:
    error = error_in(result)
    if error is None:
        return Execution(call, ok=True, result=result)
    return Execution(call, ok=False, result=result, reason=Reason.ERROR_RESULT, detail=error[:MAX_DETAIL])


class Replay:
    """An executor that gives recorded executions, in order, to calls made in order."""

    def __init__(self, executions: Sequence[Execution]) -> None:
        self._left = list(executions)

    async def execute(self, tool: Tool, call: Call) -> Execution:
        """The next recorded execution."""
        return self._left.pop(0)

    async def aclose(self) -> None:
        """Nothing is open."""
