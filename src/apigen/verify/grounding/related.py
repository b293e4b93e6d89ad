"""Words that suggest a value without being a synonym, and numbers of common knowledge (two tables)."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from apigen.verify.grounding.leaves import Leaf
from apigen.verify.grounding.reading import Reading, Span
from apigen.verify.grounding.scalars import Evidence
from apigen.verify.grounding.words import split_words, stem


def suggested(reading: Reading, leaf: Leaf, value: str) -> Evidence:
    """Where the query suggests a word, or each part: "hillbilly" for ``Country``, "東京" for ``Tokyo, Japan``."""
    spans = suggestions(reading, value)
    parts = [part for part in value.split(",") if part.strip()]
    if not spans and len(parts) > 1:
        found = [suggestions(reading, part) or reading.find(_stems(part)) for part in parts]
        spans = [span for one in found for span in one] if all(found) else []
    return tuple(spans) or None


def suggestions(reading: Reading, value: str) -> list[Span]:
    """Every place that suggests a word."""
    return [span for phrase in _related().get(_stems(value), ()) for span in _places(reading, phrase)]


def known(reading: Reading, leaf: Leaf, value: float) -> Evidence:
    """Where the query speaks of what has this number: four kings in a deck of cards."""
    spans = [
        span
        for subject, phrases in _facts().get(value, ())
        if not subject.isdisjoint(reading.positions)
        for phrase in phrases
        for span in _places(reading, phrase)
    ]
    return tuple(spans) or None


def _places(reading: Reading, phrase: str) -> list[Span]:
    if phrase.isascii():
        return reading.find(_stems(phrase))
    place = reading.lower.find(phrase)  # in scripts without spaces a word has no edges
    return [(place, place + len(phrase))] if place >= 0 else []


def _stems(text: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in split_words(text))


@cache
def _related() -> dict[tuple[str, ...], tuple[str, ...]]:
    table: dict[tuple[str, ...], tuple[str, ...]] = {}
    for line in _lines("related.txt"):
        words, said = line.split(":")
        for word in words.split("|"):
            key = _stems(word)
            others = (other for other in _phrases(words) if _stems(other) != key)
            table[key] = (*table.get(key, ()), *_phrases(said), *others)
    return table


@cache
def _facts() -> dict[float, list[tuple[frozenset[str], tuple[str, ...]]]]:
    table: dict[float, list[tuple[frozenset[str], tuple[str, ...]]]] = {}
    for line in _lines("facts.txt"):
        subject, number, said = line.split(":")
        table.setdefault(float(number), []).append((frozenset(_stems(subject)), _phrases(said)))
    return table


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(phrase.strip().lower() for phrase in text.split("|"))


def _lines(name: str) -> Iterable[str]:
    text = files("apigen.verify.grounding").joinpath(name).read_text("utf-8")
    return (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
