"""Opens the connections that a grant allows, for functions that may open none themselves.

A process beside the sandbox, outside of its walls, started only where hosts are granted. The zygote hands it the end
of a fresh channel for each call; over that, the call asks for names to be looked up and for connections, and gets
connected descriptors back. Everything that comes over a channel is untrusted: it is small, typed, and checked here.

What it never does: connect elsewhere than to a granted host and port; connect to a private, loopback or link-local
address, unless the grant names that very address; anything but TCP.
"""

import array
import contextlib
import errno
import os
import socket
import threading
from collections.abc import Iterable

import msgspec

from apigen.execute.addresses import is_public, parse_address, plain_host
from apigen.execute.sandbox.wire import LENGTH, frame

_CONNECT_S = 10.0
_MOST_CHANNELS = 64
_LONGEST_REQUEST = 2048


class Lookup(msgspec.Struct, frozen=True, tag=True):
    """Look up the addresses of a host."""

    host: str


class Connect(msgspec.Struct, frozen=True, tag=True):
    """Connect to an address that was looked up over the same channel, or that is itself granted."""

    address: str
    port: int
    timeout_s: float


class Answer(msgspec.Struct, frozen=True):
    """What came of a request. A connected descriptor comes with it, where one was asked for."""

    addresses: tuple[str, ...] = ()
    error: int = 0
    """``errno`` of what went wrong; ``EPERM`` for what is not granted."""
    problem: str = ""


_decoder: msgspec.json.Decoder[Lookup | Connect] = msgspec.json.Decoder(Lookup | Connect)


class Rules:
    """What may be connected to."""

    def __init__(self, hosts: Iterable[str]) -> None:
        """Read the grants.

        Args:
            hosts: each as ``HOST:PORT``, ``ADDRESS:PORT`` or ``[ADDRESS]:PORT``, already checked.
        """
        self._ports: dict[str, set[int]] = {}
        for host in hosts:
            name, _, port = host.rpartition(":")
            self._ports.setdefault(plain_host(name.strip("[]")), set()).add(int(port))

    def knows(self, host: str) -> bool:
        """Whether any port of that host is granted."""
        return plain_host(host) in self._ports

    def allows(self, host: str, port: int) -> bool:
        """Whether that host and port are granted."""
        return port in self._ports.get(plain_host(host), ())


class Channel:
    """One call's requests. It may connect to what it has looked up, so that no name can change its meaning between."""

    def __init__(self, rules: Rules, ask: socket.socket) -> None:
        self._rules = rules
        self._ask = ask
        self._looked_up: dict[str, set[str]] = {}

    def serve(self) -> None:
        """Answer until the other side is gone."""
        with self._ask, contextlib.suppress(OSError, EOFError):
            while True:
                (size,) = LENGTH.unpack(_exactly(self._ask, LENGTH.size))
                if size > _LONGEST_REQUEST:
                    return
                answer, connected = self._answer(_exactly(self._ask, size))
                body = frame(answer)
                if connected is None:
                    self._ask.sendall(body)
                else:
                    with connected:
                        socket.send_fds(self._ask, [body], [connected.fileno()])

    def _answer(self, body: bytes) -> tuple[Answer, socket.socket | None]:
        try:
            match _decoder.decode(body):
                case Lookup(host):
                    return Answer(self._look_up(host)), None
                case Connect(address, port, timeout_s):
                    return Answer(), self._connect(address, port, timeout_s)
        except msgspec.MsgspecError:
            return Answer(error=errno.EINVAL, problem="not a valid request"), None
        except OSError as error:
            return Answer(error=error.errno or errno.EIO, problem=error.strerror or str(error)), None

    def _look_up(self, host: str) -> tuple[str, ...]:
        if not (self._rules.knows(host) or host in self._looked_up):
            raise _refused(f"{host} is not granted")
        if parse_address(host) is not None:
            return (host,)
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            raise OSError(errno.EHOSTUNREACH, f"{host} has no address ({error})") from None
        addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
        public = [address for address in addresses if is_public(address)]
        if not public:
            raise _refused(
                f"{host} is at a private address ({', '.join(addresses)}); to allow it, grant the address itself"
            )
        for address in public:
            self._looked_up.setdefault(address, set()).add(plain_host(host))
        return tuple(public)

    def _connect(self, address: str, port: int, timeout_s: float) -> socket.socket:
        by_name = any(self._rules.allows(name, port) for name in self._looked_up.get(address, ()))
        if parse_address(address) is None or not (by_name or self._rules.allows(address, port)):
            names = sorted(self._looked_up.get(address, ())) or [address]
            raise _refused(f"{names[0]}:{port} is not granted")
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        connected = socket.socket(family, socket.SOCK_STREAM)
        try:
            connected.settimeout(min(max(timeout_s, 0.001), _CONNECT_S))
            connected.connect((address, port))
            connected.settimeout(None)
        except BaseException as error:
            connected.close()
            if isinstance(error, TimeoutError):
                raise OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT)) from None
            raise
        return connected


def serve(channels: socket.socket, hosts: Iterable[str]) -> None:
    """Serve every channel whose end arrives, each in a thread of its own, until the zygote is gone.

    Args:
        channels: where they arrive, one with each message.
        hosts: granted, as :class:`Rules` takes them.
    """
    rules = Rules(hosts)
    free = threading.BoundedSemaphore(_MOST_CHANNELS)

    def answer(channel: Channel) -> None:
        with contextlib.suppress(Exception):  # whatever it is about, the next channel is served
            channel.serve()
        free.release()

    while True:
        message, descriptors, _, _ = socket.recv_fds(channels, 1, 4)
        if not message:
            return
        for descriptor in descriptors:
            free.acquire()
            channel = Channel(rules, socket.socket(fileno=descriptor))
            threading.Thread(target=answer, args=(channel,), daemon=True).start()


class Channels:
    """The zygote's side: a fresh channel for each call, so that no call meets another's answers."""

    def __init__(self, broker: int) -> None:
        self._broker = socket.socket(fileno=broker)

    def open(self) -> socket.socket:
        """The end of a new channel.

        Raises:
            OSError: the broker is gone.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            self._broker.sendmsg([b"c"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [theirs.fileno()]))])
        return ours


def _exactly(source: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = source.recv(size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)


def _refused(problem: str) -> OSError:
    return PermissionError(errno.EPERM, problem)
