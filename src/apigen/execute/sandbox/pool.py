"""Which sandbox process makes which call: each source of tools has processes of its own, and only so many live at once.

A module can change Python itself when it is imported, and with it every function in the same process. What is imported
together is therefore what belongs together: one module or file that was named as a source of tools. Python's own
modules and those of this package share processes.
"""

import asyncio
import sys
from collections.abc import Sequence

import msgspec

from apigen.execute.sandbox.launch import Nursery, Sight
from apigen.execute.sandbox.limits import Limits
from apigen.execute.sandbox.worker import Worker
from apigen.records import PythonBinding

_OURS = __name__.partition(".")[0]
_MOST_IDLE = 64
"""Sandbox processes that wait for calls; whichever has waited longest is ended where there are more."""


class Source(msgspec.Struct, frozen=True):
    """Whose functions a process may import together."""

    name: str
    """A module or file; empty for what comes with Python and with this package."""
    folders: tuple[str, ...] = ()
    """Folders that it is imported from, beyond ``sys.path``."""


def source_of(binding: PythonBinding, folders: Sequence[str]) -> Source:
    """The source that a function comes from.

    Args:
        binding: the function.
        folders: that its module is imported from, beyond ``sys.path``.
    """
    name = binding.file or binding.module or ""
    top = (binding.module or "").partition(".")[0]
    known = binding.file is None and (top == _OURS or top in sys.stdlib_module_names)
    return Source("" if known else name, tuple(folders))


class Pool:
    """Lends workers, each to one borrower at a time. Belongs to one event loop."""

    def __init__(self, nursery: Nursery, limits: Limits, at_once: int, sight: Sight) -> None:
        """Prepare, without starting anything.

        Args:
            nursery: where processes come from.
            limits: of every call.
            at_once: workers lent at once; further borrowers wait for their turn.
            sight: what every process sees beyond the folders of its source.
        """
        self._nursery = nursery
        self._limits = limits
        self._sight = sight
        self._free = asyncio.Semaphore(at_once)
        self._idle: list[tuple[Source, Worker]] = []
        """Whichever was used last is last."""
        self._lent: dict[Worker, Source] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._closed = False

    async def take(self, source: Source) -> Worker:
        """Wait for a turn and get a worker, which has to come back by :meth:`give_back`."""
        await self._free.acquire()
        worker = self._waiting_for(source) or self._new(source)
        self._lent[worker] = source
        return worker

    def give_back(self, worker: Worker) -> None:
        """Have a worker wait for further calls of its source."""
        self._idle.append((self._lent.pop(worker), worker))
        if len(self._idle) > _MOST_IDLE:
            _, oldest = self._idle.pop(0)
            ending = asyncio.ensure_future(oldest.close())
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)
        self._free.release()

    async def close(self) -> None:
        """End every process, also of workers that are lent, for good."""
        self._closed = True
        workers = [*self._lent, *(worker for _, worker in self._idle)]
        await asyncio.gather(*(worker.close() for worker in workers), *self._ending)

    def _waiting_for(self, source: Source) -> Worker | None:
        for index in range(len(self._idle) - 1, -1, -1):
            if self._idle[index][0] == source:
                return self._idle.pop(index)[1]
        return None

    def _new(self, source: Source) -> Worker:
        folders = tuple(sorted({*self._sight.folders, *source.folders}))
        worker = Worker(self._nursery, self._limits, msgspec.structs.replace(self._sight, folders=folders))
        if self._closed:
            worker.refuse()
        return worker
