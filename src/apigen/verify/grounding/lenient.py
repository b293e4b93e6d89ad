"""Lenient grounding: rejects only those untraceable values that are clearly invented.

What it lets pass may well be right by knowledge or by reasoning: choices, flags, small numbers, a text that shares a
word with the query, a code made of a name's letters, any date where the query speaks of days by their distance.
"""

import re

from apigen.records import Candidate, Json
from apigen.verify.grounding.choices import another_is_named
from apigen.verify.grounding.dates import read_moment, read_moments
from apigen.verify.grounding.guesses import Guesses
from apigen.verify.grounding.leaves import Leaf
from apigen.verify.grounding.reading import Reading
from apigen.verify.grounding.strings import WILDCARDS
from apigen.verify.grounding.told import told_choices
from apigen.verify.grounding.trace import Finding, finding, traces
from apigen.verify.grounding.words import STOP_WORDS, TOKEN, normalise, split_words, stem

_SMALL = 10
"""Numbers up to this come from counting, ratings and knowledge."""

_KNOWN = frozenset((12, 13, 20, 24, 25, 26, 30, 31, 50, 52, 60, 90, 100, 180, 256, 360, 365, 500, 1000, 1024, 3600))
"""Numbers that people know without being told: of the calendar, the clock, cards, circles, and round ones."""

_RELATIVE = re.compile(
    r"\b(?:today|tonight|tomorrow|yesterday|next|last|this|coming|upcoming|past|now|current|latest|recent|ago|week-?ends?"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|mornings?|noon|afternoons?|evenings?|night|spring|summer|autumn|winter"
    r"|fall|holidays?|easter|thanksgiving|breakfast|lunch|dinner)\b",
    re.IGNORECASE,
)
_HUNDRED = 100
_LEAST, _MOST = 1e-4, 1e8
_ENGLISH = 8
"""In an English text at least one word in so many is a stop word."""

_YEARLY = re.compile(r"year|season", re.IGNORECASE)
_NUMERIC = re.compile(r"[-+]?\d+(?:\.\d+)?")
_PLACE = re.compile(r"(?:^|_)(?:lat|lon|lng|long|latitude|longitude|coord\w*|zip\w*|postal\w*)(?:_|$)", re.IGNORECASE)
"""Parameters whose numbers are known of a place."""

_KIND = re.compile(r"unit|type|kind|mode|method|format|category|currency|language|level|status|style|order|genre|class")
_ATTRIBUTE = re.compile(
    r"country|state$|province|region|continent|zone|currency|language|league|season|sport", re.IGNORECASE
)
_TERM = re.compile(r"[a-z]+(?:[_-][a-z]+)*")
_SHORT = 3
_DOMAINS = frozenset(("com", "org", "net", "edu", "gov", "www"))
_MOST_WORDS = 500
"""A text of which none of so many words is kin to the query is far from it."""

_ROOT = 4
"""Letters that two words must share at their beginning to be kin."""


def invented(candidate: Candidate) -> tuple[Finding, ...]:
    """Every argument value that is ungrounded and that nothing in the query comes near.

    Args:
        candidate: as for :func:`~apigen.verify.grounding.ungrounded`.
    """
    reading = Reading(candidate.query, candidate.context)
    guesses = Guesses(reading)
    return tuple(
        finding(trace)
        for trace in traces(candidate, reading)
        if trace.spans is None and _far(reading, guesses, trace.leaf, trace.leaf.value)
    )


def _far(reading: Reading, guesses: Guesses, leaf: Leaf, value: Json) -> bool:
    if isinstance(value, bool) or value is None or isinstance(value, (list, dict)):
        return False
    if leaf.is_key and not leaf.is_described:
        return False  # a ``dict`` of which nothing is told may have any shape
    if isinstance(value, (int, float)):
        return _far_number(reading, guesses, leaf, value)
    return _far_text(reading, guesses, leaf, value)


def _far_number(reading: Reading, guesses: Guesses, leaf: Leaf, value: float) -> bool:
    """Neither small, nor named by the schema or its description, nor one step of arithmetic from what is said."""
    if (
        abs(value) <= _SMALL
        or value in _KNOWN
        or str(value) in TOKEN.findall(leaf.description)
        or "enum" in leaf.schema
    ):
        return False
    if not _LEAST <= abs(value) <= _MOST:
        return False  # a constant of nature, most likely
    if _PLACE.search(leaf.name) or _is_round(reading, value) or _is_open_year(reading, leaf, value):
        return False
    return not guesses.are_near(value)


