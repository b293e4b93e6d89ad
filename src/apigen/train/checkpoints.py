"""Checkpoints that are whole, told from those that a kill or a full disk cut off."""

import shutil
from pathlib import Path

FOLDER = "checkpoints"
_MARK = "whole"


def mark(checkpoint: Path) -> None:
    """Note that everything of a checkpoint is on the disk."""
    (checkpoint / _MARK).touch()


def latest(folder: Path) -> Path | None:
    """The last whole checkpoint; ``None`` where there is none."""
    whole = [path for path in folder.glob("checkpoint-*") if (path / _MARK).is_file()]
    return max(whole, key=step, default=None)


def step(checkpoint: Path) -> int:
    """How many steps were done when it was written."""
    return int(checkpoint.name.rpartition("-")[2])


def clear_torn(folder: Path) -> None:
    """Remove what was cut off while it was written, which also takes room on a full disk."""
    for path in folder.glob("checkpoint-*"):
        if not (path / _MARK).is_file():
            shutil.rmtree(path, ignore_errors=True)
