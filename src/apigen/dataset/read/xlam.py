"""Rows of Salesforce/xlam-function-calling-60k and of the many sets that follow it.

``{id, query, tools, answers}``: tools and answers as JSON text, or already parsed. A tool's ``parameters`` maps each
name to ``{type, description, default?}`` with Python-like type texts, or is JSON Schema. A parameter is optional where
its type says so or it has a default. The inverse of :mod:`apigen.dataset.export.xlam`.
"""

from collections.abc import Sequence
from pathlib import Path

from apigen.dataset.read.base import Item, Problem, ReadItem, Row, row_id, unreadable
from apigen.dataset.read.tools import read_tools
from apigen.records import Json, Reason
from apigen.toolspecs.text import AS_LITERAL, parse_text

name = "xlam"
keys = "query, tools, answers"


def fits(item: Json) -> bool:
    """Whether a row has the three fields."""
    return isinstance(item, dict) and all(field in item for field in ("query", "tools", "answers"))


def reader(path: Path) -> ReadItem:
    """What reads the rows of a file."""
    return _read


def _read(item: Item) -> Sequence[Row]:
    row = item.value
    if not isinstance(row, dict):
        return unreadable(item, Reason.WRONG_SHAPE, f"a row is an object, not {type(row).__name__}")
    for field in ("query", "tools", "answers"):
        if field not in row:
            return unreadable(item, Reason.MISSING_FIELD, f"no field {field!r}")
    offered = read_tools(row["tools"])
    calls, fault, notes = _calls(row["answers"])
    query = row["query"]
    if not isinstance(query, str):
        fault = fault or Problem(Reason.WRONG_SHAPE, f"query is {type(query).__name__}, not text")
        query = ""
    return (
        Row(
            id=row_id(item),
            number=item.number,
            query=query,
            tools=offered.tools,
            calls=calls,
            problem=fault or offered.problem,
            notes=item.notes + offered.notes + notes,
            raw=row,
        ),
    )


def _calls(answers: Json) -> tuple[Json, Problem | None, tuple[str, ...]]:
    if not isinstance(answers, str):
        return answers, None, ()
    parsed = parse_text(answers)
    if parsed.problem:
        return (), Problem(Reason.NOT_JSON, f"answers: {parsed.problem}"), ()
    return parsed.value, None, (f"answers: {AS_LITERAL}",) if parsed.literal else ()
