"""Which sandbox process makes which call: each source of tools has processes of its own, and only so many live at once.

A module can change Python itself when it is imported, and with it every function in the same process. What is imported
together is therefore what belongs together: one module or file that was named as a source of tools. Python's own
modules and those of this package share processes.
"""

import asyncio
import itertools
import sys
from collections.abc import Sequence
from typing import NamedTuple

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
        self._idle: list[tuple[Worker, _Kept]] = []
        """Whichever was used last is last."""
        self._lent: dict[Worker, _Kept] = {}
        self._numbers = itertools.count()
        self._ending: set[asyncio.Task[None]] = set()
        self._closed = False

    async def take(self, source: Source) -> Worker:
        """Wait for a turn and get a worker, which has to come back by :meth:`give_back`."""
        await self._free.acquire()
        worker, kept = self._waiting_for(source) or (self._new(source), _Kept(source, next(self._numbers)))
        self._lent[worker] = kept
        return worker

    def give_back(self, worker: Worker) -> None:
        """Have a worker wait for further calls of its source."""
        self._idle.append((worker, self._lent.pop(worker)))
        if len(self._idle) > _MOST_IDLE:
            oldest, _ = self._idle.pop(0)
            ending = asyncio.ensure_future(oldest.close())
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)
        self._free.release()

    async def close(self) -> None:
        """End every process, also of workers that are lent, for good."""
        self._closed = True
        workers = [*self._lent, *(worker for worker, _ in self._idle)]
        await asyncio.gather(*(worker.close() for worker in workers), *self._ending)

    def _waiting_for(self, source: Source) -> tuple[Worker, "_Kept"] | None:
        """The first that was made for a source, of those that wait: it has imported the most already."""
        of_source = [each for each in self._idle if each[1].source == source]
        found = min(of_source, key=lambda each: each[1].number, default=None)
        if found is not None:
            self._idle.remove(found)
        return found

    def _new(self, source: Source) -> Worker:
        folders = tuple(sorted({*self._sight.folders, *source.folders}))
        worker = Worker(self._nursery, self._limits, msgspec.structs.replace(self._sight, folders=folders))
        if self._closed:
            worker.refuse()
        return worker


class _Kept(NamedTuple):
    """What is known of a worker."""

    source: Source
    number: int
    """By when it was made."""
