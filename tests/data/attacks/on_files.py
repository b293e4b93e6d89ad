"""Attacks that reach for files outside the scratch folder. Never call them outside a sandbox."""

import ctypes
import mmap
import os
import shutil
import stat
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(answer: int) -> int:
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer


def reads(path: str) -> str:
    return Path(path).read_text(errors="replace")


def reads_raw(path: str) -> str:
    return os.read(os.open(path, os.O_RDONLY | os.O_CLOEXEC), 4096).hex()


def lists(path: str) -> list[str]:
    return [entry.name for entry in os.scandir(path)]


def writes(path: str) -> str:
    Path(path).write_text("pwned")
    return "written"


def creates(path: str) -> str:
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return "created"


def makes_folder(path: str) -> str:
    Path(path).mkdir()
    return "made"


def makes_fifo(path: str) -> str:
    os.mkfifo(path)
    return "made"


def makes_device() -> str:
    os.mknod("memory", stat.S_IFCHR | 0o600, os.makedev(1, 1))
    return "made"


def truncates(path: str) -> str:
    os.truncate(path, 0)
    return "truncated"


def removes(path: str) -> str:
    Path(path).unlink()
    return "removed"


def moves_in(path: str) -> str:
    Path(path).rename("stolen")
    return "moved"


def moves_over(path: str) -> str:
    Path("mine").write_text("pwned")
    Path("mine").rename(path)
    return "moved"


def exchanges(path: str) -> str:
    """``renameat2`` with ``RENAME_EXCHANGE``."""
    Path("mine").write_text("pwned")
    _checked(_libc.renameat2(-100, b"mine", -100, path.encode(), 2))
    return "exchanged"


def links_in(path: str) -> str:
    Path("link").hardlink_to(path)
    return Path("link").read_text()


def links_out(path: str) -> str:
    Path("mine").write_text("pwned")
    Path(path).hardlink_to("mine")
    return "linked"


def reads_through_symlink(path: str) -> str:
    Path("link").symlink_to(path)
    return Path("link").read_text()


def writes_through_symlink(path: str) -> str:
    Path("link").symlink_to(path)
    Path("link").write_text("pwned")
    return "written"


def through_swapped_folder(path: str) -> str:
    """A folder that becomes a symlink between two looks."""
    inside = Path("folder")
    inside.mkdir()
    (inside / Path(path).name).write_text("mine")
    inside.rename("other")
    inside.symlink_to(Path(path).parent)
    return (inside / Path(path).name).read_text()


def climbs(path: str) -> str:
    return Path("../" * 40 + path).read_text()


def from_another_folder(path: str) -> str:
    os.chdir(Path(path).parent)
    return Path(Path(path).name).read_text()


def beneath_a_handle(path: str) -> str:
    folder = os.open(Path(path).parent, os.O_PATH)
    return os.read(os.open(Path(path).name, os.O_RDONLY, dir_fd=folder), 100).decode()


def by_path_handle(path: str) -> str:
    handle = os.open(path, os.O_PATH)
    return Path(f"/proc/self/fd/{handle}").read_text()


def by_openat2(path: str) -> str:
    how = (ctypes.c_uint64 * 3)(os.O_RDONLY, 0, 0)
    handle = _checked(_libc.syscall(ctypes.c_long(437), -100, path.encode(), how, 24))
    return os.read(handle, 100).decode()


def copies(path: str) -> str:
    shutil.copyfile(path, "copy")
    return Path("copy").read_text()


def maps(path: str) -> str:
    handle = os.open(path, os.O_RDONLY)
    return mmap.mmap(handle, 0, prot=mmap.PROT_READ)[:100].decode()


def changes_mode(path: str) -> str:
    Path(path).chmod(0o777)
    return "changed"


def changes_mode_by_handle(path: str) -> str:
    handle = os.open(path, os.O_PATH)
    Path(f"/proc/self/fd/{handle}").chmod(0o777)
    return "changed"


def changes_owner(path: str) -> str:
    os.chown(path, os.getuid(), os.getgid())
    return "changed"


def changes_times(path: str) -> str:
    os.utime(path, (0, 0))
    return "changed"


def changes_attribute(path: str) -> str:
    os.setxattr(path, "user.pwned", b"x")
    return "changed"


def changes_installation() -> str:
    """The interpreter's own files are readable, so that they can be opened."""
    path = Path(os.__file__)
    handle = os.open(path, os.O_RDONLY)
    os.fchmod(handle, stat.S_IMODE(path.stat().st_mode))
    return "changed"


def watches(path: str) -> str:
    """``inotify`` tells the names of files that others open."""
    handle = _checked(_libc.inotify_init1(0))
    _checked(_libc.inotify_add_watch(handle, path.encode(), 0xFFF))
    return "watching"


def handles_by_number(path: str) -> str:
    """``name_to_handle_at``: a handle opens a file past any path."""
    buffer = (ctypes.c_uint32 * 34)(128)
    _checked(_libc.name_to_handle_at(-100, path.encode(), buffer, (ctypes.c_int * 1)(), 0))
    return "handle"


def leaves_scratch_changed() -> str:
    """Takes apart the folder that the calls' folders are made in."""
    here = Path.cwd()
    Path("../moved").mkdir()
    for depth in range(60):
        Path("d").mkdir()
        Path(f"f{depth}").touch()
        os.chdir("d")
    Path().chmod(0)
    here.rename(here.parent / "elsewhere")
    here.parent.chmod(0)
    return "left"


def reads_attribute(path: str) -> str:
    return os.getxattr(path, "user.note").decode()
