"""Our side of one sandbox process: starts it when needed, has it make calls, replaces it when it fails."""

import asyncio
import contextlib
from collections.abc import Coroutine

import msgspec

from apigen.errors import ExecutorUnavailable
from apigen.execute.sandbox.launch import Nursery, Sight, Started
from apigen.execute.sandbox.limits import Limits
from apigen.execute.sandbox.wire import CANCEL, LENGTH, SERIES, Ended, Report, Task, frame

_GRACE_S = 15.0
"""Beyond all limits of a call, which the zygote keeps itself; for a machine that is short of CPU."""
_ENVELOPE = 64 * 1024


class SandboxBroke(Exception):  # noqa: N818 - named for what happened
    """The sandbox process ended or stopped answering; it is replaced on the next call."""


class Worker:
    """One sandbox process, which makes one call at a time."""

    def __init__(self, nursery: Nursery, limits: Limits, sight: Sight) -> None:
        self._nursery = nursery
        self._limits = limits
        largest = (SERIES.size_kb + 2 * limits.output_kb) * 1024  # of all replies together, as the zygote bounds them
        self._largest = largest * 3 // 2 + _ENVELOPE  # they travel as base64
        self._patience_s = limits.wall_s + 2 * limits.import_s + _GRACE_S
        self._sight = sight
        self._started: Started | None = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._closed = False
        self._ending: asyncio.Task[None] | None = None
        """The end of a process that is over, which takes its time."""
        self.scratch = ""
        """Path of the scratch folder, to keep it out of messages."""

    async def run(self, task: Task) -> Report:
        """Make one call.

        Args:
            task: the call.

        Raises:
            SandboxBroke: the process broke during the call.
            ExecutorUnavailable: no process can be started.
        """
        reader, writer = await self._connection()
        try:
            writer.write(frame(task))
            async with asyncio.timeout(self._patience_s):
                await writer.drain()
                report = await self._receive(reader)
        except (OSError, EOFError, TimeoutError, msgspec.MsgspecError) as error:
            await self.stop()
            raise SandboxBroke(type(error).__name__) from error
        if report.ended is Ended.BROKEN:
            await self.stop()
            raise SandboxBroke(report.problem)
        if report.last:
            await self._end_aside()
        return report

    def cancel(self) -> None:
        """End the call that is running; its :meth:`run` then returns soon."""
        if self._writer is not None:
            self._writer.write(CANCEL)

    async def stop(self) -> None:
        """End the process, if there is one, and wait for that; the next call starts another."""
        await self._ended()

    async def close(self) -> None:
        """End the process for good."""
        self.refuse()
        await self.stop()
        if self._ending is not None:
            await self._ending

    def refuse(self) -> None:
        """Start no process any more."""
        self._closed = True

    async def _end_aside(self) -> None:
        """End the process without waiting for what its calls left behind to be removed.

        One at a time: a function that leaves much again and again waits for that itself, and others do not.
        """
        if self._ending is not None:
            await self._ending
        self._ending = asyncio.create_task(self._ended())

    def _ended(self) -> Coroutine[None, None, None]:
        """The end of the process there is; from now on, there is none."""
        started, writer = self._started, self._writer
        self._started = self._reader = self._writer = None
        return _end(started, writer)

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._closed:
            raise ExecutorUnavailable("the executor is closed")
        if self._reader is None or self._writer is None:
            started = await asyncio.to_thread(self._nursery.start, self._limits, self._sight)
            self._started = started
            self.scratch = started.ready.scratch
            if self._closed:
                await self.stop()
                raise ExecutorUnavailable("the executor is closed")
            started.control.setblocking(False)
            self._reader, self._writer = await asyncio.open_connection(sock=started.control)
        return self._reader, self._writer

    async def _receive(self, reader: asyncio.StreamReader) -> Report:
        (size,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
        if size > self._largest:
            raise EOFError
        return msgspec.json.decode(await reader.readexactly(size), type=Report)


async def _end(started: Started | None, writer: asyncio.StreamWriter | None) -> None:
    if writer is not None:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    if started is not None:
        await asyncio.to_thread(started.end)
