"""Landlock: a process gives up access to files by path, also as an ordinary user.

Format: ``linux/landlock.h`` and the kernel's userspace-api documentation. Newer kernels know more rights (their *ABI*
number says which); what a kernel does not know is left to the other walls.
"""

import contextlib
import ctypes
import errno
import os
from collections.abc import Iterable

from apigen.execute.sandbox.kernel import LINUX, syscall

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_GET_ABI = 1
_RULE_PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_SOCK, _MAKE_BLOCK = 1 << 6, 1 << 9, 1 << 11
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_OF_ABI_1 = (1 << 13) - 1
_FOR_FILES = EXECUTE | WRITE_FILE | READ_FILE | _TRUNCATE | _IOCTL_DEV
_NETWORK = 0b11  # bind and connect by TCP, from ABI 4
_SCOPES = 0b11  # abstract Unix sockets and signals, from ABI 6

READ = READ_FILE | READ_DIR


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("access", ctypes.c_uint64), ("folder", ctypes.c_int32))


def abi() -> int:
    """The kernel's Landlock version; 0 where there is none."""
    if not LINUX:
        return 0
    try:
        return syscall(_CREATE_RULESET, None, 0, _GET_ABI)
    except OSError:
        return 0


def why_none() -> str:
    """Why a Linux has no Landlock, as the kernel says it."""
    try:
        syscall(_CREATE_RULESET, None, 0, _GET_ABI)
    except OSError as error:
        if error.errno == errno.EOPNOTSUPP:
            return "it is not among the kernel's active security modules; boot with lsm=landlock,..."
        if error.errno == errno.ENOSYS:
            return f"kernel {os.uname().release} lacks it; it requires Linux 5.13"
        return f"the kernel or the container refuses it ({error.strerror})"
    return "unknown"


def restrict(version: int, handled: int, rules: Iterable[tuple[str, int]]) -> None:
    """Deny this process, and all that it starts, the handled rights except where a rule grants them. For good.

    Args:
        version: the ABI to use.
        handled: rights that are denied unless granted; several restrictions add up.
        rules: path and rights granted on it and everything beneath; a path that does not exist is skipped.
    """
    newest = 6 if version >= 6 else 4 if version >= 4 else 1
    ruleset = _Ruleset(handled & _known(version), _NETWORK if newest >= 4 else 0, _SCOPES if newest >= 6 else 0)
    size = {1: 8, 4: 16, 6: 24}[newest]
    handle = syscall(_CREATE_RULESET, ruleset, size, 0)
    try:
        for path, rights in rules:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
                _grant(handle, path, rights & ruleset.files)
        syscall(_RESTRICT_SELF, handle, 0)
    finally:
        os.close(handle)


def everything(version: int) -> int:
    """Every right of that ABI."""
    return _known(version)


def leaves_truncation(version: int) -> bool:
    """Whether that ABI restricts files, but not emptying those that are not opened for writing (before Linux 6.2)."""
    return version > 0 and not _known(version) & _TRUNCATE


def scratch_rights(version: int) -> int:
    """What a scratch folder grants: all but executing, devices and named sockets."""
    return _known(version) & ~(EXECUTE | _IOCTL_DEV | _MAKE_CHAR | _MAKE_BLOCK | _MAKE_SOCK)


def _known(version: int) -> int:
    rights = _OF_ABI_1
    for since, right in ((2, _REFER), (3, _TRUNCATE), (5, _IOCTL_DEV)):
        if version >= since:
            rights |= right
    return rights


def _grant(handle: int, path: str, rights: int) -> None:
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        try:
            syscall(_ADD_RULE, handle, _RULE_PATH_BENEATH, _PathBeneath(rights, opened), 0)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            syscall(_ADD_RULE, handle, _RULE_PATH_BENEATH, _PathBeneath(rights & _FOR_FILES, opened), 0)
    finally:
        os.close(opened)
