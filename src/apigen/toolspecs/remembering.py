"""Caches what is derived from a tool alone, since the same few tools occur in thousands of prompts."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

from apigen.records import Tool

_MOST = 4096
"""Tools of which something is remembered: those that were asked for last."""

_T = TypeVar("_T")


class _Same:
    """Stands for one tool in a cache; a tool has no hash of its own, since its schema has none."""

    def __init__(self, tool: Tool) -> None:
        self.tool = tool

    def __hash__(self) -> int:
        return id(self.tool)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.tool is self.tool


def once_for_each(work: Callable[[Tool], _T]) -> Callable[[Tool], _T]:
    """Remember what a function says of each tool; whoever gets that must not change it."""

    @lru_cache(maxsize=_MOST)
    def remembered(same: _Same) -> _T:
        return work(same.tool)

    @wraps(work)
    def asked(tool: Tool) -> _T:
        return remembered(_Same(tool))

    return asked
