"""The quality filter: tools that cannot be parsed, are undocumented, or have no parameters.

These are the filters of APIGen's paper (arXiv 2406.18518): APIs whose
documentation does not parse or is missing, and those without parameters.
"""

import re

from apigen.clean.base import Fall, Fallen
from apigen.clean.words import words_of
from apigen.records import Tool
from apigen.verify.format.schemas import Schemas

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_PLACEHOLDERS = frozenset({"", "todo", "tbd", "none", "null", "n a", "na", "description", "no description", "string"})
_SAYING_NOTHING = frozenset({"a", "an", "the", "endpoint", "api", "function", "method", "tool", "this", "is"})


def quality_fault(tool: Tool, schemas: Schemas) -> Fallen | None:
    """Why a tool is described too poorly to be offered, if it is.

    Args:
        tool: the tool.
        schemas: compiled schemas, as stage 1 uses them.
    """
    if not _NAME.fullmatch(tool.name):
        return Fallen(tool, Fall.UNPARSABLE, "not every provider accepts its name; use 1 to 64 of a-z A-Z 0-9 _ -")
    if tool.parameters.get("type") != "object":
        return Fallen(tool, Fall.UNPARSABLE, "its parameter schema is not of type object")
    if problem := schemas.compiled(tool.parameters).problem:
        return Fallen(tool, Fall.UNPARSABLE, f"its schema does not compile: {problem}")
    if is_undocumented(tool):
        what = f"its description, {tool.description.strip()!r}, says no more than its name"
        return Fallen(tool, Fall.UNDOCUMENTED, what if tool.description.strip() else "it has no description")
    if not tool.properties and "$ref" not in tool.parameters:
        return Fallen(tool, Fall.NO_PARAMETERS, "it has no parameters, so there are no arguments to generate")
    return None


def is_undocumented(tool: Tool) -> bool:
    """Whether a description says nothing, or nothing beyond the tool's name."""
    words = words_of(tool.description)
    if not words:
        return not re.search(r"\w", tool.description)  # what is written in other letters has words as well
    if " ".join(words) in _PLACEHOLDERS:
        return True
    return set(words) <= set(words_of(tool.name)) | _SAYING_NOTHING
