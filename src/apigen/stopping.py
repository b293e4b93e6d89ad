"""Ending work in good order at Ctrl-C, a polite kill, or the loss of the terminal."""

import asyncio
import os
import signal
import stat
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import Any


def ending_signals() -> tuple[signal.Signals, ...]:
    """The signals that ask a program to end; not SIGHUP where ``nohup`` has it ignored."""
    hangs_up = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
    return (signal.SIGINT, signal.SIGTERM, *((signal.SIGHUP,) if hangs_up else ()))


def leave_terminal() -> None:
    """Write nothing more to a terminal that is gone, where each write would fail; files and pipes are kept."""
    for stream in (sys.__stdout__, sys.__stderr__):
        with suppress(OSError, ValueError, AttributeError):  # closed, or never there
            descriptor = stream.fileno()  # type: ignore[union-attr]
            if stat.S_ISCHR(os.fstat(descriptor).st_mode):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, descriptor)
                os.close(nowhere)


def on_interrupt(work: "asyncio.Future[Any]", hurry: Callable[[], None], stack: AsyncExitStack) -> Callable[[], bool]:
    """Let the first Ctrl-C, polite kill or hang-up end the work; a second one, or one after the work, ends the waiting.

    Args:
        work: cancelled at the first.
        hurry: called at the second: nothing is waited for any more.
        stack: takes the handlers away.

    Returns:
        A function that tells whether that happened.
    """
    happened = False

    def stop(number: signal.Signals) -> None:
        nonlocal happened
        if number is signal.SIGHUP:
            leave_terminal()
        # A lost terminal often sends several; nobody is there who could be impatient.
        if work.done() or (happened and number is not signal.SIGHUP):
            hurry()
        happened = True
        work.cancel()

    loop = asyncio.get_running_loop()
    for number in ending_signals():
        with suppress(NotImplementedError, RuntimeError, ValueError):  # not in the main thread: the caller decides
            loop.add_signal_handler(number, stop, number)
            stack.callback(loop.remove_signal_handler, number)
    return lambda: happened
