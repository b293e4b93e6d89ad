"""Imports and describes modules in a sandboxed, supervised process."""

import os
import signal
import tempfile
from collections.abc import Callable
from typing import NoReturn

import msgspec

from apigen.execute.sandbox.inside import Inside
from apigen.execute.sandbox.keeper import Place
from apigen.execute.sandbox.wire import receive, send
from apigen.library.introspect.describe import describe
from apigen.library.introspect.forbidden import advice_on
from apigen.library.introspect.imports import Imported, import_wanted
from apigen.library.introspect.methods import methods_of_classes, methods_of_factory
from apigen.library.introspect.packages import submodules
from apigen.library.introspect.protocol import DESCRIBING, Doing, Ended, Failed, Message, Order, Wanted
from apigen.library.introspect.public import Offer, functions
from apigen.records import Skipped
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
    offers: list[Offer] = []
    left_out: list[Skipped] = []
    for wanted in order.wanted:
        _say(Doing(wanted.locator), descriptor)
        try:
            modules = [import_wanted(wanted, order.folder)]
            if wanted.whole:
                for found in submodules(modules[0], wanted.without, _announce_import(wanted, descriptor)):
                    if isinstance(found, Skipped):
                        left_out.append(found)
                    else:
                        modules.append(found)
            offers += _offers(wanted, modules, descriptor)
        except ImportFailed as problem:
            _say(Failed(wanted.locator, f"{problem}{advice_on(problem)}"), descriptor)
            return
    _say(Doing(order.wanted[-1].locator, DESCRIBING), descriptor)
    described = describe(offers, order.origin)
    _say(msgspec.structs.replace(described, skipped=(*left_out, *described.skipped)), descriptor)


def _offers(wanted: Wanted, modules: list[Imported], descriptor: int) -> list[Offer]:
    """What is wanted of some modules.

    Raises:
        ImportFailed: a class or factory is not there, an object cannot be made, or code that is run for a look raises.
    """

    def announce(what: str) -> None:
        _say(Doing(wanted.locator, what), descriptor)

    try:
        offers = list(methods_of_classes(modules, wanted.classes, announce))
        for factory in wanted.factories:
            offers += methods_of_factory(modules, factory, announce)
        if wanted.classes or wanted.factories:
            return offers
        announce(DESCRIBING)
        return list(functions(modules))
    except ImportFailed:
        raise
    except Exception as error:
        raise ImportFailed(f"inspecting it raised {type(error).__name__}") from error


def _announce_import(wanted: Wanted, descriptor: int) -> Callable[[str], None]:
    return lambda module: _say(Doing(wanted.locator, f"importing {module}", module), descriptor)


def _import(order: Order) -> NoReturn:
    """Answer and end at once, whatever threads the modules may have started."""
    answer(order, _ANSWERS)
    os._exit(0)


def _say(message: Message, descriptor: int) -> None:
    line = msgspec.json.encode(message) + b"\n"
    while line:
        line = line[os.write(descriptor, line) :]
