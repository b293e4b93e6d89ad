"""Queues, semaphores and shared memory of a program, and whether anybody touched them."""

import ctypes
import os
import secrets

_libc = ctypes.CDLL(None, use_errno=True)
_NEW, _REMOVE, _STAT, _GET_VALUE = 0o1600, 0, 2, 12


class HostQueues:
    """One of each kind, private to the user; :meth:`remove` ends them, for the kernel does not."""

    def __init__(self) -> None:
        self.queue = _require(_libc.msgget(0, _NEW))
        self.semaphore = _require(_libc.semget(0, 1, _NEW))
        self.memory = _require(_libc.shmget(0, 4096, _NEW))
        self.named = f"apigen-{secrets.token_hex(4)}"
        self._opened = _require(_libc.mq_open(f"/{self.named}".encode(), os.O_CREAT | os.O_RDWR, 0o600, None))
        message = (1).to_bytes(8, "little") + b"a message of ours"
        _require(_libc.msgsnd(self.queue, message, len(message) - 8, 0))

    def state(self) -> dict[str, str]:
        """All that the kernel tells about them: times, users, fill."""
        found = {"named queue": str(_exists(self.named))}
        for kind, control, given in (
            ("queue", _libc.msgctl, (self.queue, _STAT)),
            ("semaphore", _libc.semctl, (self.semaphore, 0, _STAT)),
            ("shared memory", _libc.shmctl, (self.memory, _STAT)),
        ):
            told = ctypes.create_string_buffer(256)
            found[kind] = told.raw.hex() if control(*given, told) == 0 else "gone"
        return {**found, "semaphore's value": str(_libc.semctl(self.semaphore, 0, _GET_VALUE))}

    def remove(self) -> None:
        os.close(self._opened)
        _libc.mq_unlink(f"/{self.named}".encode())
        _libc.msgctl(self.queue, _REMOVE, None)
        _libc.semctl(self.semaphore, 0, _REMOVE)
        _libc.shmctl(self.memory, _REMOVE, None)


def _exists(name: str) -> bool:
    opened = _libc.mq_open(f"/{name}".encode(), os.O_RDONLY)
    if opened >= 0:
        os.close(opened)
    return bool(opened >= 0)


def _require(answer: int) -> int:
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer
