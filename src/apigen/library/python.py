"""The Python source: the public functions of a module or file become tools.

A function is described by what it says of itself: its annotations, its docstring, type stubs, its defaults. What
cannot be described is listed with the reason.
"""

import contextlib
import sys
from collections.abc import Sequence
from importlib.machinery import PathFinder
from pathlib import Path

import msgspec

from apigen.errors import UserError
from apigen.execute.grants import NO_GRANTS, Grant, Grants
from apigen.execute.sandbox.readable import folders_of
from apigen.library.base import COMMON_OPTIONS, Loaded
from apigen.library.introspect.launch import describe_in_sandbox
from apigen.library.introspect.protocol import Order, Wanted
from apigen.locators import Locator
from apigen.records import PythonBinding

IMPORT_TIMEOUT_S = 30.0
"""Wall-clock seconds that importing and describing may take; large scientific packages take several."""


def load_python(locator: Locator, grants: Grants = NO_GRANTS, *, timeout_s: float = IMPORT_TIMEOUT_S) -> Loaded:
    """Load the functions of one module or file.

    Args:
        locator: its place is an importable module, such as ``statistics``, also of the current folder; or the path of
            a ``.py`` file, recognised by its ending or a slash.
        grants: what its tools may do beyond the walls of the sandbox, and so what importing it may.
        timeout_s: wall-clock seconds that importing may take.

    Raises:
        UserError: there is no such module or file, or it cannot be imported.
    """
    locator.require_known(COMMON_OPTIONS)
    return describe_modules([locator.place], grants, timeout_s=timeout_s)


def describe_modules(
    locators: Sequence[str],
    grants: Grants = NO_GRANTS,
    *,
    origin: str | None = None,
    timeout_s: float = IMPORT_TIMEOUT_S,
) -> Loaded:
    """Load the functions of several modules or files in one sandbox process.

    Args:
        locators: places as :func:`load_python` takes them.
        grants: as there; all of these modules get what one of them gets.
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
    here = str(Path.cwd())
    found = [_place(one, here) for one in wanted]
    parts = [grants.of_source(file) for file, _ in found]
    granted = Grant(
        *(
            tuple(sorted({item for part in column for item in part}))
            for column in zip(*((part.read, part.hosts, part.variables) for part in parts), strict=True)
        )
    )
    sight = msgspec.structs.replace(
        grants.sight(granted), folders=tuple(dict.fromkeys(folder for _, folders in found for folder in folders))
    )
    try:
        described = describe_in_sandbox(Order(wanted, here, origin), sight, timeout_s, _say_that_it_takes_long)
    except UserError as problem:
        raise UserError(grants.secrets.hide_in_text(str(problem))) from None
    if grants.secrets.stand_in(msgspec.json.encode(described).decode()):
        raise UserError(
            f"cannot load python:{', '.join(locators)}: the value of a granted variable stands in the description of "
            "its tools, from where it would get into every prompt"
        )
    return Loaded(described.tools, skipped=described.skipped)


def _place(wanted: Wanted, here: str) -> tuple[Path | None, tuple[str, ...]]:
    """The source file of a module, where it can be found without importing anything, and folders that it needs."""
    folders = folders_of(PythonBinding("", wanted.module, wanted.file))
    if wanted.file is not None or wanted.module is None:
        return Path(wanted.file or ""), folders
    top, *below = wanted.module.split(".")
    spec = None
    for path in (None, [here]):
        with contextlib.suppress(ImportError, ValueError, AttributeError):
            spec = spec or PathFinder.find_spec(top, path)
    if spec is None:
        return None, folders
    within = tuple(spec.submodule_search_locations or ())
    if not below:
        return (Path(spec.origin) if spec.origin and spec.has_location else None), folders
    for folder in within:
        stem = Path(folder, *below)
        for file in (stem.with_name(f"{stem.name}.py"), stem / "__init__.py"):
            if file.is_file():
                # Folders without an __init__.py are no packages whose code is readable as a whole.
                return file, (*folders, *((str(file.parent),) if spec.origin is None else ()))
    return None, folders


def _say_that_it_takes_long(what: str, timeout_s: float) -> None:
    sys.stderr.write(f"{what} takes long, waiting up to {timeout_s:g} s\n")
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
