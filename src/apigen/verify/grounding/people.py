"""How many people a query speaks of: "my wife and I" are two, "2 adults and 3 children" five."""

import re
from itertools import pairwise

from apigen.verify.grounding.leaves import Leaf
from apigen.verify.grounding.reading import Reading, Span
from apigen.verify.grounding.scalars import Evidence
from apigen.verify.grounding.words import content_stems, stem_set

_COUNTED = stem_set(
    """
    people persons person guests guest adults passengers passenger travelers travellers traveler riders rider seats
    tickets attendees participants party size group members visitors occupants players
    """
)
"""Words by which a parameter asks for a number of people."""

_PERSONS = stem_set(
    """
    people persons guests adults children kids infants babies toddlers seniors students friends colleagues family
    passengers travelers travellers men women boys girls grandchildren cousins siblings sons daughters others
    """
)
_KIN = r"(?:wife|husband|partner|spouse|girlfriend|boyfriend|friend|son|daughter|mom|mother|dad|father|brother|sister)"
_TWO = re.compile(
    rf"\b(?:me and (?:my|a) {_KIN}|my {_KIN} and (?:i|me)|with my {_KIN}|(?:the two|both) of us|a couple|couples?)\b",
    re.IGNORECASE,
)
_ONE = re.compile(
    r"\b(?:just me|only me|myself|alone|solo|for me|on my own|i need|i want|i'd like|i would like)\b", re.IGNORECASE
)
_US = re.compile(r"\b(?:me|myself|i) and\s*$|^\s*(?:\w+ )?and (?:i|me|myself)\b|\bwith (?:my )?$", re.IGNORECASE)
_GAP = re.compile(r"[\s,&]*(?:\w+[\s,&]+){1,3}(?:and |plus |with )?")


def company(reading: Reading, leaf: Leaf, value: float) -> Evidence:
    """Where the people are named whose number a parameter asks for."""
    if _COUNTED.isdisjoint(content_stems(leaf.name)):
        return None
    spans = _summed(reading, value)
    if not spans and value == 1 and not _others(reading):
        spans = [match.span() for match in _ONE.finditer(reading.text)]
    if not spans and value == 2:
        spans = [match.span() for match in _TWO.finditer(reading.text)]
    return tuple(spans) or None


def _others(reading: Reading) -> bool:
    return any(token.stem in _PERSONS or token.word in {"we", "us", "our"} for token in reading.tokens)


def _summed(reading: Reading, value: float) -> list[Span]:
    groups = [
        (number.values[0], number.start, number.end)
        for number in reading.numbers
        if any(token.stem in _PERSONS for token in reading.words.between(number.end, number.end + 13))
    ]
    spans = [
        (one[1], other[2])
        for one, other in pairwise(groups)
        if one[0] + other[0] == value and _GAP.fullmatch(reading.text, one[2], other[1])
    ]
    return spans + [
        (start, end)
        for count, start, end in groups
        if count + 1 == value
        and (_US.search(reading.text[max(0, start - 16) : start]) or _US.search(reading.text[end : end + 24]))
    ]
