"""One tool that is any of the functions here, as its arguments say: calls that attack and calls that do not are then
calls of the same function, which a bulk mode would make in one process. Never call it outside a sandbox.
"""

import importlib
from typing import Any


def becomes(function: str, arguments: dict[str, Any], number: int) -> Any:
    """Be ``FILE.FUNCTION``; the number only tells one call from another."""
    file, _, name = function.partition(".")
    return getattr(importlib.import_module(file), name)(**arguments)
