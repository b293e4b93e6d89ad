"""Empties a folder that hostile code has filled."""

import contextlib
import secrets
from pathlib import Path


def empty_folder(folder: Path) -> None:
    """Remove everything inside a folder, whatever its depth, names and modes.

    Folders within folders are first moved up, so that no path grows longer than the system allows and nothing
    recurses.

    Raises:
        OSError: something resists.
    """
    _open(folder)
    while inside := list(folder.iterdir()):
        for path in inside:
            if not _is_folder(path):
                path.unlink()
                continue
            _open(path)
            for deeper in list(path.iterdir()):
                if _is_folder(deeper):
                    _open(deeper)  # moving a folder writes to it
                    deeper.rename(folder / f".{secrets.token_hex(8)}")
                else:
                    deeper.unlink()
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
