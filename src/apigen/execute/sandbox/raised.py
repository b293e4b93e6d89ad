"""Maps exceptions raised by a function to reasons."""

import errno
import re
import socket
from collections.abc import Iterator

from apigen.execute.values import NotMade
from apigen.records import Reason

_ABOUT_AN_ARGUMENT = (ValueError, LookupError, ArithmeticError, re.error)
"""What Python code raises about a value that it was given."""
_REFUSALS = (errno.EPERM, errno.EACCES, errno.EROFS, errno.EXDEV)
"""How the kernel refuses: all but scratch is closed, read-only, and another filesystem."""
_LONGEST = 1000


def reason_for(error: BaseException) -> Reason:
    """Sort an exception.

    A refusal by the walls counts wherever it stands in the chain of causes: libraries wrap it in errors of their own.
    """
    if isinstance(error, MemoryError):
        return Reason.OUT_OF_MEMORY
    if refusal_in(error) is not None:
        return Reason.FORBIDDEN
    if isinstance(error, NotMade):
        return Reason.NOT_EXECUTABLE
    if isinstance(error, TypeError):
        return Reason.ARGUMENT_TYPE
    if isinstance(error, _ABOUT_AN_ARGUMENT):
        return Reason.INVALID_ARGUMENT
    return Reason.RUNTIME_ERROR


def describe(error: BaseException) -> str:
    """The exception's name and message, as Python prints it last in a traceback."""
    try:
        message = str(error)
    except Exception as worse:  # noqa: BLE001 - __str__ is the function's own code
        message = f"no message; its __str__ raised {type(worse).__name__}"
    text = f"{type(error).__name__}: {message}"[:_LONGEST].removesuffix(": ")
    return text.encode("utf-8", "replace").decode()  # half of a character would be no JSON


def refusal_in(error: BaseException) -> BaseException | None:
    """What the walls refused, wherever it stands in the chain of causes; ``None`` where they had no part in it."""
    return next((cause for cause in _chain(error) if _refused(cause)), None)


def _refused(error: BaseException) -> bool:
    """Whether the system refused something, which an exception made by the function itself does not say by number."""
    if isinstance(error, socket.gaierror):
        return True
    return isinstance(error, OSError) and error.errno in _REFUSALS


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and what caused it, also where a library only keeps the cause as ``reason`` (urllib)."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        current = waiting.pop()
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [current.__cause__, current.__context__, getattr(current, "reason", None)]
