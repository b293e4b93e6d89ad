"""The Berkeley Function Calling Leaderboard's single-turn rows (package ``bfcl-eval``, folder ``bfcl_eval/data``).

``BFCL_v4_<category>.json`` holds JSON Lines of ``{id, question: [[messages]], function: [tools]}``; the file of the
same name in ``possible_answer/``, or the one with ``_answer`` added to its name beside it, holds
``{id, ground_truth: [{name: {parameter: [acceptable values]}}]}``. In place of a value ``""`` says that the parameter
may be left out.

The answer read here takes each parameter's first acceptable value, and leaves a parameter out where that is ``""`` or
where no value is acceptable; a parameter that the tool requires is never left out while it has another value. Inside a
dict each key again has a list of acceptable values; deeper down values are plain. :func:`acceptable` gives all of them.

Multi-turn, memory, web search and format sensitivity rows are answered by running a stateful program, not by a list of
calls: they are not read and say so. Relevance rows have no answers.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from apigen.dataset.read.base import Item, ReadItem, Row, row_id, unreadable
from apigen.dataset.read.tools import read_tools
from apigen.errors import UserError
from apigen.records import Json, Reason, Tool

name = "bfcl"
keys = "id, question, function"

OMITTED = ""
"""What stands in a list of acceptable values for leaving the parameter out."""


class Acceptable(msgspec.Struct, frozen=True):
    """What BFCL accepts for one call."""

    name: str
    arguments: dict[str, tuple[Json, ...]]
    """Every acceptable whole value by parameter, without the mark for leaving it out; at most ``MOST_VALUES`` each."""
    may_omit: frozenset[str]
    """The parameters that may be left out."""


MOST_VALUES = 256
"""Most whole values listed for one parameter: each key of a dict multiplies them."""


def fits(item: Json) -> bool:
    """Whether a row has a question of BFCL's shape: a list of turns, each a list of messages."""
    turns = item.get("question") if isinstance(item, dict) else None
    return isinstance(turns, list) and bool(turns) and isinstance(turns[0], list)


def reader(path: Path) -> ReadItem:
    """What reads the rows of one file, with the answers that lie beside it.

    Raises:
        UserError: the file of answers is there but is not JSON Lines of ``{id, ground_truth}``.
    """
    answers = _answers(path)
    without = "irrelevance" in path.stem

    def read(item: Item) -> Sequence[Row]:
        return _read(item, answers, without_calls=without)

    return read


def acceptable(raw: Json) -> tuple[Acceptable, ...]:
    """What is acceptable for each call of a row's answer.

    Args:
        raw: a row's ``raw``, which holds its ``ground_truth``; or the list itself.
    """
    truth = raw.get("ground_truth", ()) if isinstance(raw, dict) else raw
    return tuple(
        Acceptable(
            called,
            {one: tuple(itertools.islice(whole_values(values), MOST_VALUES)) for one, values in arguments.items()},
            frozenset(one for one, values in arguments.items() if OMITTED in values or not values),
        )
        for call in truth
        for called, arguments in call.items()
    )


def whole_values(values: Sequence[Json]) -> Iterator[Json]:
    """Each acceptable value written out: a dict once for every choice of what its keys accept."""
    for value in values:
        if isinstance(value, dict):
            yield from _dicts(value)
        elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
            choices = [tuple(_dicts(one)) if isinstance(one, dict) else (one,) for one in value]
            yield from (list(chosen) for chosen in itertools.product(*choices))
        elif not _omits(value):
            yield value


def _dicts(value: Mapping[str, Any]) -> Iterator[dict[str, Json]]:
    choices = [_choices(one) for one in value.values()]
    for chosen in itertools.product(*choices):
        yield {key: one for key, one in zip(value, chosen, strict=True) if not _omits(one)}


def _choices(accepted: Json) -> Sequence[Json]:
    if not isinstance(accepted, list):
        return (accepted,)
    return accepted or (OMITTED,)


