"""Ending a long job politely: what is under way is finished, and what was reached is told."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EXIT_INTERRUPTED = 130
"""What shells expect of a program that Ctrl-C ended: 128 + SIGINT."""


_STDERR = 2


@contextmanager
def on_interrupt(told: str = "") -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C, or a polite kill, end the work after what is under way; a second one ends it at once.

    Args:
        told: a line for the terminal at the first one, where what is under way may take long.

    Yields:
        A function that tells whether that happened.
    """
    happened = False

    def stop(number: int, frame: object) -> None:
        nonlocal happened
        del frame
        happened = True
        signal.signal(number, signal.default_int_handler)
        if told:
            os.write(_STDERR, f"\n{told}\n".encode())  # not by sys.stderr: it may be in the middle of a write

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: happened
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
