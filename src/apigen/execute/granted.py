"""Executes tools with grants: one sandbox per distinct grant, with secrets redacted from results."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterable, Sequence

from apigen.execute.grants import NO_GRANTS, Grant, Grants
from apigen.execute.python import PythonExecutor
from apigen.execute.sandbox.launch import Nursery
from apigen.execute.sandbox.limits import Limits
from apigen.records import Call, Execution, Tool


class GrantedExecutor:
    """Runs each call in a sandbox that may do what the tool is granted, and nothing else.

    Sandbox processes start when they are first needed. The values of granted variables are replaced by their names
    in what calls return and in the details. Belongs to one event loop.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        workers: int | None = None,
        *,
        twice: bool = False,
        gather: bool = False,
        grants: Grants = NO_GRANTS,
    ) -> None:
        """Prepare, without starting anything.

        Args:
            limits: as :class:`PythonExecutor` takes them.
            workers: the same, for each distinct grant.
            twice: the same.
            gather: the same.
            grants: what tools may do beyond the walls.
        """
        self._limits = limits
        self._workers = workers
        self._twice = twice
        self._gather = gather
        self._grants = grants
        self._nursery = Nursery()
        self._executors: dict[Grant, PythonExecutor] = {}

    async def execute(self, tool: Tool, call: Call) -> Execution:
        """Run one call; see :meth:`PythonExecutor.execute`.

        Raises:
            ExecutorUnavailable: no sandbox process can be started.
        """
        execution = await self._executor(self._grants.of(tool.name)).execute(tool, call)
        return self._grants.secrets.hide_in_execution(execution)

    def ahead(self, tool: Tool) -> bool:
        """Whether calls may be made ahead; see :meth:`PythonExecutor.ahead`."""
        return self._executor(self._grants.of(tool.name)).ahead(tool)

    def prepare(self, tools: Sequence[Tool]) -> None:
        """Have functions imported that most tools are bound to; see :meth:`PythonExecutor.prepare`."""
        by_grant: dict[Grant, list[Tool]] = {}
        for tool in tools:
            by_grant.setdefault(self._grants.of(tool.name), []).append(tool)
        if by_grant:
            grant, most = max(by_grant.items(), key=lambda each: len(each[1]))
            self._executor(grant).prepare(most)

    async def execute_many(self, pairs: Sequence[tuple[Tool, Call]]) -> list[Execution]:
        """Run many calls; see :meth:`PythonExecutor.execute_many`.

        Raises:
            ExecutorUnavailable: no sandbox process can be started.
        """
        by_grant: dict[Grant, list[int]] = {}
        for index, (tool, _) in enumerate(pairs):
            by_grant.setdefault(self._grants.of(tool.name), []).append(index)
        found: dict[int, Execution] = {}
        for grant, indices in by_grant.items():
            executions = await self._executor(grant).execute_many([pairs[index] for index in indices])
            found |= zip(indices, executions, strict=True)
        return [self._grants.secrets.hide_in_execution(found[index]) for index in range(len(pairs))]

    async def execute_stream(self, pairs: Iterable[tuple[Tool, Call]], chunk: int = 4096) -> AsyncIterator[Execution]:
        """Run any number of calls; see :meth:`PythonExecutor.execute_stream`.

        Yields:
            An execution for each, in the same order.

        Raises:
            ExecutorUnavailable: no sandbox process can be started.
        """
        rest = iter(pairs)
        while batch := list(itertools.islice(rest, chunk)):
            for execution in await self.execute_many(batch):
                yield execution

    async def aclose(self) -> None:
        """End every sandbox process and remove its scratch folder."""
        for executor in self._executors.values():
            await executor.aclose()
        await asyncio.to_thread(self._nursery.close)

    def _executor(self, grant: Grant) -> PythonExecutor:
        executor = self._executors.get(grant)
        if executor is None:
            sight = self._grants.sight(grant)
            executor = PythonExecutor(
                self._limits,
                self._workers,
                twice=self._twice,
                gather=self._gather,
                sight=sight,
                nursery=self._nursery,
            )
            self._executors[grant] = executor
        return executor
