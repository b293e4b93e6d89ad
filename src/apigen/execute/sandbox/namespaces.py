"""New namespaces: a network without interfaces, process ids of one's own, a bounded scratch filesystem.

Ordinary users need a user namespace for the others; some machines forbid that (containers, Ubuntu since 24.04), so
what works is found by trying it in a process that ends right away.
"""

import contextlib
import os
from pathlib import Path

from apigen.execute.sandbox.kernel import LINUX, mount, unshare

_FLAGS = {"user": 0x10000000, "network": 0x40000000, "process": 0x20000000, "ipc": 0x08000000, "mount": 0x00020000}
_CANDIDATES = (
    ("user", "network", "process", "ipc", "mount"),
    ("network", "process", "ipc", "mount"),
    ("user", "network", "ipc"),
    ("network", "ipc"),
)
"""Tried in this order, until one works."""

_MS_NOSUID_NODEV, _MS_PRIVATE_ALL = 0x2 | 0x4, 0x40000 | 0x4000


def enter_best(scratch: str, scratch_mb: int) -> tuple[str, ...]:
    """Move this process into as many new namespaces as the machine allows.

    A ``process`` namespace begins with the next child, which becomes its process 1: when that ends, the kernel kills
    everything in it.

    Args:
        scratch: folder that becomes a filesystem in memory where there is a mount namespace.
        scratch_mb: its size in MiB.

    Returns:
        Names of the namespaces entered; empty where none is allowed.
    """
    if not LINUX:
        return ()
    for names in _CANDIDATES:
        if _works(names, scratch, scratch_mb):
            _enter(names, scratch, scratch_mb)
            return names
    return ()


def _works(names: tuple[str, ...], scratch: str, scratch_mb: int) -> bool:
    child = os.fork()
    if child == 0:
        verdict = 1
        with contextlib.suppress(OSError):
            _enter(names, scratch, scratch_mb)
            verdict = 0 if _can_fork() else 1
        os._exit(verdict)
    return os.waitpid(child, 0)[1] == 0


def _can_fork() -> bool:
    child = os.fork()
    if child == 0:
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def _enter(names: tuple[str, ...], scratch: str, scratch_mb: int) -> None:
    user, group = os.geteuid(), os.getegid()
    unshare(sum(_FLAGS[name] for name in names))
    if "user" in names:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    if "mount" in names:
        mount("none", "/", "none", _MS_PRIVATE_ALL, "")
        mount("tmpfs", scratch, "tmpfs", _MS_NOSUID_NODEV, f"size={scratch_mb}m,nr_inodes=4096,mode=0700")
