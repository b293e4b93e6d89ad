"""A seccomp filter: classic BPF that lets only those system calls through that tools need.

It stands beside Landlock, namespaces and limits, and takes away what those do not cover. What is refused is answered
with EPERM; what nobody has looked at, with ENOSYS, as by an older kernel. Formats: ``linux/seccomp.h``,
``linux/filter.h``; the kernel's documentation asks for the check of the architecture, since numbers differ between
them.
"""

import ctypes
import errno
import os
from collections.abc import Iterable, Mapping, Sequence

from apigen.execute.sandbox.allowed_calls import ALLOWED
from apigen.execute.sandbox.kernel import prctl
from apigen.execute.sandbox.syscalls import (
    FORBIDDEN_ALWAYS,
    FORBIDDEN_IN_A_CALL,
    FORBIDDEN_WHERE_WRITABLE,
    FORBIDDEN_WITHOUT_PROCESSES,
    JUDGED_BY_ARGUMENT,
    WITHOUT_ATTRIBUTES,
)

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Column in the tables, and the ``AUDIT_ARCH_*`` value that the kernel reports."""

_PR_GET_SECCOMP, _PR_SET_SECCOMP, _MODE_FILTER = 21, 22, 2
_LOAD_WORD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_DENY = _ERRNO | errno.EPERM
_UNKNOWN = _ERRNO | errno.ENOSYS
_UNSUPPORTED = _ERRNO | errno.EOPNOTSUPP
_X32 = 0x40000000

_CLONE_THREAD = 0x00010000
_CLONE_NEW_ANYTHING = 0x7E020080  # the seven CLONE_NEW* flags and CLONE_NEWTIME
_AF_UNIX, _SOCK_STREAM = 1, 1
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C  # type into a terminal
_SET_FLAGS = (0x40086602, 0x401C5820)  # FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR
_SIOC_BEGIN, _SIOC_END = 0x8900, 0x8A00  # what sockets tell and change of the network
_MSG_FASTOPEN = 0x20000000  # connects while sending
_HAS_SIGNALS_SENT = (8, 10, 15, 1024, 1026)  # F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY
_F_SETPIPE_SZ = 1031  # takes of the memory for pipes that a user's processes share
_PR_SET_PDEATHSIG = 1
_SIGKILL = 9
_OWN_PROCESS = 0x7FFFFFFE
"""Stands for the process id that is known only in the call; above any real one (``PID_MAX_LIMIT`` is 2^22)."""

_TABLES = (
    ALLOWED,
    FORBIDDEN_ALWAYS,
    WITHOUT_ATTRIBUTES,
    FORBIDDEN_WHERE_WRITABLE,
    FORBIDDEN_IN_A_CALL,
    FORBIDDEN_WITHOUT_PROCESSES,
    JUDGED_BY_ARGUMENT,
)

Instruction = tuple[int, int, int, int]
"""Code, jump if true, jump if false, operand."""


class _Filter(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("filter", ctypes.POINTER(_Filter)))


def available() -> bool:
    """Whether the kernel filters system calls and this architecture has a table."""
    if os.uname().machine not in _ARCHITECTURES:
        return False
    try:
        prctl(_PR_GET_SECCOMP)
    except OSError:
        return False
    return True


def why_none() -> str:
    """Why :func:`available` says no."""
    machine = os.uname().machine
    if machine not in _ARCHITECTURES:
        return f"apigen has no system call table for {machine}"
    return "the kernel was built without it"


def forbid_always(*, attributes: bool, truncation: bool) -> None:
    """Allow what the zygote and calls need, and no more.

    Args:
        attributes: deny changing modes, owners, times and extended attributes of files too.
        truncation: deny emptying files that have not been opened for writing, which the oldest Landlocks leave open.
    """
    rules = [_denied(name) for name in FORBIDDEN_ALWAYS]
    rules += [_always(name, _UNSUPPORTED) for name in WITHOUT_ATTRIBUTES]
    requests = [(_JUMP_EQUAL, number, _DENY) for number in (_TIOCSTI, _TIOCLINUX)]
    if attributes:
        rules += [_denied(name) for name in FORBIDDEN_WHERE_WRITABLE]
        requests += [(_JUMP_EQUAL, number, _DENY) for number in _SET_FLAGS]
    if truncation:
        # openat2 is as good as unknown: its flags lie in memory, as those of clone3.
        rules += [_denied("truncate"), _opening("open", 1), _opening("openat", 2), _always("openat2", _UNKNOWN)]
    # An address of a granted connection may be known, but not the interfaces of the machine that it goes out from.
    requests += [(_JUMP_AT_LEAST, _SIOC_END, _ALLOW), (_JUMP_AT_LEAST, _SIOC_BEGIN, _DENY)]
    rules.append(_judged("ioctl", 1, requests, _ALLOW))
    commands = [(_JUMP_EQUAL, command, _DENY) for command in (*_HAS_SIGNALS_SENT, _F_SETPIPE_SZ)]
    rules.append(_judged("fcntl", 1, commands, _ALLOW))
    for name, argument in (("sendto", 3), ("sendmsg", 2), ("sendmmsg", 3)):
        rules.append(_judged(name, argument, [(_JUMP_ANY_BIT, _MSG_FASTOPEN, _DENY)], _ALLOW))
    rules.append(_judged("clone", 0, [(_JUMP_ANY_BIT, _CLONE_NEW_ANYTHING, _DENY)], _ALLOW))
    # clone3 is as good as unknown: its flags lie in memory, where no filter sees them, and libc then uses clone.
    rules.append(_always("clone3", _UNKNOWN))
    rules.append(_socketpair())
    # Rules above come first; what is left of these tables only a call is denied.
    rules += _allowed(
        ALLOWED, FORBIDDEN_WHERE_WRITABLE, FORBIDDEN_IN_A_CALL, FORBIDDEN_WITHOUT_PROCESSES, JUDGED_BY_ARGUMENT
    )
    _install(_program(rules, otherwise=_UNKNOWN))


class CallFilter:
    """Denies what only the zygote needs: signals to others, leaving the process group, and new processes.

    Built once, since building takes longer than installing, which each call does for itself.
    """

    def __init__(self, *, processes: bool) -> None:
        """Build.

        Args:
            processes: whether calls may start processes.
        """
        rules = [_denied(name) for name in FORBIDDEN_IN_A_CALL]
        rules += [  # so that only the kernel's own SIGKILL means that memory ran out
            _denied_where(name, argument, _SIGKILL)
            for name, argument in (("kill", 1), ("tkill", 1), ("tgkill", 2), ("rt_sigqueueinfo", 1))
        ]
        rules += [
            _judged(name, 0, [(_JUMP_EQUAL, _OWN_PROCESS, _ALLOW)], _DENY)
            for name in ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")
        ]
        rules += [
            _judged(name, 0, [(_JUMP_EQUAL, _OWN_PROCESS, _ALLOW), (_JUMP_EQUAL, 0, _ALLOW)], _DENY)
            for name in ("prlimit64", "sched_setaffinity")
        ]
        rules.append(_judged("prctl", 0, [(_JUMP_EQUAL, _PR_SET_PDEATHSIG, _DENY)], _ALLOW))
        if not processes:
            rules += [_denied(name) for name in FORBIDDEN_WITHOUT_PROCESSES]
            rules.append(_judged("clone", 0, [(_JUMP_ANY_BIT, _CLONE_THREAD, _ALLOW)], _DENY))
        self._program = _program(rules, otherwise=_ALLOW)
        self._own = [index for index in range(self._program.length) if self._program.filter[index].k == _OWN_PROCESS]

    def install(self) -> None:
        """Put the filter on this process and all that it starts, for good."""
        own = os.getpid()
        for index in self._own:
            self._program.filter[index].k = own
        _install(self._program)


def _denied(name: str) -> list[Instruction]:
    return _always(name, _DENY)


def _always(name: str, verdict: int) -> list[Instruction]:
    number = _number(name)
    return [] if number is None else [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, verdict)]


def _judged(name: str, argument: int, tests: Sequence[tuple[int, int, int]], otherwise: int) -> list[Instruction]:
    """Judge a system call by the low word of one argument: the first test that holds gives the verdict."""
    body: list[Instruction] = [(_LOAD_WORD, 0, 0, _ARGUMENTS_AT + 8 * argument)]
    for jump, operand, verdict in tests:
        body += [(jump, 0, 1, operand), (_RETURN, 0, 0, verdict)]
    body.append((_RETURN, 0, 0, otherwise))
    return _only_for(name, body)


def _denied_where(name: str, argument: int, operand: int) -> list[Instruction]:
    """Deny a system call where one argument has this value; else the rules after this one decide."""
    return _only_for(
        name,
        [
            (_LOAD_WORD, 0, 0, _ARGUMENTS_AT + 8 * argument),
            (_JUMP_EQUAL, 0, 1, operand),
            (_RETURN, 0, 0, _DENY),
            (_LOAD_WORD, 0, 0, _NUMBER_AT),
        ],
    )


def _socketpair() -> list[Instruction]:
    """Allow only connected Unix stream pairs, which asyncio needs and which reach nobody else."""
    return _only_for(
        "socketpair",
        [
            (_LOAD_WORD, 0, 0, _ARGUMENTS_AT),
            (_JUMP_EQUAL, 1, 0, _AF_UNIX),
            (_RETURN, 0, 0, _DENY),
            (_LOAD_WORD, 0, 0, _ARGUMENTS_AT + 8),
            (_AND, 0, 0, 0xF),  # without SOCK_CLOEXEC and SOCK_NONBLOCK
            (_JUMP_EQUAL, 1, 0, _SOCK_STREAM),
            (_RETURN, 0, 0, _DENY),
            (_RETURN, 0, 0, _ALLOW),
        ],
    )


def _opening(name: str, argument: int) -> list[Instruction]:
    """Deny to empty a file on opening it for reading, or for nothing: for writing, Landlock asks whether it may be."""
    return _only_for(
        name,
        [
            (_LOAD_WORD, 0, 0, _ARGUMENTS_AT + 8 * argument),
            (_JUMP_ANY_BIT, 1, 0, os.O_TRUNC),
            (_RETURN, 0, 0, _ALLOW),
            (_AND, 0, 0, os.O_ACCMODE),
            (_JUMP_EQUAL, 1, 0, os.O_WRONLY),
            (_JUMP_EQUAL, 0, 1, os.O_RDWR),
            (_RETURN, 0, 0, _ALLOW),
            (_RETURN, 0, 0, _DENY),
        ],
    )


def _only_for(name: str, body: list[Instruction]) -> list[Instruction]:
    """A body that ends in a verdict on every path, skipped by every other system call."""
    number = _number(name)
    return [] if number is None else [(_JUMP_EQUAL, 0, len(body), number), *body]


def _allowed(*tables: Mapping[str, tuple[int | None, int | None]]) -> list[list[Instruction]]:
    """Allow all calls of some tables, as few ranges of numbers."""
    ranges: list[list[int]] = []
    for number in sorted(number for table in tables for name in table if (number := _number(name)) is not None):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return [
        [(_JUMP_AT_LEAST, 0, 2, first), (_JUMP_AT_LEAST, 1, 0, last + 1), (_RETURN, 0, 0, _ALLOW)]
        for first, last in ranges
    ]


def _number(name: str) -> int | None:
    column, _ = _ARCHITECTURES[os.uname().machine]
    for table in _TABLES:
        if name in table:
            return table[name][column]
    raise KeyError(name)


def _program(rules: Iterable[list[Instruction]], *, otherwise: int) -> _Program:
    """A whole filter: check the architecture, go through the rules, else give the last verdict."""
    _, architecture = _ARCHITECTURES[os.uname().machine]
    program: list[Instruction] = [
        (_LOAD_WORD, 0, 0, _ARCHITECTURE_AT),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD_WORD, 0, 0, _NUMBER_AT),
        (_JUMP_AT_LEAST, 0, 1, _X32),  # x86-64's second table of numbers
        (_RETURN, 0, 0, _UNKNOWN),
    ]
    for rule in rules:
        program += rule
    program.append((_RETURN, 0, 0, otherwise))
    return _Program(len(program), (_Filter * len(program))(*(_Filter(*instruction) for instruction in program)))


def _install(program: _Program) -> None:
    """Put a filter on this process and all that it starts, for good; several filters add up."""
    prctl(_PR_SET_SECCOMP, _MODE_FILTER, program)
