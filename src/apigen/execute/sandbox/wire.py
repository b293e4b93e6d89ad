"""Messages between our process, the sandbox process and a call: length-prefixed JSON, and never anything else.

Nothing that arrives from the sandbox is trusted: sizes are bounded while reading, and shapes are checked by type.
"""

import os
import struct
from enum import StrEnum

import msgspec

from apigen.execute.sandbox.limits import Limits
from apigen.records import Json, PythonBinding, Reason

LENGTH = struct.Struct(">I")
"""What precedes every message: its length in bytes."""

CANCEL = LENGTH.pack(0)
"""The empty message to a zygote: end the call that is running."""

WALLS_UP, PREPARED, REPLY, FINISHED = b"W", b"P", b"R", b"F"
"""Marks of a process's progress among its replies. A reply, length-prefixed, follows its mark; what follows the last
mark, which only a series of calls ends with, is one of :data:`CLEAN` and :data:`TRACES`."""

CLEAN, TRACES = b"c", b"t"
"""Whether a series of calls has left traces that a later call could see."""


class Start(msgspec.Struct, frozen=True):
    """What a sandbox process is told first."""

    limits: Limits
    scratch_parent: str
    """Folder in which it makes its scratch folder."""
    readable: tuple[str, ...]
    """Files and folders that functions may read, with everything beneath."""
    listable: tuple[str, ...]
    """Folders of which they may only see the names, as the import system needs it."""
    hosts: tuple[str, ...] = ()
    """``HOST:PORT`` that they may connect to."""
    variables: dict[str, str] = {}
    """The environment variables that they see, with their values."""

    def __repr__(self) -> str:
        return f"Start({', '.join(self.variables)})"  # values are secrets


class Ready(msgspec.Struct, frozen=True):
    """What a sandbox process answers once its outer walls stand."""

    namespaces: tuple[str, ...] = ()
    landlock: int = 0
    """ABI in force; 0 for none."""
    seccomp: bool = False
    missing: tuple[str, ...] = ()
    """Walls that could not be raised, each with why, where that is known."""
    scratch: str = ""
    problem: str = ""
    """Why it could not start, where it could not."""


class Task(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one process is to do: make a call, or a series of calls of functions of one source, one after another."""

    bindings: tuple[PythonBinding, ...]
    """Its functions."""
    calls: msgspec.Raw
    """The arguments of each call: a list of JSON objects. The zygote passes it on unread."""
    which: tuple[int, ...] = ()
    """The place of each call's function among ``bindings``; may be left out where there is one."""
    keep: bool = True
    """Whether the zygote may import the function itself, to be faster next time."""
    series: bool = False
    """Whether ``calls`` is a series, which may end early (see :class:`Series`); else it holds one call."""
    thorough: bool = False
    """Of a series: whether to look for lasting traces as well, which takes a millisecond or so."""
    dice: int = 0
    """What Python's random numbers, and numpy's, are seeded with before each call."""


class Series(msgspec.Struct, frozen=True):
    """When a series of calls ends early."""

    wall_s: float = 1.0
    """It begins no further call after so many seconds."""
    size_kb: int = 2048
    """Nor after so many KiB of replies."""
    patience_s: float = 0.25
    """Without any progress for so long, it is killed."""


SERIES = Series()


class Ended(StrEnum):
    """How a call's process ended."""

    REPLIED = "replied"
    WALL_TIME = "wall_time"
    CPU_TIME = "cpu_time"
    KILLED = "killed"
    """By the kernel, which does that when memory runs out."""
    SIGNAL = "signal"
    EXITED = "exited"
    SILENT = "silent"
    """It closed its replies without one and lived on."""
    TOO_LARGE = "too_large"
    CANCELLED = "cancelled"
    BROKEN = "broken"
    """Before the function had a say: the sandbox itself failed."""


class Report(msgspec.Struct, frozen=True):
    """What a zygote says about one call."""

    ended: Ended
    prepared: bool = False
    """Whether the function could be imported."""
    replies: tuple[bytes, ...] = ()
    """What each call wrote, unread: it may be forged. Fewer than there were calls where a series ended early."""
    clean: bool = False
    """Of a series: whether it ended of its own accord and says that it left no traces."""
    number: int = 0
    """Signal or exit code."""
    seconds: float = 0.0
    last: bool = False
    """Whether the zygote ends now, for what the call left behind takes too long to remove between two calls."""
    problem: str = ""


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a call says about itself."""

    result: Json = None
    reason: Reason | None = None
    detail: str = ""


def frame(message: msgspec.Struct) -> bytes:
    """A message as it travels."""
    body = msgspec.json.encode(message)
    return LENGTH.pack(len(body)) + body


def send(descriptor: int, message: msgspec.Struct) -> None:
    """Write a message, blocking.

    Raises:
        OSError: the other side is gone.
    """
    rest = memoryview(frame(message))
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def receive(descriptor: int) -> bytes | None:
    """Read a message's body, blocking; ``None`` when the other side is gone."""
    header = _read_exactly(descriptor, LENGTH.size)
    return None if header is None else _read_exactly(descriptor, LENGTH.unpack(header)[0])


def _read_exactly(descriptor: int, size: int) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        piece = os.read(descriptor, size - len(data))
        if not piece:
            return None
        data += piece
    return bytes(data)
