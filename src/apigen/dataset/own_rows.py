"""A row of any format as a line in the format of dataset.jsonl, so that everything here reads it again."""

import json
from collections.abc import Mapping, Sequence

import msgspec

from apigen.dataset.read.base import Row
from apigen.dataset.read.own import fits
from apigen.records import Call, Json, Style, Tool

NO_CALL = "irrelevance"
"""What a row counts as whose right answer calls nothing, beside the styles of those that call something."""


def calls_of(row: Row) -> tuple[Call, ...] | None:
    """A row's calls; ``None`` where it could not be read, or where they are not calls."""
    if row.problem is not None:
        return None
    try:
        return msgspec.convert(row.calls, tuple[Call, ...])
    except msgspec.ValidationError:
        return None


def provenance_of(row: Row) -> Mapping[str, Json]:
    """What a row says about where it comes from; empty where it says nothing."""
    told = row.raw.get("provenance") if isinstance(row.raw, Mapping) else None
    return told if isinstance(told, Mapping) else {}


def own_row(row: Row, tools: Sequence[Tool] | None = None) -> dict[str, Json]:
    """A row that could be read, as a line of our own format: an own row keeps every field that it has.

    Args:
        row: of any format.
        tools: what it offers now; ``None`` for what it offered.
    """
    kept = row.raw if fits(row.raw) else None
    if kept is not None and str(kept.get("id")) != row.id:  # of several files, or without one
        kept = {"id": row.id} | kept | {"id": row.id}
    if kept is not None and tools is None:
        return dict(kept)
    offered = [tool.offered() for tool in (row.tools if tools is None else tools)]
    if kept is not None:
        return {**kept, "tools": offered}
    said = {"context": list(row.context)} if row.context else {}
    return {"id": row.id, "query": row.query, **said, "tools": offered, "calls": row.calls}


def as_json(value: Json) -> bytes:
    """A value as one line of JSON, also where it holds what the fast encoder refuses."""
    try:
        return msgspec.json.encode(value)
    except (ValueError, TypeError, OverflowError):  # a number of more than 64 bits, a date from a table
        return json.dumps(value, default=str).encode()


def shape_of(calls: Sequence[Call], offered: int) -> str:
    """The style that a row has by its calls and the number of tools that it offers, or ``NO_CALL``."""
    if not calls:
        return NO_CALL
    if len(calls) == 1:
        return Style.MULTIPLE if offered > 1 else Style.SIMPLE
    return Style.PARALLEL_MULTIPLE if len({call.name for call in calls}) > 1 else Style.PARALLEL
