"""What every reader gives, and what a format is.

A reader never judges and never drops: what a row says is handed on as it stands, so that stage 1 can name what is
wrong with it. Only where a row cannot be read at all does it carry a :class:`Problem` instead.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from apigen.records import Json, Message, Reason, Tool


class Problem(msgspec.Struct, frozen=True):
    """Why a row cannot be read."""

    reason: Reason
    """One of ``not_json``, ``missing_field``, ``wrong_shape``, ``arguments_as_string`` and ``bad_tool``."""
    detail: str
    """Where it is, and what stands there."""


class Row(msgspec.Struct, frozen=True):
    """One question with its answer, as a dataset made elsewhere has it."""

    id: str
    """The row's own id, else its number; ``17#2`` for the second answer with calls in conversation 17."""
    number: int
    """Where it stands in its file, from 1: the line in JSON Lines, the position in a JSON list or a table."""
    query: str = ""
    """What the user asked last."""
    tools: tuple[Tool, ...] = ()
    """The tools offered, their names as they are, their parameters as JSON Schema."""
    calls: Json = ()
    """The list of calls before any check, each meant to be ``{"name", "arguments"}``; arguments may still be text."""
    call_due: bool | None = None
    """Whether the right answer calls a tool; ``None`` where the format does not say."""
    context: tuple[str, ...] = ()
    """Earlier turns, the system's words, and the results of earlier calls: a value may come from there."""
    dialogue: tuple[Message, ...] = ()
    """The conversation up to the answer, where it is words alone; empty where the format has a question and no more,
    and where earlier calls or results belong to it."""
    said: str = ""
    """What the answer says in words, beside its calls or without any."""
    problem: Problem | None = None
    """Why the row could not be read; the fields above then hold what could be."""
    notes: tuple[str, ...] = ()
    """What had to be understood, without loss, to read it; few different texts, so that they can be counted."""
    raw: Json = None
    """The row as parsed, for writing it back; the text itself where it is not JSON."""


class Item(msgspec.Struct, frozen=True):
    """One element of a file before any format has looked at it."""

    number: int
    """The line or position, from 1."""
    value: Json = None
    """The parsed element; the text that is there where there is a problem."""
    problem: Problem | None = None
    """Why it could not be parsed."""
    notes: tuple[str, ...] = ()
    """How it had to be decoded."""


ReadItem = Callable[[Item], Sequence[Row]]
"""Turns one parsed item into its rows: one, or one for each answer with calls in a conversation. Never raises."""


class Format(Protocol):
    """One shape in which function-calling data is published."""

    @property
    def name(self) -> str:
        """What ``--format`` calls it."""
        ...

    @property
    def keys(self) -> str:
        """What its rows are known by, for people: ``query, tools, answers``."""
        ...

    def fits(self, item: Json) -> bool:
        """Whether a parsed row looks like this format; looks at keys and kinds, not at every value."""
        ...

    def reader(self, path: Path) -> ReadItem:
        """What reads the items of one file.

        Args:
            path: the file, beside which a format may keep more, such as BFCL's answers.

        Raises:
            UserError: what has to be beside the file is there but cannot be read.
        """
        ...


def unreadable(item: Item, reason: Reason, detail: str) -> tuple[Row]:
    """The one row of an item that cannot be read."""
    return (
        Row(
            id=row_id(item),
            number=item.number,
            problem=Problem(reason, detail),
            notes=item.notes,
            raw=item.value,
        ),
    )


def row_id(item: Item) -> str:
    """The item's own id, where it has a plain one, else its number."""
    if isinstance(item.value, dict):
        for key in ("id", "uuid", "conversation_id"):
            own = item.value.get(key)
            if isinstance(own, str | int) and not isinstance(own, bool) and own != "":
                return str(own)
    return str(item.number)
