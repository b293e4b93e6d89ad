"""Runs the description of modules in a sandbox; the result is a description or a one-line error with advice."""

import contextlib
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from apigen.errors import ExecutorUnavailable, UserError
from apigen.execute.sandbox.launch import Nursery, Sight
from apigen.execute.sandbox.limits import Limits
from apigen.execute.sandbox.wire import LENGTH
from apigen.library.introspect.protocol import DESCRIBING, IMPORTING, Described, Doing, Ended, Failed, Message, Order
from apigen.library.introspect.trust import Forged, require_wanted

_POLL_MS = 100
_PATIENCE_S = 3.0
"""After how much time without news it is said what is waited for."""
_PACKAGE = 6
"""How many times longer than a module a whole package may take."""
_LONGEST_ANSWER = 16 * 2**20
_ADVICE = {
    IMPORTING: "; move what it does at the top level into functions",
    DESCRIBING: "; list the ones to be offered in its __all__, or name modules with fewer functions",
}
"""How to mend what takes too long."""
_INHABITANT = "apigen.library.introspect.child"
_decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


class ModuleUnbearable(UserError):  # noqa: N818 - named for what happened
    """Importing a submodule ends the process or hangs; the submodule can be skipped."""

    def __init__(self, message: str, module: str, why: str) -> None:
        super().__init__(message)
        self.module = module
        self.why = why


def describe_in_sandbox(
    order: Order, sight: Sight, timeout_s: float, on_slow: Callable[[str, float], None]
) -> Described:
    """Have modules imported and described behind the walls of a call.

    What the modules print goes nowhere, and every process that they leave behind is ended.

    Args:
        order: what to describe.
        sight: what the modules may see beyond those walls.
        timeout_s: seconds of wall-clock time for all of it; of a package, for each submodule.
        on_slow: called once, with what takes several seconds, such as ``importing FILE``, and ``timeout_s``.

    Raises:
        ModuleUnbearable: a submodule hangs, exits or crashes while it is imported.
        UserError: a module does, or fails, or says what cannot be true.
    """
    # A process has more CPU seconds than seconds only with threads; the clock outside is the bound that counts.
    limits = Limits(wall_s=timeout_s, import_s=4 * timeout_s * _longest(order) + 10)
    with contextlib.closing(Nursery(_INHABITANT, _path(order.folder))) as nursery:
        try:
            started = nursery.start(limits, sight)
        except ExecutorUnavailable as problem:
            raise UserError(f"cannot load python:{order.wanted[0].locator}: {problem}") from None
        try:
            body = msgspec.json.encode(order)
            with contextlib.suppress(OSError):  # what is gone already is noticed while listening
                started.control.sendall(LENGTH.pack(len(body)) + body)
            described = _listen(started.control, order, timeout_s, on_slow)
        finally:
            started.end()
    try:
        require_wanted(described, order)
    except Forged as problem:
        raise UserError(f"cannot load python:{order.wanted[0].locator}: {problem}") from None
    return described


def _path(folder: str) -> list[str]:
    """``sys.path`` for importing: ours, but for the current folder, which the import itself puts in its place."""
    return [entry for entry in sys.path if entry and str(Path(entry).absolute()) != folder] + (
        [folder] if folder in sys.path else []
    )


def _listen(control: socket.socket, order: Order, timeout_s: float, on_slow: Callable[[str, float], None]) -> Described:
    """Read messages until the last one, the end of the process, or the end of the time."""
    deadline = time.monotonic() + timeout_s * _longest(order)
    heard_at = time.monotonic()
    current = Doing(order.wanted[0].locator)
    locators = {wanted.locator for wanted in order.wanted}
    said = False
    received = bytearray()
    total = 0
    poller = select.poll()
    poller.register(control, select.POLLIN)
    while True:
        if poller.poll(_POLL_MS):
            piece = control.recv(2**16)
            if not piece:
                raise UserError(f"cannot load python:{current.locator}: the sandbox process ended")
            total += len(piece)
            received += piece
            if b"\n" in piece:
                *lines, rest = received.split(b"\n")
                received = rest
                for line in lines:
                    match _decoded(line):
                        case Doing(locator) as doing if locator in locators:
                            current = doing
                            heard_at = time.monotonic()
                        case Failed(_, reason):
                            raise UserError(f"cannot load python:{current.locator}: {_one_line(reason)}")
                        case Ended(code):
                            does, advice = _farewell(code)
                            raise _unbearable(current, does, advice if current.what == IMPORTING else "")
                        case Described() as described:
                            return described
        now = time.monotonic()
        if not said and now > heard_at + _PATIENCE_S:
            on_slow(_one_line(current.told, 200), timeout_s)
            said = True
        if now > min(deadline, heard_at + timeout_s if current.module else deadline):
            raise _unbearable(current, f"takes longer than {timeout_s:g} s", _ADVICE.get(current.what, ""))
        if total > _LONGEST_ANSWER:
            raise UserError(f"cannot load python:{current.locator}: its description is larger than 16 MiB")


def _longest(order: Order) -> int:
    """How many times the time for one module all may take."""
    return _PACKAGE if any(wanted.whole for wanted in order.wanted) else 1


def _decoded(line: bytes | bytearray) -> Message | None:
    """A message; nothing for what is none: a module may write what it likes, and only harms itself."""
    try:
        return _decoder.decode(line)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None


def _one_line(text: str, longest: int = 1500) -> str:
    return " ".join(text.split())[:longest]


def _farewell(code: int) -> tuple[str, str]:
    """How a process ended that did not finish, and what can be done about it."""
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"crashes Python ({signal.Signals(-code).name})", ""
    return f"ends the process (exit code {code})", "; guard that with if __name__ == '__main__'"


def _unbearable(doing: Doing, does: str, advice: str) -> UserError:
    """What is to be said of foreign code that did not come to its end."""
    why = f"{_one_line(doing.what, 200)} {does}"
    if doing.module:
        return ModuleUnbearable(f"cannot load python:{doing.locator}: {why}", _one_line(doing.module, 200), why)
    return UserError(f"cannot load python:{doing.locator}: {why}{advice}")
