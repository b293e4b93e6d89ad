"""Functions that a sandbox must survive. Never call them outside one."""

import asyncio
import ctypes
import math
import mmap
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

calls_so_far: list[int] = []


def add(a: int, b: int) -> int:
    """Behave."""
    return a + b


def echo(value: str) -> str:
    return value


def roll() -> float:
    return random.random()


def within_asyncio(value: int) -> int:
    async def answer() -> int:
        await asyncio.sleep(0)
        return value

    return asyncio.run(answer())


def within_thread(value: int) -> int:
    found: list[int] = []
    thread = threading.Thread(target=found.append, args=(value,))
    thread.start()
    thread.join()
    return found[0]


def remembers() -> int:
    calls_so_far.append(1)
    os.environ["LEAK"] = "x"
    return len(calls_so_far)


# what it may do with files


def writes_scratch(text: str) -> str:
    path = Path("note.txt")
    path.write_text(text)
    return path.read_text()


def lists_scratch() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


def uses_tempfile() -> bool:
    with tempfile.NamedTemporaryFile() as file:
        return Path(file.name).exists()


def empties(path: str, how: str) -> str:
    """Empties a file in one of the ways there are."""
    if how == "path":
        os.truncate(path, 0)
    elif how == "openat2":
        flags = (ctypes.c_uint64 * 3)(os.O_RDONLY | os.O_TRUNC, 0, 0)
        if ctypes.CDLL(None, use_errno=True).syscall(437, -100, path.encode(), flags, 24) < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    elif how == "descriptor":
        with Path(path).open("r+b") as file:
            file.truncate(0)
    else:
        flag = {"reading": os.O_RDONLY, "writing": os.O_WRONLY, "neither": os.O_ACCMODE}[how]
        os.close(os.open(path, flag | os.O_TRUNC))
    return "emptied"


def makes_folders(number: int) -> str:
    for name in range(number):
        Path(str(name)).mkdir()
    return "made"


def litters(depth: int) -> str:
    for _ in range(depth):
        Path("d").mkdir()
        Path("f").touch()
        os.chdir("d")
    Path().chmod(0)
    return "left"


def reads(path: str) -> str:
    return Path(path).read_text(errors="replace")


def lists(path: str) -> list[str]:
    return [entry.name for entry in Path(path).iterdir()]


def writes(path: str) -> str:
    Path(path).write_text("pwned")
    return "written"


def appends_to_dev_null() -> int:
    return Path(os.devnull).write_text("x")


def environment() -> dict[str, str]:
    return dict(os.environ)


def open_descriptors() -> list[int]:
    found = []
    for descriptor in range(64):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        found.append(descriptor)
    return found


# what it says


def raises(kind: str) -> None:
    kinds: dict[str, BaseException] = {
        "ValueError": ValueError("no such\nunit"),
        "KeyError": KeyError("x"),
        "ZeroDivisionError": ZeroDivisionError("division by zero"),
        "re.error": re.error("bad pattern"),
        "TypeError": TypeError("not a number"),
        "RuntimeError": RuntimeError("it broke"),
        "MemoryError": MemoryError(),
        "SystemExit": SystemExit(3),
        "KeyboardInterrupt": KeyboardInterrupt(),
        "PermissionError": PermissionError("you are not on the list"),
    }
    raise kinds[kind]


def raises_with(message: str) -> None:
    raise RuntimeError(message)


def raises_address() -> None:
    raise RuntimeError(f"bad {object()} in {Path.cwd() / 'note.txt'} of {__file__}")


def raises_unprintable() -> None:
    class OddError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    raise OddError


def not_json() -> Any:
    return object()


def nan() -> float:
    return math.nan


def large(kib: int) -> str:
    return "x" * (kib * 1024)


def error_shaped() -> dict[str, str]:
    return {"error": "no such city"}


def prints(mib: int) -> str:
    block = b"x" * (1 << 20)
    for _ in range(mib):
        os.write(1, block)
        os.write(2, block)
    return "printed"


def forges(text: str) -> str:
    body = text.encode()
    os.write(3, b"R" + len(body).to_bytes(4, "big") + body)
    os._exit(0)


