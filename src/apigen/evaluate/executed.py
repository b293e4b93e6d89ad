"""Held-out answers scored by the results of their calls.

An answer that differs from the row's may do the same: its calls are executed, and so are the row's own. It is right if
it makes as many calls, and each of the row's calls is matched by one of the same tool with the same result, in any
order. Where the row's own calls cannot be executed, fail, or vary from one time to the next, there is no score.
"""

import itertools
from collections.abc import AsyncIterator, Callable, Iterable, Mapping

import msgspec

from apigen.dialogue.native import underscored
from apigen.errors import ExecutorUnavailable
from apigen.evaluate.base import RIGHT, Answer, ErrorType, Question, Score, short
from apigen.evaluate.calls import wrong_count
from apigen.execute.base import BulkExecutor, Ran
from apigen.records import Call, Execution, Tool

CHUNK = 256
"""Answers whose calls are executed together."""

_Key = tuple[str, bytes]


class ByResult(msgspec.Struct, frozen=True):
    """The score of one answer by execution."""

    id: str
    score: Score | None
    """``None`` where there is none."""
    problem: str = ""
    """Why."""


class Tools:
    """A library's tools by the names under which they are offered.

    Args:
        tools: with their bindings.
    """

    def __init__(self, tools: Iterable[Tool]) -> None:
        self._tools: dict[str, Tool] = {}
        for tool in tools:
            if tool.binding is not None:
                self._tools[tool.name] = tool
                self._tools.setdefault(underscored(tool.name), tool)

    def pair(self, call: Call) -> tuple[Tool, Call] | None:
        """The tool behind a call, and the call under the tool's own name; ``None`` where there is none."""
        tool = self._tools.get(call.name)
        return (tool, Call(tool.name, call.arguments)) if tool else None


async def scored_by_result(
    answers: Iterable[tuple[Question, Answer]],
    tools: Tools,
    executor: BulkExecutor,
    stopped: Callable[[], bool] = lambda: False,
) -> AsyncIterator[ByResult]:
    """Execute the calls of each answer and those of its row, and compare the results.

    Args:
        answers: to questions whose own calls are known.
        tools: what can be executed.
        executor: makes the calls; it should make each twice, so that results that vary are known.
        stopped: called after each chunk; ends the work when it returns true.

    Yields:
        The score of each answer, in order.

    Raises:
        ExecutorUnavailable: nothing can be executed any more.
    """
    rest = iter(answers)
    while not stopped() and (chunk := list(itertools.islice(rest, CHUNK))):
        wanted: dict[_Key, tuple[Tool, Call]] = {}
        for question, answer in chunk:
            for call in _worth_making(question, answer):
                key, pair = _key(call), tools.pair(call)
                if key is not None and pair is not None:
                    wanted[key] = pair
        ran = dict(zip(wanted, await executor.execute_many(list(wanted.values())), strict=True))
        for question, answer in chunk:
            yield _marked(question, answer, ran)


def _worth_making(question: Question, answer: Answer) -> Iterable[Call]:
    """The row's calls, and those of the answer that could match one."""
    own = question.own or ()
    names = {call.name for call in own}
    yield from own
    yield from (call for call in answer.calls if call.name in names)


def _marked(question: Question, answer: Answer, ran: Mapping[_Key, Ran]) -> ByResult:
    own = question.own or ()
    if not own:
        return ByResult(question.id, question.ground_truth.score(answer))
    due: list[tuple[Call, Execution]] = []
    for call in own:
        made = ran.get(_key(call) or (call.name, b""))
        if problem := _in_doubt(call, made):
            return ByResult(question.id, None, problem)
        if isinstance(made, Execution):
            due.append((call, made))
    if answer.undecodable:
        return ByResult(question.id, Score(ErrorType.UNDECODABLE, answer.undecodable))
    if len(answer.calls) != len(own):
        return ByResult(question.id, wrong_count(answer.calls, len(own)))
    left = list(answer.calls)
    for call, execution in due:
        scores = [_compared(call, execution, other, ran) for other in left]
        found = next((at for at, score in enumerate(scores) if isinstance(score, Score) and score.correct), None)
        if found is not None:
            del left[found]
        elif unknown := next((score for score in scores if isinstance(score, str)), ""):
            return ByResult(question.id, None, unknown)
        else:
            wrong = [score for score in scores if isinstance(score, Score)]
            return ByResult(
                question.id, next((one for one in wrong if one.error_type is not ErrorType.WRONG_NAME), wrong[0])
            )
    return ByResult(question.id, RIGHT)


def _in_doubt(call: Call, made: Ran | None) -> str:
    """Why a row's own call cannot serve as ground truth; empty where it can."""
    if made is None:
        return f"the library has no executable {call.name}"
    if isinstance(made, ExecutorUnavailable):
        return f"{call.name} could not be executed: {made}"
    if not made.ok:
        return f"the row's own call of {call.name} fails: {made.reason}: {made.detail}"
    return f"{call.name} returns a different result each time" if made.varies else ""


def _compared(due: Call, execution: Execution, other: Call, ran: Mapping[_Key, Ran]) -> Score | str:
    """The score of one call against the expected one; the reason as text where it could not be executed."""
    if other.name != due.name:
        return Score(ErrorType.WRONG_NAME, f"{short(other.name)} is called, not {due.name}")
    key = _key(other)
    if key is None:
        return Score(ErrorType.CALL_FAILED, f"{due.name}: its arguments are not valid JSON")
    made = ran[key]
    if isinstance(made, ExecutorUnavailable):
        return f"{due.name} could not be executed: {made}"
    if not made.ok:
        return Score(ErrorType.CALL_FAILED, f"{due.name}: {made.reason}: {made.detail}")
    if _bytes(made.result) == _bytes(execution.result):
        return RIGHT
    return Score(ErrorType.OTHER_RESULT, f"{due.name}: {short(made.result)} is not {short(execution.result)}")


def _key(call: Call) -> _Key | None:
    try:
        return call.name, _bytes(call.arguments)
    except (TypeError, ValueError, RecursionError, msgspec.MsgspecError):
        return None


def _bytes(value: object) -> bytes:
    return msgspec.json.encode(value, order="sorted")
