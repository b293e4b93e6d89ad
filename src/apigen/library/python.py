"""The Python source: the public functions of a module or file become tools.

A function is described by what it says of itself: its annotations, its docstring, type stubs, its defaults. What
cannot be described is listed with the reason.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from apigen.errors import UserError
from apigen.library.base import Loaded
from apigen.library.introspect.launch import run_child
from apigen.library.introspect.protocol import Order, Wanted

IMPORT_TIMEOUT_S = 30.0
"""Wall-clock seconds that importing and describing may take; large scientific packages take several."""


def load_python(locator: str, *, timeout_s: float = IMPORT_TIMEOUT_S) -> Loaded:
    """Load the functions of one module or file.

    Args:
        locator: an importable module, such as ``statistics``, also of the current folder; or the path of a ``.py``
            file, recognised by its ending or a slash.
        timeout_s: wall-clock seconds that importing may take.

    Raises:
        UserError: there is no such module or file, or it cannot be imported.
    """
    return describe_modules([locator], timeout_s=timeout_s)


def describe_modules(
    locators: Sequence[str], *, origin: str | None = None, timeout_s: float = IMPORT_TIMEOUT_S
) -> Loaded:
    """Load the functions of several modules or files in one process.

    Args:
        locators: as :func:`load_python` takes them.
        origin: written into every tool; ``None`` writes ``python:`` and its locator.
        timeout_s: wall-clock seconds that importing all of them may take.

    Returns:
        The tools in order of definition; their names are unique among all modules.

    Raises:
        UserError: there is no such module or file, or it cannot be imported.
    """
    wanted = tuple(_wanted(locator) for locator in locators)
    if not wanted:
        return Loaded(())
    described = run_child(Order(wanted, str(Path.cwd()), origin), timeout_s, _say_that_it_takes_long)
    return Loaded(described.tools, skipped=described.skipped)


def _say_that_it_takes_long(locator: str, timeout_s: float) -> None:
    sys.stderr.write(f"importing {locator} takes long, waiting up to {timeout_s:g} s\n")
    sys.stderr.flush()


def _wanted(locator: str) -> Wanted:
    """Tell a module's name from a file's path."""
    if locator.endswith(".py") or "/" in locator or "\\" in locator:
        return Wanted(locator, file=str(_existing_file(locator)))
    if not locator or not all(part.isidentifier() for part in locator.split(".")):
        raise UserError(
            f"python:{locator} names no module; write python:MODULE, such as python:statistics, or python:PATH/FILE.py"
        )
    return Wanted(locator, module=locator)


def _existing_file(locator: str) -> Path:
    path = Path(locator).expanduser()
    if path.is_dir():
        files = sorted(path.glob("[!_]*.py"))
        example = files[0] if files else path / "FILE.py"
        raise UserError(f"python:{locator} is a folder; name one file in it, such as python:{example}")
    if not path.exists():
        nearby = path.with_suffix(".py")
        hint = f"; did you mean python:{nearby}?" if nearby.is_file() else ""
        raise UserError(f"python:{locator}: there is no file {path.absolute()}{hint}")
    if path.suffix != ".py" or not path.is_file():
        raise UserError(f"python:{locator} is not a Python source file; its name must end in .py")
    return path.resolve()
