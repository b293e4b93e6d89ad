"""Supervises one process from outside: reads its progress, limits its output, kills it when its time is over."""

import os
import select
import time

from apigen.execute.sandbox.limits import Limits
from apigen.execute.sandbox.wire import (
    CLEAN,
    FINISHED,
    LENGTH,
    PREPARED,
    REPLY,
    SERIES,
    Ended,
    receive,
)

_ENVELOPE = 4096
"""Bytes that a reply may have beyond the result itself."""
_CHUNK = 1 << 18


class Watch:
    """One process's replies and clock.

    Attributes:
        prepared: it has imported its function.
        replies: what it wrote of each call, complete only where :meth:`until_the_end` says that it replied.
        clean: of a series: it ended by itself, wrote nothing more, and says that it left no traces.
        orphaned: our own process went away meanwhile.
    """

    def __init__(self, replies: int, control: int, limits: Limits, *, cold: bool, series: bool = False) -> None:
        self.prepared = False
        self.replies: list[bytes] = []
        self.clean = False
        self.orphaned = False
        self._descriptor = replies
        self._control = control
        self._series = series
        self._patience_s = min(limits.wall_s, SERIES.patience_s) if series else limits.wall_s
        self._largest = limits.output_kb * 1024 + _ENVELOPE
        self._room = SERIES.size_kb * 1024 + 2 * self._largest
        self._deadline = time.monotonic() + (limits.import_s if cold else limits.wall_s)
        self._unread = bytearray()

    def until_the_end(self) -> Ended | None:
        """Wait for a reply, the deadline or a cancellation; ``None`` where the call ended by itself, saying nothing."""
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        poll.register(self._control, select.POLLIN)
        while (left := self._deadline - time.monotonic()) > 0:
            for descriptor, _ in poll.poll(left * 1000 + 1):
                if descriptor == self._control:
                    self.orphaned = receive(self._control) is None
                    return Ended.CANCELLED
                piece = os.read(self._descriptor, _CHUNK)
                if not piece:
                    return None
                self._unread += piece
                if (ended := self._read_on()) is not None:
                    return ended
        return Ended.WALL_TIME

    def _read_on(self) -> Ended | None:
        """Take in what has arrived: marks of progress, replies with their lengths, and the mark of a series' end."""
        at, end = 0, len(self._unread)
        ended: Ended | None = None
        while ended is None and at < end:
            mark = bytes(self._unread[at : at + 1])
            if mark == REPLY:
                body = at + 1 + LENGTH.size
                if body > end:
                    break
                (size,) = LENGTH.unpack_from(self._unread, at + 1)
                if size > self._largest or size > self._room:
                    ended = Ended.TOO_LARGE
                    break
                if body + size > end:
                    break
                self._take(bytes(self._unread[body : body + size]))
                at = body + size
                ended = None if self._series and self.prepared else Ended.REPLIED
            elif mark == FINISHED and self._series:
                if at + 2 > end:
                    break
                self.clean = self._unread[at + 1 :] == CLEAN
                ended = Ended.REPLIED
            else:
                self._pass(mark)
                at += 1
        del self._unread[:at]
        return ended

    def _take(self, reply: bytes) -> None:
        self.replies.append(reply)
        self._room -= len(reply)
        self._deadline = time.monotonic() + self._patience_s

    def _pass(self, mark: bytes) -> None:
        """A mark of progress, or anything else, which says nothing."""
        if mark == PREPARED and not self.prepared:
            self.prepared = True
            self._deadline = time.monotonic() + self._patience_s
