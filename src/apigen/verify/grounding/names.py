"""Names given more fully than in the query: "Cristiano Ronaldo" for "Ronaldo"."""

import re

from apigen.verify.grounding.leaves import Leaf
from apigen.verify.grounding.reading import Reading, Span
from apigen.verify.grounding.scalars import Evidence
from apigen.verify.grounding.units import UNITS
from apigen.verify.grounding.words import STOP_WORDS, content_stems, split_words, stem

_CAPITALISED = re.compile(r"[A-Z][\w'.-]*$")
_PARTICLE = re.compile(r"(?:van|von|der|den|de|del|della|da|di|la|le|el|al|bin|of|the)$")
_WORD = re.compile(r"\S+")
_NAME_WORDS = 4
_SHORTEST = 4
"""Letters from which on a part of a name tells which it is."""


def full_name(reading: Reading, leaf: Leaf, text: str, find: object) -> Evidence:
    """A person's or firm's full name where the query has its last or first word, with no other name beside it."""
    words = text.split()
    about = {*content_stems(leaf.name), *content_stems(leaf.description)}
    if not 2 <= len(words) <= _NAME_WORDS or not about & {
        "nam",
        "full",
        "player",
        "person",
        "actor",
        "artist",
        "author",
    }:
        return None
    if not all(_CAPITALISED.match(word) for word in words):
        return None
    for word in (words[-1], words[0]):
        if len(word) < 4 or word.lower() in STOP_WORDS or word.lower() in UNITS:
            continue
        for start, end in reading.find(tuple(content_stems(word))):
            beside = reading.words.before(start) if word is words[-1] else reading.words.after(end)
            if not reading.text[start].isupper() or (beside and _names(reading, beside.start, start, end)):
                continue
            return ((start, end),)
    return None


def _names(reading: Reading, other: int, start: int, end: int) -> bool:
    """Whether a capitalised word stands right beside a name, so that it is part of it."""
    between = reading.text[min(other, start) : max(other, start)]
    if not reading.text[other].isupper() or reading.begins_sentence(other) or re.search(r"[,;.?!]", between):
        return False
    word = _WORD.match(reading.text, other)
    return word is None or word[0].lower() not in STOP_WORDS


def more_fully(reading: Reading, leaf: Leaf, value: str) -> Evidence:
    """ "Golden State Warriors" for "Golden State": at least half of a name, from its beginning or up to its end."""
    words = value.split()
    if not 2 <= len(words) <= _NAME_WORDS + 1 or not all(_CAPITALISED.match(w) or _PARTICLE.match(w) for w in words):
        return None
    names = [word for word in words if _CAPITALISED.match(word)]
    for size in range(len(names) - 1, (len(names) - 1) // 2, -1):
        for part, first in ((names[:size], True), (names[-size:], False)):
            if max(map(len, part)) < _SHORTEST or part[0].lower() in STOP_WORDS:
                continue
            stems = tuple(stem(word) for name in part for word in split_words(name))
            spans = [span for span in reading.find(stems) if _stands_alone(reading, span, after=first)]
            if spans:
                return tuple(spans)
    return None


def _stands_alone(reading: Reading, span: Span, *, after: bool) -> bool:
    """Whether a part of a name is written as one, with no other name on the side where the rest belongs."""
    beside = reading.words.after(span[1]) if after else reading.words.before(span[0])
    return reading.text[span[0]].isupper() and not (beside and _names(reading, beside.start, *span))
