"""A query under construction: its values stand aside as marks, so that no rewording can touch them."""

import re
from collections.abc import Sequence

import msgspec

from apigen.records import Call

FIRST_MARK = 0xE000
"""Values are single characters of Unicode's private use area while a query is being reworded."""
MARK = re.compile("[\ue000-\uf8ff]")
MOST_MARKS = 0xF8FF - FIRST_MARK

_SPOKEN_VOWEL = re.compile(
    r"8|11(?!\d)|18(?!\d)|11,\d{3}(?!,)|18,\d{3}(?!,)|[aeio]|u(?!ni|se|su|ti|ro|k)|hour|honest", re.IGNORECASE
)
_LETTERS_VOWEL = re.compile(r"[AEFHILMNORSX][A-Z0-9]{1,3}\b")


class Draft(msgspec.Struct, frozen=True):
    """Marked text, the surfaces of its values, and the calls."""

    text: str
    surfaces: tuple[str, ...]
    answers: tuple[Call, ...]

    def filled(self) -> str:
        """The query: values put back."""
        return MARK.sub(lambda match: self.surfaces[ord(match[0]) - FIRST_MARK], self.text)

    def shifted(self, by: int) -> str:
        """The text with its marks renumbered, to stand behind ``by`` values of another draft."""
        return MARK.sub(lambda match: chr(ord(match[0]) + by), self.text)

    def reworded(self, text: str) -> "Draft":
        """The same values and calls in another text."""
        return Draft(text, self.surfaces, self.answers)


def mark(index: int) -> str:
    """The character that stands for the value of that index."""
    return chr(FIRST_MARK + index)


def begins_with_vowel(text: str) -> bool:
    """Whether a word or number is spoken with a vowel first, so that it takes "an"."""
    if text[:2].isupper() and text[:2].isalpha():
        return bool(_LETTERS_VOWEL.match(text)) or (len(text) > 4 and text[0] in "AEIO")
    return bool(_SPOKEN_VOWEL.match(text))


def agreeing(article: str, text: str) -> str:
    """The indefinite article, in the case of ``article``, as it stands before ``text``."""
    return article[0] + ("n" if begins_with_vowel(text) else "")


def spliced(query: str, places: Sequence[tuple[int, int]]) -> str:
    """The query with each place replaced by the mark of its position in ``places``."""
    text, end = [], len(query)
    for index, (start, stop) in sorted(enumerate(places), key=lambda item: -item[1][0]):
        text += [query[stop:end], mark(index)]
        end = start
    return "".join(reversed([*text, query[:end]]))
