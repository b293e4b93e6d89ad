"""The seam between the pipeline and whatever runs a call."""

from typing import Protocol

from apigen.records import Call, Execution, Tool


class Executor(Protocol):
    """Runs calls for real and says what they did."""

    async def execute(self, tool: Tool, call: Call) -> Execution:
        """Run one call.

        A call that fails, hangs or crashes is an :class:`Execution` with a reason, not an exception.

        Raises:
            ExecutorUnavailable: the machinery broke, so nothing can be said about the call.
        """
        ...

    async def aclose(self) -> None:
        """Stop every process and connection."""
        ...
