"""Attacks on queues, semaphores and shared memory of others, by number. Never call them outside a sandbox."""

import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)
_NUMBERS = {
    "msgrcv": (70, 188),
    "msgsnd": (69, 189),
    "msgctl": (71, 187),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "semctl": (66, 191),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "shmdt": (67, 197),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "mq_timedsend": (242, 182),
    "mq_timedreceive": (243, 183),
    "mq_notify": (244, 184),
    "mq_getsetattr": (245, 185),
}
"""By architecture: x86-64, AArch64."""
_NO_WAIT = 0o4000


def reads_queue(queue: int) -> str:
    message = ctypes.create_string_buffer(108)
    size = _call("msgrcv", queue, message, 100, 0, _NO_WAIT)
    return message.raw[8 : 8 + size].decode("latin-1")


def writes_queue(queue: int) -> str:
    _call("msgsnd", queue, (1).to_bytes(8, "little") + b"forged", 6, _NO_WAIT)
    return "sent"


def controls(name: str, number: int, command: int) -> str:
    """``IPC_RMID`` is 0, ``IPC_STAT`` 2; the argument of ``semctl`` comes after the number of the semaphore."""
    found = ctypes.create_string_buffer(256)
    given = (number, 0, command, found) if name == "semctl" else (number, command, found)
    _call(name, *given)
    return "done"


def sets_semaphore(number: int, value: int) -> str:
    _call("semctl", number, 0, 16, value)
    return "set"


def raises_semaphore(name: str, number: int) -> str:
    _call(name, number, (0).to_bytes(2, "little") + (1).to_bytes(2, "little") + (0).to_bytes(2, "little"), 1, 0)
    return "raised"


def reads_memory(number: int) -> str:
    _call("shmat", number, None, 0o10000)
    return "attached"


def removes_named_queue(name: str) -> str:
    _call("mq_unlink", name.encode())
    return "removed"


def uses(name: str) -> str:
    """A call that needs a descriptor or an address, with none: the filter comes before the kernel looks at it."""
    _call(name, -1, None, 0, 0, None)
    return "allowed"


def searches_queues(most: int) -> list[int]:
    """Numbers of queues that there are on the machine."""
    found = []
    for number in range(most):
        try:
            _call("msgctl", number, 2, ctypes.create_string_buffer(256))
        except PermissionError:
            raise
        except OSError:
            continue
        found.append(number)
    return found


def _call(name: str, *arguments: object) -> int:
    number = _NUMBERS[name][0 if os.uname().machine == "x86_64" else 1]
    given = [ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments]
    answer = int(_libc.syscall(ctypes.c_long(number), *given))
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer
