"""Attacks on other tools' functions and on the code between them. Never call them outside a sandbox."""

import builtins
import ctypes
import gc
import importlib
import json
import sys
import types
from pathlib import Path
from typing import Any


def _everything() -> list[Any]:
    """Also what the process that forks has frozen."""
    gc.unfreeze()
    return gc.get_objects()


def patches_json() -> str:
    json.dumps = lambda *_, **__: "666"
    json.loads = lambda *_, **__: 666
    return "patched"


def patches_builtins() -> str:
    builtins.sum = lambda *_, **__: 666  # type: ignore[assignment]
    builtins.open = lambda *_, **__: None  # type: ignore[assignment]
    return "patched"


def patches_path() -> str:
    Path.read_text = lambda *_, **__: "666"  # type: ignore[method-assign]
    return "patched"


def patches_apigen() -> str:
    """Every function of every module of ours that can be replaced."""
    for name, module in list(sys.modules.items()):
        if name.startswith("apigen.") and module is not None:
            for attribute, value in list(vars(module).items()):
                if callable(value) and not attribute.startswith("__"):
                    setattr(module, attribute, lambda *_, **__: 666)
    return "patched"


def patches_other_tools() -> str:
    """Whatever function called ``add`` is anywhere in memory."""

    def worse(a: int, b: int) -> int:
        return a - b - 666

    for found in _everything():
        if isinstance(found, types.FunctionType) and found.__name__ == "add":
            found.__code__ = worse.__code__
    return "patched"


def patches_prepared_tools() -> str:
    """What the process that forks has prepared for other calls."""
    for found in _everything():
        if type(found).__name__ == "PreparedFunction":
            found._function = lambda *_, **__: 666
    return "patched"


def reloads_everything() -> str:
    for name in [name for name in sys.modules if name.startswith("apigen.")]:
        del sys.modules[name]
    importlib.import_module("apigen.execute.values")
    return "reloaded"


def empties_modules() -> str:
    sys.modules.clear()
    return "emptied"


def writes_over_memory() -> str:
    """Takes the small number that the good call answers with for another."""
    ctypes.c_int32.from_address(id(7) + 24).value = 8
    return "written"


def searches_memory(text: str) -> list[str]:
    """Objects that hold somebody's secret, among all that the collector knows."""
    needle = "".join(chr(ord(character) - 1) for character in text)  # not to find itself
    found = []
    for one in _everything():
        if isinstance(one, dict):
            found += [str(value) for value in one.values() if isinstance(value, str) and needle in value]
    return found


def tells_environment() -> Any:
    import os  # noqa: PLC0415

    return dict(os.environb) and {key.decode(): value.decode() for key, value in os.environb.items()}
