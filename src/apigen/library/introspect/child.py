"""Imports and describes modules in a sandbox: behind the walls of a call, in a process of its own that is watched."""

import os
import signal
import tempfile
from typing import NoReturn

import msgspec

from apigen.execute.sandbox.inside import Inside
from apigen.execute.sandbox.keeper import Place
from apigen.execute.sandbox.wire import receive, send
from apigen.library.introspect.describe import describe
from apigen.library.introspect.forbidden import advice_on
from apigen.library.introspect.imports import import_wanted
from apigen.library.introspect.protocol import Described, Describing, Ended, Failed, Importing, Message, Order
from apigen.signatures.problems import ImportFailed

_ANSWERS = 3
"""Descriptor that the importing process writes to."""


def live(place: Place) -> None:
    """Do one order in a place that the keeper made."""
    inside = Inside(place)
    send(place.control, inside.ready)
    body = receive(place.control)
    if body is None:
        return
    scratch = place.scratch / "import"
    scratch.mkdir(mode=0o700)
    channel = inside.open_channel()
    mapped, parent = inside.mapped_bytes(), os.getpid()
    child = os.fork()
    if child == 0:
        try:
            os.setpgid(0, 0)
            os.dup2(place.control, _ANSWERS)
            os.closerange(inside.take_channel(channel, _ANSWERS + 1), 1 << 16)
            inside.inner.raise_them(mapped, parent, cold=True)
            os.chdir(scratch)
            os.environ["HOME"] = os.environ["TMPDIR"] = str(scratch)
            tempfile.tempdir = None
            _import(msgspec.json.decode(body, type=Order))
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    os.write(place.control, b"\n")  # it may have ended in the middle of a line
    _say(Ended(code), place.control)
    signal.pause()  # until the keeper ends this, with whatever the module has left behind


def answer(order: Order, descriptor: int) -> None:
    """Import and describe what is wanted, and say what comes of it."""
    modules = []
    for wanted in order.wanted:
        _say(Importing(wanted.locator), descriptor)
        try:
            modules.append(import_wanted(wanted, order.folder))
        except ImportFailed as problem:
            _say(Failed(wanted.locator, f"{problem}{advice_on(problem)}"), descriptor)
            return
    _say(Describing(), descriptor)
    tools, skipped = describe(modules, order.origin)
    _say(Described(tools, skipped), descriptor)


def _import(order: Order) -> NoReturn:
    """Answer and end at once, whatever threads the modules may have started."""
    answer(order, _ANSWERS)
    os._exit(0)


def _say(message: Message, descriptor: int) -> None:
    line = msgspec.json.encode(message) + b"\n"
    while line:
        line = line[os.write(descriptor, line) :]
