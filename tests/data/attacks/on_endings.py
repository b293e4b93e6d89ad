"""Ways for a call to end that are no way to end. Never call them outside a sandbox."""

import ctypes
import faulthandler
import os
import sys
import threading
import time
from typing import Any

import msgspec


def exits(code: int) -> None:
    os._exit(code)


def segfaults() -> None:
    ctypes.string_at(0)


def aborts() -> None:
    os.abort()


def breaks_python() -> None:
    """Takes a reference too many from an object that everybody uses."""
    ctypes.memset(id(()), 0, 64)
    ctypes.pythonapi.Py_FatalError(b"pwned")


def executes_nothing() -> None:
    """Jumps to where no code is."""
    ctypes.CFUNCTYPE(None)(8)()


def dumps_and_exits() -> None:
    faulthandler.dump_traceback_later(0.05, exit=True, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    time.sleep(60)


def ends_thread() -> str:
    """Ends only the thread that Python began with."""
    ctypes.CDLL(None).pthread_exit(None)
    return "true"


def swaps_hooks() -> None:
    def hook(*_: Any) -> None:
        os._exit(42)

    sys.excepthook = sys.unraisablehook = threading.excepthook = hook
    raise RuntimeError("for the hook")


def breaks_encoder() -> str:
    def broken(*_: Any, **__: Any) -> bytes:
        raise ZeroDivisionError

    msgspec.json.encode = broken
    return "true"


def closes_standard_files() -> str:
    for descriptor in range(3):
        os.close(descriptor)
    return "closed"
