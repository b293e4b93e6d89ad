"""A small classifier of tools: multinomial naive Bayes over the distinct words of a tool.

It learns in some milliseconds from two text files that stand beside it, so there is nothing to download and nothing
binary to keep. Pieces of words were tried too and made it worse on what it had not seen.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache

import msgspec

from apigen.library.categories.labelled import LabelledApi, labelled_apis, vocabulary
from apigen.library.categories.words import words
from apigen.library.starter import CATEGORIES
from apigen.records import Tool

SURE = 0.3
"""Confidence below which a guess is not worth making."""

_SMOOTHING = 0.4
"""Added to every count, so that a word unseen in a category does not rule it out."""
_VOCABULARY_WEIGHT = 5
"""How many APIs a word of the vocabulary counts for."""
_TEMPERATURE = 1.5
"""Divides the evidence before it becomes a confidence: words come in company, which naive Bayes takes for more than it
is. This and the two above were chosen by five-fold cross-validation among the APIs that are not held back."""


class Guess(msgspec.Struct, frozen=True):
    """What the classifier takes a tool for."""

    category: str
    confidence: float
    """Between 0 and 1."""


class Classifier(msgspec.Struct, frozen=True):
    """What was learnt: for each word, by how much it speaks for which categories."""

    evidence: dict[str, tuple[tuple[int, float], ...]]
    """By word: indices of categories in which it was seen, and how much it says there beyond a word that was not."""
    unseen: tuple[float, ...]
    """By category: what a word says that was seen elsewhere but not there."""

    def guess(self, texts: Iterable[str]) -> Guess:
        """The likeliest category of a tool.

        Args:
            texts: what there is of it: its name, its parameters' names, its description.
        """
        known = [found for word in words(*texts) if (found := self.evidence.get(word)) is not None]
        if not known:
            return Guess("Other", 0.0)
        scores = [len(known) * unseen for unseen in self.unseen]
        for found in known:
            for index, weight in found:
                scores[index] += weight
        best = max(scores)
        share = 1 / sum(math.exp((score - best) / _TEMPERATURE) for score in scores)
        return Guess(CATEGORIES[scores.index(best)], share)

    def guess_tool(self, tool: Tool) -> Guess:
        """The likeliest category of a tool, by its name, its parameters' names and its description."""
        properties = tool.parameters.get("properties")
        return self.guess((tool.name, " ".join(properties) if isinstance(properties, dict) else "", tool.description))


def train(apis: Iterable[LabelledApi], pointing: Mapping[str, Iterable[str]]) -> Classifier:
    """Learn from labelled APIs and from words that point to a category.

    Args:
        apis: each counts once for every word that it has.
        pointing: words by category.
    """
    counts = [Counter[str]() for _ in CATEGORIES]
    for api in apis:
        counts[CATEGORIES.index(api.category)].update(words(api.name, api.parameters, api.description))
    for category, listed in pointing.items():
        for word in words(*listed):
            counts[CATEGORIES.index(category)][word] += _VOCABULARY_WEIGHT
    known = sorted(set().union(*counts))
    unseen = tuple(math.log(_SMOOTHING) - math.log(counted.total() + _SMOOTHING * len(known)) for counted in counts)
    evidence = {
        word: tuple(
            (index, math.log((counted[word] + _SMOOTHING) / _SMOOTHING))
            for index, counted in enumerate(counts)
            if word in counted
        )
        for word in known
    }
    return Classifier(evidence, unseen)


@cache
def shipped() -> Classifier:
    """The classifier that is used: it has learnt from everything, also from what is held back for measuring."""
    return train(labelled_apis(), vocabulary())
