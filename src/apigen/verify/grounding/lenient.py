"""Lenient grounding: of the values that strict grounding cannot trace, only those that are clearly invented.

What it lets pass may well be right by knowledge or by reasoning: choices, flags, small numbers, a text that shares a
word with the query, a code made of a name's letters, any date where the query speaks of days by their distance.
"""

import re

from apigen.records import Candidate, Json
from apigen.verify.grounding.dates import read_moment
from apigen.verify.grounding.leaves import Leaf
from apigen.verify.grounding.reading import Reading
from apigen.verify.grounding.strings import WILDCARDS, string_evidence
from apigen.verify.grounding.trace import Finding, finding, traces
from apigen.verify.grounding.words import STOP_WORDS, TOKEN, normalise, stem

_SMALL = 5
"""Numbers up to this come from counting, ratings and knowledge."""

_RELATIVE = re.compile(
    r"\b(?:today|tonight|tomorrow|yesterday|next|last|this|coming|upcoming|past|now|current|latest|recent|ago|week-?end)\b",
    re.IGNORECASE,
)
_SCALES = (1, -1, 2, 1 / 2, 12, 1 / 12, 60, 1 / 60, 100, 1 / 100, 1000, 1 / 1000)
_MOST_SAID = 8
_ROOT = 4
"""Letters that two words must share at their beginning to be kin."""


def invented(candidate: Candidate) -> tuple[Finding, ...]:
    """Every argument value that is ungrounded and that nothing in the query comes near.

    Args:
        candidate: as for :func:`~apigen.verify.grounding.ungrounded`.
    """
    reading = Reading(candidate.query, candidate.context)
    return tuple(
        finding(trace)
        for trace in traces(candidate, reading)
        if trace.spans is None and _far(reading, trace.leaf, trace.leaf.value)
    )


def _far(reading: Reading, leaf: Leaf, value: Json) -> bool:
    if isinstance(value, bool) or value is None or isinstance(value, (list, dict)):
        return False
    if isinstance(value, (int, float)):
        return _far_number(reading, leaf, value)
    return _far_text(reading, leaf, value)


def _far_number(reading: Reading, leaf: Leaf, value: float) -> bool:
    """Neither small, nor named by the schema or its description, nor one step of arithmetic from what is said."""
    if abs(value) <= _SMALL or str(value) in TOKEN.findall(leaf.description) or "enum" in leaf.schema:
        return False
    said = [float(spoken) for number in reading.numbers[:_MOST_SAID] for spoken in number.values[:2]]
    scaled = {one * factor for one in said for factor in _SCALES}
    combined = {result for one in said for other in said for result in _results(one, other)}
    return not any(_near(value, result) for result in scaled | combined)


def _results(one: float, other: float) -> tuple[float, ...]:
    return (one * other, one / other, one + other, one - other) if other else (one,)


def _near(value: float, result: float) -> bool:
    return abs(value - result) <= 1e-3 * abs(result)


def _far_text(reading: Reading, leaf: Leaf, value: str) -> bool:
    """A date or text that shares no word, word root or letters with the query."""
    if not value.strip() or not _comparable(reading, value) or value.lower() in WILDCARDS:
        return False
    if "enum" in leaf.schema:
        return _another_is_named(reading, leaf, value)
    if read_moment(value):
        return not _RELATIVE.search(reading.text)
    words = [normalise(match.group()) for match in TOKEN.finditer(value)]
    content = [word for word in words if word not in STOP_WORDS and len(word) > 1] or words
    if not content or any(_kin(reading, word) for word in content):
        return False
    return not _spelled(reading, value)


def _another_is_named(reading: Reading, leaf: Leaf, value: str) -> bool:
    """Whether the query names another choice of the same list."""
    others = (member for member in leaf.schema["enum"] if isinstance(member, str) and member != value)
    return any(string_evidence(reading, leaf, member) for member in others if member.lower() not in WILDCARDS)


def _kin(reading: Reading, word: str) -> bool:
    if stem(word) in reading.positions:
        return True
    if len(word) < _ROOT or not word.isalpha():
        return False
    return any(
        len(token.word) >= _ROOT
        and token.word not in STOP_WORDS
        and (token.word[:_ROOT] == word[:_ROOT] or word in token.word)
        for token in reading.tokens
    )


def _spelled(reading: Reading, value: str) -> bool:
    """Whether a short code is made of one name's letters, in their order: ``GOOG``, ``MSFT``."""
    code = value.lower()
    if not (value.isupper() and value.isalpha() and len(value) <= _ROOT + 1):
        return False
    return any(
        token.word[0] == code[0] and set(code) <= set(token.word) and reading.text[token.start].isupper()
        for token in reading.tokens
    )


def _comparable(reading: Reading, value: str) -> bool:
    """Whether query and value are written in letters of one script; "上海" says Shanghai to those who read it."""
    return not (
        value.isascii() and sum(character.isalpha() and ord(character) > 0x250 for character in reading.text) > 4
    )
