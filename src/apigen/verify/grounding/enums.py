"""Where the query names one of a list of choices, by its words, a synonym, or better than any other choice."""

import re
from collections.abc import Sequence
from functools import lru_cache

from apigen.verify.grounding.leaves import Leaf
from apigen.verify.grounding.moments import month_or_weekday
from apigen.verify.grounding.reading import Reading, Span
from apigen.verify.grounding.scalars import Evidence, number_evidence
from apigen.verify.grounding.synonyms import synonyms
from apigen.verify.grounding.words import STOP_WORDS, content_stems, split_words, stem

_GRADE = re.compile(r"[A-Za-z][-+#]?")
_DERIVED = re.compile(r"(?<=\w{5})(?:ization|isation|ation|ition|tion|sion|ment|ness|ance|ence|ical|ity|ist|ous)$")
"""Endings that make one word of another, after five letters or more."""

_LONG_ROOT = 6
_COUNTS = {"single": 1, "one": 1, "dual": 2, "double": 2, "twin": 2, "triple": 3, "quad": 4, "quadruple": 4}
_NUMERIC = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?")


def enum_evidence(reading: Reading, leaf: Leaf, value: str, members: list[str]) -> Evidence:
    """Where a choice is named.

    Args:
        reading: the query.
        leaf: the parameter.
        value: the choice that the call makes.
        members: all choices that are strings.
    """
    if len(members) == 1:
        return ()  # there is nothing to choose
    words = split_words(value)
    if _GRADE.fullmatch(value):
        return _letter(reading, value) or glossed(reading, leaf.description, value)
    if len(words) == 1 and words[0] in STOP_WORDS:
        spans = _ambiguous(reading, value)
    else:
        spans = reading.find(tuple(map(stem, words))) if words else reading.find_sign(value.lower())
    spans = spans or [span for synonym in synonyms(value) for span in reading.find_synonym(synonym)]
    if spans:
        return tuple(_outside_longer(reading, words, members, spans)) or glossed(reading, leaf.description, value)
    if words:
        telling = _telling_words(value, tuple(members))
        others = frozenset(word for member in members if member != value for word in split_words(member))
        spans = _outside_longer(reading, words, members, each_word(reading, telling, others))
        spans = spans or compound(reading, words)
    found = tuple(spans) or month_or_weekday(reading, value) or glossed(reading, leaf.description, value)
    if not found and _NUMERIC.fullmatch(value):
        return number_evidence(reading, leaf, float(value.replace(",", "")))
    return found or tuple(_counted(reading, leaf, value)) or _best(reading, leaf, value, members)


def _best(reading: Reading, leaf: Leaf, value: str, members: list[str]) -> Evidence:
    """At least half of the words that no other choice has, and more of them: "my debit" for ``debit card``.

    A list may hold several choices, so there only a choice that rests on the same words is a rival.
    """
    score, spans = _score(reading, value, tuple(members))
    if 2 * score < 1:
        return None
    for member in members:
        rival, places = _score(reading, member, tuple(members)) if member != value else (0.0, [])
        if rival >= score and ("[" not in leaf.path or set(places) & set(spans)):
            return None
    return tuple(spans)


def _score(reading: Reading, value: str, members: tuple[str, ...]) -> tuple[float, list[Span]]:
    """The share of a choice's own words that the query has, and where."""
    words = _own_words(value, members)
    found = [spans for word in words if (spans := each_word(reading, (word,), frozenset()))]
    return (len(found) / len(words) if words else 0.0), [span for spans in found for span in spans]


