"""Notices what a call leaves behind in its process, where the next call of a series could find it.

A help, not a wall: a function that takes care to hide can. It only ever sends calls to processes of their own, so it
may be too strict but never changes a result.
"""

import _thread
import contextlib
import decimal
import inspect
import locale
import marshal
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

_MOST_VALUES = 3000
"""Of a module's values so many are looked into; of the others only the identity counts."""
_PLAIN = (dict, list, tuple, set, frozenset, str, bytes, bytearray, int, float, complex, bool, type(None))
_PLAIN_FORMAT = 0
"""The format of ``marshal`` in which neither sharing nor interning shows."""


class Traces:
    """What the process looked like before a series of calls."""

    def __init__(self, scratch: str, function: Callable[..., Any], *, thorough: bool) -> None:
        self._scratch = scratch
        self._function = inspect.unwrap(function)
        self._thorough = thorough
        self._seen = self._look()

    def passing(self) -> bool:
        """Whether there is now a file in the scratch folder, a thread, or another working folder. Takes some µs."""
        try:
            return bool(_thread._count() or os.getcwd() != self._scratch or os.listdir(self._scratch))  # noqa: PTH109, PTH208
        except OSError:
            return True

    def lasting(self) -> bool:
        """Whether settings of the process, or data of the function's module, are others than before the series.

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
            return self._settings(), self._data()
        except Exception:  # noqa: BLE001 - what is looked at is the function's own code
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
            tuple(sys.path),
            mask,
        )

    def _data(self) -> object:
        """The data of the function's module, and of those in the same package that it uses."""
        variables = getattr(self._function, "__globals__", {})
        walk = _Walk(variables.get("__name__", ""))
        return walk.value(self._function), walk.entries(variables)


class _Walk:
    """One look at values, each once, as something that can be compared."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._package = module.rpartition(".")[0]
        self._visited: set[int] = set()

    def entries(self, variables: Mapping[str, Any]) -> list[object]:
        """Names with their values; what the import system keeps there tells nothing."""
        return [(name, self.value(value)) for name, value in list(variables.items()) if name != "__builtins__"]

    def value(self, value: Any) -> object:
        """Something that is equal as long as the value is."""
        if type(value) in _PLAIN:
            with contextlib.suppress(ValueError):  # something in it is no plain data
                return marshal.dumps(value, _PLAIN_FORMAT)
        seen = id(value)
        if seen in self._visited or len(self._visited) > _MOST_VALUES or not self._belongs(value):
            return seen
        self._visited.add(seen)
        return seen, [self.value(part) for part in _parts(value)]

    def _belongs(self, value: Any) -> bool:
        """Whether to look into it: containers, and what the module or its package defines."""
        if isinstance(value, ModuleType):
            return bool(self._package) and value.__name__.rpartition(".")[0] == self._package
        if isinstance(value, FunctionType | type):
            return value.__module__ == self._module
        return not isinstance(value, BuiltinFunctionType)


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, FunctionType):
        yield from (value.__defaults__, value.__kwdefaults__, value.__dict__)
        for cell in value.__closure__ or ():
            with contextlib.suppress(ValueError):  # still empty
                yield cell.cell_contents
        return
    if isinstance(value, dict):
        yield from list(value)
        yield from list(value.values())
    elif isinstance(value, list | tuple | set | frozenset):
        yield from list(value)
    attributes = getattr(value, "__dict__", None)
    if attributes is not None:
        yield from (part for name, part in list(attributes.items()) if name != "__builtins__")
    elif not isinstance(value, dict | list | tuple | set | frozenset | type | ModuleType):
        yield repr(value)
