"""Becoming somebody else in a process of one's own, to see what the sandbox is worth to them."""

import ctypes
import os
import sys
from pathlib import Path

from apigen.execute.sandbox import kernel

_NOBODY = 65534
_NEW_MOUNTS, _NEW_USER = 0x00020000, 0x10000000
_PRIVATE_ALL, _BIND_ALL = 0x44000, 0x5000


class CannotBecome(Exception):  # noqa: N818 - a property of the machine
    """This machine does not allow it; the message says what."""


def become_nobody() -> None:
    """From root to an ordinary user, for good.

    The Python that runs may lie where only root can go; then the way there is opened in a mount namespace of our own.

    Raises:
        CannotBecome: no mount namespace, or not root.
    """
    try:
        kernel.unshare(_NEW_MOUNTS)
        kernel.mount("none", "/", "none", _PRIVATE_ALL, "")
        for path in {sys.base_prefix, sys.prefix, str(Path(__file__).parent.parent)}:
            _open_the_way(Path(path).resolve())
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    except OSError as error:
        raise CannotBecome(f"cannot become an ordinary user here: {error}") from error
    _own_proc_again()


def lose_namespaces() -> None:
    """Be where no namespaces are allowed, as in most containers, for good.

    Raises:
        CannotBecome: there is no user namespace in which to forbid them.
    """
    user, group = os.geteuid(), os.getegid()
    try:
        kernel.unshare(_NEW_USER)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        for kind in ("net", "pid", "ipc", "mnt", "user"):
            Path(f"/proc/sys/user/max_{kind}_namespaces").write_text("0")
    except OSError as error:
        raise CannotBecome(f"cannot forbid namespaces here: {error}") from error
    kernel.drop_capabilities()
    _own_proc_again()


def _open_the_way(path: Path) -> None:
    """Where a folder above is closed to others, put an empty one over it that holds only this path."""
    closed = next((above for above in (*reversed(path.parents), path) if not above.stat().st_mode & 0o001), None)
    if closed is None:
        return
    handle = os.open(path, os.O_PATH)
    kernel.mount("tmpfs", str(closed), "tmpfs", 0, "mode=0755")
    path.mkdir(parents=True, exist_ok=True)
    kernel.mount(f"/proc/self/fd/{handle}", str(path), "none", _BIND_ALL, "")
    os.close(handle)


def _own_proc_again() -> None:
    """After a change of user, our own files in ``/proc`` belong to root (``PR_SET_DUMPABLE`` gives them back)."""
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
