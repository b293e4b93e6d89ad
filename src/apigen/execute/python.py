"""Executes tools that are Python functions, each call in a process of its own behind walls."""

import asyncio
import os
from collections.abc import Iterable

import msgspec

from apigen.errors import ExecutorUnavailable
from apigen.execute.sandbox.isolation import Isolation, Level, probe_isolation
from apigen.execute.sandbox.limits import Limits
from apigen.execute.sandbox.outcome import execution_of
from apigen.execute.sandbox.readable import folders_of
from apigen.execute.sandbox.wire import Report, Task
from apigen.execute.sandbox.worker import SandboxBroke, Worker
from apigen.records import Call, Execution, PythonBinding, Reason, Tool

__all__ = ["Isolation", "Level", "Limits", "PythonExecutor", "probe_isolation"]

_MOST_WORKERS = 4
_TRIES = 2


class PythonExecutor:
    """Runs calls of Python functions in a few sandbox processes, which it starts when they are first needed.

    Any number of calls may be waiting; they are made in the order in which they came. Belongs to one event loop.
    """

    def __init__(self, limits: Limits | None = None, workers: int | None = None) -> None:
        """Prepare, without starting anything.

        Args:
            limits: of every call; by default ``Limits()``.
            workers: sandbox processes, each making one call at a time; by default one per CPU, at most 4.
        """
        self._limits = limits or Limits()
        self._workers = [Worker(self._limits) for _ in range(workers or min(_MOST_WORKERS, os.cpu_count() or 1))]
        self._idle: asyncio.LifoQueue[Worker] = asyncio.LifoQueue()
        for worker in self._workers:
            self._idle.put_nowait(worker)
        self._folders: dict[PythonBinding, tuple[str, ...]] = {}
        self._unimportable: dict[PythonBinding, Report] = {}
        self._kept_out: set[PythonBinding] = set()
        self._running: set[asyncio.Task[Report]] = set()

    async def execute(self, tool: Tool, call: Call) -> Execution:
        """Run one call; see :class:`~apigen.execute.base.Executor`.

        Cancelling ends the call's process and leaves the sandbox ready for the next one.

        Raises:
            ExecutorUnavailable: no sandbox process can be started.
        """
        binding = tool.binding
        if not isinstance(binding, PythonBinding):
            return Execution(call, ok=False, reason=Reason.NOT_EXECUTABLE, detail="the tool is bound to no function")
        try:
            msgspec.json.encode(call.arguments)
        except (ValueError, TypeError, RecursionError) as error:  # such as half of a surrogate pair
            return Execution(call, ok=False, reason=Reason.ARGUMENT_TYPE, detail=f"the arguments are no JSON: {error}")
        if (folders := self._folders.get(binding)) is None:
            folders = self._folders[binding] = folders_of(binding)
        worker = await self._idle.get()
        if (known := self._unimportable.get(binding)) is not None:
            self._idle.put_nowait(worker)
            return execution_of(known, call, self._limits, folders)
        running = asyncio.ensure_future(self._run(worker, binding, call, folders))
        self._running.add(running)
        running.add_done_callback(lambda _: self._release(running, worker))
        try:
            report = await asyncio.shield(running)
        except asyncio.CancelledError:
            worker.cancel()
            raise
        if not report.prepared:
            self._unimportable[binding] = report
        return execution_of(report, call, self._limits, (worker.scratch, *folders))

    async def aclose(self) -> None:
        """End every sandbox process and remove its scratch folder."""
        await asyncio.gather(*(worker.close() for worker in self._workers))
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _run(self, worker: Worker, binding: PythonBinding, call: Call, folders: Iterable[str]) -> Report:
        """Make a call, once more where the sandbox process itself broke, which a module imported into it may do."""
        problem = ""
        for _ in range(_TRIES):
            try:
                return await worker.run(Task(binding, call.arguments, keep=binding not in self._kept_out), folders)
            except SandboxBroke as error:
                problem = str(error)
                self._kept_out.add(binding)
        raise ExecutorUnavailable(f"the sandbox process broke: {problem}")

    def _release(self, running: asyncio.Task[Report], worker: Worker) -> None:
        self._running.discard(running)
        if not running.cancelled():
            running.exception()  # seen, also where nobody waits any more
        self._idle.put_nowait(worker)
