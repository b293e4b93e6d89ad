"""Startup of every process inside a keeper's namespaces: it raises the outer walls and opens only what it may see."""

import fcntl
import os

from apigen.execute.sandbox import walls
from apigen.execute.sandbox.broker import Channels
from apigen.execute.sandbox.keeper import Place
from apigen.execute.sandbox.namespaces import READ_ONLY
from apigen.execute.sandbox.sockets import BrokeredSockets
from apigen.execute.sandbox.wire import Ready, send

_HIGH = 64
"""Descriptors of channels lie above those that a call gives a fixed number."""


class Inside:
    """A process behind the outer walls.

    Attributes:
        inner: the walls that what it forks has yet to raise.
    """

    def __init__(self, place: Place) -> None:
        """Raise the outer walls and tell our process; ends the process where that fails.

        Args:
            place: what the keeper made.
        """
        start = place.start
        self._memory = _open_memory_file()
        found = walls.find_walls()
        os.setpgid(0, 0)
        _leave_standard_files()
        read_only = READ_ONLY in place.namespaces
        try:
            if "user" not in place.namespaces and start.limits.processes:
                walls.be_counted()
            walls.raise_outer(
                found, str(place.scratch), start.readable, start.listable, start.limits, read_only=read_only
            )
        except OSError as error:
            send(place.control, Ready(problem=f"cannot apply the sandbox restrictions: {error.strerror}"))
            os._exit(1)
        self.inner = walls.InnerWalls(found, start.limits)
        self._network: _Network | None = None
        if place.broker is not None and (found.seccomp or "network" in place.namespaces):
            self._network = _Network(place.broker)
        os.environ.update(start.variables)
        missing = (*walls.missing(found), *place.missing)
        self.ready = Ready(place.namespaces, found.landlock, found.seccomp, missing, scratch=str(place.scratch))

    def mapped_bytes(self) -> int:
        """Size of this process's address space; 0 where it is not known."""
        if self._memory is None:
            return 0
        pages = int(os.pread(self._memory, 64, 0).split()[0])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def open_channel(self) -> int | None:
        """A way to the broker for a process that will be forked; ``None`` where no host is granted.

        Raises:
            OSError: the broker is gone.
        """
        return None if self._network is None else self._network.open()

    def take_channel(self, channel: int | None, descriptor: int) -> int:
        """In the forked process: keep nothing but its own channel.

        Args:
            channel: as :meth:`open_channel` gave it.
            descriptor: the first one that is free for it.

        Returns:
            The first descriptor behind it: all from there on can be closed.
        """
        if channel is None or self._network is None:
            return descriptor
        os.dup2(channel, descriptor, inheritable=False)
        self._network.sockets.use(descriptor)
        return descriptor + 1


class _Network:
    def __init__(self, broker: int) -> None:
        self._channels = Channels(broker)
        self.sockets = BrokeredSockets(self._channels.open())
        self.sockets.install()

    def open(self) -> int:
        with self._channels.open() as channel:
            return fcntl.fcntl(channel, fcntl.F_DUPFD_CLOEXEC, _HIGH)


def _leave_standard_files() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)


def _open_memory_file() -> int | None:
    """Our own size, kept open since the walls hide ``/proc``."""
    try:
        return os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
