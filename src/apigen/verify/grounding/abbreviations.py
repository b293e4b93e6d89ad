"""Short forms and kin of words: codes made of a name's letters, names cut short, words of one family."""

import re

from apigen.verify.grounding.leaves import Leaf
from apigen.verify.grounding.reading import Reading, Span
from apigen.verify.grounding.scalars import Evidence
from apigen.verify.grounding.words import STOP_WORDS, split_words, stem

_CODED = re.compile(
    r"symbol|ticker|code|stock|abbreviat|acronym|iata|iso|airport|station|currenc|country|state", re.IGNORECASE
)
_ROOT = 5
"""Letters that two words of one family share at least."""

_CUT = 3
"""Letters that are left at least of a word that is cut short."""

_SCHEME = re.compile(r"^(?:[a-z]+://)?(?:www\.)?", re.IGNORECASE)
_WHOLE = r"(?<![\w]){}(?!\w)"
_COMMAND = re.compile(r"command|cmd|shell|script|terminal", re.IGNORECASE)
_SWITCH = re.compile(r"(?<!\S)(?:--?|/)[A-Za-z][\w-]*(?!\S)")
_ENDING = re.compile(r"\.\w{1,4}$")
_ACCOUNT = 6
"""Digits from which on their grouping does not matter."""

_GROUPING = re.compile(r"[\s().+-]")
_GROUPED = re.compile(r"[+(]?\d[\d\s().-]*\d")
_DEGREES = ("er", "est", "r", "st", "ier", "iest")


def acronym(reading: Reading, leaf: Leaf, text: str) -> Evidence:
    """ "SD" for "San Diego", "ssn" for "social security number"."""
    letters = text.lower()
    if not letters.isalpha() or not (len(text) >= 3 or text.isupper()) or not 2 <= len(text) <= 6:
        return None
    initials = reading.words.initials
    spans = []
    begin = initials.find(letters)
    while begin >= 0:
        tokens = reading.tokens[begin : begin + len(letters)]
        if len(text) >= 3 or all(reading.text[token.start].isupper() for token in tokens):
            spans.append((tokens[0].start, tokens[-1].end))
        begin = initials.find(letters, begin + 1)
    return tuple(spans) or None


def spelled(reading: Reading, leaf: Leaf, value: str) -> Evidence:
    """A code in capitals of one name's letters, in their order and from its first: ``NFLX``, where a code is asked."""
    if not (value.isascii() and value.isupper() and value.isalpha() and 2 <= len(value) <= _ROOT):
        return None
    if not _CODED.search(f"{leaf.name} {leaf.description}"):
        return None
    code = value.lower()
    spans = [
        (token.start, token.end)
        for token in reading.tokens
        if token.word[0] == code[0] and reading.text[token.start].isupper() and _in_order(code, token.word)
    ]
    return tuple(spans) or None


def _in_order(code: str, word: str) -> bool:
    letters = iter(word)
    return len(word) > len(code) and all(letter in letters for letter in code)


def shortened(reading: Reading, leaf: Leaf, value: str) -> Evidence:
    """A name with one of its words cut short, or left out at the beginning: "Man United", "Switch"."""
    words = split_words(value)
    if len(words) < 2 or not all(word.isalpha() for word in words):
        return None
    spans: list[Span] = []
    exact = 0
    for word in words:
        found = reading.find((stem(word),))
        exact += bool(found) and word not in STOP_WORDS
        if not found and len(word) >= _CUT:
            found = [(token.start, token.end) for token in reading.tokens if token.word.startswith(word)]
        if not found:
            return None
        spans += found
    return tuple(spans) if exact else None


def kin(reading: Reading, word: str) -> list[Span]:
    """Where a word of the same family stands: "existential" for "existentialism", "chimp" for "chimpanzee"."""
    if not word.isalpha() or word in STOP_WORDS:
        return []
    return reading.words.of(
        other
        for other in reading.words.beginning(word[:2])
        if other not in STOP_WORDS and (_akin(word, other) or _akin(word, stem(other)) or _compared(word, other))
    )


def _akin(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    shared = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if shared == len(short):
        return len(short) >= _ROOT - 1 and 2 * len(short) >= len(long)
    return shared >= _ROOT and 5 * shared >= 3 * len(long)


def _compared(one: str, other: str) -> bool:
    """ "lower" and "lowest" for "low", "easiest" for "easy"."""
    return any(other in (one + degree, one[:-1] + degree) and len(one) > 2 for degree in _DEGREES)


def located(reading: Reading, leaf: Leaf, value: str) -> Evidence:
    """A path or URL whose parts the query names, with the scheme, ``www`` and ``.`` that it may leave out."""
    if not re.search(r"[/\\]", value) or " " in value.strip():
        return None
    parts = [part for part in re.split(r"[/\\]+", _SCHEME.sub("", value)) if part not in {"", ".", "~"}]
    host = parts[0].split(".") if parts else []
    if value.lower().startswith("http") and len(parts) == 1 and 2 <= len(host) <= _ROOT:
        site = re.search(rf"\b{re.escape(host[0])}\b(?!\.\w)", reading.text, re.IGNORECASE)
        parts = host[:1] if site else parts  # "google" for https://www.google.com
    spans = [
        [match.span() for match in re.finditer(_WHOLE.format(re.escape(part)), reading.text, re.IGNORECASE)]
        for part in parts
    ]
    return tuple(span for found in spans for span in found) if spans and all(spans) else None


def as_command(reading: Reading, leaf: Leaf, value: str) -> Evidence:
    """A command whose words the query says, but for switches and endings of files: ``taskkill /F /IM notepad.exe``."""
    words = [word for word in _SWITCH.sub(" ", value).split() if word]
    if len(words) < 2 or not _COMMAND.search(leaf.name):
        return None
    found = [reading.find(tuple(map(stem, split_words(_ENDING.sub("", word))))) for word in words]
    return tuple(span for spans in found for span in spans) if all(found) else None


def as_digits(reading: Reading, leaf: Leaf, value: str) -> Evidence:
    """A number of a phone, a card or an account, however its digits are grouped."""
    digits = _GROUPING.sub("", value)
    if not digits.isdecimal() or len(digits) < _ACCOUNT:
        return None
    spans = [match.span() for match in _GROUPED.finditer(reading.text) if _GROUPING.sub("", match[0]) == digits]
    return tuple(spans) or None
