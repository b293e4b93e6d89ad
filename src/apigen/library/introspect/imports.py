"""Imports the module the user named, and records how to find it again."""

import difflib
import importlib.util
import pkgutil
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from apigen.library.introspect.protocol import Wanted
from apigen.signatures.locate import import_source, make_importable
from apigen.signatures.problems import ImportFailed


@dataclass(frozen=True)
class Imported:
    """A module with what its tools' bindings need."""

    locator: str
    module: ModuleType
    bound_module: str | None
    """The name by which any process of this environment can import it."""
    bound_file: str | None
    """Its file, where it can only be imported from a certain folder."""


def import_wanted(wanted: Wanted, folder: str) -> Imported:
    """Import one module or file.

    Args:
        wanted: what to import.
        folder: the user's current folder. A module found there and nowhere else is bound by its file, because
            the process that executes it may run anywhere.

    Raises:
        ImportFailed: it cannot be imported; the message says why, where and how to mend it.
    """
    if wanted.module is None:
        return Imported(wanted.locator, import_source(None, wanted.file), None, wanted.file)
    top = wanted.module.partition(".")[0]
    elsewhere = _origin_elsewhere(top)
    make_importable(folder)
    try:
        module = import_source(wanted.module, None)
    except ImportFailed as problem:
        raise _not_found(wanted.module, problem) from problem
    file = getattr(module, "__file__", None)
    is_local = getattr(sys.modules[top].__spec__, "origin", None) != elsewhere
    if is_local and file and file.endswith(".py"):
        return Imported(wanted.locator, module, None, str(Path(file).resolve()))
    return Imported(wanted.locator, module, wanted.module, None)


def _origin_elsewhere(top: str) -> str | None:
    """Where a top-level module is found without the user's current folder."""
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None
    return spec.origin if spec else None


def _not_found(name: str, problem: ImportFailed) -> ImportFailed:
    """The same problem, with advice where it is the named module itself that is missing."""
    cause = problem.__cause__
    missing = cause.name if isinstance(cause, ModuleNotFoundError) else None
    if missing is None or not f"{name}.".startswith(f"{missing}."):
        return problem
    parent = sys.modules.get(missing.rpartition(".")[0])
    if parent is not None:
        siblings = [found.name for found in pkgutil.iter_modules(getattr(parent, "__path__", []))]
        close = difflib.get_close_matches(missing.rpartition(".")[2], siblings, n=1)
        hint = f"; did you mean {parent.__name__}.{close[0]}?" if close else ""
        return ImportFailed(f"{parent.__name__!r} has no module {missing.rpartition('.')[2]!r}{hint}")
    known = {*sys.stdlib_module_names, *(found.name for found in pkgutil.iter_modules())}
    close = difflib.get_close_matches(missing, known, n=1)
    hint = f"did you mean {close[0]!r}? Otherwise " if close else ""
    return ImportFailed(
        f"no module named {missing!r}; {hint}install it in this environment ({sys.executable} -m pip install ...),  "
        f"or name its file: python:PATH/{missing}.py"
    )
