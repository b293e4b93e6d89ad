"""The elements of one long JSON list, read in pieces: a file of any size in the memory of a few pieces.

A piece is cut where an element seems to begin: at ``}, {"KEY"``, with the key that begins the first element. A cut
inside a string or a nested list leaves a piece that cannot be parsed, so a piece that can was cut rightly, and all its
elements were parsed at once. Where that fails, elements are found one by one by their brackets and quotes; an element
that is broken ends where the next one seems to begin.
"""

import re
from collections.abc import Iterator

import msgspec

from apigen.dataset.read.base import Item, Problem
from apigen.records import Reason
from apigen.toolspecs.text import parse_json

MOST_TEXT = 10_000
"""Longest piece of broken text in characters that a row keeps."""

_TRIES = 3
_BROKEN_AFTER = 4 << 20
"""Bytes after which an element without an end is held for broken, if one that is whole seems to follow it."""
_FIRST_KEY = re.compile(rb'[\s,]*\{\s*("(?:[^"\\]|\\.)*")\s*:')
_BEFORE = re.compile(rb"\}\s*,?\s*(\{\s*)\Z")
_LOOK_BACK = 200
_GOES_ON = re.compile(rb"\s*+[:}]")
_BETWEEN = re.compile(rb"[\s,]*+")
_TOKEN = re.compile(rb'"(?:[^"\\\n]++|\\.)*+"|["{}\[\]]')
_SCALAR = re.compile(rb'"(?:[^"\\\n]++|\\.)*+"|[^\s,\[\]{}"]++')
_CLOSES = {b"{": b"}", b"[": b"]"}


class _Broken(Exception):  # noqa: N818 - a state of the text
    """No reading of brackets and quotes gives an element here."""


def list_items(chunks: Iterator[bytes], *, bracketed: bool) -> Iterator[Item]:
    """Each element, numbered from 1.

    Args:
        chunks: the file in UTF-8, beginning with the bracket where there is one.
        bracketed: whether it is a list; else objects that stand one after another, over several lines each.
    """
    splitter = _Splitter(chunks, bracketed=bracketed)
    for number, (value, problem) in enumerate(splitter.elements(), 1):
        yield Item(number, value, problem)


_Element = tuple[object, Problem | None]


