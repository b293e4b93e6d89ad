"""What is taken away to make a negative, what comes of it, and why one is not made."""

from enum import StrEnum

import msgspec

from apigen.records import Call, Tool


class Kind(StrEnum):
    """What is taken away."""

    DROPPED_TOOL = "dropped_tool"
    """The tools that the answer calls; others are shown in their place."""
    DROPPED_PARAMETER = "dropped_parameter"
    """A required parameter of the one tool that the answer calls, though the query gives its value."""


class Refusal(StrEnum):
    """Why a row gives no negative, or why a tool is not shown in one."""

    UNSOUND = "unsound"
    """The row's own format is wrong, so it passed no verification."""
    NAMED_BEFORE = "named_before"
    """What was said before the query names a called tool, so taking it away would contradict that."""
    NO_OTHER_TOOL = "no_other_tool"
    """No tool could be found that surely cannot serve."""
    SEVERAL_TOOLS = "several_tools"
    """Another called tool would still serve a part of the query."""
    COMPLEX_SCHEMA = "complex_schema"
    """The schema ties its parameters together, so one cannot be taken out by itself."""
    NO_VALUE_GIVEN = "no_value_given"
    """The query gives the value of no required parameter, choices and flags aside."""
    ONLY_PARAMETER = "only_parameter"
    """No parameter would be left."""
    OTHER_PARAMETER = "other_parameter"
    """Another parameter of the tool could take the value."""
    # of a tool
    NEAR_DUPLICATE = "near_duplicate"
    """It is nearly the same as a called tool."""
    SIMILAR_NAME = "similar_name"
    SIMILAR_DESCRIPTION = "similar_description"
    TAKES_VALUES = "takes_values"
    """Its parameters could take the values of a call, and mean the like."""
    FITS_QUERY = "fits_query"
    """The words of the query speak of it about as much as of the called tool."""


class Verified(msgspec.Struct, frozen=True):
    """A row whose answer was found right, as a negative is made from it."""

    id: str
    query: str
    tools: tuple[Tool, ...]
    calls: tuple[Call, ...]

    @property
    def called(self) -> tuple[Tool, ...]:
        """The tools that the answer calls."""
        names = {call.name for call in self.calls}
        return tuple(tool for tool in self.tools if tool.name in names)


class Negative(msgspec.Struct, frozen=True):
    """A query that the tools offered cannot serve."""

    tools: tuple[Tool, ...]
    dropped: tuple[str, ...]
    """Names of tools, or ``TOOL.PARAMETER``."""
    lacks: tuple[str, ...] = ()
    """The parameters that a tool lacks now. The query gives their values, so nothing is to be asked for."""
