"""Files that a command is told to write: what is somebody else's is not overwritten."""

import os
from collections.abc import Callable
from pathlib import Path

from apigen.errors import UserError

ANEW = "mend that, or name another file, and give the command again"
"""What helps where a file cannot be written by a command that has nothing to resume."""


def require_target(option: str, path: Path, own: Callable[[Path], bool] = lambda _: False) -> None:
    """Refuse, before any work, a file that cannot be written or may not be.

    Args:
        option: that names it.
        path: the file.
        own: whether a file that is there was written by the same command, and so may be written anew.

    Raises:
        UserError: it is a folder, is in none, is somebody else's, or nothing may be written there.
    """
    if path.is_dir():
        raise UserError(f"{option} {path}: is a folder; name a file")
    if not path.parent.is_dir():
        raise UserError(f"{option} {path}: {path.parent}: no such folder; make it, or name another file")
    if path.exists() and not own(path):
        raise UserError(f"{option} {path}: is there already and is not overwritten; name another file")
    if not os.access(path.parent, os.W_OK):
        raise UserError(f"{option} {path}: {path.parent} may not be written to; name another file")
