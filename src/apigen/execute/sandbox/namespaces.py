"""New namespaces: a network without interfaces, process ids of one's own, a bounded scratch filesystem.

Ordinary users need a user namespace for the others; some machines forbid that (containers, Ubuntu since 24.04), so
what works is found by trying it in a process that ends right away.

In a mount namespace every mount becomes read-only. That closes what Landlock leaves open: changing the mode, the
owner, the times or the extended attributes of a file that belongs to the same user.
"""

import contextlib
import os
from pathlib import Path

from apigen.execute.sandbox.kernel import LINUX, make_everything_read_only, mount, unshare

_FLAGS = {"user": 0x10000000, "network": 0x40000000, "process": 0x20000000, "ipc": 0x08000000, "mount": 0x00020000}
_CANDIDATES = (
    ("user", "network", "process", "ipc", "mount"),
    ("network", "process", "ipc", "mount"),
    ("user", "network", "ipc"),
    ("network", "ipc"),
)
"""Tried in this order, until one works."""

READ_ONLY = "read-only mounts"
"""Told beside the namespaces, where there is a mount namespace and the kernel can do it."""

_MS_NOSUID_NODEV, _MS_PRIVATE_ALL = 0x2 | 0x4, 0x40000 | 0x4000


def enter_best(scratch: str, scratch_mb: int, *, as_root: bool = False) -> tuple[str, ...]:
    """Move this process into as many new namespaces as the machine allows.

    A ``process`` namespace begins with the next child, which becomes its process 1: when that ends, the kernel kills
    everything in it.

    Args:
        scratch: folder that becomes a filesystem in memory where there is a mount namespace.
        scratch_mb: its size in MiB.
        as_root: prefer to keep the ids of the whole machine, which only root can, to use one of its own; see
            :func:`apigen.execute.sandbox.walls.be_counted`.

    Returns:
        Names of the namespaces entered, and :data:`READ_ONLY`; empty where none is allowed.
    """
    if not LINUX:
        return ()
    candidates = sorted(_CANDIDATES, key=lambda names: "user" in names) if as_root else _CANDIDATES
    for names in candidates:
        if _works(names, scratch, scratch_mb):
            return _enter(names, scratch, scratch_mb)
    return ()


def why_none() -> str:
    """What on this machine stands against new namespaces, as far as that can be known; empty where it cannot."""
    for path, value, what in (
        ("/proc/sys/user/max_user_namespaces", "0", "the sysctl user.max_user_namespaces is 0"),
        ("/proc/sys/user/max_net_namespaces", "0", "the sysctl user.max_net_namespaces is 0"),
        ("/proc/sys/kernel/unprivileged_userns_clone", "0", "the sysctl kernel.unprivileged_userns_clone is 0"),
        (
            "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "AppArmor restricts user namespaces (the sysctl kernel.apparmor_restrict_unprivileged_userns is 1)",
        ),
    ):
        with contextlib.suppress(OSError):
            if Path(path).read_text().strip() == value:
                return what
    return _refusal()


def _refusal() -> str:
    """How the kernel answers to the wish for a user namespace."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        answer = b""
        try:
            unshare(_FLAGS["user"])
        except OSError as error:
            answer = (error.strerror or "").encode()
        os.write(writer, answer)
        os._exit(0)
    os.close(writer)
    answer = os.read(reader, 200)
    os.close(reader)
    os.waitpid(child, 0)
    return f"the kernel or the container refuses them ({answer.decode()})" if answer else ""


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


def _enter(names: tuple[str, ...], scratch: str, scratch_mb: int) -> tuple[str, ...]:
    """Enter and settle in; returns what came of it."""
    user, group = os.geteuid(), os.getegid()
    unshare(sum(_FLAGS[name] for name in names))
    if "user" in names:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    if "mount" not in names:
        return names
    mount("none", "/", "none", _MS_PRIVATE_ALL, "")
    with contextlib.suppress(OSError):
        make_everything_read_only()
        names = (*names, READ_ONLY)
    mount("tmpfs", scratch, "tmpfs", _MS_NOSUID_NODEV, f"size={scratch_mb}m,nr_inodes=4096,mode=0700")
    return names
