"""Finds near-duplicate tools, such as one API that two providers publish under two names.

A tool is a set of features: the words of its name, the first words of its description one by one and in pairs, and its
parameters with their types. A feature weighs more the fewer tools have it, so that what a whole service says of each of
its tools counts for little. Two tools are near-duplicates if they share most of the weight, and their names at least
half of their words; if both names have words of their own, the descriptions must be the same.

The comparison is exact and needs no sampling: two sets that share enough weight share one of the few features that are
heaviest in either (Chaudhuri, Ganti and Kaushik, "A primitive operator for similarity joins in data cleaning", 2006),
and hardly any two others do.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import log

import msgspec

from apigen.clean.words import words_of
from apigen.records import RestBinding, Tool

LEAST_SHARED = 0.8
"""Share of the weight of two tools' features that they have in common (weighted Jaccard)."""
LEAST_NAME = 0.5
"""Share of the words of their names that they have in common."""
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
        least: share of the weight that must be common.
    """
    sets = [frozenset(_features(tool)) for tool in tools]
    names = [frozenset(words_of(tool.name)) for tool in tools]
    frequency = Counter(feature for features in sets for feature in features)
    weights = {feature: log(1 + len(sets) / count) for feature, count in frequency.items()}
    index: dict[str, list[int]] = {}
    heavy: list[float] = []
    groups: dict[int, list[int]] = {}
    for number, features in enumerate(sets):
        heavy.append(weight := _weight(features, weights))
        prefix = _prefix(features, weights, least * weight)
        others = {other for feature in prefix for other in index.get(feature, ())}
        alike = (
            other
            for other in sorted(others)
            if least * weight <= heavy[other] <= weight / least
            and _name_the_same(names[number], names[other], tools[number], tools[other])
            and _share_enough(features & sets[other], weights, weight + heavy[other], least)
        )
        first = next(alike, None)
        if first is not None:
            groups.setdefault(first, []).append(number)
            continue
        for feature in prefix:
            index.setdefault(feature, []).append(number)
    return tuple(
        Group(tools[first].name, tuple(tools[other].name for other in others))
        for first, others in sorted(groups.items())
    )


def _prefix(features: Iterable[str], weights: Mapping[str, float], enough: float) -> list[str]:
    """The heaviest features, so many that those behind them do not weigh enough to make two tools alike."""
    ordered = sorted(features, key=lambda feature: (-weights[feature], feature))
    behind = 0.0
    while ordered and behind + weights[ordered[-1]] < enough:
        behind += weights[ordered.pop()]
    return ordered


def _weight(features: Iterable[str], weights: Mapping[str, float]) -> float:
    return sum(weights[feature] for feature in features)


def _features(tool: Tool) -> Iterator[str]:
    for word in words_of(tool.name):
        yield f"name {word}"
    words = words_of(tool.description)[:_WORDS]
    yield from words
    for pair in pairwise(words):
        yield " ".join(pair)
    for name, schema in tool.properties.items():
        kind = schema.get("type", "") if isinstance(schema, dict) else ""
        yield f"parameter {' '.join(words_of(name))} {kind}"


def _share_enough(shared: Iterable[str], weights: Mapping[str, float], both: float, least: float) -> bool:
    """Whether what two sets share is enough of all that they hold; ``both`` counts what they share twice."""
    common = _weight(shared, weights)
    return common >= least * (both - common)


def _name_the_same(mine: frozenset[str], others: frozenset[str], tool: Tool, other: Tool) -> bool:
    """Whether two names can mean one thing, as those of ``get_pet`` and ``delete_pet`` cannot."""
    both = isinstance(tool.binding, RestBinding) and isinstance(other.binding, RestBinding)
    if both and getattr(tool.binding, "method", "") != getattr(other.binding, "method", ""):
        return False
    if len(mine & others) < LEAST_NAME * len(mine | others):
        return False
    return mine <= others or others <= mine or words_of(tool.description) == words_of(other.description)
