"""Files that a command is asked to write: nothing is overwritten unless the user says so, and no file of a run ever."""

import os
from collections.abc import Callable
from pathlib import Path

from apigen import rundir
from apigen.errors import UserError

ANEW = "fix that, or name another file, and run the command again"
"""What helps where a file cannot be written by a command that has nothing to resume."""


def require_target(
    option: str, path: Path, own: Callable[[Path], bool] = lambda _: False, *, force: bool | None = None
) -> None:
    """Refuse, before any work, a file that cannot be written or must not be.

    Args:
        option: that names it.
        path: the file.
        own: whether an existing file was written by the same command, and so may be replaced.
        force: whether ``--force`` was given; ``None`` for a command without that option.

    Raises:
        UserError: it is a directory, its directory does not exist or is not writable, it belongs to a run, or it
            already exists.
    """
    if path.is_dir():
        raise UserError(f"{option} {path}: is a directory; give a file name")
    if not path.parent.is_dir():
        raise UserError(f"{option} {path}: no such directory: {path.parent}; create it, or name another file")
    require_not_of_run(option, path)
    if path.exists() and not force and not own(path):
        hint = "" if force is None else ", or add --force to replace it"
        raise UserError(f"{option} {path}: already exists; not overwriting; name another file{hint}")
    if not os.access(path.parent, os.W_OK):
        raise UserError(f"{option} {path}: {path.parent} is not writable; name another file")


def require_not_input(option: str, path: Path, dataset: Path) -> None:
    """Refuse the dataset that a command reads, and any file in it, which ``--force`` does not replace either.

    Raises:
        UserError: it is one.
    """
    place, source = path.resolve(), dataset.resolve()
    if path.exists() and (place == source or source in place.parents):
        what = "DATASET" if place == source else "part of DATASET"
        raise UserError(f"{option} {path}: is also {what}; not overwriting; name another file")


def require_not_of_run(option: str, path: Path) -> None:
    """Refuse a file of a run directory, which no command but those that make the run may write.

    Raises:
        UserError: it is one.
    """
    if rundir.is_run(path.parent) and (path.exists() or path.name in rundir.FILES):
        raise UserError(f"{option} {path}: is a file of the run in {path.parent}; not overwriting; name another file")
