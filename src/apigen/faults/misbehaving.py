"""Functions that fail in each way a tool can, to stand in for a tool that works. They run in the sandbox alone.

``raises a b`` is the function :func:`raises` with parameters ``a`` and ``b``: it takes the place of any tool.
"""

import inspect
import os
import time
from collections.abc import Callable
from typing import Any

_ANYTHING = dict[str, Any] | list[Any] | str | float | bool | None
"""What a stand-in takes for each parameter: all of JSON."""


def raises() -> object:
    """Refuse the arguments."""
    raise ValueError("no such entry")


def fails() -> object:
    """Fail on the way."""
    raise RuntimeError("the connection was lost")


def hangs() -> object:
    """Never return."""
    while True:
        time.sleep(60)


def crashes() -> object:
    """End the process."""
    os.abort()


def floods() -> object:
    """Return far too much."""
    return ["flood"] * 200_000


def returns_no_json() -> object:
    """Return what JSON cannot say."""
    return {"value": object()}


def hoards() -> object:
    """Take more memory than there is."""
    return len(bytearray(1 << 40))


def __getattr__(name: str) -> Callable[..., object]:
    """The function of a name that lists parameters behind it, separated by spaces."""
    chosen, *parameters = name.split(" ")
    function = globals().get(chosen)
    if not parameters or not inspect.isfunction(function):
        raise AttributeError(name)

    def stand_in(**arguments: Any) -> object:
        return function()

    kind = inspect.Parameter.KEYWORD_ONLY
    stand_in.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(parameter, kind, default=None, annotation=_ANYTHING) for parameter in parameters]
    )
    stand_in.__module__, stand_in.__qualname__ = __name__, name
    return stand_in
