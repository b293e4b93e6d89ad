"""Attacks on other processes and on the way a call is ended. Never call them outside a sandbox."""

import contextlib
import ctypes
import fcntl
import multiprocessing
import os
import pty
import resource
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable

_libc = ctypes.CDLL(None, use_errno=True)


def kills(process: int) -> str:
    os.kill(process, signal.SIGKILL)
    return "killed"


def kills_parent() -> str:
    os.kill(os.getppid(), signal.SIGKILL)
    return "killed"


def interrupts_parent() -> str:
    os.kill(os.getppid(), signal.SIGINT)
    return "interrupted"


def stops_parent() -> str:
    os.kill(os.getppid(), signal.SIGSTOP)
    return "stopped"


def kills_group(group: int) -> str:
    os.killpg(group, signal.SIGKILL)
    return "killed"


def queues_signal() -> str:
    """``rt_sigqueueinfo``, by the number of each architecture."""
    number = {"x86_64": 129, "aarch64": 138}[os.uname().machine]
    if _libc.syscall(ctypes.c_long(number), os.getppid(), signal.SIGKILL, (ctypes.c_char * 128)()) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "killed"


def signals_by_owner(process: int, number: int) -> str:
    """A descriptor sends its owner a signal when it can be read: the kernel signals, not we."""
    reader, writer = os.pipe()
    fcntl.fcntl(reader, fcntl.F_SETSIG, number)
    fcntl.fcntl(reader, fcntl.F_SETOWN, process or os.getppid())
    fcntl.fcntl(reader, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    os.write(writer, b"x")
    os.close(reader)
    os.close(writer)
    return "signalled"


def signals_by_owner_ioctl(process: int) -> str:
    """The same by ``FIOSETOWN``."""
    reader, writer = socket.socketpair()
    fcntl.ioctl(reader, 0x8901, (process or os.getppid()).to_bytes(4, "little"))
    fcntl.fcntl(reader, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    writer.send(b"x")
    return "signalled"


def stops_neighbours_by_owner() -> str:
    """Whatever else is in a process namespace: only there, for elsewhere it could be anybody."""
    if os.getppid() == 1:
        for process in range(2, os.getpid() + 20):
            if process != os.getpid():
                with contextlib.suppress(ProcessLookupError):
                    signals_by_owner(process, signal.SIGSTOP)
    return signals_by_owner(os.getppid(), signal.SIGWINCH)


def stops_itself() -> str:
    os.kill(os.getpid(), signal.SIGSTOP)
    return "continued"


def signals_itself(number: int) -> str:
    os.kill(os.getpid(), number)
    return "survived"


def leaves_session() -> str:
    os.setsid()
    return "left"


def leaves_group() -> str:
    os.setpgid(0, 0)
    return "left"


def outlives_parent() -> str:
    """Not to be killed with the parent."""
    if _libc.prctl(1, 0, 0, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "outlives"


def forks() -> str:
    if not os.fork():
        time.sleep(60)
    return "forked"


def forks_in_c() -> int:
    child: int = _libc.fork()
    if child < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return child


def fork_bomb() -> None:
    forked = 0
    while True:
        try:
            os.fork()
            forked += 1
        except OSError:
            if not forked:
                raise


def forks_terminal() -> str:
    pty.fork()
    return "forked"


def spawns() -> str:
    os.posix_spawn("/bin/sh", ["sh", "-c", "id"], {})
    return "spawned"


def runs_program() -> str:
    return subprocess.run(["/bin/sh", "-c", "id"], capture_output=True, check=True, text=True).stdout


def runs_shell() -> int:
    return os.system("touch pwned")  # noqa: S605, S607 - that is the test


def becomes_program() -> None:
    os.execv("/bin/sh", ["sh", "-c", "id"])  # noqa: S606 - that is the test


def becomes_program_from_memory() -> None:
    """An executable that no path leads to."""
    handle = os.memfd_create("x", 0)
    os.write(handle, b"#!/bin/sh\nid\n")
    os.execve(handle, ["x"], {})  # noqa: S606 - that is the test


def uses_a_pool() -> list[int]:
    with multiprocessing.get_context("fork").Pool(2) as pool:
        return pool.map(abs, [-1])


def changes_limits_of(process: int) -> str:
    resource.prlimit(process or os.getppid(), resource.RLIMIT_CPU, (0, 0))
    return "changed"


def raises_own_limits() -> str:
    for which in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
        hard = resource.getrlimit(which)[1]
        resource.setrlimit(which, (hard, hard + 1))
    return "raised"


def gets_priority() -> str:
    os.setpriority(os.PRIO_PROCESS, 0, -20)
    return "raised"


def lowers_priority_of(process: int) -> str:
    os.setpriority(os.PRIO_PROCESS, process or os.getppid(), 19)
    return "lowered"


def gets_real_time() -> str:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
    return "raised"


def pins(process: int) -> str:
    os.sched_setaffinity(process or os.getppid(), {0})
    return "pinned"


def _in_thread(function: Callable[[], object]) -> None:
    threading.Thread(target=function).start()


def leaves_thread() -> str:
    """A thread that would hold up the end of an ordinary program."""
    _in_thread(lambda: time.sleep(60))
    return "returned"


def thread_exits() -> str:
    _in_thread(lambda: os._exit(5))
    time.sleep(60)
    return "returned"


def becomes_root() -> str:
    os.setresuid(0, 0, 0)
    os.setgroups([0])
    return "root"


def regains_capabilities() -> str:
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    everything = (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)
    if _libc.capset(header, everything) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "regained"


# with leave to start processes


def leaves_children() -> str:
    for _ in range(3):
        if not os.fork():
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(60)
            os._exit(0)
    return "left"


def leaves_grandchild() -> str:
    """Forks twice, so that the middle is gone and nobody is its parent."""
    if not os.fork():
        if not os.fork():
            time.sleep(60)
        os._exit(0)
    os.wait()
    return "left"


def child_leaves_session() -> str:
    child = os.fork()
    if not child:
        try:
            os.setsid()
        except PermissionError:
            os._exit(7)
        os._exit(0)
    return str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def child_replies_instead(pause_s: float) -> str:
    """The child holds the pipe after its parent is gone."""
    if not os.fork():
        time.sleep(pause_s)
        os._exit(0)
    os._exit(0)
