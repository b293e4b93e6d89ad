"""The process that makes a call, or a series of them: raises the inner walls, takes the task, calls, replies, exits."""

import contextlib
import itertools
import os
import random
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import msgspec

from apigen.errors import ExecutorUnavailable
from apigen.execute.sandbox.inside import Inside
from apigen.execute.sandbox.raised import describe, reason_for
from apigen.execute.sandbox.traces import Traces
from apigen.execute.sandbox.wire import (
    CLEAN,
    FINISHED,
    LENGTH,
    PREPARED,
    REPLY,
    SERIES,
    TRACES,
    WALLS_UP,
    Reply,
    Task,
    receive,
)
from apigen.execute.values import BadArguments, PreparedFunction, ResultNotJson, resolve
from apigen.records import Json, PythonBinding, Reason

_REPLIES, _TASKS = 3, 4
"""Descriptors of its replies and its task; the second is closed before the function has a say."""

_FLUSH_S, _FLUSH_BYTES = 0.005, 1 << 15
"""A series writes its replies together, as long as they are that young and that small."""

_CALLS = msgspec.json.Decoder(list[dict[str, Json]])
_OUT_OF_MEMORY = msgspec.json.encode(Reply(reason=Reason.OUT_OF_MEMORY, detail="MemoryError"))
"""Made beforehand: when it is needed, there may be no memory to make it."""


class Call:
    """What a freshly forked process does; it never returns to the zygote's code."""

    def __init__(
        self, prepared: Mapping[PythonBinding, PreparedFunction], inside: Inside, output_kb: int, scratch: Path
    ) -> None:
        self._prepared = prepared
        self._inside = inside
        self._walls = inside.inner
        self._largest = output_kb * 1024
        self._scratch = str(scratch)

    def run(
        self,
        replies: int,
        tasks: int,
        channel: int | None,
        mapped_bytes: int,
        zygote: int,
        *,
        cold: bool,
        rehearsal: bool,
    ) -> NoReturn:
        """Wait for a task, do it, and end the process.

        Args:
            replies: socket to write to.
            tasks: pipe to read the task from.
            channel: its way to the broker of connections, where hosts are granted.
            mapped_bytes: size of the zygote, which is not held against the call.
            zygote: its process id as a child in its namespace sees it.
            cold: the functions have to be imported first.
            rehearsal: only import them.
        """
        if tasks == _REPLIES:
            tasks = os.dup(tasks)
        os.dup2(replies, _REPLIES)
        os.dup2(tasks, _TASKS)
        os.closerange(self._inside.take_channel(channel, _TASKS + 1), 1 << 16)
        self._walls.raise_them(mapped_bytes, zygote, cold=cold)
        os.write(_REPLIES, WALLS_UP)
        self._roll(0)
        body = receive(_TASKS)
        if body is None:
            os._exit(1)
        os.close(_TASKS)
        task = msgspec.json.decode(body, type=Task)
        self._settle_in()
        functions: list[PreparedFunction] = []
        for binding in task.bindings:
            function = self._function(binding)
            if isinstance(function, Reply):
                self._write(_framed(msgspec.json.encode(function)))
                os._exit(0)
            functions.append(function)
        if rehearsal:
            self._write(PREPARED + _framed(msgspec.json.encode(Reply())))
            os._exit(0)
        os.write(_REPLIES, PREPARED)
        if task.series:
            self._series(task, functions)
        else:
            self._single(task, functions[0])
        os._exit(0)

    def _settle_in(self) -> None:
        """Give the functions their scratch folder."""
        os.chdir(self._scratch)
        if os.environ.get("HOME") != self._scratch or os.environ.get("TMPDIR") != self._scratch:
            os.environ["HOME"] = os.environ["TMPDIR"] = self._scratch
        tempfile.tempdir = None

    @staticmethod
    def _roll(dice: int) -> None:
        """Give each call the same random numbers."""
        random.seed(dice)
        if numpy_random := sys.modules.get("numpy.random"):
            numpy_random.seed(dice)

    def _function(self, binding: PythonBinding) -> PreparedFunction | Reply:
        """A function, or why it cannot be had."""
        if (known := self._prepared.get(binding)) is not None:
            return known
        try:
            function = resolve(binding)
        except ExecutorUnavailable as problem:
            return Reply(reason=Reason.NOT_EXECUTABLE, detail=str(problem))
        except MemoryError:
            return Reply(reason=Reason.OUT_OF_MEMORY, detail="MemoryError")
        self._walls.start_the_clock()
        return function

    def _single(self, task: Task, function: PreparedFunction) -> None:
        """Make one call, from the same depth of the stack as a series."""
        (arguments,) = _CALLS.decode(task.calls)
        self._roll(task.dice)
        self._write(_framed(self._answer(function, arguments)))

    def _series(self, task: Task, functions: Sequence[PreparedFunction]) -> None:
        """Make the calls one after another, until there are no more, or one leaves traces, or it is enough."""
        traces = Traces(self._scratch, [each.function for each in functions], thorough=task.thorough)
        if traces.hidden:
            self._write(FINISHED + TRACES)
            return
        pending = bytearray()
        started = flushed = time.monotonic()
        size, clean = 0, True
        for which, arguments in zip(task.which or itertools.repeat(0), _CALLS.decode(task.calls), strict=False):
            self._roll(task.dice)
            frame = _framed(self._answer(functions[which], arguments))
            pending += frame
            size += len(frame)
            now = time.monotonic()
            if now - flushed > _FLUSH_S or len(pending) > _FLUSH_BYTES:
                self._write(pending)
                pending.clear()
                flushed = now
            clean = not traces.passing()
            if not clean or now - started > SERIES.wall_s or size > SERIES.size_kb * 1024:
                break
        clean = clean and not traces.lasting()
        self._write(bytes(pending) + FINISHED + (CLEAN if clean else TRACES))

    def _answer(self, function: PreparedFunction, arguments: dict[str, Json]) -> bytes:
        """Call the function; whatever it does becomes a reply."""
        try:
            return self._encode(self._reply(function, arguments))
        except MemoryError:
            return _OUT_OF_MEMORY

    @staticmethod
    def _reply(function: PreparedFunction, arguments: dict[str, Json]) -> Reply:
        try:
            return Reply(result=function(arguments))
        except BadArguments as problem:
            return Reply(reason=Reason.ARGUMENT_TYPE, detail=str(problem))
        except ResultNotJson as problem:
            return Reply(reason=Reason.RESULT_NOT_JSON, detail=str(problem))
        except BaseException as error:  # noqa: BLE001 - hostile code may raise anything, SystemExit included
            return Reply(reason=reason_for(error), detail=describe(error))

    def _encode(self, reply: Reply) -> bytes:
        try:
            body = msgspec.json.encode(reply)
        except (TypeError, ValueError, RecursionError) as error:
            body = msgspec.json.encode(Reply(reason=Reason.RESULT_NOT_JSON, detail=describe(error)))
        if len(body) > self._largest and reply.reason is None:
            return msgspec.json.encode(Reply(reason=Reason.RESULT_TOO_LARGE))
        return body

    @staticmethod
    def _write(data: bytes | bytearray) -> None:
        rest = memoryview(bytes(data))
        with contextlib.suppress(BrokenPipeError):
            while rest:
                rest = rest[os.write(_REPLIES, rest) :]


def _framed(body: bytes) -> bytes:
    return REPLY + LENGTH.pack(len(body)) + body
