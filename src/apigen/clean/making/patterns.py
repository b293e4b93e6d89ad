"""Texts that match a regular expression, for the patterns that schemas really have.

Groups, alternatives, classes, repetitions and anchors are understood. What looks around is read and passed over, and
what refers back is given up: whether a text matches is asked of the validator afterwards.
"""

import itertools
import string
from collections.abc import Iterator

import msgspec

_PRINTABLE = string.ascii_lowercase + string.digits + string.ascii_uppercase + " -_.,:;/@!?#()[]{}+*=&%$'\"~^|<>`\\"
_CLASSES = {
    "d": string.digits[1:] + "0",
    "w": string.ascii_lowercase + string.digits + string.ascii_uppercase + "_",
    "s": " ",
    "D": string.ascii_lowercase + "-",
    "W": " -.",
    "S": string.ascii_lowercase + string.digits,
}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_NOTHING = "bBAZz"
_EXTRA = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 128)
"""How often more than it must, in all, an open repetition is taken."""
_PICKS = 6
_MOST_REPEATS = 4096


class Unreadable(Exception):  # noqa: N818 - it says what a pattern is
    """A pattern that is not understood."""


class _Part(msgspec.Struct, frozen=True):
    """One of some characters, a sequence, or one of several alternatives; as often as is said."""

    characters: str = ""
    sequence: tuple["_Part", ...] = ()
    alternatives: tuple["_Part", ...] = ()
    least: int = 1
    most: int | None = 1


def matching(pattern: str) -> Iterator[str]:
    """Texts that should match a pattern, the shortest first; a few dozen, and none where it is not understood."""
    try:
        part = _Reader(pattern).whole()
    except (Unreadable, RecursionError):
        return
    seen: dict[str, None] = {}
    for extra, pick in itertools.product(_EXTRA, range(_PICKS)):
        text = "".join(_text(part, [extra], itertools.count(pick), pick))
        if text not in seen:
            seen[text] = None
            yield text
    if not pattern.endswith("$"):  # then anything may follow
        yield from (f"{text}{letter}" for text in list(seen)[:1] for letter in string.ascii_lowercase[:_PICKS])


def _text(part: _Part, extra: list[int], turn: "itertools.count[int]", pick: int) -> Iterator[str]:
    room = extra[0] if part.most is None else min(extra[0], part.most - part.least)
    extra[0] -= room
    for _ in range(min(part.least + room, _MOST_REPEATS)):
        if part.characters:
            yield part.characters[next(turn) % len(part.characters)]
        elif part.alternatives:
            yield from _text(part.alternatives[pick % len(part.alternatives)], extra, turn, pick)
        else:
            for inner in part.sequence:
                yield from _text(inner, extra, turn, pick)


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def whole(self) -> _Part:
        part = self._alternatives()
        if self._at < len(self._pattern):
            raise Unreadable
        return part

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _take(self) -> str:
        if self._at >= len(self._pattern):
            raise Unreadable
        self._at += 1
        return self._pattern[self._at - 1]

    def _skip(self, text: str) -> bool:
        if self._pattern.startswith(text, self._at):
            self._at += len(text)
            return True
        return False

    def _alternatives(self) -> _Part:
        found = [self._sequence()]
        while self._skip("|"):
            found.append(self._sequence())
        return found[0] if len(found) == 1 else _Part(alternatives=tuple(found))

    def _sequence(self) -> _Part:
        parts: list[_Part] = []
        while self._peek() not in ("", "|", ")"):
            part = self._atom()
            parts.append(self._repeated(part))
        return _Part(sequence=tuple(parts))

    def _atom(self) -> _Part:
        character = self._take()
        match character:
            case "^" | "$":
                return _Part()
            case ".":
                return _Part(characters=_PRINTABLE)
            case "(":
                return self._group()
            case "[":
                return _Part(characters=self._class())
            case "\\":
                characters = self._escape()
                return _Part(characters=characters) if characters else _Part()
            case "*" | "+" | "?":
                raise Unreadable
        return _Part(characters=character)

    def _group(self) -> _Part:
        unseen = False
        if self._skip("?"):
            unseen = any(self._skip(mark) for mark in ("=", "!", "<=", "<!"))
            if not unseen and not self._skip(":"):
                self._skip("P")
                if not self._skip("<"):
                    raise Unreadable
                while self._take() != ">":
                    pass
        part = self._alternatives()
        if not self._skip(")"):
            raise Unreadable
        return _Part() if unseen else _Part(sequence=(part,))

    def _repeated(self, part: _Part) -> _Part:
        if self._skip("*"):
            return self._lazily(msgspec.structs.replace(part, least=0, most=None))
        if self._skip("+"):
            return self._lazily(msgspec.structs.replace(part, least=1, most=None))
        if self._skip("?"):
            return self._lazily(msgspec.structs.replace(part, least=0, most=1))
        end = self._pattern.find("}", self._at)
        if self._peek() != "{" or end < 0:
            return part
        low, comma, high = self._pattern[self._at + 1 : end].partition(",")
        if not low.isdecimal() or not (high == "" or high.isdecimal()):
            return part  # a brace that stands for itself
        self._at = end + 1
        least = int(low)
        upper = (int(high) if high else None) if comma else least
        return self._lazily(msgspec.structs.replace(part, least=least, most=upper and max(upper, least)))

    def _lazily(self, part: _Part) -> _Part:
        _ = self._skip("?") or self._skip("+")
        return part if part.sequence or part.characters or part.alternatives else _Part()

    def _class(self) -> str:
        negated = self._skip("^")
        found: list[str] = []
        while not self._skip("]"):
            low = self._escape() if self._skip("\\") else self._take()
            if self._peek() == "-" and self._pattern[self._at + 1 : self._at + 2] not in ("", "]") and len(low) == 1:
                self._take()
                high = self._escape() if self._skip("\\") else self._take()
                low = _range(low, high)
            found.append(low)
        characters = "".join(dict.fromkeys("".join(found)))
        if negated:
            characters = "".join(character for character in _PRINTABLE if character not in characters)
        if not characters:
            raise Unreadable
        return characters

    def _escape(self) -> str:
        character = self._take()
        if character in _CLASSES:
            return _CLASSES[character]
        if character in _CONTROLS:
            return _CONTROLS[character]
        if character in "ux":
            digits = self._pattern[self._at : self._at + (4 if character == "u" else 2)]
            self._at += len(digits)
            try:
                return chr(int(digits, 16))
            except ValueError:
                raise Unreadable from None
        if character in "pP" and self._skip("{"):
            while self._take() != "}":
                pass
            return string.ascii_letters
        if character in _NOTHING:
            return ""
        if character.isdigit() or character == "k":
            raise Unreadable
        return character


def _range(low: str, high: str) -> str:
    """A range of characters, those that people can read first and no more than a few hundred."""
    if len(high) != 1 or high < low:
        raise Unreadable
    readable = "".join(character for character in _PRINTABLE if low <= character <= high)
    rest = map(chr, range(ord(low), min(ord(high), ord(low) + 255) + 1))
    return readable or "".join(rest)