def _is_round(reading: Reading, value: float) -> bool:
    """A ten up to a hundred or a power of ten, and a five where no number is said: what one falls back on."""
    step = 10 if reading.numbers else 5
    return (value % step == 0 and 0 < value <= _HUNDRED) or f"{value:.6e}".startswith("1.000000e+")


def _is_open_year(reading: Reading, leaf: Leaf, value: float) -> bool:
    """A year of our time where the query, and what was said before it, state none: it may be the current one."""
    if not 2000 <= value <= 2030 or not _YEARLY.search(leaf.name):
        return False
    numbers = [*reading.numbers, *(reading.before.numbers if reading.before else ())]
    return not any(1900 <= one <= 2100 for number in numbers for one in number.values)


def _far_text(reading: Reading, guesses: Guesses, leaf: Leaf, value: str) -> bool:
    """A date or text that shares no word, word root or letters with the query."""
    if not value.strip() or not _comparable(reading, value) or value.lower() in WILDCARDS:
        return False
    choices = leaf.schema.get("enum") or told_choices(leaf.description)
    if value in choices:
        return another_is_named(reading, leaf, value, in_any_form=True)
    if _NUMERIC.fullmatch(value):
        return _far_number(reading, guesses, leaf, float(value))
    if read_moment(value):
        return not (_RELATIVE.search(reading.text) or _partly_said(reading, value))
    words = [normalise(match.group()) for match in TOKEN.finditer(value)]
    content = [word for word in words if word not in STOP_WORDS and len(word) > 1] or words
    if not content or any(_kin(reading, word) for word in content[:_MOST_WORDS]):
        return False
    return not (_is_term(leaf, value, content) or _spelled(reading, value) or _is_known_of(reading, leaf))


def _is_known_of(reading: Reading, leaf: Leaf) -> bool:
    """Whether a country, zone, currency or league is asked of something that the query names: Paris is in France."""
    if not _ATTRIBUTE.search(leaf.name):
        return False
    named = (token for token in reading.tokens[1:] if reading.text[token.start].isupper())
    return any(token.word not in STOP_WORDS for token in named)


def _partly_said(reading: Reading, value: str) -> bool:
    """Whether the query names no day, month or year at all, a date's day and no year, or its month and no day."""
    years = {int(one) for number in reading.numbers for one in number.values[:1] if 1000 <= one <= 2999}
    months = {month for month, _, _ in reading.months}
    for moment in read_moments(value):
        if moment.month is not None and not (years or months or reading.dates):
            return True  # today, as likely as not
        for mention in reading.dates:
            for _, month, day in mention.readings:
                if not years and moment.clock is None and (month, day) == (moment.month, moment.day):
                    return True
        if moment.month in months and not reading.dates and (not years or moment.year in years):
            return True
    return False


def _is_term(leaf: Leaf, value: str, content: list[str]) -> bool:
    """Whether a text is an abbreviation, a word of the description's, or one plain word that names a kind."""
    if len(value.strip()) <= _SHORT or (value.islower() and set(content) <= set(split_words(leaf.description))):
        return True
    return bool(_TERM.fullmatch(value)) and bool(_KIND.search(leaf.name))


def _kin(reading: Reading, word: str) -> bool:
    if stem(word) in reading.positions:
        return True
    if (
        len(word) >= _SHORT
        and word.isalpha()
        and word not in _DOMAINS
        and any(other.startswith(word) for other in reading.words.beginning(word[:2]))
    ):
        return True
    if len(word) < _ROOT or not word.isalpha():
        return False
    return any(
        (other[:_ROOT] == word[:_ROOT] or word in other) and len(other) >= _ROOT and other not in STOP_WORDS
        for other in reading.words.by_word
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
    """Whether the query is written in the letters and the language that grounding reads, as the value is.

    "上海" says Shanghai to those who read it, and "mañana" says tomorrow.
    """
    if reading.text.isascii():
        return True
    if sum(character.isalpha() and ord(character) > 0x250 for character in reading.text) > 4:
        return not value.isascii()
    foreign = any(character.isalpha() and ord(character) > 0x7F for character in reading.text)
    return not foreign or sum(token.word in STOP_WORDS for token in reading.tokens) * _ENGLISH > len(reading.tokens)
