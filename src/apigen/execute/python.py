"""Executes tools that are Python functions, each call in a sandboxed process."""

import asyncio
import itertools
import os
from collections import Counter
from collections.abc import AsyncIterator, Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property

import msgspec

from apigen.concurrency import together
from apigen.errors import ExecutorUnavailable
from apigen.execute.gathering import Gathering
from apigen.execute.sandbox.bulk import Wanted, replies_that_count
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
_MOST_FAILURES = 2
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
        gather: bool = False,
        sight: Sight | None = None,
        nursery: Nursery | None = None,
    ) -> None:
        """Prepare, without starting anything.

        Args:
            limits: of every call; by default ``Limits()``.
            workers: calls made at once; by default one per CPU, at most 4.
            twice: whether :meth:`execute` runs each call a second time, with other dice, to say whether it varies.
            gather: whether calls that wait for :meth:`execute` at the same time are made together, as
                :meth:`execute_many` makes them.
            sight: what they may see beyond the walls of any other; by default nothing.
            nursery: where sandbox processes come from, to share one; it is left open.
        """
        self._limits = limits or Limits()
        self._twice = twice
        self._at_once = workers or min(_MOST_WORKERS, os.cpu_count() or 1)
        self._nursery = nursery or Nursery()
        self._is_mine = nursery is None
        sight = sight or Sight()
        self._has_hosts = bool(sight.hosts)
        self._pool = Pool(self._nursery, self._limits, self._at_once, sight)
        self._sources: dict[PythonBinding, Source] = {}
        self._unimportable: dict[PythonBinding, Report] = {}
        self._kept_out: set[PythonBinding] = set()
        self._running: set[asyncio.Task[Report]] = set()
        self._gather = gather
        self._gathering = Gathering(self._together, max(1, self._at_once - gather))
        self._made_in_bulk: Counter[Source] = Counter()
        self._failures: Counter[Source | PythonBinding] = Counter()
        """How often something spoke against making calls of a function, or of a source's functions, together."""

    async def execute(self, tool: Tool, call: Call) -> Execution:
        """Run one call; see :class:`~apigen.execute.base.Executor`.

        Cancelling ends the call's process and leaves the sandbox ready for the next one.

        Raises:
            ExecutorUnavailable: no sandbox process can be started.
        """
        if self._gather and (found := await self._gathered(tool, call)) is not None:
            return found if self._twice else msgspec.structs.replace(found, varies=False)
        return await self._execute(tool, call, twice=self._twice)

    def ahead(self, tool: Tool) -> bool:
        """Whether calls may be made ahead: where they share processes, and walls keep them from all that is outside."""
        shared = self._gather and not self._has_hosts and isinstance(tool.binding, PythonBinding)
        return shared and self._is_walled_in

    @cached_property
    def _is_walled_in(self) -> bool:
        """Whether this machine keeps files and network from calls, so that one which is not wanted does no harm."""
        try:
            return probe_isolation().level.at_least(Level.FILTERED)
        except ExecutorUnavailable:
            return False  # each call will be told why

    def prepare(self, tools: Sequence[Tool]) -> None:
        """Have the functions of the largest source imported, while there are no calls yet.

        Only its own calls wait for that, which would have to import them as well. Where all calls share one process at
        a time, nothing is done: those of other sources would wait, too.
        """
        if not self._gather or self._at_once < 2:
            return
        of_source: dict[Source, list[PythonBinding]] = {}
        for tool in tools:
            if isinstance(tool.binding, PythonBinding):
                of_source.setdefault(self._source(tool.binding), []).append(tool.binding)
        if of_source:
            source, largest = max(of_source.items(), key=lambda each: len(each[1]))
            self._gathering.wait_for(source, self._imported(source, list(dict.fromkeys(largest))))

    async def execute_many(self, pairs: Sequence[tuple[Tool, Call]]) -> list[Execution]:
        """Run many calls, most of them in processes that they share with other calls of the same source.

        The results are those of :meth:`execute`, also of functions that leak state, hang or die; see
        :mod:`~apigen.execute.sandbox.bulk` for how that is made sure, and docs/sandbox.md for what remains. Whether
        a call varies is always told; the time of a call is the mean over its series.

        Args:
            pairs: each call with its tool. The more there are of the same source in a sequence, the faster it is.

        Returns:
            An execution for each, in the same order.

        Raises:
            ExecutorUnavailable: no sandbox process can be started.
        """
        same: dict[Hashable, list[int]] = {}
        for index, (tool, call) in enumerate(pairs):
            same.setdefault(_wanted(tool, call) or index, []).append(index)
        ran = await together(self._one(*pairs[indices[0]]) for indices in same.values())
        found = {index: execution for indices, execution in zip(same.values(), ran, strict=True) for index in indices}
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
        await self._gathering.close()
        await self._pool.close()
        await asyncio.gather(*self._running, return_exceptions=True)
        if self._is_mine:
            await asyncio.to_thread(self._nursery.close)

    async def _execute(self, tool: Tool, call: Call, *, twice: bool) -> Execution:
        """Run one call in a process of its own; where it is to be run twice, the first run's result counts."""
        if not isinstance(tool.binding, PythonBinding):
            return Execution(call, ok=False, reason=Reason.NOT_EXECUTABLE, detail="the tool is not bound to a function")
        arguments = _encoded(call)
        if isinstance(arguments, str):
            return Execution(call, ok=False, reason=Reason.ARGUMENT_TYPE, detail=arguments)
        wanted = Wanted(tool.binding, arguments)
        first = await self._once(wanted, call, _DICE[0])
        if not twice or first.reason in (Reason.TIMEOUT, Reason.NOT_EXECUTABLE):
            return first
        second = await self._once(wanted, call, _DICE[1])
        return msgspec.structs.replace(first, varies=True) if _differ(first, second) else first

    async def _once(self, wanted: Wanted, call: Call, dice: int) -> Execution:
        report, private = await self._report([wanted], dice)
        return execution_of(report, call, self._limits, private)

    async def _one(self, tool: Tool, call: Call) -> Execution:
        found = await self._gathered(tool, call)
        return await self._execute(tool, call, twice=True) if found is None else found

    async def _gathered(self, tool: Tool, call: Call) -> Execution | None:
        """What a call did among others that wait; ``None`` where it has to be made by itself."""
        wanted = _wanted(tool, call)
        if wanted is None or wanted.binding in self._kept_out or wanted.binding in self._unimportable:
            return None
        source = self._source(wanted.binding)
        failures = self._failures[wanted.binding]
        if failures > _MOST_FAILURES:
            return None
        mixed = not failures and self._failures[source] <= _MOST_FAILURES
        found = await self._gathering.answer(source if mixed else wanted.binding, wanted, call)
        return found if found is None or found.call is call else msgspec.structs.replace(found, call=call)

    async def _together(self, calls: Mapping[Wanted, Call]) -> dict[Wanted, Execution]:
        """Make calls of one source in few processes; where something speaks against that, without whoever is at fault.

        Returns:
            What is certain; whatever is missing has to be made by itself.
        """
        functions: dict[PythonBinding, dict[Wanted, Call]] = {}
        for wanted, call in calls.items():
            functions.setdefault(wanted.binding, {})[wanted] = call
        found: dict[Wanted, Execution] = {}
        await self._halved(self._source(next(iter(functions))), list(functions.values()), found)
        return found

    async def _halved(
        self, source: Source, functions: Sequence[Mapping[Wanted, Call]], found: dict[Wanted, Execution]
    ) -> bool:
        """Make the calls of some functions; where something speaks against them together, those of each half.

        That one function is at fault is common: it costs a few series so, rather than one for each of the others.

        Args:
            source: where all of them come from.
            functions: the calls of each.
            found: gets what is certain.

        Returns:
            Whether nothing spoke against any of them.
        """
        if certain := await self._in_series(source, {wanted: each[wanted] for each in functions for wanted in each}):
            found.update(certain)
            return True
        if len(functions) == 1:
            self._failures[next(iter(functions[0])).binding] += 1
            return False
        middle = len(functions) // 2
        fine = [await self._halved(source, half, found) for half in (functions[:middle], functions[middle:])]
        if all(fine):  # but not with the others
            self._failures[source] += 1
        return False

    async def _in_series(self, source: Source, calls: Mapping[Wanted, Call]) -> dict[Wanted, Execution]:
        """Make calls of one source in few processes; nothing where something speaks against one of the functions."""
        private: tuple[str, ...] = ()

        async def run(some: Sequence[Wanted], dice: int, series: bool) -> Report:
            nonlocal private
            report, private = await self._report(some, dice, series=series)
            return report

        arguments = {wanted: call.arguments for wanted, call in calls.items()}
        counting = await replies_that_count(arguments, run, earlier=self._made_in_bulk[source])
        self._made_in_bulk[source] += len(counting)
        found: dict[Wanted, Execution] = {}
        for wanted, count in counting.items():
            report = Report(Ended.REPLIED, prepared=True, replies=(count.reply,), seconds=count.seconds)
            found[wanted] = execution_of(report, calls[wanted], self._limits, private)
        return found

    async def _report(
        self, calls: Sequence[Wanted], dice: int, *, series: bool = False
    ) -> tuple[Report, tuple[str, ...]]:
        """Have a sandbox process make calls of one source.

        Returns:
            Its report, and the folders whose paths must not appear in messages.
        """
        bindings = {binding: place for place, binding in enumerate(dict.fromkeys(wanted.binding for wanted in calls))}
        source = self._source(calls[0].binding)
        worker = await self._pool.take(source)
        for binding in bindings:
            if (known := self._unimportable.get(binding)) is not None:
                self._pool.give_back(worker)
                return known, source.folders
        task = Task(
            tuple(bindings),
            msgspec.Raw(b"[" + b",".join(wanted.arguments for wanted in calls) + b"]"),
            which=tuple(bindings[wanted.binding] for wanted in calls) if len(bindings) > 1 else (),
            series=series,
            thorough=series and not dice,
            dice=dice,
        )
        report = await self._ran(worker, task)
        if not report.prepared and len(bindings) == 1:
            self._unimportable[calls[0].binding] = report
        return report, (worker.scratch, *source.folders)

    async def _imported(self, source: Source, bindings: Sequence[PythonBinding]) -> None:
        """Have a sandbox process import functions of one source; what fails there will fail again and be told then."""
        worker = await self._pool.take(source)
        with suppress(ExecutorUnavailable):
            await self._ran(worker, Task(tuple(bindings), msgspec.Raw(b"[]"), series=True))

    async def _ran(self, worker: Worker, task: Task) -> Report:
        """Have a worker do a task and give it back, also where nobody waits any more."""
        running = asyncio.ensure_future(self._run(worker, task))
        self._running.add(running)
        running.add_done_callback(lambda _: self._release(running, worker))
        try:
            await asyncio.wait({running})
            return running.result()
        except asyncio.CancelledError:
            worker.cancel()
            raise

    async def _run(self, worker: Worker, task: Task) -> Report:
        """Do a task, once more where the sandbox process itself broke, which a module imported into it may do."""
        problem = ""
        for _ in range(_TRIES):
            try:
                kept = msgspec.structs.replace(task, keep=self._kept_out.isdisjoint(task.bindings))
                return await worker.run(kept)
            except SandboxBroke as error:
                problem = str(error)
                if len(task.bindings) > 1:  # each by itself will show which one it is
                    return Report(Ended.BROKEN, problem=problem)
                self._kept_out.update(task.bindings)
        raise ExecutorUnavailable(f"the sandbox process failed: {problem}")

    def _release(self, running: asyncio.Task[Report], worker: Worker) -> None:
        self._running.discard(running)
        if not running.cancelled():
            running.exception()  # seen, also where nobody waits any more
        self._pool.give_back(worker)

    def _source(self, binding: PythonBinding) -> Source:
        if (source := self._sources.get(binding)) is None:
            source = self._sources[binding] = source_of(binding, folders_of(binding))
        return source


def _wanted(tool: Tool, call: Call) -> Wanted | None:
    """What is to be made; ``None`` where nothing can be."""
    arguments = _encoded(call)
    if isinstance(tool.binding, PythonBinding) and isinstance(arguments, bytes):
        return Wanted(tool.binding, arguments)
    return None


def _encoded(call: Call) -> bytes | str:
    """A call's arguments as JSON, or what stands against it."""
    try:
        return msgspec.json.encode(call.arguments)
    except (ValueError, TypeError, RecursionError) as error:  # such as half of a surrogate pair
        return f"the arguments cannot be written as JSON: {error}"


def _differ(first: Execution, second: Execution) -> bool:
    """Whether two runs of the same call say different things, apart from the words of a failure."""
    if (first.ok, first.reason) != (second.ok, second.reason):
        return True
    return msgspec.json.encode(first.result) != msgspec.json.encode(second.result)
