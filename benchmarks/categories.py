"""How often categories are right: on labelled APIs that were held back, and on the starter library.

The classifier that is measured has learnt from the APIs that were not held back; the one that is used has learnt from
all of them. Intervals are Wilson's, of 95%. ``--labels`` compares with the labels of a library that has some, such as
``toolbench:PATH``: a publisher's choice rather than the truth.

    python -m benchmarks.categories [--labels LOCATOR]
"""

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from apigen.agreement import wilson
from apigen.library.catalogue import load_library
from apigen.library.categories.classifier import SURE, Classifier, shipped, train
from apigen.library.categories.labelled import labelled_apis, vocabulary
from apigen.library.categories.labels import of_label
from apigen.library.starter import CATEGORIES
from apigen.library.table import SOURCES
from apigen.locators import parse_locator


class Judged(NamedTuple):
    """One item with its right category and what the classifier took it for."""

    right: str
    guessed: str
    confidence: float

    @property
    def category(self) -> str:
        """What it would be put into: Other where the guess is not sure enough."""
        return self.guessed if self.confidence >= SURE else "Other"


def held_back(classifier: Classifier) -> list[Judged]:
    return [
        Judged(api.category, guess.category, guess.confidence)
        for api in labelled_apis()
        if api.held_back
        for guess in [classifier.guess((api.name, api.parameters, api.description))]
    ]


def starter(classifier: Classifier) -> list[Judged]:
    return [
        Judged(tool.category, guess.category, guess.confidence)
        for tool in load_library(["starter"]).tools
        for guess in [classifier.guess_tool(tool)]
    ]


def publishers(classifier: Classifier, text: str) -> list[Judged]:
    locator = parse_locator(text, SOURCES)
    return [
        Judged(label, guess.category, guess.confidence)
        for tool in SOURCES[locator.kind](locator).tools
        if (label := of_label(tool.category)) is not None
        for guess in [classifier.guess_tool(tool)]
    ]


def share(judged: Sequence[Judged]) -> str:
    right = sum(one.category == one.right for one in judged)
    found = wilson(right, len(judged))
    return f"{right:5,} of {len(judged):5,}  {found.share:6.1%}  ({found.low:.1%} to {found.high:.1%})"


def tell(title: str, judged: Sequence[Judged]) -> None:
    """Accuracy as a whole, by category and by confidence, and what is taken for what most often."""
    print(f"\n{title}\n  all            {share(judged)}")
    for category in CATEGORIES:
        own = [one for one in judged if one.right == category]
        if own:
            print(f"  {category:14} {share(own)}")
    for least in (0.3, 0.5, 0.7, 0.9):
        sure = [one for one in judged if one.confidence >= least]
        print(f"  confidence from {least}: {len(sure) / len(judged):4.0%} of them, {share(sure)}")
    unsure = [one for one in judged if one.confidence < SURE]
    right = sum(one.guessed == one.right for one in unsure)
    print(f"  put into Other for lack of confidence: {len(unsure)}, of which {right} guesses would have been right")
    wrong = Counter((one.right, one.category) for one in judged if one.category != one.right)
    print("  " + "; ".join(f"{right} taken for {taken}: {count}" for (right, taken), count in wrong.most_common(10)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", help="a library whose own labels are compared, such as toolbench:PATH")
    options = parser.parse_args()
    apis = labelled_apis()
    taught = [api for api in apis if not api.held_back]
    start = time.process_time()
    classifier = train(taught, vocabulary())
    print(
        f"{len(apis)} labelled APIs, {len(taught)} to learn from; {len(classifier.evidence):,} words, learnt in "
        f"{1000 * (time.process_time() - start):.0f} ms"
    )
    tell("held back", held_back(classifier))
    tell("starter library", starter(classifier))
    if options.labels:
        tell(f"labels of {options.labels}", publishers(classifier, options.labels))
    tools = load_library(["starter"]).tools
    shipped().guess_tool(tools[0])
    start = time.process_time()
    for _ in range(20):
        for tool in tools:
            shipped().guess_tool(tool)
    spent = time.process_time() - start
    print(f"\n{20 * len(tools) / spent:,.0f} tools a CPU second")


if __name__ == "__main__":
    main()
