"""Attacks on the pipe by which a call answers. Never call them outside a sandbox."""

import atexit
import contextlib
import fcntl
import os
import sys
import threading
import time
from typing import Any

from apigen.execute.sandbox.wire import CLEAN, FINISHED, LENGTH, REPLY


def _pipe() -> int:
    """The only descriptor that is open beside the standard ones."""
    for descriptor in range(3, 1024):
        with contextlib.suppress(OSError):
            os.fstat(descriptor)
            return descriptor
    raise LookupError


def _forge(text: str) -> None:
    body = text.encode("utf-8", "surrogatepass")
    rest = REPLY + LENGTH.pack(len(body)) + body
    while rest:
        rest = rest[os.write(_pipe(), rest) :]


def descriptors() -> list[int]:
    found = []
    for descriptor in range(1024):
        with contextlib.suppress(OSError):
            os.fstat(descriptor)
            found.append(descriptor)
    return found


def writes_everywhere() -> str:
    for descriptor in descriptors():
        with contextlib.suppress(OSError):
            os.write(descriptor, b"pwned" * 1000)
    return "written"


def reads_everywhere() -> str:
    """Also through ``/proc``, which opens a pipe's other end."""
    found = b""
    for descriptor in descriptors():
        with contextlib.suppress(OSError):
            found += os.read(os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY | os.O_NONBLOCK), 1000)
    return found.decode(errors="replace")


def forges(text: str) -> str:
    """And ends before its true result."""
    _forge(text)
    os._exit(0)


def forges_before(text: str) -> str:
    _forge(text)
    return "true"


def forges_twice(text: str) -> str:
    _forge(text)
    _forge('{"result": "second"}')
    time.sleep(60)
    return "true"


def forges_after() -> str:
    def later() -> None:
        while True:
            with contextlib.suppress(OSError):
                os.write(_pipe(), b"")

    threading.Thread(target=later, daemon=True).start()
    atexit.register(_forge, '{"result": "forged"}')
    return "true"


def forges_bytes(text: str) -> str:
    os.write(_pipe(), bytes.fromhex(text))
    os._exit(0)


def forges_deep(levels: int) -> str:
    return forges('{"result": ' + "[" * levels + "]" * levels + "}")


def forges_long(kib: int) -> str:
    return forges('{"result": "' + "x" * (kib * 1024) + '"}')


def forges_number(digits: int) -> str:
    return forges('{"result": 1' + "0" * digits + "}")


def cuts_short() -> str:
    os.write(_pipe(), REPLY + LENGTH.pack(100) + b'{"result": 1}')
    os._exit(0)


def cuts_short_and_waits() -> str:
    os.write(_pipe(), REPLY + LENGTH.pack(100) + b'{"result": 1}')
    time.sleep(60)
    return "true"


def claims_gigabytes() -> None:
    os.write(_pipe(), REPLY + LENGTH.pack(2**32 - 1))
    while True:
        os.write(_pipe(), b"x" * 65536)


def claims_nothing() -> None:
    os.write(_pipe(), REPLY + LENGTH.pack(0))
    os._exit(0)


def floods_marks() -> None:
    while True:
        os.write(_pipe(), b"WP" * 30_000)


def closes() -> None:
    os.close(_pipe())
    time.sleep(60)


def redirects() -> str:
    os.dup2(os.open(os.devnull, os.O_WRONLY), _pipe())
    return "true"


def does_not_wait() -> str:
    """A pipe that takes only what fits."""
    os.set_blocking(_pipe(), False)
    return "x" * 60_000 * 1


def shrinks() -> str:
    fcntl.fcntl(_pipe(), 1031, 4096)
    return "x" * 60_000


def patches_caller() -> str:
    """Finds the code that called it, and has it say something else."""
    frame: Any = sys._getframe()
    while frame is not None:
        caller = frame.f_locals.get("self")
        for name in ("_send", "_write"):
            if hasattr(caller, name):
                setattr(type(caller), name, lambda *_: _forge('{"result": "forged by our own code"}'))
        frame = frame.f_back
    return "true"


def forges_series(replies: int) -> str:
    """Answers for the calls after it too, where several share a process, and says that all is done and clean."""
    one = b'{"result": "forged"}'
    os.write(_pipe(), (REPLY + LENGTH.pack(len(one)) + one) * replies + FINISHED + CLEAN)
    os._exit(0)
