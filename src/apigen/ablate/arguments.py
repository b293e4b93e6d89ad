"""Argument accuracy: expected arguments given with the right value. It moves before whole answers become right."""

from collections.abc import Iterable, Sequence

from apigen.ablate.base import Arguments
from apigen.evaluate.base import Answer, GroundTruth
from apigen.evaluate.calls import CallsDue, DueCall
from apigen.records import Call


def arguments_of(answers: Iterable[tuple[GroundTruth, Answer]]) -> Arguments:
    """Count over answers, by the rules that score them.

    Each expected call is matched with one call of the same tool, the remaining one with the most right values; no call
    is matched twice. Answers that are not calls have no right values.

    Args:
        answers: each with its ground truth.
    """
    due = called = right = 0
    for truth, answer in answers:
        if isinstance(truth, CallsDue):
            due += sum(len(call.due) for call in truth.calls)
            for call, found in _paired(truth.calls, () if answer.undecodable else answer.calls):
                called += len(call.due)
                right += found
    return Arguments(due, called, right)


def _paired(due: Sequence[DueCall], calls: Sequence[Call]) -> list[tuple[DueCall, int]]:
    """Expected calls whose tool was called, each with the number of its right values."""
    pairs = [
        (_right(one, call), place, at)
        for place, one in enumerate(due)
        for at, call in enumerate(calls)
        if call.name == one.name
    ]
    found: dict[int, int] = {}
    taken: set[int] = set()
    for right, place, at in sorted(pairs, key=lambda pair: -pair[0]):
        if place not in found and at not in taken:
            found[place] = right
            taken.add(at)
    return [(due[place], right) for place, right in found.items()]


def _right(due: DueCall, call: Call) -> int:
    given = ((due.arguments.get(name), name) for name in due.due if name in call.arguments)
    return sum(argument is not None and argument.score(name, call.arguments[name]).correct for argument, name in given)
