"""Attacks that use up memory, time, descriptors, space or patience. Never call them outside a sandbox."""

import ctypes
import fcntl
import gc
import hashlib
import itertools
import mmap
import os
import re
import select
import signal
import sys
import threading
import time
from collections.abc import Iterator
from multiprocessing import shared_memory
from pathlib import Path
from typing import Any

_libc = ctypes.CDLL(None, use_errno=True)

# memory


def one_block(mib: int) -> int:
    return len(bytearray(mib << 20))


def many_blocks() -> None:
    kept = []
    while True:
        kept.append("x" * (1 << 20))


def maps_memory(mib: int) -> int:
    return len(mmap.mmap(-1, mib << 20))


def maps_in_c(mib: int) -> int:
    _libc.mmap.restype = ctypes.c_void_p
    address = _libc.mmap(None, ctypes.c_size_t(mib << 20), 3, 0x4022, -1, 0)  # private, anonymous, no reserve
    if address in (None, ctypes.c_void_p(-1).value):
        raise MemoryError
    return mib


def shares_memory() -> str:
    return shared_memory.SharedMemory(create=True, size=1 << 30).name


def memory_in_files() -> int:
    """Memory that no address space shows: files that live in it, filled and never mapped."""
    block, written = b"x" * (1 << 20), 0
    while True:
        written += os.write(os.memfd_create("x"), block)


def memory_in_pipes() -> int:
    kept = 0
    while True:
        _, writer = os.pipe()
        os.set_blocking(writer, False)
        kept += os.write(writer, b"x" * (1 << 20))


def memory_in_large_pipes() -> int:
    _, writer = os.pipe()
    return fcntl.fcntl(writer, 1031, 1 << 20)


def recurses() -> None:
    sys.setrecursionlimit(10**9)
    recurses()


def recurses_politely() -> None:
    recurses_politely()


def overflows_c_stack() -> None:
    """Letting go of a long chain, link by link, in C."""
    chain: Any = iter(())
    for _ in range(300_000):
        chain = itertools.chain(chain)
    next(chain, None)


def multiplies_lists() -> int:
    return len([[0] * 10**9])


def raises_to_power() -> int:
    return int((10 ** (10**8)) > 0)


def writes_out_power() -> str:
    sys.set_int_max_str_digits(0)
    return str(10 ** (10**7))


def repeats_string() -> int:
    return len("ab" * 10**12)


# time


def loops() -> None:
    while True:
        pass


def loops_in_c() -> int:
    return sum(range(10**12))


def backtracks() -> bool:
    return re.fullmatch(r"(a+)+b", "a" * 200) is not None


def powers() -> int:
    return int(pow(3, 10**9) % 7)


def sleeps() -> None:
    time.sleep(60)


def waits_for_input() -> None:
    reader, _ = os.pipe()
    select.select([reader], [], [])


def deadlocks() -> None:
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def swallows() -> None:
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    while True:
        try:  # noqa: SIM105 - plain, as such code is
            time.sleep(0.01)
        except BaseException:  # noqa: BLE001, S110 - exactly what must not help
            pass


def ignores_signals() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    while True:
        pass


def burns_threads() -> None:
    """Threads that hash do so beside each other."""
    for _ in range(4):
        threading.Thread(target=hashlib.pbkdf2_hmac, args=("sha256", b"x", b"y", 10**9)).start()
    time.sleep(60)


def generates_forever() -> Iterator[int]:
    yield from itertools.count()


def generates_nothing_forever() -> Iterator[int]:
    while True:
        if time.time() < 0:
            yield 1


def loops_at_the_end() -> str:
    try:
        return "returned"
    finally:
        while True:
            pass


class _Clinging:
    def __del__(self) -> None:
        while True:
            pass


def loops_when_let_go() -> str:
    kept = _Clinging()
    return f"returned {kept is not None}"


def loops_in_collections() -> str:
    gc.callbacks.append(lambda *_: loops())
    gc.collect()
    return "returned"


def loops_when_traced() -> str:
    def trace(*_: Any) -> Any:
        while True:
            pass

    sys.settrace(trace)
    return str(sorted([1]))


def alarms_forever() -> str:
    """Raises out of whatever comes after the function."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.0001)
    while True:
        pass


# threads, descriptors, files, output


def thread_bomb() -> int:
    return _threads(0)


def small_thread_bomb() -> int:
    return _threads(32768)


def _threads(stack: int) -> int:
    threading.stack_size(stack)
    started = 0
    while True:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        started += 1


def opens_files() -> int:
    opened = []
    while True:
        opened.append(os.open(os.devnull, os.O_RDONLY))


def one_large_file() -> int:
    with Path("large").open("wb") as file:
        file.writelines(b"x" * (1 << 20) for _ in range(1024))
    return 1


def seeks_far() -> int:
    with Path("sparse").open("wb") as file:
        file.truncate(1 << 40)
    return 1


def many_large_files() -> int:
    for number in range(10_000):
        Path(str(number)).write_bytes(b"x" * (1 << 20))
    return 1


def many_small_files() -> int:
    for number in range(1_000_000):
        Path(str(number)).touch()
    return 1


def floods(descriptor: int) -> str:
    block = b"x" * (1 << 20)
    for _ in range(500):
        os.write(descriptor, block)
    return "printed"


def prints_much() -> str:
    for _ in range(200):
        print("x" * 100_000)
        print("x" * 100_000, file=sys.stderr)
    return "printed"
