"""The outermost sandbox process: creates namespaces and scratch, starts the process inside, and cleans up.

Forked from the :mod:`~apigen.execute.sandbox.nursery`. Its standard input is a lifeline: when our process closes it or
dies, by whatever signal, everything here is killed and removed. The other way round, our process sees it end.
"""

import contextlib
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import msgspec

from apigen.execute.sandbox import kernel
from apigen.execute.sandbox.broker import serve
from apigen.execute.sandbox.namespaces import enter_best, why_none
from apigen.execute.sandbox.scratch import make_scratch, remove_folder
from apigen.execute.sandbox.wire import Ready, Start, receive, send

_SCRATCH_FILES = 4
"""The scratch filesystem holds that many files of the largest size."""


class Place(msgspec.Struct, frozen=True):
    """What the keeper has made for the process that lives in it."""

    control: int
    """Descriptor on which our process is spoken to."""
    start: Start
    scratch: Path
    namespaces: tuple[str, ...]
    broker: int | None = None
    """Descriptor to the process that opens connections; ``None`` where no host is granted."""
    missing: tuple[str, ...] = ()
    """Namespaces that this machine does not give, with why."""

    @property
    def is_init(self) -> bool:
        """Whether who lives in it is process 1 of a namespace."""
        return "process" in self.namespaces


def keep(live: Callable[[Place], None], control: int) -> None:
    """Keep a process until the lifeline ends.

    Args:
        live: what it does.
        control: descriptor on which our process speaks to it.
    """
    body = receive(control)
    if body is None:
        return
    start = msgspec.json.decode(body, type=Start)
    try:
        scratch = make_scratch(Path(start.scratch_parent))
    except OSError as error:
        send(control, Ready(problem=f"cannot make a scratch folder in {start.scratch_parent}: {error.strerror}"))
        return
    outside = os.open(scratch.parent, os.O_RDONLY)  # stays writable, also where everything else becomes read-only
    keeper = os.getpid()
    broker = _start_broker(start.hosts, (control, outside), keeper) if start.hosts and kernel.LINUX else None
    as_root = os.geteuid() == 0 and start.limits.processes > 0
    namespaces = enter_best(str(scratch), start.limits.file_mb * _SCRATCH_FILES, as_root=as_root)
    place = Place(control, start, scratch, namespaces, broker, _missing(namespaces))
    child = os.fork()
    if child == 0:
        os.close(outside)
        kernel.die_with_parent(0 if place.is_init else keeper)
        live(place)
        os._exit(0)
    os.close(control)
    if broker is not None:
        os.close(broker)
    while os.read(0, 1):
        pass
    for kill, target in ((os.killpg, child), (os.kill, child)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(target, signal.SIGKILL)
    os.waitpid(child, 0)
    if "mount" in namespaces:
        kernel.unmount(str(scratch))
        with contextlib.suppress(OSError):
            os.rmdir(scratch.name, dir_fd=outside)
    else:
        remove_folder(scratch)
    os._exit(0)  # our process waits for the end, and Python takes its time to tidy up


def _start_broker(hosts: tuple[str, ...], not_its: tuple[int, ...], keeper: int) -> int:
    """Start the process that opens connections, which stays outside of every namespace; returns its descriptor."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        ours.close()
        for descriptor in (0, *not_its):
            os.close(descriptor)
        kernel.die_with_parent(keeper)
        serve(theirs, hosts)
        os._exit(0)
    theirs.close()
    return ours.detach()


def _missing(namespaces: tuple[str, ...]) -> tuple[str, ...]:
    wanted = [name for name in ("network", "process", "mount") if name not in namespaces]
    if not wanted:
        return ()
    why = why_none() if kernel.LINUX else "they exist only on Linux"
    return (f"no {', '.join(wanted)} namespace{f': {why}' if why else ''}",)
