"""Whether calls match the expected ones, or whether any call is expected at all."""

from collections.abc import Mapping, Sequence

import msgspec

from apigen.evaluate.base import RIGHT, Answer, Due, ErrorType, Score, short
from apigen.evaluate.values import OMITTED, Argument, json_type
from apigen.records import Call


class DueCall(msgspec.Struct, frozen=True):
    """One expected call, with everything that is acceptable for it."""

    name: str
    arguments: Mapping[str, Argument]
    """The arguments that may be given; any other is wrong, even if the tool has it."""
    due: Sequence[str]
    """The arguments that must be given."""

    def score(self, call: Call) -> Score:
        """Score one call as this one."""
        if call.name != self.name:
            return Score(ErrorType.WRONG_NAME, f"{short(call.name)} is called, not {self.name}")
        for name in self.due:
            if name not in call.arguments:
                return Score(ErrorType.MISSING_ARGUMENT, f"{self.name}: {name} is missing")
        for name, value in call.arguments.items():
            argument = self.arguments.get(name)
            if argument is None:
                return Score(ErrorType.UNKNOWN_ARGUMENT, f"{self.name}: {name} is not in the ground truth")
            score = argument.score(f"{self.name}: {name}", value)
            if not score.correct:
                return score
        return RIGHT

    def described(self) -> Due:
        """The call with its arguments, including optional ones that have a value."""
        said = {name: self.arguments[name] for name in self.due if name in self.arguments}
        for name, argument in self.arguments.items():
            if OMITTED in argument.values and any(value != OMITTED for value in argument.values):
                said.setdefault(name, argument)
        types = {name: json_type(argument.kind) for name, argument in said.items()}
        return Due(self.name, types, {name: argument.values for name, argument in said.items()})


def due_arguments(required: Sequence[str], arguments: Mapping[str, Sequence[object]]) -> tuple[str, ...]:
    """The arguments that must be given: those the tool requires, and those that may not be omitted.

    Args:
        required: by the tool.
        arguments: the acceptable values of each.
    """
    return tuple(dict.fromkeys((*required, *(name for name, values in arguments.items() if OMITTED not in values))))


class CallsDue(msgspec.Struct, frozen=True):
    """Exactly these calls are expected, in any order.

    Each expected call takes the first remaining call that matches, in the suite's order. So an answer can be rejected
    although another assignment would match; the official checker does the same.
    """

    calls: tuple[DueCall, ...]

    def due(self) -> Sequence[Due]:
        """Each of them."""
        return [call.described() for call in self.calls]

    def score(self, answer: Answer) -> Score:
        """Score one answer."""
        if answer.undecodable:
            return Score(ErrorType.UNDECODABLE, answer.undecodable)
        if len(answer.calls) != len(self.calls):
            return wrong_count(answer.calls, len(self.calls))
        left = list(answer.calls)
        for due in self.calls:
            scores: list[Score] = []
            for call in left:
                scores.append(due.score(call))
                if scores[-1].correct:
                    del left[len(scores) - 1]
                    break
            else:
                return next((score for score in scores if score.error_type is not ErrorType.WRONG_NAME), scores[0])
        return RIGHT


def wrong_count(calls: Sequence[Call], due: int) -> Score:
    """The score of an answer with more or fewer calls than expected."""
    counts = f"{len(calls)} of {due} calls"
    if not calls:
        return Score(ErrorType.NO_CALL, counts)
    return Score(ErrorType.MISSING_CALL if len(calls) < due else ErrorType.EXTRA_CALL, counts)


class AnyCallDue(msgspec.Struct, frozen=True):
    """Only whether any call is made counts, not which: relevance and irrelevance.

    What cannot be decoded counts as no call.
    """

    wanted: bool

    def due(self) -> Sequence[Due]:
        """None in particular."""
        return ()

    def score(self, answer: Answer) -> Score:
        """Score one answer."""
        called = bool(answer.calls) and not answer.undecodable
        if called == self.wanted:
            return RIGHT
        if called:
            return Score(ErrorType.CALLED_NEEDLESSLY, f"{short(answer.calls[0].name)} is called, though no tool fits")
        if answer.undecodable:
            return Score(ErrorType.UNDECODABLE, answer.undecodable)
        return Score(ErrorType.NO_CALL, "a tool fits, but none is called")
