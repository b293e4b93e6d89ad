"""The zygote's handle on a process that it forked: passes on the task, waits for its end, enforces it."""

import contextlib
import os
import resource
import select
import signal
import time

from apigen.execute.sandbox.wire import WALLS_UP

_CHUNK = 1 << 16


class Child:
    """A process that waits for one task, does it, and ends."""

    def __init__(self, process: int, replies: int, tasks: int) -> None:
        self.process = process
        self.replies = replies
        """Our end of the socket that it writes to."""
        self._tasks = tasks

    def is_walled_in(self, patience_s: float) -> bool:
        """Wait until its walls stand, which it says before it is given its task: what it says later may be a lie."""
        poll = select.poll()
        poll.register(self.replies, select.POLLIN)
        return bool(poll.poll(patience_s * 1000)) and os.read(self.replies, len(WALLS_UP)) == WALLS_UP

    def give(self, frame: bytes) -> bool:
        """Hand it its task, blocking; false where it is gone."""
        rest = memoryview(frame)
        try:
            while rest:
                rest = rest[os.write(self._tasks, rest[:_CHUNK]) :]
        except OSError:
            return False
        return True

    def exits(self, patience_s: float = 0.2) -> tuple[int, resource.struct_rusage] | None:
        """Status and usage of one that closed its replies by ending, which takes a moment; ``None`` if it lives."""
        until = time.monotonic() + patience_s
        while time.monotonic() < until:
            found, status, usage = os.wait4(self.process, os.WNOHANG)
            if found:
                return status, usage
            time.sleep(0.001)
        return None

    def kill(self) -> None:
        """Kill it and all that it started, which cannot leave its process group."""
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(self.process, signal.SIGKILL)

    def wait(self) -> tuple[int, resource.struct_rusage]:
        """Wait until it is gone."""
        return os.wait4(self.process, 0)[1:]

    def close(self) -> None:
        """Close our ends of what it reads and writes."""
        os.close(self.replies)
        os.close(self._tasks)
