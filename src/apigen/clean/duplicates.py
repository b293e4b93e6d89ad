"""Tools that are nearly the same: such as one API that two providers publish under two names.

A tool is a set of features: the words of its name, the first words of its description one by one and in pairs, and its
parameters with their types. Two tools are near-duplicates if they share most of their features and half the words of
their names. The comparison is exact and needs no sampling: in any order of features, two sets that share enough of them
share one among the first few (Chaudhuri, Ganti and Kaushik, "A primitive
operator for similarity joins in data cleaning", 2006), and with
the rarest features in front hardly any two others do.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from math import ceil

import msgspec

from apigen.clean.words import words_of
from apigen.records import Tool

LEAST_SHARED = 0.8
"""Share of two tools' features that they have in common (Jaccard)."""
LEAST_NAME = 0.5
"""The same for the words of their names."""
_WORDS = 40
"""Words of a description that count; what follows is often the same for a whole service."""


class Group(msgspec.Struct, frozen=True):
    """A tool with those that came after it and are nearly the same."""

    first: str
    others: tuple[str, ...]


def near_duplicates(tools: Sequence[Tool], least: float = LEAST_SHARED) -> tuple[Group, ...]:
    """Find groups of tools that are nearly the same.

    Each tool of a group is nearly the same as its first, not only as its neighbour.

    Args:
        tools: in order; the first of a group is the one to keep.
        least: share of features that must be common.
    """
    sets = [frozenset(_features(tool)) for tool in tools]
    names = [frozenset(words_of(tool.name)) for tool in tools]
    frequency = Counter(feature for features in sets for feature in features)
    index: dict[str, list[tuple[int, int]]] = {}
    groups: dict[int, list[int]] = {}
    for number, features in enumerate(sets):
        ordered = sorted(features, key=lambda feature: (frequency[feature], feature))
        prefix = ordered[: len(ordered) - ceil(least * len(ordered)) + 1]
        first = next(
            (
                other
                for other in _candidates(prefix, len(ordered), index, least)
                if _jaccard(features, sets[other]) >= least and _jaccard(names[number], names[other]) >= LEAST_NAME
            ),
            None,
        )
        if first is not None:
            groups.setdefault(first, []).append(number)
            continue
        for feature in prefix:
            index.setdefault(feature, []).append((number, len(ordered)))
    return tuple(
        Group(tools[first].name, tuple(tools[other].name for other in others)) for first, others in sorted(groups.items())
    )


def _candidates(
    prefix: Sequence[str], size: int, index: dict[str, list[tuple[int, int]]], least: float
) -> Iterator[int]:
    """Earlier tools that may share enough, in order; sets of too different a size cannot."""
    found = {
        other
        for feature in prefix
        for other, other_size in index.get(feature, ())
        if least * size <= other_size <= size / least
    }
    yield from sorted(found)


def _features(tool: Tool) -> Iterator[str]:
    for word in words_of(tool.name):
        yield f"name {word}"
    words = words_of(tool.description)[:_WORDS]
    yield from words
    for pair in zip(words, words[1:], strict=False):
        yield " ".join(pair)
    for name, schema in tool.properties.items():
        kind = schema.get("type", "") if isinstance(schema, dict) else ""
        yield f"parameter {' '.join(words_of(name))} {kind}"


def _jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    whole = len(first | second)
    return len(first & second) / whole if whole else 1.0
