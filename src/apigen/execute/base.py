"""The interface between the pipeline and executors of calls."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from apigen.concurrency import together
from apigen.errors import ExecutorUnavailable
from apigen.records import Call, Execution, Tool

Ran = Execution | ExecutorUnavailable
"""What one of many calls did, or why it could not be made, which says nothing about the others."""


class Executor(Protocol):
    """Executes calls and reports what they did."""

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


class BulkExecutor(Executor, Protocol):
    """An executor that is faster when given many calls at once."""

    def ahead(self, tool: Tool) -> bool:
        """Whether calls of a tool may be made ahead, before it is known whether they will be wanted.

        Only where that does no harm, since they touch nothing outside, and costs little.
        """
        ...

    def prepare(self, tools: Sequence[Tool]) -> None:
        """Make ready for calls of some tools, most of which will come; returns at once, and calls need not wait."""
        ...

    async def execute_many(self, pairs: Sequence[tuple[Tool, Call]]) -> Sequence[Ran]:
        """What each call did, in the same order; a service that is down costs the results of its own calls alone.

        Raises:
            ExecutorUnavailable: the machinery broke for all of them.
        """
        ...


def one_after_another(_: Tool) -> bool:
    """Where nothing is known of the executor: no call is made before it is wanted."""
    return False


async def side_by_side(executor: Executor, pairs: Iterable[tuple[Tool, Call]]) -> list[Ran]:
    """Many calls, each by itself, all under way at once."""

    async def one(tool: Tool, call: Call) -> Ran:
        try:
            return await executor.execute(tool, call)
        except ExecutorUnavailable as problem:
            return problem

    return await together(one(tool, call) for tool, call in pairs)


def all_made(ran: Iterable[Ran]) -> list[Execution]:
    """The executions, where every call could be made.

    Raises:
        ExecutorUnavailable: one could not.
    """
    made: list[Execution] = []
    for each in ran:
        if isinstance(each, ExecutorUnavailable):
            raise each
        made.append(each)
    return made
