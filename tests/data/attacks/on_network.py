"""Attacks that reach for the network. Never call them outside a sandbox."""

import socket
import urllib.request


def tcp(host: str, port: int) -> str:
    with socket.create_connection((host, port), timeout=1) as connection:
        connection.sendall(b"x")
    return "sent"


def udp(host: str, port: int) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", (host, port))
    return "sent"


def listen() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname())


def unix(path: str) -> str:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path.replace("@", "\0"))
    return "connected"


def unix_from_a_pair(path: str) -> str:
    one, _ = socket.socketpair()
    one.connect(path.replace("@", "\0"))
    return "connected"


def unix_datagram(path: str) -> str:
    sender, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    sender.sendto(b"x", path.replace("@", "\0"))
    return "sent"


def named_socket(path: str) -> str:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
    return "bound"


def family(number: int, kind: int, protocol: int) -> str:
    with socket.socket(number, kind, protocol):
        return "opened"


def resolves(host: str) -> str:
    return str(socket.getaddrinfo(host, 80))


def fetches(url: str) -> str:
    with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310 - that is the test
        return str(answer.read())
