"""One call, in its own process: raise the inner walls, call the function, write one reply, end."""

import contextlib
import os
import random
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

import msgspec

from apigen.errors import ExecutorUnavailable
from apigen.execute.sandbox.raised import describe, reason_for
from apigen.execute.sandbox.walls import InnerWalls
from apigen.execute.sandbox.wire import LENGTH, PREPARED, REPLY, WALLS_UP, Reply, Task
from apigen.execute.values import BadArguments, PreparedFunction, ResultNotJson, resolve
from apigen.records import Reason

_OUT_OF_MEMORY = msgspec.json.encode(Reply(reason=Reason.OUT_OF_MEMORY, detail="MemoryError"))
"""Made beforehand: when it is needed, there may be no memory to make it."""


class Call:
    """What a freshly forked process does; it never returns to the zygote's code."""

    def __init__(
        self, task: Task, prepared: PreparedFunction | None, walls: InnerWalls, output_kb: int, scratch: Path, pipe: int
    ) -> None:
        self._task = task
        self._prepared = prepared
        self._walls = walls
        self._largest = output_kb * 1024
        self._scratch = str(scratch)
        self._pipe = pipe

    def run(self, mapped_bytes: int, zygote: int, *, rehearsal: bool) -> NoReturn:
        """Make the call and end the process.

        Args:
            mapped_bytes: size of the zygote, which is not held against the call.
            zygote: its process id as a child in its namespace sees it.
            rehearsal: only import the function.
        """
        self._pipe = os.dup2(self._pipe, 3)
        os.closerange(4, 1 << 16)
        self._settle_in()
        self._walls.raise_them(mapped_bytes, zygote, cold=self._prepared is None)
        os.write(self._pipe, WALLS_UP)
        try:
            body = self._encode(self._answer(rehearsal=rehearsal))
        except MemoryError:
            body = _OUT_OF_MEMORY
        self._send(body)
        os._exit(0)

    def _settle_in(self) -> None:
        """Give the function its scratch folder, and the same dice in every call."""
        os.chdir(self._scratch)
        os.environ["HOME"] = os.environ["TMPDIR"] = self._scratch
        tempfile.tempdir = None
        random.seed(0)
        if numpy_random := sys.modules.get("numpy.random"):
            numpy_random.seed(0)

    def _answer(self, *, rehearsal: bool) -> Reply:
        """Call the function; whatever it does becomes a reply."""
        function = self._prepared
        if function is None:
            try:
                function = resolve(self._task.binding)
            except ExecutorUnavailable as problem:
                return Reply(reason=Reason.NOT_EXECUTABLE, detail=str(problem))
            self._walls.start_the_clock()
        os.write(self._pipe, PREPARED)
        if rehearsal:
            return Reply()
        try:
            return Reply(result=function(self._task.arguments))
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

    def _send(self, body: bytes) -> None:
        rest = memoryview(REPLY + LENGTH.pack(len(body)) + body)
        with contextlib.suppress(BrokenPipeError):
            while rest:
                rest = rest[os.write(self._pipe, rest) :]
