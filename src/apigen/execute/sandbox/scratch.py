"""Empties a folder that hostile code has filled."""

import contextlib
import itertools
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

_AT_ONCE = 256


def empty_folder(folder: Path, most: int | None = None) -> bool:
    """Remove everything inside a folder, whatever its depth, names and modes.

    Args:
        folder: stays, empty.
        most: entries to remove or move, and then to stop.

    Returns:
        Whether the folder is empty now.

    Raises:
        OSError: something resists.
    """
    steps = _emptying(folder)
    for _ in itertools.islice(steps, most):
        pass
    return next(steps, steps) is steps


def names_in(folder: Path, most: int = _AT_ONCE) -> list[str]:
    """Some of the names in a folder: a folder with a million costs no more than one with a few.

    Raises:
        OSError: it cannot be listed.
    """
    with os.scandir(folder) as entries:
        return [entry.name for entry in itertools.islice(entries, most)]


def _emptying(folder: Path) -> Iterator[None]:
    """Empty a folder, stopping before each step.

    Folders within folders are first moved up, so that no path grows longer than the system allows and nothing
    recurses.
    """
    _open(folder)
    while inside := names_in(folder):
        for path in (folder / name for name in inside):
            if not _is_folder(path):
                yield
                path.unlink()
                continue
            _open(path)
            while within := names_in(path):
                for deeper in (path / name for name in within):
                    yield
                    if _is_folder(deeper):
                        _open(deeper)  # moving a folder writes to it
                        deeper.rename(folder / f".{secrets.token_hex(8)}")
                    else:
                        deeper.unlink()
            yield
            path.rmdir()


def remove_folder(folder: Path) -> None:
    """Empty a folder and remove it, as far as that goes."""
    with contextlib.suppress(OSError):
        empty_folder(folder)
        folder.rmdir()


def _open(folder: Path) -> None:
    with contextlib.suppress(PermissionError):  # at some levels, nobody may change modes, nor has
        folder.chmod(0o700)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def make_scratch(parent: Path) -> Path:
    """A new folder that only this user may enter."""
    while True:
        folder = parent / f"apigen-{secrets.token_hex(8)}"
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            return folder.resolve()
