"""Finds a Python callable again: imports the module or file and walks to the name inside it."""

import importlib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from apigen.signatures.problems import ImportFailed


def import_source(module: str | None, file: str | None) -> ModuleType:
    """Import a module by name or a Python file by its path.

    A file's folder becomes importable, so that it can import its neighbours; a file inside a package is imported as
    the package's module, so that its relative imports work.

    Args:
        module: dotted name; used where ``file`` is ``None``.
        file: path of a ``.py`` file.

    Raises:
        ImportFailed: whatever its code raised, with the line where; also a call of ``sys.exit``.
    """
    try:
        if file is not None:
            return _import_file(Path(file).resolve())
        return importlib.import_module(module or "")
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit included: imported code may raise anything
        raise ImportFailed(_explain(error, file or module or "")) from error


def make_importable(folder: str) -> None:
    """Let modules of a folder be imported: before installed packages, but never instead of the standard library."""
    if folder in sys.path:
        return
    installed = (index for index, entry in enumerate(sys.path) if entry.endswith(("site-packages", "dist-packages")))
    sys.path.insert(next(installed, len(sys.path)), folder)


def find(module: ModuleType, qualname: str) -> Any:
    """The object of that dotted name inside a module.

    Raises:
        ImportFailed: the module has no such name any more.
    """
    found: Any = module
    for name in qualname.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            raise ImportFailed(
                f"{module.__name__} has no {qualname!r} any more; import the library again with `apigen library import`"
            ) from None
    return found


def _import_file(path: Path) -> ModuleType:
    root, name = _place(path)
    make_importable(root)
    loaded = sys.modules.get(name)
    if loaded is not None and getattr(loaded, "__file__", None) == str(path):
        return loaded
    if loaded is not None or name in sys.stdlib_module_names:
        name = f"_apigen_{name.replace('.', '_')}"  # say, the user's random.py: the real one must stay importable
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python source file")
    if "." in name:
        return importlib.import_module(name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up while it is being executed
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _place(path: Path) -> tuple[str, str]:
    """The folder to import from and the dotted name there: above the outermost package that holds the file."""
    parts = [] if path.name == "__init__.py" else [path.stem]
    folder = path.parent
    while (folder / "__init__.py").is_file() and folder.name.isidentifier():
        parts.insert(0, folder.name)
        folder = folder.parent
    if not parts:  # an __init__.py in a folder whose name no import statement could say
        return str(folder), "__init__"
    return str(folder), ".".join(parts)


def _explain(error: BaseException, source: str) -> str:
    """One line: what went wrong while importing, and the line of code where."""
    if isinstance(error, SyntaxError):
        line = "" if error.lineno is None else f", line {error.lineno}"  # a file of no text has none
        return f"syntax error in {error.filename or source}{line}: {error.msg}"
    where = _where(error, source)
    if isinstance(error, SystemExit):
        return f"it calls sys.exit({error.code!r}) when imported{where}"
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"it needs the module {error.name!r}, which is not installed{where}"
    text = " ".join(str(error).split()) or "no message"
    return f"{type(error).__name__}: {text[:300]}{where}"


def _where(error: BaseException, source: str) -> str:
    """The deepest line of the imported code itself, else the deepest line of all, outside the import system."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<frozen") and frame.filename != __file__ and "importlib" not in frame.filename
    ]
    tail = source.rpartition(".")[2] + ".py" if not source.endswith(".py") else source
    own = [frame for frame in frames if frame.filename.endswith(tail)]
    if not (frames := own or frames):
        return ""
    return f" ({frames[-1].filename}, line {frames[-1].lineno})"
