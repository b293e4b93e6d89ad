"""Our own dataset.jsonl, whose fields docs/format.md explains."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from apigen.dataset.read.base import Item, ReadItem, Row, row_id, unreadable
from apigen.dataset.read.tools import read_tools
from apigen.records import Json, Reason

name = "apigen"
keys = "query, tools, calls, results, provenance"

_FIELDS = ("query", "tools", "calls")


def fits(item: Json) -> bool:
    """Whether a row has the fields; a set without provenance may have been cut down to them."""
    return isinstance(item, dict) and all(field in item for field in _FIELDS)


def reader(path: Path) -> ReadItem:
    """What reads the rows of a file."""
    return _read


def _read(item: Item) -> Sequence[Row]:
    row = item.value
    if not isinstance(row, dict):
        return unreadable(item, Reason.WRONG_SHAPE, f"a row is an object, not {type(row).__name__}")
    for field in _FIELDS:
        if field not in row:
            return unreadable(item, Reason.MISSING_FIELD, f"no field {field!r}")
    if not isinstance(row["query"], str):
        return unreadable(item, Reason.WRONG_SHAPE, f"query is {type(row['query']).__name__}, not text")
    offered = read_tools(row["tools"])
    said = row.get("context")
    return (
        Row(
            id=row_id(item),
            number=item.number,
            query=row["query"],
            tools=offered.tools,
            calls=row["calls"],
            call_due=_call_due(row),
            context=tuple(one for one in said if isinstance(one, str)) if isinstance(said, list) else (),
            problem=offered.problem,
            notes=item.notes + offered.notes,
            raw=row,
        ),
    )


def _call_due(row: Mapping[str, Json]) -> bool | None:
    """Whether a call is due: one is in what a run wrote, none in a negative; other rows without calls do not say."""
    provenance = row.get("provenance")
    if row["calls"] != []:
        return True
    if isinstance(provenance, Mapping) and "dropped" in provenance:
        return False
    return True if provenance else None
