"""Which walls stand where: the outer ones around a sandbox process, the inner ones around each call."""

import os
import sysconfig
from collections.abc import Sequence

import msgspec

from apigen.execute.sandbox import landlock, seccomp
from apigen.execute.sandbox.kernel import LINUX, die_with_parent, drop_capabilities, forbid_new_privileges
from apigen.execute.sandbox.limits import Caps, Limits

_NEVER_SECRET = (
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/timezone",
    "/etc/locale.alias",
    "/etc/mime.types",
    "/etc/os-release",
    "/dev/urandom",
    "/dev/random",
    "/dev/zero",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/sys/devices/system/cpu",
)
"""What interpreters and numeric libraries read on any Linux, and what tells nothing about its user."""

_DEV_NULL = (os.devnull, landlock.READ_FILE | landlock.WRITE_FILE)


class Found(msgspec.Struct, frozen=True):
    """The walls that this machine offers, beside resource limits, which there are always."""

    landlock: int
    """ABI; 0 for none."""
    seccomp: bool


def find_walls() -> Found:
    """Ask the kernel."""
    return Found(landlock=landlock.abi(), seccomp=LINUX and seccomp.available())


def raise_outer(found: Found, scratch: str, readable: Sequence[str], listable: Sequence[str], limits: Limits) -> None:
    """Wall in this process for good, with all that it will start, before it imports any tool.

    Args:
        found: what to raise.
        scratch: the only folder that stays writable.
        readable: files and folders that stay readable.
        listable: folders of which the names stay readable.
        limits: a call that may start processes may also execute installed programs.

    Raises:
        OSError: a wall that was said to be there could not be raised; nothing untrusted may run then.
    """
    if not LINUX:
        return
    forbid_new_privileges()
    drop_capabilities()
    if found.landlock:
        read = landlock.READ | (landlock.EXECUTE if limits.processes else 0)
        rules = [(path, read) for path in (*_NEVER_SECRET, *_installation(), *readable)]
        rules += [(path, landlock.READ_DIR) for path in listable]
        rules += [(scratch, landlock.scratch_rights(found.landlock)), _DEV_NULL]
        landlock.restrict(found.landlock, landlock.everything(found.landlock), rules)
    if found.seccomp:
        seccomp.forbid_always()


class InnerWalls:
    """What each call raises for itself: it may signal nobody, start nothing, and use only so much.

    Made once in the zygote, so that a call only has to raise them.
    """

    def __init__(self, found: Found, limits: Limits) -> None:
        self._caps = Caps(limits)
        self._filter = seccomp.CallFilter(processes=limits.processes > 0) if found.seccomp else None

    def raise_them(self, mapped_bytes: int, parent: int, *, cold: bool) -> None:
        """Wall in this process for good.

        Args:
            mapped_bytes: address space before the call; see :meth:`~apigen.execute.sandbox.limits.Caps.put_on`.
            parent: the zygote's process id, as the call sees it.
            cold: the call has to import its function first.

        Raises:
            OSError: as :func:`raise_outer`.
        """
        die_with_parent(parent)
        self._caps.put_on(mapped_bytes, cold=cold)
        if self._filter is not None:
            self._filter.install()

    def start_the_clock(self) -> None:
        """Count CPU time from here, after importing."""
        self._caps.renew_cpu()


def _installation() -> list[str]:
    """Folders of the running Python: its standard library, its installed packages, its shared libraries."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    paths = [sysconfig.get_path(name) for name in names]
    paths += [sysconfig.get_config_var("LIBDIR") or "", os.path.dirname(os.__file__)]  # noqa: PTH120 - plain strings
    return [path for path in paths if path]
