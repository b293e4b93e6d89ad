"""Detects what a call leaves behind in its process for the next call of a series to find.

A help, not a wall: a function that takes care to hide can. It only ever sends calls to processes of their own, so it
may be too strict but never changes a result.
"""

import _thread
import builtins
import contextvars
import decimal
import locale
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from apigen.execute.sandbox.state import state_of


class Traces:
    """What the process looked like before a series of calls."""

    def __init__(self, scratch: str, functions: Sequence[Callable[..., Any]], *, thorough: bool) -> None:
        self._scratch = scratch
        self._functions = functions
        self._thorough = thorough
        self._seen = self._look()

    @property
    def hidden(self) -> bool:
        """Whether a function can reach state that cannot be seen, so that nobody could say whether it changes."""
        return self._thorough and self._seen is None

    def passing(self) -> bool:
        """Whether there is now a file in the scratch folder, a thread, or another working folder. Takes some µs."""
        try:
            return bool(_thread._count() or os.getcwd() != self._scratch or os.listdir(self._scratch))  # noqa: PTH109, PTH208
        except OSError:
            return True

    def lasting(self) -> bool:
        """Whether settings of the process, or state that the functions can reach, are others than before the series.

        Only for a thorough look: it takes about a millisecond. Always false otherwise.
        """
        if not self._thorough:
            return False
        now = self._look()
        return now is None or now != self._seen

    def _look(self) -> object:
        """What there is now; ``None`` where it resists."""
        if not self._thorough:
            return None
        try:
            return self._settings(), state_of(*self._functions)
        except Exception:  # noqa: BLE001 - what is looked at is the functions' own code
            return None

    @staticmethod
    def _settings() -> tuple[object, ...]:
        mask = os.umask(0)
        os.umask(mask)
        context = decimal.getcontext()
        return (
            dict(os.environ),
            locale.setlocale(locale.LC_ALL),
            (context.prec, context.rounding, context.Emin, context.Emax, str(context.traps)),  # not what it signalled
            sys.getrecursionlimit(),
            tuple(map(id, vars(builtins).values())),
            len(warnings.filters),
            len(contextvars.copy_context()),
            tuple(sys.path),
            mask,
        )
