"""The Python source: public functions of a module, file or package become tools, or methods of its classes.

A function is described by what it says of itself: its annotations, its docstring, type stubs, its defaults. What
cannot be described is listed with the reason.
"""

import contextlib
import sys
from collections.abc import Iterable, Sequence
from importlib.machinery import PathFinder
from pathlib import Path

import msgspec

from apigen.errors import UserError
from apigen.execute.grants import NO_GRANTS, Grant, Grants
from apigen.execute.sandbox.launch import Sight
from apigen.execute.sandbox.readable import folders_of
from apigen.library.base import COMMON_OPTIONS, Loaded
from apigen.library.introspect.launch import ModuleUnbearable, describe_in_sandbox
from apigen.library.introspect.protocol import Described, Order, Wanted
from apigen.locators import Locator
from apigen.records import PythonBinding, Skipped

IMPORT_TIMEOUT_S = 30.0
"""Wall-clock seconds that importing and describing may take; large scientific packages take several."""
_MOST_UNBEARABLE = 5
"""Submodules of a package that may end the process before it is given up."""


OPTIONS = {
    **COMMON_OPTIONS,
    "class": "classes whose methods become tools",
    "factory": "functions that make objects whose methods become tools",
}
"""What a locator may have behind its ``#``."""


def load_python(locator: Locator, grants: Grants = NO_GRANTS, *, timeout_s: float = IMPORT_TIMEOUT_S) -> Loaded:
    """Load the functions, or chosen methods, of one module, file or package.

    Args:
        locator: its place is an importable module, such as ``statistics``, also of the current folder; a package with
            all its submodules, such as ``boltons.*``; or the path of a ``.py`` file, recognised by its ending or a
            slash. Its options ``class`` and ``factory`` ask for methods instead of functions.
        grants: what its tools may do beyond the walls of the sandbox, and so what importing it may.
        timeout_s: wall-clock seconds that importing may take; of a package, each submodule.

    Raises:
        UserError: there is no such module, file, class or factory, or it cannot be imported.
    """
    locator.require_known(OPTIONS)
    wanted = msgspec.structs.replace(
        _wanted(locator.place), classes=locator.values("class"), factories=locator.values("factory")
    )
    return _describe([wanted], grants, timeout_s=timeout_s)


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
    return _describe([_wanted(locator) for locator in locators], grants, origin=origin, timeout_s=timeout_s)


def _describe(wanted: Sequence[Wanted], grants: Grants, *, origin: str | None = None, timeout_s: float) -> Loaded:
    """Have modules described."""
    if not wanted:
        return Loaded(())
    here = str(Path.cwd())
    sight = _sight(wanted, grants, here)
    try:
        described = _describe_what_can_be(Order(tuple(wanted), here, origin), sight, timeout_s)
    except UserError as problem:
        raise UserError(grants.secrets.hide_in_text(str(problem))) from None
    if grants.secrets.stand_in(msgspec.json.encode(described).decode()):
        raise UserError(
            f"cannot load python:{', '.join(one.locator for one in wanted)}: the value of a granted variable "
            "appears in "
            "the description of its tools and would leak into every prompt; remove it there"
        )
    return Loaded(described.tools, skipped=described.skipped, notes=described.notes)


def _describe_what_can_be(order: Order, sight: Sight, timeout_s: float) -> Described:
    """Have modules described, without submodules whose import ends the process or does not end.

    Raises:
        UserError: what remains cannot be described either.
    """
    left_out: list[Skipped] = []
    for _ in range(_MOST_UNBEARABLE):
        try:
            described = describe_in_sandbox(order, sight, timeout_s, _say_that_it_takes_long)
        except ModuleUnbearable as problem:
            left_out.append(Skipped(problem.module, problem.why, f"python:{order.wanted[0].locator}"))
            without = tuple(entry.name for entry in left_out)
            wanted = tuple(msgspec.structs.replace(one, without=without) for one in order.wanted)
            order = msgspec.structs.replace(order, wanted=wanted)
        else:
            return msgspec.structs.replace(described, skipped=(*left_out, *described.skipped))
    return describe_in_sandbox(order, sight, timeout_s, _say_that_it_takes_long)


def _sight(wanted: Iterable[Wanted], grants: Grants, here: str) -> Sight:
    """What importing some modules may see: all that any of their tools may."""
    parts: list[Grant] = []
    folders: dict[str, None] = {}
    for one in wanted:
        file, needed = _place(one, here)
        folders |= dict.fromkeys(needed)
        methods = bool(one.classes or one.factories)
        files = sorted(file.parent.rglob("*.py")) if one.whole and file is not None else [file]
        parts += [grants.of_source(each, methods=methods) for each in files]
    granted = Grant(
        *(
            tuple(sorted({item for part in column for item in part}))
            for column in zip(*((part.read, part.hosts, part.variables) for part in parts), strict=True)
        )
    )
    return msgspec.structs.replace(grants.sight(granted), folders=tuple(folders))


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
    sys.stderr.write(f"{what} is taking a while, waiting up to {timeout_s:g} s\n")
    sys.stderr.flush()


def _wanted(locator: str) -> Wanted:
    """Tell a module's name from a file's path."""
    if locator.endswith(".py") or "/" in locator or "\\" in locator:
        return Wanted(locator, file=str(_existing_file(locator)))
    module = locator.removesuffix(".*")
    if not module or not all(part.isidentifier() for part in module.split(".")):
        raise UserError(
            f"python:{locator} does not name a module; write python:MODULE, such as python:statistics, "
            "python:PACKAGE.* for a "
            "package with its submodules, or python:PATH/FILE.py"
        )
    return Wanted(locator, module=module, whole=module != locator)


def _existing_file(locator: str) -> Path:
    path = Path(locator).expanduser()
    if path.is_dir():
        files = sorted(path.glob("[!_]*.py"))
        example = files[0] if files else path / "FILE.py"
        raise UserError(f"python:{locator} is a folder; name a single file in it, such as python:{example}")
    if not path.exists():
        nearby = path.with_suffix(".py")
        hint = f"; did you mean python:{nearby}?" if nearby.is_file() else ""
        raise UserError(f"python:{locator}: no such file: {path.absolute()}{hint}")
    if path.suffix != ".py" or not path.is_file():
        raise UserError(f"python:{locator} is not a Python source file; its name must end in .py")
    return path.resolve()
