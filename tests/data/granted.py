"""Functions that need more than the sandbox gives, to be granted it."""

import asyncio
import ctypes
import fcntl
import os
import socket
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def read_text(path: str) -> str:
    """Read a file.

    Args:
        path: of the file.
    """
    return Path(path).read_text("utf-8")


def change(path: str) -> str:
    """Write to a file.

    Args:
        path: of the file.
    """
    Path(path).write_text("changed", "utf-8")
    return "changed"


def variable(name: str) -> str:
    """Tell a variable's value.

    Args:
        name: of the variable.
    """
    return os.environ.get(name, "not set")


def variable_in_forms(name: str) -> dict[str, object]:
    """Tell a variable's value in a key, in a list, in a number and in a URL.

    Args:
        name: of the variable.
    """
    value = os.environ[name]
    number = int(value) if value.isdigit() else 0
    return {value: [f"before {value} after"], "url": f"?key={urllib.parse.quote(value)}", "number": number}


def fails_with(name: str, filler: int = 0) -> str:
    """Raise an error in which a variable's value stands.

    Args:
        name: of the variable.
        filler: letters before it.
    """
    raise RuntimeError("." * filler + f"no access with {os.environ[name]}")


def fetch(url: str) -> str:
    """Fetch a page.

    Args:
        url: of the page.
    """
    with urllib.request.urlopen(url, timeout=3) as answer:  # noqa: S310
        return str(answer.read(), "utf-8")


def fetch_async(url: str) -> str:
    """Fetch a page with aiohttp.

    Args:
        url: of the page.
    """

    import aiohttp  # noqa: PLC0415 - takes long, and only one test needs it

    async def go() -> str:
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return await answer.text()

    return asyncio.run(go())


def fetch_in_threads(url: str, times: int) -> list[str]:
    """Fetch a page several times at once.

    Args:
        url: of the page.
        times: how often.
    """
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(fetch, [url] * times))


def opens(kind: str, host: str = "127.0.0.1", port: int = 9) -> str:
    """Open the network in some other way.

    Args:
        kind: which.
        host: to reach.
        port: of it.
    """
    if kind == "udp":
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", (host, port))
    elif kind == "unix":
        socket.socket(socket.AF_UNIX)
    elif kind == "listen":
        socket.create_server((host, 0))
    elif kind == "interfaces":
        fcntl.ioctl(socket.create_connection((host, port)), 0x8912, b"\0" * 64)
    elif kind == "fast open":
        socket.create_connection((host, port)).sendto(b"x", 0x20000000, ("127.0.0.1", 1))
    elif kind == "raw":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.socket(socket.AF_INET, socket.SOCK_STREAM, 0) < 0:
            raise OSError(ctypes.get_errno(), "refused")
    elif kind == "flood":
        for _ in range(4):
            socket.create_connection((host, port)).close()
    return "open"


def breaks_the_channel(host: str, port: int) -> str:
    """Write nonsense to every descriptor that is open.

    Args:
        host: not used.
        port: not used.
    """
    for descriptor in range(5, 20):
        try:
            os.write(descriptor, b"\xff" * 64)
        except OSError:
            continue
    return "broken"
