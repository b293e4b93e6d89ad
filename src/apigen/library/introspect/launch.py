"""Runs the child process and turns whatever becomes of it into a description or one line of advice."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import msgspec

from apigen.errors import UserError
from apigen.library.introspect.protocol import Described, Failed, Importing, MessageFromChild, Order

_POLL_MS = 100
"""How often it is looked whether the child is still there while it says nothing."""
_PATIENCE_S = 3.0
"""After how much time without news it is said what is waited for."""
_LONGEST_ANSWER = 16 * 2**20
_decoder: msgspec.json.Decoder[MessageFromChild] = msgspec.json.Decoder(MessageFromChild)


def run_child(order: Order, timeout_s: float, on_slow: Callable[[str, float], None]) -> Described:
    """Have modules described in a process of their own.

    What the modules print goes nowhere, and every process that they leave behind is ended.

    Args:
        order: what to describe.
        timeout_s: seconds of wall-clock time for all of it.
        on_slow: called once, with the locator and ``timeout_s``, where one module takes several seconds.

    Raises:
        UserError: a module fails, hangs, exits or crashes while it is imported.
    """
    receiving, sending = os.pipe()
    try:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "apigen.library.introspect", str(sending)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(sending,),
            start_new_session=True,
        )
    except BaseException:
        os.close(receiving)
        raise
    finally:
        os.close(sending)
    try:
        _tell(child, order)
        return _listen(child, receiving, order, timeout_s, on_slow)
    finally:
        os.close(receiving)
        _end(child)


def _tell(child: subprocess.Popen[bytes], order: Order) -> None:
    """Write the order; a child that is gone already is noticed while listening."""
    if child.stdin is not None:
        with contextlib.suppress(BrokenPipeError), child.stdin as stdin:
            stdin.write(msgspec.json.encode(order))


def _listen(
    child: subprocess.Popen[bytes], pipe: int, order: Order, timeout_s: float, on_slow: Callable[[str, float], None]
) -> Described:
    """Read messages until the last one, the end of the child, or the end of the time."""
    deadline = time.monotonic() + timeout_s
    heard_at = time.monotonic()
    current = order.wanted[0].locator
    said = False
    received = b""
    total = 0
    poller = select.poll()
    poller.register(pipe, select.POLLIN)
    while True:
        ended = child.poll() is not None
        piece = os.read(pipe, 2**16) if poller.poll(0 if ended else _POLL_MS) else b""
        if not piece and ended:
            raise UserError(f"cannot load python:{current}: {_farewell(child.returncode)}")
        total += len(piece)
        *lines, received = (received + piece).split(b"\n")
        for line in lines:
            match _decoder.decode(line):
                case Importing(locator):
                    current = locator
                    heard_at = time.monotonic()
                case Failed(locator, reason):
                    raise UserError(f"cannot load python:{locator}: {reason}")
                case Described() as described:
                    return described
        now = time.monotonic()
        if not said and now > heard_at + _PATIENCE_S:
            on_slow(current, timeout_s)
            said = True
        if now > deadline:
            raise UserError(
                f"cannot load python:{current}: importing it takes longer than {timeout_s:g} s; move what it does "
                "at the top level into functions"
            )
        if total > _LONGEST_ANSWER:
            raise UserError(f"cannot load python:{current}: its description is larger than 16 MiB")


def _farewell(returncode: int) -> str:
    """How a child ended that did not finish."""
    if returncode < 0:
        with contextlib.suppress(ValueError):
            return f"it crashes Python when imported ({signal.Signals(-returncode).name})"
    return f"it ends the process when imported (exit code {returncode}); guard that with if __name__ == '__main__'"


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the child and everything that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
