"""Which files functions may read beside the Python installation: the Python code that they may import.

A tool's folder often holds more than code (``.env``, keys, data), so it is never opened as a whole: only ``.py``
files and packages directly inside are. Their names, and those of everything beneath, stay visible to the import
system.
"""

import importlib.util
import ssl
import sys
from collections.abc import Iterable
from pathlib import Path

from apigen.records import PythonBinding

_CERTIFICATES = (
    "/etc/ssl/certs",
    "/etc/ssl/cert.pem",
    "/etc/ssl/openssl.cnf",
    "/etc/pki/tls/certs",
    "/etc/ca-certificates",
)


def import_path() -> list[str]:
    """``sys.path`` for the sandbox: ours, in absolute terms, and the current folder."""
    here = str(Path.cwd())
    path = [here if entry == "" else str(Path(entry).absolute()) for entry in sys.path]
    return list(dict.fromkeys([*path, here]))


def readable_paths(folders: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What to open of folders to import from: only code, except that site-packages and archives are code as a whole.

    Returns:
        Files and folders to be readable with everything beneath; folders of which the names have to be readable, for
        the import system. A folder without code, such as ``/`` where a program was started there, is in neither.
    """
    readable: list[str] = []
    listable: list[str] = []
    for folder in folders:
        if folder.endswith(("site-packages", "dist-packages")) or not Path(folder).is_dir():
            readable.append(folder)
        elif code := _code_in(Path(folder)):
            readable += code
            listable.append(folder)
    return tuple(dict.fromkeys(readable)), tuple(dict.fromkeys(listable))


def certificate_paths() -> tuple[str, ...]:
    """Where this machine keeps the public certificates that encrypted connections are checked against."""
    places = ssl.get_default_verify_paths()
    found = (places.cafile, places.capath, places.openssl_cafile, places.openssl_capath, *_CERTIFICATES)
    return tuple(dict.fromkeys(path for path in found if path and Path(path).exists()))


def folders_of(binding: PythonBinding) -> tuple[str, ...]:
    """Folders that a function is imported from beyond ``sys.path``: of a file, of a namespace package.

    Returns:
        Folders; empty for an ordinary module on ``sys.path``.
    """
    if binding.file is not None:
        return (str(_above_package(Path(binding.file).resolve())),)
    top = (binding.module or "").partition(".")[0]
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return ()
    if spec is None:
        return ()
    if spec.origin is None:
        return tuple(spec.submodule_search_locations or ())
    if spec.submodule_search_locations and str(Path(spec.origin).parents[1]) not in sys.path:
        return (str(Path(spec.origin).parents[1]),)  # an editable install, found by an import hook
    return ()


def _above_package(file: Path) -> Path:
    """The folder that a file is imported from: above its outermost package."""
    folder = file.parent
    while _is_package(folder) and folder != folder.parent:
        folder = folder.parent
    return folder


def _code_in(folder: Path) -> list[str]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return []
    return [str(entry) for entry in entries if entry.suffix in (".py", ".pyi", ".so") or _is_package(entry)]


def _is_package(folder: Path) -> bool:
    try:
        return (folder / "__init__.py").is_file()
    except OSError:  # somebody else's, locked
        return False
