"""Ending a long job politely: what is under way is finished, and what was reached is told."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EXIT_INTERRUPTED = 130
"""What shells expect of a program that Ctrl-C ended: 128 + SIGINT."""


@contextmanager
def on_interrupt() -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C, or a polite kill, end the work after what is under way; a second one ends it at once.

    Yields:
        A function that tells whether that happened.
    """
    happened = False

    def stop(number: int, frame: object) -> None:
        nonlocal happened
        del frame
        happened = True
        signal.signal(number, signal.default_int_handler)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: happened
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
