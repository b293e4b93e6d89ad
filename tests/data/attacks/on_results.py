"""Results, exceptions and classes that lie. Never call them outside a sandbox."""

import asyncio
import ctypes
import math
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

# what cannot be said in JSON


def huge(kib: int) -> str:
    return "x" * (kib * 1024)


def many_items() -> list[int]:
    return list(range(100_000))


def cyclic_list() -> Any:
    ring: list[Any] = []
    ring.append(ring)
    return ring


def cyclic_object() -> Any:
    ring: dict[str, Any] = {}
    ring["a"] = [{"b": ring}]
    return ring


def deep(levels: int) -> Any:
    nested: Any = 0
    for _ in range(levels):
        nested = [nested]
    return nested


def shared_many_times() -> Any:
    """Small in memory, 2**60 leaves when written out."""
    nested: Any = 0
    for _ in range(60):
        nested = [nested, nested]
    return nested


def anything() -> Any:
    return object()


def module() -> Any:
    return sys


def function() -> Any:
    return lambda: 1


def raw_bytes() -> Any:
    return b"\xff"


def complex_number() -> Any:
    return 1j


def not_a_number() -> float:
    return math.nan


def infinite() -> Any:
    return {"deep": [1.0, -math.inf]}


def surrogate() -> str:
    return "\ud800"


def surrogate_key() -> Any:
    return {"\udfff": 1}


def odd_keys() -> Any:
    return {(1, 2): 3}


def colliding_keys() -> Any:
    return {1: "a", "1": "b"}


def thousands_of_digits() -> int:
    return 10**5000


async def asynchronous() -> int:
    await asyncio.sleep(0)
    return 4


async def asynchronous_iterator() -> AsyncIterator[int]:
    while True:
        yield 1


# what lies


class _Liar:
    """Says that it is whatever is asked for."""

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return dict

    def __getattr__(self, name: str) -> Any:
        return self

    def __call__(self, *_: Any, **__: Any) -> Any:
        return self

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        return self

    def __len__(self) -> int:
        return sys.maxsize

    def __str__(self) -> str:
        raise KeyboardInterrupt

    __repr__ = __str__

    def __reduce__(self) -> Any:
        return (print, ("pwned",))


def liar() -> Any:
    return _Liar()


class _EndlessList(list[int]):
    def __iter__(self) -> Iterator[int]:
        while True:
            pass


def endless_list() -> Any:
    return _EndlessList([1])


class _GrowingDict(dict[str, int]):
    def items(self) -> Any:
        number = 0
        while True:
            number += 1
            yield f"key {number}", number


def growing_dict() -> Any:
    return _GrowingDict(a=1)


class _LyingText(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "lie"

    def encode(self, *_: Any) -> bytes:
        return b'"lie"'


def lying_text() -> Any:
    return _LyingText("truth")


class _LyingNumber(int):
    def __int__(self) -> int:
        return 666

    def __repr__(self) -> str:
        return "666"

    def __index__(self) -> int:
        raise KeyboardInterrupt


def lying_number() -> Any:
    return _LyingNumber(4)


class _Matryoshka:
    def tolist(self) -> Any:
        return _Matryoshka()


def unpacks_forever() -> Any:
    return _Matryoshka()


class _Named(tuple[int, ...]):
    __slots__ = ()

    def _asdict(self) -> Any:
        raise SystemExit(0)


def exits_when_written() -> Any:
    return _Named((1,))


class _Slow:
    def tolist(self) -> Any:
        while True:
            pass


def hangs_when_written() -> Any:
    return [1, _Slow()]


# what it raises


def exits_politely(code: int) -> None:
    sys.exit(code)


def interrupts() -> None:
    raise KeyboardInterrupt


def raises_generator_exit() -> None:
    raise GeneratorExit


class _Unprintable(Exception):  # noqa: N818 - hostile
    def __str__(self) -> str:
        raise SystemExit(0)


def unprintable() -> None:
    raise _Unprintable


class _Unending(Exception):  # noqa: N818 - hostile
    def __str__(self) -> str:  # noqa: PLE0307 - hostile
        while True:
            pass


def unending_message() -> None:
    raise _Unending


def huge_message() -> None:
    raise RuntimeError("x" * 5_000_000)


def odd_message() -> None:
    raise RuntimeError("a\x00b\ud800c\x1b[31m\r\nd\u202e")


class _NotText(str):
    __slots__ = ()

    def __str__(self) -> Any:
        return self

    def __getitem__(self, _: Any) -> Any:
        while True:
            pass


class _LyingMessage(Exception):  # noqa: N818 - hostile
    def __str__(self) -> str:
        return _NotText("x" * 2000)


def lying_message() -> None:
    raise _LyingMessage


class _Meta(type):
    @property
    def __name__(cls) -> Any:  # type: ignore[override]
        return "x" * 10_000_000

    def __instancecheck__(cls, _: object) -> bool:
        return True


class _LyingName(Exception, metaclass=_Meta):  # noqa: N818 - hostile
    pass


def lying_name() -> None:
    raise _LyingName


class _LyingClass(Exception):  # noqa: N818 - hostile
    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return MemoryError


def lying_class() -> None:
    raise _LyingClass


class _LyingCause(Exception):  # noqa: N818 - hostile
    @property
    def reason(self) -> Any:
        return _LyingCause()


def endless_causes() -> None:
    raise _LyingCause


def many_causes() -> None:
    error: BaseException = ValueError("first")
    for _ in range(10_000):
        worse = ValueError("next")
        worse.__context__ = error
        error = worse
    raise error


def forged_refusal() -> None:
    """Says that it was refused: about itself it may say what it likes."""
    raise PermissionError(1, "Operation not permitted")


def broken_exception() -> None:
    """An object that is no exception at all, thrown by C."""
    ctypes.pythonapi.PyErr_SetObject.argtypes = [ctypes.py_object, ctypes.py_object]
    ctypes.pythonapi.PyErr_SetObject(ValueError, object())
