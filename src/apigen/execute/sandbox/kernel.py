"""Linux system calls that the standard library does not wrap, by ctypes; numbers from the kernel's uapi headers."""

import ctypes
import os
import sys

LINUX = sys.platform == "linux"
_libc = ctypes.CDLL(None, use_errno=True)

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION_3 = 0x20080522
_MOUNT_SETATTR = 442
_AT_FDCWD, _AT_RECURSIVE, _MOUNT_ATTR_RDONLY = -100, 0x8000, 1


def syscall(number: int, *arguments: "int | bytes | ctypes.Structure | None") -> int:
    """Make a system call.

    Args:
        number: of the call on this architecture.
        arguments: integers; or buffers, whose addresses are passed.

    Raises:
        OSError: as the kernel answered.
    """
    return _checked(_libc.syscall(ctypes.c_long(number), *map(_argument, arguments)))


def prctl(option: int, *arguments: "int | ctypes.Structure") -> int:
    """Change this process, as ``prctl(2)`` does.

    Raises:
        OSError: as the kernel answered.
    """
    padded = (*arguments, 0, 0, 0, 0)[:4]
    return _checked(_libc.prctl(option, *map(_argument, padded)))


def unshare(flags: int) -> None:
    """Move this process into new namespaces, as ``unshare(2)`` does.

    Raises:
        OSError: this machine does not allow it.
    """
    _checked(_libc.unshare(flags))


def mount(source: str, target: str, kind: str, flags: int, options: str) -> None:
    """Mount a filesystem, as ``mount(2)`` does.

    Raises:
        OSError: as the kernel answered.
    """
    _checked(_libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode()))


def unmount(target: str) -> None:
    """Detach a mounted filesystem, also a busy one (``MNT_DETACH``)."""
    _checked(_libc.umount2(target.encode(), 2))


class _MountAttributes(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "user_namespace"))


def make_everything_read_only() -> None:
    """Make every mount of this mount namespace read-only, special files excepted, as ``mount_setattr(2)`` does.

    Raises:
        OSError: this machine does not allow it, or its kernel (before 5.12) cannot.
    """
    attributes = _MountAttributes(_MOUNT_ATTR_RDONLY, 0, 0, 0)
    syscall(_MOUNT_SETATTR, _AT_FDCWD, b"/", _AT_RECURSIVE, attributes, ctypes.sizeof(attributes))


def forbid_new_privileges() -> None:
    """Set-uid programs give nothing any more; a precondition of seccomp and Landlock."""
    prctl(_PR_SET_NO_NEW_PRIVS, 1)


def die_with_parent(parent: int) -> None:
    """Have this process killed as soon as its parent ends.

    Args:
        parent: the parent's process id as this process sees it, to notice that it is gone already.
    """
    if not LINUX:
        return
    prctl(_PR_SET_PDEATHSIG, 9)
    if os.getppid() != parent:
        os._exit(1)


def drop_capabilities() -> None:
    """Give up every power of root, for this process and all that it starts."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if number := _CAPSET.get(os.uname().machine):
        _checked(_libc.syscall(ctypes.c_long(number), header, nothing))


def _argument(value: "int | bytes | ctypes.Structure | None") -> object:
    if isinstance(value, ctypes.Structure):
        return ctypes.byref(value)
    return ctypes.c_long(value) if isinstance(value, int) else value


def _checked(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return answer