@lru_cache(maxsize=4096)
def _own_words(value: str, members: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a choice that no other choice has; its telling words where there are none."""
    others = {word for member in members if member != value for word in split_words(member)}
    words = [word for word in split_words(value) if len(word) > 2 and word not in STOP_WORDS]
    return tuple(word for word in words if word not in others) or _telling_words(value, members)


def _counted(reading: Reading, leaf: Leaf, value: str) -> list[Span]:
    """ "one CPU" for ``single``: the number right before what the parameter is called."""
    count = _COUNTS.get(value.lower())
    names = {*content_stems(leaf.name), *content_stems(leaf.description)}
    return [
        (start, end)
        for start, end in (reading.spans_by_number.get(count, ()) if count else ())
        if any(token.stem in names for token in reading.words.between(end, end + 3))
    ]


def _letter(reading: Reading, value: str) -> Evidence:
    """A grade, note or class such as ``A``, ``B+`` or ``C#``; the article "a" is none, and "B+" is no ``B``."""
    flags = 0 if value[0] in "AaIi" and len(value) == 1 else re.IGNORECASE
    exact = rf"(?<![A-Za-z]){re.escape(value)}(?![A-Za-z+#]|-(?!\w))"
    spans = [match.span() for match in re.finditer(exact, reading.text, flags)]
    spans = spans or [span for synonym in synonyms(value) for span in reading.find_synonym(synonym)]
    return tuple(spans) or None


def _outside_longer(reading: Reading, words: tuple[str, ...], members: list[str], spans: list[Span]) -> list[Span]:
    """The places that are not part of a longer member: "PG-13" does not name ``PG``."""
    for member in members if spans else ():
        longer = split_words(member)
        if len(longer) > len(words) and set(words) <= set(longer):
            places = reading.find(tuple(map(stem, longer)))
            spans = [span for span in spans if not any(a <= span[0] and span[1] <= b for a, b in places)]
    return spans


@lru_cache(maxsize=4096)
def _telling_words(value: str, members: tuple[str, ...]) -> tuple[str, ...]:
    """The words of an enum value that tell it from the other members: "fixed" of ``fixed_rate``, ``variable_rate``."""
    shared = set.intersection(*(set(split_words(member)) for member in members))
    words = [word for word in split_words(value) if word not in shared and word not in STOP_WORDS]
    return tuple(words) or split_words(value)


def _ambiguous(reading: Reading, value: str) -> list[Span]:
    """A value such as "in" or "it", which is mostly another word: after a number, in capitals or in quotes."""
    spans = []
    for token in reading.tokens:
        if token.word == value.lower():
            before = reading.text[: token.start].rstrip()[-1:]
            text = reading.text[token.start : token.end]
            if before.isdigit() or before in {'"', "'", "`"} or (text.isupper() and text == value):
                spans.append((token.start, token.end))
    return spans


def each_word(reading: Reading, words: Sequence[str], others: frozenset[str]) -> list[Span]:
    """Every word by itself, in any form; ``others`` are words that mean other enum members."""
    spans: list[Span] = []
    for word in words:
        found = one_word(reading, word, others)
        if not found:
            return []
        spans += found
    return spans


def one_word(reading: Reading, word: str, others: frozenset[str] = frozenset()) -> list[Span]:
    """Where one word stands in any form: inflected, a synonym, the start of a longer word, a typo."""
    spans = reading.find((stem(word),))
    if not spans:
        spans = [span for one in synonyms(word) if not one.suggests for span in reading.find_synonym(one)]
    if not spans and len(word) >= 5 and word.isalpha():
        root = stem(word)
        if suffix := _DERIVED.search(word):
            root = word[: suffix.start()]  # "vaporization" and "vaporizing", "equipment" and "equipped"
        elif len(root) > _LONG_ROOT:
            root = root[:-2]  # "relative" and "relativity", "inclusive" and "including"
        alike = reading.words.beginning(root[:2])
        spans = reading.words.of(other for other in alike if other not in others and other.startswith(root))
    return spans or reading.find_typo(word, others)


def compound(reading: Reading, words: tuple[str, ...]) -> list[Span]:
    """ "roundtrip" for ``round_trip`` and "check in" for ``checkin``."""
    joined = "".join(words)
    spans = reading.find((stem(joined),))
    for cut in range(1, len(joined)):
        for index in reading.words.by_word.get(joined[:cut], ()):
            if index + 1 < len(reading.tokens) and reading.tokens[index + 1].word == joined[cut:]:
                spans.append(reading.span(index, index + 1))
    return spans


def glossed(reading: Reading, description: str, value: str) -> Evidence:
    """Where the words stand by which the description explains a value: "m: metric", "'linear' for straight-line"."""
    for gloss in _glosses(description, value):
        found = [span for one in gloss for span in reading.find((one,))[:1]]
        if found and 2 * len(found) >= len(gloss):
            return tuple(found)
    return None


@lru_cache(maxsize=8192)
def _glosses(description: str, value: str) -> tuple[tuple[str, ...], ...]:
    if not description or value not in description:
        return ()
    quoted = rf"(?<![\w-])[\"'`]?{re.escape(value)}[\"'`]?(?![\w-])"
    patterns = (
        rf"{quoted}\s*(?:[:=(]|\s-\s|for\b|means\b|is\b)\s*([^,;.()\n]{{2,60}})",
        rf"([^,;.(:\n]{{2,40}})\(\s*(?:e\.?g\.?,?\s*)?{quoted}\s*\)",
    )
    texts = [match for pattern in patterns for match in re.findall(pattern, description)]
    said = content_stems(description)
    glosses = [content_stems(text) for text in texts]
    telling = [tuple(one for one in gloss if said.count(one) == 1) or gloss for gloss in glosses]
    return tuple(filter(None, telling))
