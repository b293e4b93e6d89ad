"""Executes tools that are Python functions, each call in a process of its own behind walls."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence

import msgspec

from apigen.concurrency import together
from apigen.errors import ExecutorUnavailable
from apigen.execute.sandbox.bulk import replies_that_count
from apigen.execute.sandbox.isolation import Isolation, Level, probe_isolation, require_isolation
from apigen.execute.sandbox.launch import Nursery, Sight
from apigen.execute.sandbox.limits import Limits
from apigen.execute.sandbox.outcome import execution_of
from apigen.execute.sandbox.pool import Pool, Source, source_of
from apigen.execute.sandbox.readable import folders_of
from apigen.execute.sandbox.wire import Ended, Report, Task
from apigen.execute.sandbox.worker import SandboxBroke, Worker
from apigen.records import Call, Execution, PythonBinding, Reason, Tool

__all__ = ["Isolation", "Level", "Limits", "PythonExecutor", "probe_isolation", "require_isolation"]

_MOST_WORKERS = 4
_TRIES = 2
_DICE = (0, 1)
"""What a first and a second run of a call are given for chance."""


class PythonExecutor:
    """Runs calls of Python functions in sandbox processes, which it starts when they are first needed.

    Functions of different sources meet in no process; see :mod:`~apigen.execute.sandbox.pool`. Any number of calls may
    be waiting; they are made in the order in which they came. Belongs to one event loop.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        workers: int | None = None,
        *,
        twice: bool = False,
        sight: Sight | None = None,
        nursery: Nursery | None = None,
    ) -> None:
        """Prepare, without starting anything.

        Args:
            limits: of every call; by default ``Limits()``.
            workers: calls made at once; by default one per CPU, at most 4.
            twice: whether :meth:`execute` runs each call a second time, with other dice, to say whether it varies.
            sight: what they may see beyond the walls of any other; by default nothing.
            nursery: where sandbox processes come from, to share one; it is left open.
        """
        self._limits = limits or Limits()
        self._twice = twice
        self._at_once = workers or min(_MOST_WORKERS, os.cpu_count() or 1)
        self._nursery = nursery or Nursery()
        self._is_mine = nursery is None
        self._pool = Pool(self._nursery, self._limits, self._at_once, sight or Sight())
        self._sources: dict[PythonBinding, Source] = {}
        self._unimportable: dict[PythonBinding, Report] = {}
        self._kept_out: set[PythonBinding] = set()
        self._running: set[asyncio.Task[Report]] = set()

    async def execute(self, tool: Tool, call: Call) -> Execution:
        """Run one call; see :class:`~apigen.execute.base.Executor`.

        Cancelling ends the call's process and leaves the sandbox ready for the next one.

        Raises:
            ExecutorUnavailable: no sandbox process can be started.
        """
        return await self._execute(tool, call, twice=self._twice)

    async def execute_many(self, pairs: Sequence[tuple[Tool, Call]]) -> list[Execution]:
        """Run many calls, most of them in processes that they share with other calls of the same function.

        The results are those of :meth:`execute`, also of functions that leak state, hang or die; see
        :mod:`~apigen.execute.sandbox.bulk` for how that is made sure, and docs/sandbox.md for what remains. Whether
        a call varies is always told; the time of a call is the mean over its series.

        Args:
            pairs: each call with its tool. Calls of the same function gain most when they come in the same sequence.

        Returns:
            An execution for each, in the same order.

        Raises:
            ExecutorUnavailable: no sandbox process can be started.
        """
        groups: dict[PythonBinding, dict[bytes, list[int]]] = {}
        tasks: list[Awaitable[list[tuple[int, Execution]]]] = []
        for index, (tool, call) in enumerate(pairs):
            arguments = _encoded(call)
            if isinstance(tool.binding, PythonBinding) and isinstance(arguments, bytes):
                groups.setdefault(tool.binding, {}).setdefault(arguments, []).append(index)
            else:
                tasks.append(self._one(tool, call, [index]))
        # Few groups at a time, those of one source together, so that few processes are started, and none twice.
        turn = asyncio.Semaphore(2 * self._at_once)
        in_order = sorted(groups, key=lambda binding: self._source(binding).name)
        tasks += [self._group(pairs, groups[binding], turn) for binding in in_order]
        found = dict(itertools.chain.from_iterable(await together(tasks)))
        return [
            msgspec.structs.replace(found[index], call=call) if found[index].call is not call else found[index]
            for index, (_, call) in enumerate(pairs)
        ]

    async def execute_stream(self, pairs: Iterable[tuple[Tool, Call]], chunk: int = 4096) -> AsyncIterator[Execution]:
        """Run any number of calls in memory that does not grow: :meth:`execute_many`, a chunk at a time.

        Args:
            pairs: each call with its tool.
            chunk: calls looked at together; the more there are of each function, the faster it is.

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
        await self._pool.close()
        await asyncio.gather(*self._running, return_exceptions=True)
        if self._is_mine:
            await asyncio.to_thread(self._nursery.close)

    async def _execute(self, tool: Tool, call: Call, *, twice: bool) -> Execution:
        """Run one call in a process of its own; where it is to be run twice, the first run's result counts."""
        binding = tool.binding
        if not isinstance(binding, PythonBinding):
            return Execution(call, ok=False, reason=Reason.NOT_EXECUTABLE, detail="the tool is bound to no function")
        arguments = _encoded(call)
        if isinstance(arguments, str):
            return Execution(call, ok=False, reason=Reason.ARGUMENT_TYPE, detail=arguments)
        first = await self._once(binding, call, arguments, _DICE[0])
        if not twice or first.reason in (Reason.TIMEOUT, Reason.NOT_EXECUTABLE):
            return first
        second = await self._once(binding, call, arguments, _DICE[1])
        return msgspec.structs.replace(first, varies=True) if _differ(first, second) else first

    async def _once(self, binding: PythonBinding, call: Call, arguments: bytes, dice: int) -> Execution:
        report, private = await self._report(binding, [arguments], dice)
        return execution_of(report, call, self._limits, private)

    async def _one(self, tool: Tool, call: Call, indices: Iterable[int]) -> list[tuple[int, Execution]]:
        execution = await self._execute(tool, call, twice=True)
        return [(index, execution) for index in indices]

    async def _group(
        self, pairs: Sequence[tuple[Tool, Call]], group: dict[bytes, list[int]], turn: asyncio.Semaphore
    ) -> list[tuple[int, Execution]]:
        """Run the calls of one function, by their arguments' JSON; what bulk does not decide runs by itself."""
        async with turn:
            return await self._group_now(pairs, group)

    async def _group_now(
        self, pairs: Sequence[tuple[Tool, Call]], group: dict[bytes, list[int]]
    ) -> list[tuple[int, Execution]]:
        tool, _ = pairs[next(iter(group.values()))[0]]
        binding = tool.binding
        assert isinstance(binding, PythonBinding)  # noqa: S101
        private: tuple[str, ...] = ()

        async def run(calls: Sequence[bytes], dice: int, series: bool) -> Report:
            nonlocal private
            report, private = await self._report(binding, calls, dice, series=series)
            return report

        distinct = {arguments: pairs[indices[0]][1] for arguments, indices in group.items()}
        counting = await replies_that_count({key: call.arguments for key, call in distinct.items()}, run)
        found: list[tuple[int, Execution]] = []
        for arguments, count in counting.items():
            report = Report(Ended.REPLIED, prepared=True, replies=(count.reply,), seconds=count.seconds)
            execution = execution_of(report, distinct[arguments], self._limits, private)
            found += [(index, execution) for index in group[arguments]]
        undecided = [arguments for arguments in group if arguments not in counting]
        alone = await together(self._one(tool, distinct[key], group[key]) for key in undecided)
        return [*found, *itertools.chain.from_iterable(alone)]

    async def _report(
        self, binding: PythonBinding, calls: Sequence[bytes], dice: int, *, series: bool = False
    ) -> tuple[Report, tuple[str, ...]]:
        """Have a sandbox process do a task.

        Returns:
            Its report, and the folders whose paths must not appear in messages.
        """
        source = self._source(binding)
        worker = await self._pool.take(source)
        if (known := self._unimportable.get(binding)) is not None:
            self._pool.give_back(worker)
            return known, source.folders
        task = Task(
            binding, msgspec.Raw(b"[" + b",".join(calls) + b"]"), series=series, thorough=series and not dice, dice=dice
        )
        running = asyncio.ensure_future(self._run(worker, task))
        self._running.add(running)
        running.add_done_callback(lambda _: self._release(running, worker))
        try:
            report = await asyncio.shield(running)
        except asyncio.CancelledError:
            worker.cancel()
            raise
        if not report.prepared:
            self._unimportable[binding] = report
        return report, (worker.scratch, *source.folders)

    async def _run(self, worker: Worker, task: Task) -> Report:
        """Do a task, once more where the sandbox process itself broke, which a module imported into it may do."""
        problem = ""
        for _ in range(_TRIES):
            try:
                kept = msgspec.structs.replace(task, keep=task.binding not in self._kept_out)
                return await worker.run(kept)
            except SandboxBroke as error:
                problem = str(error)
                self._kept_out.add(task.binding)
        raise ExecutorUnavailable(f"the sandbox process broke: {problem}")

    def _release(self, running: asyncio.Task[Report], worker: Worker) -> None:
        self._running.discard(running)
        if not running.cancelled():
            running.exception()  # seen, also where nobody waits any more
        self._pool.give_back(worker)

    def _source(self, binding: PythonBinding) -> Source:
        if (source := self._sources.get(binding)) is None:
            source = self._sources[binding] = source_of(binding, folders_of(binding))
        return source


def _encoded(call: Call) -> bytes | str:
    """A call's arguments as JSON, or what stands against it."""
    try:
        return msgspec.json.encode(call.arguments)
    except (ValueError, TypeError, RecursionError) as error:  # such as half of a surrogate pair
        return f"the arguments are no JSON: {error}"


def _differ(first: Execution, second: Execution) -> bool:
    """Whether two runs of the same call say different things, apart from the words of a failure."""
    if (first.ok, first.reason) != (second.ok, second.reason):
        return True
    return msgspec.json.encode(first.result) != msgspec.json.encode(second.result)
