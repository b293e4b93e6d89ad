"""Ending a long job in good order: what is in progress is finished, and what was reached is reported."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EXIT_INTERRUPTED = 130
"""What shells expect of a program that Ctrl-C ended: 128 + SIGINT."""


_STDERR = 2


@contextmanager
def on_interrupt(told: str = "") -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C or SIGTERM end the work after what is in progress; a second of either ends it at once.

    Args:
        told: a line for the terminal at the first one, where what is in progress may take long.

    Yields:
        A function that returns whether that happened.
    """
    happened = False

    def stop(number: int, frame: object) -> None:
        nonlocal happened
        del number, frame
        happened = True
        for each in before:
            signal.signal(each, signal.default_int_handler)
        if told:
            os.write(_STDERR, f"\n{told}\n".encode())  # not by sys.stderr: it may be in the middle of a write

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: happened
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
