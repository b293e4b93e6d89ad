"""Has modules described in a sandbox and turns whatever becomes of it into a description or one line of advice."""

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
from apigen.library.introspect.protocol import Described, Describing, Ended, Failed, Importing, Message, Order
from apigen.library.introspect.trust import Forged, require_wanted

_POLL_MS = 100
_PATIENCE_S = 3.0
"""After how much time without news it is said what is waited for."""
_LONGEST_ANSWER = 16 * 2**20
_LONG_IMPORT = ("importing", "move what it does at the top level into functions")
_MANY_FUNCTIONS = (
    "describing the functions of",
    "list the ones to be offered in its __all__, or name modules with fewer functions",
)
"""What may take too long, and how that is mended."""
_INHABITANT = "apigen.library.introspect.child"
_decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


def describe_in_sandbox(
    order: Order, sight: Sight, timeout_s: float, on_slow: Callable[[str, float], None]
) -> Described:
    """Have modules imported and described behind the walls of a call.

    What the modules print goes nowhere, and every process that they leave behind is ended.

    Args:
        order: what to describe.
        sight: what the modules may see beyond those walls.
        timeout_s: seconds of wall-clock time for all of it.
        on_slow: called once, with what takes several seconds, such as ``importing FILE``, and ``timeout_s``.

    Raises:
        UserError: a module fails, hangs, exits or crashes while it is imported, or says what cannot be true.
    """
    # A process has more CPU seconds than seconds only with threads; the clock outside is the bound that counts.
    limits = Limits(wall_s=timeout_s, import_s=4 * timeout_s + 10)
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
    deadline = time.monotonic() + timeout_s
    heard_at = time.monotonic()
    current = order.wanted[0].locator
    locators = {wanted.locator for wanted in order.wanted}
    advice = _LONG_IMPORT
    said = False
    received = bytearray()
    total = 0
    poller = select.poll()
    poller.register(control, select.POLLIN)
    while True:
        if poller.poll(_POLL_MS):
            piece = control.recv(2**16)
            if not piece:
                raise UserError(f"cannot load python:{current}: the sandbox process ended")
            total += len(piece)
            received += piece
            if b"\n" in piece:
                *lines, rest = received.split(b"\n")
                received = rest
                for line in lines:
                    match _decoded(line):
                        case Importing(locator) if locator in locators:
                            current = locator
                            heard_at = time.monotonic()
                        case Describing():
                            advice = _MANY_FUNCTIONS
                        case Failed() | Ended() as end:
                            raise UserError(f"cannot load python:{current}: {_farewell(end)}")
                        case Described() as described:
                            return described
        now = time.monotonic()
        if not said and now > heard_at + _PATIENCE_S:
            on_slow(f"{advice[0]} {current}", timeout_s)
            said = True
        if now > deadline:
            doing, mend = advice
            raise UserError(f"cannot load python:{current}: {doing} it takes longer than {timeout_s:g} s; {mend}")
        if total > _LONGEST_ANSWER:
            raise UserError(f"cannot load python:{current}: its description is larger than 16 MiB")


def _decoded(line: bytes | bytearray) -> Message | None:
    """A message; nothing for what is none: a module may write what it likes, and only harms itself."""
    try:
        return _decoder.decode(line)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None


def _one_line(text: str, longest: int = 1500) -> str:
    return " ".join(text.split())[:longest]


def _farewell(end: Failed | Ended) -> str:
    """How an import ended that did not finish."""
    if isinstance(end, Failed):
        return _one_line(end.reason)
    code = end.code
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"it crashes Python when imported ({signal.Signals(-code).name})"
    return f"it ends the process when imported (exit code {code}); guard that with if __name__ == '__main__'"
