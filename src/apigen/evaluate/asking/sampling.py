"""A sample of each category, where all questions would take too long."""

from collections.abc import Iterable, Sequence
from random import Random

from apigen.evaluate.base import Question


def sampled(questions: Iterable[Question], most: int | None, seed: int) -> Sequence[Question]:
    """At most ``most`` questions of each category, in the suite's order.

    The same seed gives the same sample, and a larger sample contains the smaller one.

    Args:
        questions: all questions.
        most: per category; ``None`` for all.
        seed: of the sample.
    """
    asked = list(questions)
    if most is None:
        return asked
    drawn = sorted(asked, key=lambda question: Random(f"{seed}/{question.id}").random())
    taken: dict[str, set[str]] = {}
    for question in drawn:
        chosen = taken.setdefault(question.category, set())
        if len(chosen) < most:
            chosen.add(question.id)
    return [question for question in asked if question.id in taken[question.category]]
