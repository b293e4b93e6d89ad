"""An evaluation's report: one self-contained HTML file with figures by category and wrong answers to look through."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from apigen.evaluate.base import Due, ErrorType
from apigen.evaluate.evaluation import Evaluated, query_of
from apigen.evaluate.scoring import pooled
from apigen.evaluate.summary import ALL, headline, remarks, table_rows
from apigen.records import Json, Tool
from apigen.report.page import style
from apigen.report.words import percent
from apigen.templates import html

SHOWN = 300
"""Wrong answers on the page."""

_LONGEST = 4000
"""Characters of a text on the page."""

ERROR_TEXT: dict[str, str] = {
    ErrorType.NO_CALL: "makes no call",
    ErrorType.MISSING_CALL: "makes too few calls",
    ErrorType.EXTRA_CALL: "makes too many calls",
    ErrorType.WRONG_NAME: "calls the wrong tool",
    ErrorType.MISSING_ARGUMENT: "omits a required argument, or one that the ground truth needs",
    ErrorType.UNKNOWN_ARGUMENT: "gives an argument that the ground truth does not have",
    ErrorType.WRONG_TYPE: "gives a value of the wrong type",
    ErrorType.WRONG_VALUE: "gives the wrong value",
    ErrorType.CALLED_NEEDLESSLY: "calls a tool though none fits",
    ErrorType.UNDECODABLE: "cannot be decoded as calls",
    ErrorType.OTHER_RESULT: "calls the tool with a different result",
    ErrorType.CALL_FAILED: "makes a call that fails",
    "error": "an error instead of an answer",
}


def page(found: Mapping[str, Any], evaluated: Sequence[Evaluated]) -> str:
    """Render the report.

    Args:
        found: the figures, as evaluation.json has them.
        evaluated: every question that was asked.
    """
    wrong = [one for one in evaluated if one.scored.score is None or not one.scored.score.correct]
    shown = spread(wrong, SHOWN)
    return html("apigen.evaluate", "templates/evaluation.html.j2").render(
        style=style(),
        found=found,
        headline=headline(found),
        remarks=remarks(found),
        tables=[("Calls compared with the ground truth", bars(found, found))]
        + ([("Results compared by execution", bars(found, found["execution"]))] if found["execution"] else []),
        all=ALL,
        pooled=pooled(found),
        texts=ERROR_TEXT,
        wrong=len(wrong),
        rows=[_row(one) for one in shown],
        percent=percent,
    )


def bars(found: Mapping[str, Any], counts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row for each that a table has."""
    return [{"name": name, **one} for name, one in table_rows(found, counts).items()]


def spread(rows: Sequence[Evaluated], most: int) -> list[Evaluated]:
    """At most so many rows, evenly from all of them, which stand category by category."""
    if len(rows) <= most:
        return list(rows)
    return [rows[number * len(rows) // most] for number in range(most)]


def cut(text: str) -> str:
    """A text as far as anybody reads it: one that is endless would make a page that no browser shows."""
    more = len(text) - _LONGEST
    return f"{text[:_LONGEST]}… and {more:,} more characters" if more > 0 else text


def calls_text(calls: Iterable[Json]) -> list[str]:
    """Calls as people read them; whatever is none as it is."""
    shown = []
    for call in calls:
        inner = call.get("function", call) if isinstance(call, dict) else call
        if isinstance(inner, dict) and "name" in inner:
            arguments = inner.get("arguments", {})
            shown.append(cut(f"{inner['name']}({arguments if isinstance(arguments, str) else _json(arguments)})"))
        else:
            shown.append(cut(_json(call)))
    return shown


def _row(one: Evaluated) -> dict[str, Any]:
    question, score = one.scored.question, one.scored.score
    return {
        "id": question.id,
        "category": question.category,
        "query": cut(query_of(question)),
        "tools": [_tool(tool) for tool in question.tools],
        "due": [_due(due) for due in question.ground_truth.due()],
        "calls": calls_text(one.record.calls) if one.record.calls is not None else [],
        "text": cut(one.record.text or one.record.said),
        "reason": score.error_type if score else "error",
        "detail": score.detail if score else one.scored.error,
        "by_result": one.by_result.score.correct if one.by_result and one.by_result.score else None,
    }


def _due(due: Due) -> str:
    values = ", ".join(f"{name}: {' or '.join(map(_json, values))}" for name, values in due.values.items())
    return cut(f"{due.name}({values})")


def _tool(tool: Tool) -> dict[str, str]:
    return {"name": tool.name, "description": cut(tool.description), "parameters": cut(_json(tool.parameters))}


def _json(value: Json) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError, RecursionError, msgspec.MsgspecError):
        return repr(value)[:400]
