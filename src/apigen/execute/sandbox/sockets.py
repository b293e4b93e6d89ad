"""Python's own sockets inside a sandbox with granted hosts: they connect by asking the broker.

The system calls ``socket`` and ``connect`` stay forbidden. So ``socket.socket`` of a TCP family starts as one end of
a local pair, which stands for nothing; ``connect`` asks the broker, which checks the grant and passes a connected
descriptor that takes the place of the first. Whatever is built on Python's ``socket`` (``http.client``, ``ssl``,
``asyncio`` and the clients on top of them) works so; a library in C that connects by itself meets the filter.
Nothing here is a wall: code that goes around it only finds the system calls forbidden.
"""

import contextlib
import errno
import os
import socket
import struct
import threading
import weakref
from collections.abc import Callable
from typing import Any

import msgspec

from apigen.execute.sandbox.broker import Answer, Connect, Lookup
from apigen.execute.sandbox.wire import LENGTH, frame

_TCP = (socket.AF_INET, socket.AF_INET6)
_LARGEST_ANSWER = 1 << 16
_FOREVER_S = 3600.0
_SERVICES = {"http": 80, "https": 443}

_Entry = tuple[int, int, int, str, tuple[Any, ...]]
"""What ``getaddrinfo`` returns a list of."""


class BrokeredSockets:
    """What replaces parts of Python's :mod:`socket` in this process and all that it forks."""

    def __init__(self, channel: socket.socket) -> None:
        """Prepare.

        Args:
            channel: to the broker; see :meth:`use` for the processes that are forked.
        """
        self._channel = channel
        self._turn = threading.Lock()
        self._options: weakref.WeakKeyDictionary[socket.socket, list[tuple[Any, ...]]] = weakref.WeakKeyDictionary()
        self._init: Callable[..., None] = socket.socket.__init__
        self._set: Callable[..., None] = socket.socket.setsockopt

    def use(self, descriptor: int) -> None:
        """Ask over another channel from here on, as a call does that has been forked with one of its own."""
        self._channel.detach()  # its number may be the very one that is used now
        self._channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, descriptor)
        self._turn = threading.Lock()

    def install(self) -> None:
        """Replace what creates and connects sockets, and what looks up names."""
        sockets: Any = socket.socket  # the class itself, so that its subclasses (ssl) follow

        def init(made: socket.socket, *arguments: Any, **named: Any) -> None:
            self.create(made, **dict(zip(("family", "type", "proto", "fileno"), arguments, strict=False)), **named)

        def connect(made: socket.socket, address: Any) -> None:
            self.connect(made, address)

        def connect_ex(made: socket.socket, address: Any) -> int:
            return self.connect_ex(made, address)

        def setsockopt(of: socket.socket, *option: Any) -> None:
            self.set_option(of, *option)

        sockets.__init__, sockets.connect, sockets.connect_ex, sockets.setsockopt = (
            init,
            connect,
            connect_ex,
            setsockopt,
        )
        module: Any = socket
        module.getaddrinfo = self.getaddrinfo
        module.gethostbyname = lambda host: self.getaddrinfo(host, 0, socket.AF_INET)[0][4][0]
        module.has_dualstack_ipv6 = lambda: False

    def create(self, made: socket.socket, *, fileno: Any = None, **named: int) -> None:
        """A new socket; of a TCP family, it stands for nothing until it is connected."""
        family, kind, proto = (named.get(name, -1) for name in ("family", "type", "proto"))
        family = socket.AF_INET if family == -1 and fileno is None else family
        plain = (socket.SOCK_STREAM if kind == -1 else kind) & 0xF
        if fileno is not None or family not in _TCP or plain != socket.SOCK_STREAM:
            self._init(made, family, kind, proto, fileno)
            return
        ours, theirs = socket.socketpair()
        theirs.close()
        proto = 0 if proto == -1 else proto
        self._init(made, family, socket.SOCK_STREAM, proto, ours.detach())
        if kind != -1 and kind & getattr(socket, "SOCK_NONBLOCK", 0):
            made.setblocking(False)
        self._options[made] = []

    def set_option(self, of: socket.socket, *option: Any) -> None:
        """Set an option, or keep it until there is a connection to set it on."""
        waiting = self._options.get(of)
        if waiting is None:
            self._set(of, *option)
        else:
            waiting.append(option)

    def connect(self, made: socket.socket, address: Any) -> None:
        """Connect, waiting for it also where the socket does not block.

        Raises:
            OSError: ``EPERM`` where no grant allows it, else what the network answered.
        """
        if made not in self._options:
            raise OSError(errno.EISCONN if made.family in _TCP else errno.EPERM, "this socket cannot be connected")
        host, port = address[0], address[1]
        timeout = made.gettimeout()
        problem: OSError | None = None
        for entry in self.getaddrinfo(host, port, made.family):
            request = Connect(str(entry[4][0]), int(entry[4][1]), timeout or _FOREVER_S)
            try:
                _, descriptor = self._ask(request)
            except OSError as error:
                problem = problem or error
                continue
            os.dup2(descriptor, made.fileno(), inheritable=False)
            os.close(descriptor)
            os.set_blocking(made.fileno(), timeout is None)
            for option in self._options.pop(made):
                with contextlib.suppress(OSError):
                    self._set(made, *option)
            return
        raise problem or OSError(errno.EHOSTUNREACH, f"{host} has no address of that family")

    def connect_ex(self, made: socket.socket, address: Any) -> int:
        """Connect; returns ``errno`` instead of raising."""
        try:
            self.connect(made, address)
        except OSError as error:
            return error.errno or errno.EIO
        return 0

    def getaddrinfo(self, host: Any, port: Any, family: int = 0, *_: int, **__: int) -> list[_Entry]:
        """Look up a granted host, as :func:`socket.getaddrinfo` does, for TCP only.

        Raises:
            PermissionError: it is not granted.
            OSError: it has no address.
        """
        name = host.decode("ascii") if isinstance(host, bytes) else str(host)
        number = _SERVICES.get(port) if isinstance(port, str) and not port.isdigit() else int(port or 0)
        if number is None:
            raise OSError(errno.EPROTONOSUPPORT, f"unknown service name {port!r}; give the port number")
        answer = self._ask(Lookup(name))[0]
        found: list[_Entry] = []
        for address in answer.addresses:
            this = socket.AF_INET6 if ":" in address else socket.AF_INET
            if family in (0, this):
                place: tuple[Any, ...] = (address, number, 0, 0) if this is socket.AF_INET6 else (address, number)
                found.append((this, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", place))
        if not found:
            raise OSError(errno.EHOSTUNREACH, f"{name} has no address of that family")
        return found

    def _ask(self, request: Lookup | Connect) -> tuple[Answer, int]:
        with self._turn:
            try:
                self._channel.sendall(frame(request))
                data, descriptors = self._hear(LENGTH.size)
                (size,) = LENGTH.unpack(data)
                body, more = self._hear(min(size, _LARGEST_ANSWER))
            except (OSError, EOFError, struct.error) as error:
                raise OSError(errno.ENETDOWN, "the connection broker process has exited") from error
        answer = msgspec.json.decode(body, type=Answer)
        if answer.error:
            raise OSError(answer.error, answer.problem)
        return answer, (descriptors + more or [-1])[0]

    def _hear(self, size: int) -> tuple[bytes, list[int]]:
        data, descriptors = bytearray(), list[int]()
        while len(data) < size:
            piece, more, _, _ = socket.recv_fds(self._channel, size - len(data), 1)
            descriptors += more
            if not piece:
                raise EOFError
            data += piece
        return bytes(data), descriptors