class _Splitter:
    def __init__(self, chunks: Iterator[bytes], *, bracketed: bool) -> None:
        self._chunks = chunks
        self._bracketed = bracketed
        self._buffer = b""
        self._ended = False
        self._key: bytes | None = None
        self._careful = 0  # bytes in which no piece could be parsed, so that its elements are found one by one

    def elements(self) -> Iterator[_Element]:
        while self._more() and not self._buffer.lstrip():
            pass
        if self._bracketed:
            self._buffer = self._buffer.lstrip()[1:]
        first = _FIRST_KEY.match(self._buffer)
        self._key = first[1] if first else None
        while True:
            self._drop(_end(_BETWEEN, self._buffer))
            if not self._buffer and self._more():
                continue
            if not self._buffer:
                if self._bracketed:
                    yield "", Problem(Reason.NOT_JSON, "the list is not closed: the file ends before its ']'")
                return
            if self._bracketed and self._buffer.startswith(b"]"):
                yield from self._after_list()
                return
            values = self._piece()
            if values is None:
                yield self._one()
            else:
                for value in values:
                    yield value, None

    def _more(self) -> bool:
        """Read about as much again as is held, so that a long element is not scanned over and over."""
        wanted = max(len(self._buffer), 1)
        parts = [self._buffer]
        while wanted > 0 and (chunk := next(self._chunks, None)) is not None:
            parts.append(chunk)
            wanted -= len(chunk)
        self._ended = self._ended or wanted > 0
        self._buffer = b"".join(parts)
        return len(parts) > 1

    def _drop(self, length: int) -> None:
        if length:
            self._buffer = self._buffer[length:]
            self._careful = max(0, self._careful - length)

    def _piece(self) -> list[object] | None:
        """Many elements at once, or ``None`` where they have to be found one by one."""
        if self._key is None or self._careful:
            return None
        if self._ended and self._bracketed and (values := _decode(b"[" + self._buffer)) is not None:
            self._buffer = b"]"
            return values
        position = len(self._buffer)
        for _ in range(_TRIES):
            position = self._begins_before(position)
            if position <= 0:
                break
            if (values := _decode(b"[%b]" % self._buffer[:position].rstrip(b", \t\r\n"))) is not None:
                self._drop(position)
                return values
        self._careful = len(self._buffer)
        return None

    def _begins_before(self, end: int) -> int:
        """Where the last element before ``end`` seems to begin, or -1."""
        key = self._key or b""
        while (end := self._buffer.rfind(key, 0, end)) > 0:
            before = _BEFORE.search(self._buffer, max(0, end - _LOOK_BACK), end)
            if before is not None:
                return before.start(1)
        return -1

    def _begins_after(self, start: int) -> int:
        """Where the next element seems to begin, or -1."""
        if self._key is None:
            return -1
        at = start
        while (at := self._buffer.find(self._key, at + 1)) > 0:
            before = _BEFORE.search(self._buffer, max(start, at - _LOOK_BACK), at)
            if before is not None and before.start(1) > start:
                return before.start(1)
        return -1

    def _one(self) -> _Element:
        """The next element by its brackets and quotes, or what is there in its place."""
        while True:
            try:
                end = _element_end(self._buffer)
            except _Broken:
                return self._broken("brackets or quotes do not match")
            if end is None and self._another_follows():
                return self._broken("the element is not closed")
            if end is not None and (end < len(self._buffer) or self._ended):
                break
            if not self._more():
                if end is None:
                    return self._broken("cut off: the file ends inside the element")
                break
        if _GOES_ON.match(self._buffer, end):
            return self._broken("brackets or quotes do not match")
        parsed = parse_json(self._buffer[:end])
        if not parsed.problem:
            self._drop(end)
            return parsed.value, None
        return self._broken(parsed.problem, end)

    def _another_follows(self) -> bool:
        """Whether an element that has gone on for long has lost its end: what follows it can be parsed."""
        if len(self._buffer) < _BROKEN_AFTER and not self._ended:
            return False
        start = self._begins_after(0)
        end = self._begins_after(start) if start > 0 else -1
        return end > 0 and not parse_json(self._buffer[start:end].rstrip(b", \t\r\n")).problem

    def _broken(self, why: str, end: int | None = None) -> _Element:
        """What is there up to the next element, as text."""
        following = self._begins_after(0)
        while following < 0 and end is None and self._more():
            following = self._begins_after(0)
        if end is None or 0 < following < end:
            end = following if following > 0 else len(self._buffer)
        text = self._buffer[:end].strip(b", \t\r\n")
        self._drop(end)
        self._careful = 0
        self._bracketed = self._bracketed and not (self._ended and not self._buffer)  # told with this element
        return _text(text), Problem(Reason.NOT_JSON, why)

    def _after_list(self) -> Iterator[_Element]:
        self._drop(1)
        while not self._buffer.strip() and self._more():
            pass
        if rest := self._buffer.strip():
            yield _text(rest), Problem(Reason.NOT_JSON, "text after the end of the list")


def _element_end(buffer: bytes) -> int | None:
    """Where the element at the beginning ends; ``None`` where the buffer ends before it does.

    Raises:
        _Broken: a bracket closes another kind, or a string runs over the end of its line.
    """
    if buffer[:1] not in (b"{", b"["):
        scalar = _SCALAR.match(buffer)
        if scalar is not None:
            return scalar.end()
        if b"\n" in buffer or not buffer.startswith(b'"'):
            raise _Broken
        return None
    open_: list[bytes] = []
    for token in _TOKEN.finditer(buffer):
        mark = token[0]
        if mark in _CLOSES:
            open_.append(_CLOSES[mark])
        elif mark == b'"':
            if buffer.find(b"\n", token.end()) >= 0:
                raise _Broken
            return None
        elif not mark.startswith(b'"'):
            if mark != open_.pop():
                raise _Broken
            if not open_:
                return token.end()
    return None


def _decode(piece: bytes) -> list[object] | None:
    try:
        values = msgspec.json.decode(piece)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return values if isinstance(values, list) else None


def _end(pattern: re.Pattern[bytes], buffer: bytes) -> int:
    match = pattern.match(buffer)
    return match.end() if match else 0


def _text(text: bytes) -> str:
    return text[:MOST_TEXT].decode("utf-8", "backslashreplace")
