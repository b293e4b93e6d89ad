"""The walls (restrictions): outer ones around a sandbox process, inner ones around each call."""

import contextlib
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

_FIRST_OWN_USER, _OWN_USERS = 0x6000_0000, 1 << 22
"""User ids far above those that systems give out, one for each process id."""

_DEV_NULL = (os.devnull, landlock.READ_FILE | landlock.WRITE_FILE)


class Found(msgspec.Struct, frozen=True):
    """The walls that this machine offers, beside resource limits, which there are always."""

    landlock: int
    """ABI; 0 for none."""
    seccomp: bool


def find_walls() -> Found:
    """Ask the kernel."""
    return Found(landlock=landlock.abi(), seccomp=LINUX and seccomp.available())


def missing(found: Found) -> tuple[str, ...]:
    """What of it this machine does not offer, each with why, as far as that can be known."""
    lacking = []
    if not found.landlock:
        lacking.append(f"no Landlock: {landlock.why_none()}" if LINUX else "no Landlock: it exists only on Linux")
    if not found.seccomp:
        lacking.append(f"no seccomp: {seccomp.why_none()}" if LINUX else "no seccomp: it exists only on Linux")
    return tuple(lacking)


def be_counted() -> None:
    """As root: have processes counted, and bounded, under a user id that nobody else has.

    The kernel does not hold root to a number of processes. It counts by the *real* user id and opens files by the
    effective one, which stays.
    """
    if LINUX and os.geteuid() == 0:
        with contextlib.suppress(OSError):
            os.setresuid(_FIRST_OWN_USER + os.getppid() % _OWN_USERS, -1, -1)


def raise_outer(
    found: Found,
    scratch: str,
    readable: Sequence[str],
    listable: Sequence[str],
    limits: Limits,
    *,
    read_only: bool,
) -> None:
    """Wall in this process for good, with all that it will start, before it imports any tool.

    Args:
        found: what to raise.
        scratch: the only folder that stays writable.
        readable: files and folders that stay readable.
        listable: folders of which the names stay readable.
        limits: a call that may start processes may also execute installed programs.
        read_only: whether all files outside are read-only for this process, by its mounts. Where they are not, seccomp
            forbids what Landlock does not know: changing modes, owners, times and extended attributes, in scratch too,
            and, before its ABI 3, emptying files by path.

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
        seccomp.forbid_always(
            attributes=not read_only, truncation=not read_only and landlock.leaves_truncation(found.landlock)
        )


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
