"""Where a row or a preference pair goes in a split by tool, by the one rule that :mod:`apigen.dataset.split` states."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from apigen.dataset.negatives.base import Kind
from apigen.dataset.own_rows import calls_of, own_row, provenance_of
from apigen.dataset.read.base import Item, Row
from apigen.dataset.read.preferences import read_pair
from apigen.dialogue.native import as_function
from apigen.records import Call, Json, Tool


class Placed(msgspec.Struct, frozen=True):
    """Where a row goes, and as what."""

    held_out: bool
    line: dict[str, Json]
    calls: tuple[Call, ...]
    offered: int
    mixed: bool = False
    """A held-out row that calls tools which are not held out as well."""
    taken: int = 0
    """Held-out tools that were taken from what a row for training shows."""
    named_before: bool = False
    """A row that calls no held-out tool, of which one is named in what was said before: it is for neither part."""
    negative: bool = False
    """A row that `apigen augment` made."""
    shows_only: bool = False
    """A row that calls nothing and shows held-out tools only, so that nothing would be left of it for training."""


class Lines(NamedTuple):
    """What tells a row and a pair apart, of which the same rule says where it goes."""

    line: Callable[[Row, Sequence[Tool] | None], dict[str, Json]]
    """The line that is written of it, with these tools or with those that it offered."""
    called_beside: Callable[[Row], set[str]]
    """Tools that count as called, beside those that the row calls."""


def place(row: Row, held: frozenset[str], lines: Lines | None = None) -> Placed | None:
    """Where a row goes; ``None`` where it cannot be read.

    Args:
        row: of any format.
        held: the held-out tools.
        lines: what it is; a row of a dataset by default.
    """
    line_of, called_beside = lines or ROWS
    calls = calls_of(row)
    if calls is None:
        return None
    called = {call.name for call in calls}
    left = [tool for tool in row.tools if tool.name not in held]
    shows_only = not calls and bool(row.tools) and not left
    negative = isinstance(provenance_of(row).get("dropped"), list)
    if (called | called_beside(row)) & held:
        return Placed(
            held_out=True,
            line=line_of(row, None),
            calls=calls,
            offered=len(row.tools),
            mixed=bool(called - held),
            negative=negative,
            shows_only=shows_only,
        )
    if any(_is_named(name, text) for text in row.context for name in held):
        return Placed(held_out=False, line={}, calls=calls, offered=len(row.tools), named_before=True)
    taken = len(row.tools) - len(left)
    if not left and taken:
        return Placed(True, line_of(row, None), calls, offered=taken, negative=negative, shows_only=True)
    line = line_of(row, left if taken else None)
    return Placed(False, line, calls, offered=len(left), negative=negative, taken=taken)


def _dropped(row: Row) -> set[str]:
    """The tools that the row called from which a negative was made; none for other rows."""
    provenance = provenance_of(row)
    told = provenance.get("dropped")
    dropped = {name for name in told if isinstance(name, str)} if isinstance(told, list) else set()
    if provenance.get("kind") != Kind.DROPPED_PARAMETER:
        return dropped
    # Names of tools and parameters may hold dots; the tool that lacks the parameter is still shown.
    return {tool.name for tool in row.tools if any(one.startswith(f"{tool.name}.") for one in dropped)}


def _is_named(name: str, text: str) -> bool:
    """Whether a text names a tool; a name that is a plain word, such as ``search``, is not a sign of it."""
    is_word = name.isalpha() and name in (name.lower(), name.capitalize())
    return not is_word and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _pair_line(row: Row, tools: Sequence[Tool] | None) -> dict[str, Json]:
    """The pair as it stood, but for its tools."""
    if tools is None:
        return dict(row.raw)
    return {**row.raw, "tools": [as_function(tool.offered()) for tool in tools]}


def _rejected(row: Row) -> set[str]:
    """The tools that a pair's rejected answer calls."""
    return {call.name for call in read_pair(Item(row.number, row.raw)).rejected}


ROWS = Lines(own_row, _dropped)
PAIRS = Lines(_pair_line, _rejected)
"""Of rows that :func:`apigen.dataset.read.preferences.pair_rows` gives."""
