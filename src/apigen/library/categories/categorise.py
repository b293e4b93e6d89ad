"""Which of the 21 categories a tool belongs to."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from apigen.library.categories.classifier import SURE, Classifier, shipped
from apigen.library.categories.labels import of_label
from apigen.library.starter import CATEGORIES
from apigen.records import Note, Tool

OTHER = "Other"


class Categorised(msgspec.Struct, frozen=True):
    """A tool's category and who found it."""

    category: str
    """One of the 21."""
    by: Literal["label", "classifier", "model", "nobody"]
    """``nobody`` where it is ``Other`` because nothing was sure."""
    confidence: float = 1.0
    """The classifier's; 1 where a label or a model decided."""


def categorise(tool: Tool, label: str = "", classifier: Classifier | None = None) -> Categorised:
    """Find a tool's category: by its label where that is known, else by the classifier where that is sure enough.

    Args:
        tool: what a model sees of it counts, not the category that it has.
        label: what its source calls its category; ``Other`` and nothing at all say nothing.
        classifier: ``None`` for the one that comes with this package.
    """
    if label and label != OTHER and (known := of_label(label)) is not None and known != OTHER:
        return Categorised(known, "label")
    guess = (classifier or shipped()).guess_tool(tool)
    if guess.confidence < SURE:
        return Categorised(OTHER, "nobody", guess.confidence)
    return Categorised(guess.category, "classifier", guess.confidence)


def merged(tool: Tool) -> tuple[Tool, Note | None]:
    """A tool with its source's own label replaced by one of the 21, and a note where the label was not known."""
    if tool.category in CATEGORIES and tool.category != OTHER:
        return tool, None
    found = categorise(tool, tool.category)
    note = None
    if found.by != "label" and tool.category != OTHER and of_label(tool.category) is None:
        note = Note(tool.name, f"its category {tool.category!r} is not one of the 21; {found.category} was guessed")
    if found.category == tool.category:
        return tool, note
    return msgspec.structs.replace(tool, category=found.category), note


def of_module(tools: Sequence[Tool], classifier: Classifier | None = None) -> str:
    """The category that the tools of one module share: the one that most evidence speaks for.

    A module is about one thing, though each of its functions by itself may look like something else.
    """
    evidence: dict[str, float] = {}
    for tool in tools:
        guess = (classifier or shipped()).guess_tool(tool)
        if guess.confidence >= SURE:
            evidence[guess.category] = evidence.get(guess.category, 0.0) + guess.confidence
    most = max(evidence.values(), default=0.0)
    return min((name for name, found in evidence.items() if found == most), default=OTHER)
