"""The seam between the pipeline and the places where tools come from."""

from typing import Protocol

import msgspec

from apigen.execute.grants import NO_GRANTS, Grants
from apigen.records import Seed, Skipped, Tool


class Loaded(msgspec.Struct, frozen=True):
    """What a source gave: its tools, the seeds written beside them, and what it had to leave out."""

    tools: tuple[Tool, ...]
    seeds: tuple[Seed, ...] = ()
    skipped: tuple[Skipped, ...] = ()


class Source(Protocol):
    """Turns a locator, such as ``python:statistics``, into tools."""

    def __call__(self, locator: str, grants: Grants = NO_GRANTS) -> Loaded:
        """Load the tools.

        Args:
            locator: what follows the source's prefix, such as ``statistics``.
            grants: what tools may do beyond the walls of the sandbox, for a source that has to run code of theirs.

        Raises:
            UserError: there is nothing to load there, or it cannot be read.
        """
        ...
