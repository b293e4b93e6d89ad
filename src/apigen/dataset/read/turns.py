"""From the turns of a conversation to rows: one for each answer that calls tools.

The formats differ in how they write who speaks and what is called; what makes a row of it is the same for all.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from apigen.dataset.read.base import Item, Problem, Row, row_id, unreadable
from apigen.dataset.read.tools import Tools
from apigen.records import Json, Message, Reason


class Speaker(StrEnum):
    """Whose turn it is."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


SPEAKERS = {
    **dict.fromkeys(("system", "developer"), Speaker.SYSTEM),
    **dict.fromkeys(("user", "human"), Speaker.USER),
    **dict.fromkeys(("assistant", "gpt", "model", "chatgpt", "bot"), Speaker.ASSISTANT),
    **dict.fromkeys(("tool", "observation", "tool_response", "ipython", "function_response"), Speaker.TOOL),
}
"""The names that datasets give to who speaks, apart from those that mean a call."""


class Turn(msgspec.Struct, frozen=True):
    """One turn, whatever the format."""

    speaker: Speaker
    text: str = ""
    """What is said, without the tools and calls written into it."""
    calls: Sequence[Json] | None = None
    """The calls it makes, as they stand; ``None`` where it makes none."""
    problem: Problem | None = None
    """Why its calls cannot be read."""
    notes: tuple[str, ...] = ()


class Unreadable(Exception):  # noqa: N818 - a property of the row
    """A conversation that has not the shape of its format."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def rows_of(item: Item, turns: Iterable[Turn], offered: Tools, *, answers_from: int = 0) -> Sequence[Row]:
    """One row for each answer that calls tools; one without calls where no answer does.

    Args:
        item: where the conversation comes from.
        turns: all turns, in order.
        offered: the tools of the conversation.
        answers_from: the first turn that counts as an answer; what is before is context.
    """
    transcript = tuple(turns)
    last = len(transcript) - 1
    answers: list[tuple[int, list[Turn]]] = []
    for index, turn in enumerate(transcript):
        if index < answers_from or (turn.calls is None and turn.problem is None):
            continue
        if answers and answers[-1][0] + len(answers[-1][1]) == index:  # several calls, a turn each
            answers[-1][1].append(turn)
        else:
            answers.append((index, [turn]))
    if answers:
        ids = (
            [row_id(item)]
            if len(answers) == 1
            else [f"{row_id(item)}#{number}" for number in range(1, len(answers) + 1)]
        )
        return [
            _row(item, id_, transcript[:index], said, offered) for id_, (index, said) in zip(ids, answers, strict=True)
        ]
    spoken = [index for index in range(last, answers_from - 1, -1) if transcript[index].speaker is Speaker.ASSISTANT]
    if not spoken:
        return unreadable(item, Reason.MISSING_FIELD, "no turn of the assistant")
    return [_row(item, row_id(item), transcript[: spoken[0]], [transcript[spoken[0]]], offered)]


def _row(item: Item, id_: str, before: Sequence[Turn], said: Sequence[Turn], offered: Tools) -> Row:
    asked = next((index for index in range(len(before) - 1, -1, -1) if before[index].speaker is Speaker.USER), -1)
    notes = dict.fromkeys((*item.notes, *offered.notes, *(note for turn in said for note in turn.notes)))
    return Row(
        id=id_,
        number=item.number,
        query=before[asked].text if asked >= 0 else "",
        tools=offered.tools,
        calls=[call for turn in said for call in turn.calls or ()],
        context=tuple(turn.text for index, turn in enumerate(before) if index != asked and turn.text),
        dialogue=_words(before),
        said="\n".join(turn.text for turn in said if turn.text),
        problem=next((turn.problem for turn in said if turn.problem), offered.problem),
        notes=tuple(notes),
        raw=item.value,
    )


def _words(before: Sequence[Turn]) -> tuple[Message, ...]:
    if any(turn.calls is not None or turn.problem or turn.speaker is Speaker.TOOL for turn in before):
        return ()
    return tuple(Message(turn.speaker.value, turn.text) for turn in before if turn.text)


def listed(value: Json, field: str) -> list[Json]:
    """The turns of a conversation: a list of objects.

    Raises:
        Unreadable: it is something else.
    """
    if not isinstance(value, list):
        raise Unreadable(Reason.WRONG_SHAPE, f"{field} is {type(value).__name__}, not a list")
    for index, one in enumerate(value):
        if not isinstance(one, dict):
            raise Unreadable(Reason.WRONG_SHAPE, f"{field}[{index}] is {type(one).__name__}, not an object")
    return value


def speaker(told: Json, where: str) -> Speaker:
    """Who speaks.

    Raises:
        Unreadable: nobody that is known.
    """
    found = SPEAKERS.get(told) if isinstance(told, str) else None
    if found is None:
        raise Unreadable(Reason.WRONG_SHAPE, f"{where} is {told!r}, which is not a known role")
    return found


def text_of(content: Json) -> str:
    """What a turn says: text, the texts of its parts, or the JSON of anything else."""
    if isinstance(content, str):
        return content
    if content is None:
        return ""
    if isinstance(content, list) and all(
        isinstance(part, dict) and isinstance(part.get("text"), str) for part in content
    ):
        return "\n".join(part["text"] for part in content)
    return str(msgspec.json.encode(content), "utf-8")
