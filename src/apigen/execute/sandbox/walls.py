"""Which walls stand where: the outer ones around a sandbox process, the inner ones around each call."""

import os
import sysconfig
from collections.abc import Sequence

import msgspec

from apigen.execute.sandbox import landlock, seccomp
from apigen.execute.sandbox.kernel import LINUX, die_with_parent, drop_capabilities, forbid_new_privileges
from apigen.execute.sandbox.limits import Limits, cap_resources

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


class Walls(msgspec.Struct, frozen=True):
    """The walls that this machine offers, beside resource limits, which there are always."""

    landlock: int
    """ABI; 0 for none."""
    seccomp: bool


def find_walls() -> Walls:
    """Ask the kernel."""
    return Walls(landlock=landlock.abi(), seccomp=LINUX and seccomp.available())


def raise_outer(walls: Walls, scratch: str, readable: Sequence[str], listable: Sequence[str], limits: Limits) -> None:
    """Wall in this process for good, with all that it will start, before it imports any tool.

    Args:
        walls: what to raise.
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
    if walls.landlock:
        read = landlock.READ | (landlock.EXECUTE if limits.processes else 0)
        rules = [(path, read) for path in (*_NEVER_SECRET, *_installation(), *readable)]
        rules += [(path, landlock.READ_DIR) for path in listable]
        rules += [(scratch, landlock.scratch_rights(walls.landlock)), _DEV_NULL]
        landlock.restrict(walls.landlock, landlock.everything(walls.landlock), rules)
    if walls.seccomp:
        seccomp.forbid_always()


def raise_inner(walls: Walls, scratch: str, limits: Limits, mapped_bytes: int, parent: int) -> None:
    """Wall in a call: it may write only to its own scratch folder, signal nobody, and use only so much.

    Args:
        walls: what to raise; the same as outside.
        scratch: the call's own folder.
        limits: of this call.
        mapped_bytes: address space before it started; see :func:`~apigen.execute.sandbox.limits.cap_resources`.
        parent: the zygote's process id, as the call sees it.

    Raises:
        OSError: as :func:`raise_outer`.
    """
    die_with_parent(parent)
    if walls.landlock:
        write = landlock.write_rights(walls.landlock)
        landlock.restrict(walls.landlock, write, [(scratch, write), _DEV_NULL])
    cap_resources(limits, mapped_bytes)
    if walls.seccomp:
        seccomp.forbid_in_a_call(processes=limits.processes > 0)


def _installation() -> list[str]:
    """Folders of the running Python: its standard library, its installed packages, its shared libraries."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    paths = [sysconfig.get_path(name) for name in names]
    paths += [sysconfig.get_config_var("LIBDIR") or "", os.path.dirname(os.__file__)]  # noqa: PTH120 - plain strings
    return [path for path in paths if path]
