"""The interface between the pipeline and the sources of tools."""

from typing import Protocol

import msgspec

from apigen.execute.grants import NO_GRANTS, Grants
from apigen.locators import Locator
from apigen.records import Note, Seed, Skipped, Tool

COMMON_OPTIONS = {
    "tool": "tool names or patterns to include",
    "category": "categories to include",
}
"""Options that every locator may have, with what they do."""


class Loaded(msgspec.Struct, frozen=True):
    """The result of loading a source: tools, their seeds, what was left out, and notes on conversions."""

    tools: tuple[Tool, ...]
    seeds: tuple[Seed, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[Note, ...] = ()


class Source(Protocol):
    """Turns a locator, such as ``python:statistics``, into tools."""

    def __call__(self, locator: Locator, grants: Grants = NO_GRANTS) -> Loaded:
        """Load the tools.

        Args:
            locator: its place and options are the source's own; the source refuses options that it does not know. By
                the :data:`COMMON_OPTIONS` the catalogue narrows down every source.
            grants: what tools may do beyond the walls of the sandbox, for a source that has to run code of theirs.

        Raises:
            UserError: there is nothing to load there, or it cannot be read.
        """
        ...
