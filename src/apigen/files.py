"""Writing files so that a kill, a full disk or a second process cannot corrupt them."""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Self

from apigen.errors import JobFellShort, UserError

RESUME = "fix this, then resume"
"""The advice where a file of a resumable job cannot be written."""


@contextlib.contextmanager
def storage_errors(path: Path, mend: str = RESUME) -> Iterator[None]:
    """Turn disk errors into one line: full, read-only, gone.

    Args:
        path: the file being written.
        mend: how to fix it.
    """
    try:
        yield
    except OSError as error:
        raise JobFellShort(f"{path}: cannot be written: {error.strerror or error}; {mend}") from error


def require_makeable(folder: Path) -> None:
    """Refuse a folder that cannot be created or written, before work is done for it.

    Raises:
        UserError: its nearest existing parent is not a folder, or is not writable.
    """
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise UserError(f"{folder}: cannot be created in {there}; choose another --out")


@contextlib.contextmanager
def replacing(path: Path, mend: str = RESUME) -> Iterator[IO[bytes]]:
    """Write a whole file under a temporary name and rename it when complete, so that readers never see half of it.

    Args:
        path: the file.
        mend: how to fix it where it cannot be written.
    """
    with storage_errors(path, mend):
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with storage_errors(path, mend):
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


class LineWriter:
    """Appends whole lines. Once ``write`` returns, they have reached the operating system: a kill loses none of them.

    Args:
        path: the file, created if missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with storage_errors(path):
            self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write(self, lines: bytes) -> None:
        """Append bytes that end in a newline.

        Raises:
            JobFellShort: the disk is full or the file is gone.
        """
        with storage_errors(self._path):
            view = memoryview(lines)
            while view:
                view = view[os.write(self._handle, view) :]

    def close(self) -> None:
        """Make the file survive a power cut, and close it."""
        if self._handle < 0:
            return
        with storage_errors(self._path):
            os.fsync(self._handle)
            os.close(self._handle)
        self._handle = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def whole_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Each complete line with the offset at which it ends; a torn last line is skipped."""
    end = 0
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                return
            end += len(line)
            yield end, line


class DirectoryLock:
    """One process per directory; the operating system releases the lock when its holder dies, however it dies.

    Raises:
        UserError: another process holds it.
    """

    NAME = ".lock"

    def __init__(self, directory: Path) -> None:
        path = directory / self.NAME
        with storage_errors(path):
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._handle)
            raise UserError(
                f"{directory}: another apigen process is using it; wait for it to end, or use another --out"
            ) from None

    def release(self) -> None:
        """Release the lock."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
