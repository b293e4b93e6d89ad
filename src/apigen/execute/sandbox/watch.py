"""Watches one call from outside: reads its progress, bounds what it says, ends it in time."""

import os
import select
import time

from apigen.execute.sandbox.limits import Limits
from apigen.execute.sandbox.wire import LENGTH, PREPARED, REPLY, WALLS_UP, Ended, receive

_ENVELOPE = 4096
"""Bytes that a reply may have beyond the result itself."""
_CHUNK = 1 << 18


class Watch:
    """One call's pipe and clock.

    Attributes:
        walled: the call's walls stand, so that from here on it may be lying.
        prepared: it has imported its function.
        reply: what it wrote, complete only where :meth:`until_the_end` says that it replied.
        orphaned: our own process went away meanwhile.
    """

    def __init__(self, pipe: int, control: int, limits: Limits, *, cold: bool) -> None:
        self.walled = False
        self.prepared = False
        self.reply = bytearray()
        self.orphaned = False
        self._pipe = pipe
        self._control = control
        self._limits = limits
        self._largest = limits.output_kb * 1024 + _ENVELOPE
        self._deadline = time.monotonic() + (limits.import_s if cold else limits.wall_s)
        self._unread = bytearray()
        self._expected: int | None = None

    def until_the_end(self) -> Ended | None:
        """Wait for a reply, the deadline or a cancellation; ``None`` where the call ended by itself, saying nothing."""
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        poll.register(self._control, select.POLLIN)
        while (left := self._deadline - time.monotonic()) > 0:
            for descriptor, _ in poll.poll(left * 1000 + 1):
                if descriptor == self._control:
                    self.orphaned = receive(self._control) is None
                    return Ended.CANCELLED
                piece = os.read(self._pipe, _CHUNK)
                if not piece:
                    return None
                self._unread += piece
                if (ended := self._read_on()) is not None:
                    return ended
        return Ended.WALL_TIME

    def _read_on(self) -> Ended | None:
        """Take in what has arrived: marks of progress, then a reply with its length."""
        while self._expected is None and self._unread:
            mark = bytes(self._unread[:1])
            if mark == WALLS_UP:
                self.walled = True
            elif mark == PREPARED and not self.prepared:
                self.prepared = True
                self._deadline = time.monotonic() + self._limits.wall_s
            elif mark == REPLY:
                if len(self._unread) < 1 + LENGTH.size:
                    return None
                (self._expected,) = LENGTH.unpack_from(self._unread, 1)
                del self._unread[: LENGTH.size]
                if self._expected > self._largest:
                    return Ended.TOO_LARGE
            del self._unread[:1]
        if self._expected is None or len(self._unread) < self._expected:
            return None
        self.reply = self._unread[: self._expected]
        return Ended.REPLIED