def floods_reply() -> None:
    os.write(3, b"R" + (1 << 31).to_bytes(4, "big"))
    while True:
        os.write(3, b"x" * 65536)


def closes_reply() -> None:
    os.close(3)
    time.sleep(60)


# what never ends


def loops() -> None:
    while True:
        pass


def loops_in_c() -> int:
    return sum(range(10**12))


def sleeps() -> None:
    time.sleep(60)


def swallows() -> None:
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    while True:
        try:  # noqa: SIM105 - plain, as such code is
            time.sleep(0.01)
        except BaseException:  # noqa: BLE001, S110 - exactly what must not help
            pass


def burns_threads() -> None:
    for _ in range(4):
        threading.Thread(target=loops_in_c).start()
    time.sleep(60)


# what dies


def exits(code: int) -> None:
    os._exit(code)


def segfaults() -> None:
    ctypes.string_at(0)


def recurses() -> None:
    sys.setrecursionlimit(10**9)
    recurses()


def allocates(mib: int) -> int:
    return len(bytearray(mib << 20))


def hoards() -> None:
    kept = []
    while True:
        kept.append("x" * (1 << 20))


def fork_bomb() -> None:
    forks = 0
    while True:
        try:
            os.fork()
            forks += 1
        except OSError:
            if not forks:
                raise


def thread_bomb() -> int:
    started = 0
    while True:
        try:
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        except (RuntimeError, MemoryError):
            return started
        started += 1


def runs(program: str) -> str:
    return subprocess.run([program], capture_output=True, check=True, text=True).stdout


def replaces_itself(program: str) -> None:
    os.execv(program, [program])  # noqa: S606 - that is the test


# whom it reaches


def tcp(host: str, port: int) -> str:
    with socket.create_connection((host, port), timeout=1) as connection:
        connection.sendall(b"x")
    return "sent"


def udp(host: str, port: int) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", (host, port))
    return "sent"


def unix(path: str) -> str:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
    return "connected"


def unix_datagram(path: str) -> str:
    sender, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    sender.sendto(b"x", path)
    return "sent"


def fetches(url: str) -> str:
    with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310 - that is the test
        return str(answer.read())


def kills(process: int) -> str:
    os.kill(process, signal.SIGKILL)
    return "killed"


def kills_parent() -> str:
    os.kill(os.getppid(), signal.SIGKILL)
    return "killed"


def kills_everyone() -> str:
    os.kill(-1, signal.SIGKILL)
    return "killed"


def raw_syscall(number: int, arguments: list[int]) -> str:
    libc = ctypes.CDLL(None, use_errno=True)
    answer = libc.syscall(ctypes.c_long(number), *(ctypes.c_long(argument) for argument in arguments))
    if answer < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return "allowed"


def leaves_group() -> str:
    os.setsid()
    return "left"


def leaves_children() -> str:
    """Needs a sandbox that allows processes."""
    for _ in range(3):
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(60)
            os._exit(0)
    return "left"


def enters_by_int_80() -> int:
    """Ask for a process id by the 32-bit way."""
    code = b"\xb8\x14\x00\x00\x00\xcd\x80\xc3"  # mov eax, 20; int 0x80; ret
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return int(ctypes.CFUNCTYPE(ctypes.c_int)(address)())


def touches(path: str, how: str) -> str:
    if how == "mode":
        Path(path).chmod(0o755)
    elif how == "mode by descriptor":
        os.fchmod(os.open(path, os.O_RDONLY), 0o755)
    elif how == "times":
        os.utime(path, (0, 0))
    elif how == "attribute":
        os.setxattr(path, "user.x", b"x")
    elif how == "owner":
        os.chown(path, os.geteuid(), os.getegid())
    return "touched"


def fills_scratch(files: int, bytes_each: int) -> int:
    for number in range(files):
        with Path(f"file{number}").open("wb") as file:
            file.write(b"x" * bytes_each)
    return files


def starts_processes(wanted: int) -> int:
    started = 0
    for _ in range(wanted):
        try:
            if os.fork() == 0:
                time.sleep(30)
                os._exit(0)
        except OSError:
            break
        started += 1
    return started