def _omits(value: Json) -> bool:
    return isinstance(value, str) and value == OMITTED


def _read(item: Item, answers: Mapping[str, Json], *, without_calls: bool) -> Sequence[Row]:
    row = item.value
    if not isinstance(row, dict):
        return unreadable(item, Reason.WRONG_SHAPE, f"a row is an object, not {type(row).__name__}")
    if "function" not in row:
        return unreadable(item, Reason.WRONG_SHAPE, "no single-turn row of BFCL (multi-turn and agentic are not read)")
    messages = _messages(row.get("question"))
    if messages is None:
        return unreadable(item, Reason.WRONG_SHAPE, "question is not a list of one turn of messages with text")
    offered = read_tools(row["function"])
    id_ = row_id(item)
    if without_calls or "irrelevance" in id_:
        return (_row(item, messages, offered.tools, [], None, offered.notes, due=False),)
    truth = row.get("ground_truth", answers.get(id_))
    if offered.problem:
        return unreadable(item, offered.problem.reason, offered.problem.detail)
    if truth is None:
        return unreadable(item, Reason.MISSING_FIELD, f"no answer to {id_} in possible_answer/")
    tools = {tool.name: tool for tool in offered.tools}
    try:
        calls = [_call(called, told, tools.get(called)) for call in truth for called, told in call.items()]
    except (AttributeError, TypeError):
        return unreadable(item, Reason.WRONG_SHAPE, "ground_truth is not a list of {name: {parameter: [values]}}")
    return (_row(item, messages, offered.tools, calls, truth, offered.notes, due=True),)


def _row(
    item: Item,
    messages: Sequence[str],
    tools: tuple[Tool, ...],
    calls: Json,
    truth: Json,
    notes: tuple[str, ...],
    *,
    due: bool,
) -> Row:
    return Row(
        id=row_id(item),
        number=item.number,
        query=messages[-1],
        tools=tools,
        calls=calls,
        call_due=due,
        context=tuple(messages[:-1]),
        notes=item.notes + notes,
        raw=item.value if truth is None else {**item.value, "ground_truth": truth},
    )


def _messages(question: Json) -> list[str] | None:
    """What was said, the user's last words at the end."""
    if not isinstance(question, list) or len(question) != 1 or not isinstance(question[0], list) or not question[0]:
        return None
    said = [one["content"] for one in question[0] if isinstance(one, dict) and isinstance(one.get("content"), str)]
    return said if len(said) == len(question[0]) else None


def _call(called: str, told: Mapping[str, Any], tool: Tool | None) -> dict[str, Json]:
    required = frozenset(tool.required) if tool else frozenset()
    arguments = {}
    for parameter, values in told.items():
        chosen = _first(values, required=parameter in required)
        if not _omits(chosen) or (parameter in required and values):
            arguments[parameter] = chosen
    return {"name": called, "arguments": arguments}


def _first(values: Sequence[Json], *, required: bool) -> Json:
    if values and _omits(values[0]) and not required:
        return OMITTED
    return next(whole_values(values), OMITTED)


def _answers(path: Path) -> dict[str, Json]:
    """The answers by row id; empty where there is no file of them."""
    beside = (path.parent / "possible_answer" / path.name, path.with_name(f"{path.stem}_answer{path.suffix}"))
    file = next((one for one in beside if one.is_file()), None)
    if file is None:
        return {}
    found = {}
    try:
        for number, line in enumerate(file.read_bytes().splitlines(), 1):
            if line.strip():
                try:
                    answer = msgspec.json.decode(line)
                    found[str(answer["id"])] = answer["ground_truth"]
                except (msgspec.MsgspecError, ValueError, KeyError, TypeError) as problem:
                    raise UserError(
                        f"{file}:{number}: no {{id, ground_truth}} ({problem}); take the file again from bfcl-eval"
                    ) from None
    except OSError as problem:
        raise UserError(f"{file}: cannot be read: {problem.strerror}") from None
    return found
