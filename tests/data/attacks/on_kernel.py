"""Attacks by raw system calls, past Python's own functions. Never call them outside a sandbox."""

import ctypes
import mmap
import os
import socket
import time

_libc = ctypes.CDLL(None, use_errno=True)

_NUMBERS = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "io_uring_setup": (425, 425),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "keyctl": (250, 219),
    "perf_event_open": (298, 241),
    "unshare": (272, 97),
    "setns": (308, 268),
    "clone": (56, 220),
    "clone3": (435, 435),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "memfd_create": (319, 279),
    "init_module": (175, 105),
    "kexec_load": (246, 104),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "acct": (163, 89),
    "syslog": (103, 116),
    "personality": (135, 92),
    "quotactl": (179, 60),
    "settimeofday": (164, 170),
    "adjtimex": (159, 171),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "setdomainname": (171, 162),
    "iopl": (172, None),
    "modify_ldt": (154, None),
    "io_setup": (206, 0),
    "sync": (162, 81),
    "seccomp": (317, 277),
    "landlock_create_ruleset": (444, 444),
    "vmsplice": (278, 75),
    "splice": (275, 76),
    "mbind": (237, 235),
    "pkey_alloc": (330, 289),
    "get_robust_list": (274, 100),
    "cachestat": (451, 451),
    "setresuid": (117, 147),
    "newest": (470, 470),
}
"""By architecture: x86-64, AArch64. Written down here once more, so that a slip in the filter's table is found."""


def raw(name: str, arguments: list[int]) -> str:
    number = _NUMBERS[name][0 if os.uname().machine == "x86_64" else 1]
    if number is None:
        raise PermissionError(1, "no such call on this architecture")
    return _call(number, arguments)


def raw_x32(number: int, arguments: list[int]) -> str:
    """x86-64's second table of numbers."""
    return _call(0x40000000 + number, arguments)


def _call(number: int, arguments: list[int]) -> str:
    if _libc.syscall(ctypes.c_long(number), *(ctypes.c_long(argument) for argument in arguments)) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "allowed"


def by_32_bit_interrupt() -> int:
    """``getpid`` by ``int 0x80``, which counts system calls in its own way."""
    code = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(bytes.fromhex("b814000000cd80c3"))
    address = ctypes.addressof(ctypes.c_char.from_buffer(code))
    return int(ctypes.CFUNCTYPE(ctypes.c_int)(address)())


def sets_clock() -> str:
    time.clock_settime(time.CLOCK_REALTIME, 0)
    return "set"


def sets_hostname() -> str:
    socket.sethostname("pwned")
    return "set"


def types_into_terminal() -> str:
    """``TIOCSTI`` puts keystrokes into a terminal."""
    if _libc.ioctl(0, 0x5412, b"x") < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "typed"
