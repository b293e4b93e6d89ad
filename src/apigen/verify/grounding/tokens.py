"""The words of a text and where they stand, found without a look at each of them: texts and lists may be long."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from apigen.verify.grounding.words import TOKEN, normal_and_stem

_SHORT = 8
"""Up to so many stems a run of them is compared one by one."""


class Token(NamedTuple):
    """A word or number of the query."""

    word: str
    """Normalised: lower case, without diacritics and possessive."""
    stem: str
    start: int
    end: int


class Tokens:
    """The words and numbers of a text in order.

    Args:
        text: with plain quotes and dashes.
    """

    def __init__(self, text: str) -> None:
        self.all = [Token(*normal_and_stem(match[0]), *match.span()) for match in TOKEN.finditer(text)]

    @cached_property
    def by_stem(self) -> dict[str, list[int]]:
        """Token numbers by stem."""
        return self._numbers([token.stem for token in self.all])

    @cached_property
    def by_word(self) -> dict[str, list[int]]:
        """Token numbers by word."""
        return self._numbers([token.word for token in self.all])

    @cached_property
    def initials(self) -> str:
        """The first letter of each."""
        return "".join(token.word[0] for token in self.all)

    def beginning(self, letters: str) -> Sequence[str]:
        """Each word that begins with one or two letters, once."""
        return self._by_beginning.get(letters, ())

    def of(self, words: Iterable[str]) -> list[tuple[int, int]]:
        """Where these words stand, in order."""
        numbers = sorted(number for word in words for number in self.by_word[word])
        return [(self.all[number].start, self.all[number].end) for number in numbers]

    def before(self, place: int) -> Token | None:
        """The last one that ends at a place or before it."""
        number = bisect_right(self.all, place, key=lambda token: token.end)
        return self.all[number - 1] if number else None

    def after(self, place: int) -> Token | None:
        """The first one that begins at a place or after it."""
        return next(iter(self.between(place, None, 1)), None)

    def between(self, start: int, end: int | None, most: int | None = None) -> Sequence[Token]:
        """Those that begin from one place on and before another."""
        first = bisect_left(self.all, start, key=lambda token: token.start)
        last = len(self.all) if end is None else bisect_left(self.all, end, first, key=lambda token: token.start)
        return self.all[first : last if most is None else min(last, first + most)]

    def runs(self, stems: Sequence[str]) -> list[int]:
        """Where these stems begin to stand one after the other; long runs that overlap are told once."""
        starts = self.by_stem.get(stems[0], []) if stems else []
        if len(stems) == 1 or not starts:
            return starts
        if len(stems) > _SHORT:
            return self._long_runs(stems)
        tokens, size = self.all, len(stems)
        return [
            first
            for first in starts
            if first + size <= len(tokens)
            and all(tokens[first + offset].stem == stems[offset] for offset in range(1, size))
        ]

    def _long_runs(self, stems: Sequence[str]) -> list[int]:
        text, offsets = self._joined
        sought = "\n" + "\n".join(stems) + "\n"
        runs = []
        begin = text.find(sought)
        while begin >= 0:
            runs.append(bisect_left(offsets, begin))
            begin = text.find(sought, begin + len(sought) - 1)
        return runs

    @cached_property
    def _joined(self) -> tuple[str, list[int]]:
        """All stems as lines of one text, and where the line before each ends."""
        offsets, length = [], 0
        for token in self.all:
            offsets.append(length)
            length += len(token.stem) + 1
        return "\n" + "".join(token.stem + "\n" for token in self.all), offsets

    @cached_property
    def _by_beginning(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for word in self.by_word:
            found.setdefault(word[0], []).append(word)
            if len(word) > 1:
                found.setdefault(word[:2], []).append(word)
        return found

    @staticmethod
    def _numbers(texts: Sequence[str]) -> dict[str, list[int]]:
        numbers: dict[str, list[int]] = {}
        for number, text in enumerate(texts):
            numbers.setdefault(text, []).append(number)
        return numbers
