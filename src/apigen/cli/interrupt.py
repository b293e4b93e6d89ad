"""Ending a long job politely: work in progress is finished, and what was reached is reported."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from apigen.stopping import ending_signals, leave_terminal

EXIT_INTERRUPTED = 130
"""What shells expect of a program that Ctrl-C ended: 128 + SIGINT."""

_STDERR = 2


@contextmanager
def on_interrupt(told: str = "") -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C, polite kill or hang-up end the job once work in progress is done; a second ends it at once.

    Args:
        told: a line for the terminal at the first one, where work in progress may take long.

    Yields:
        A function that returns whether that happened.
    """
    happened = False

    def stop(number: int, frame: object) -> None:
        nonlocal happened
        del frame
        happened = True
        if number == signal.SIGHUP:  # a lost terminal often sends several
            leave_terminal()
            return
        for each in before:
            if each != signal.SIGHUP:
                signal.signal(each, signal.default_int_handler)
        if told:
            os.write(_STDERR, f"\n{told}\n".encode())  # not by sys.stderr: it may be in the middle of a write

    before = {number: signal.signal(number, stop) for number in ending_signals()}
    try:
        yield lambda: happened
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
