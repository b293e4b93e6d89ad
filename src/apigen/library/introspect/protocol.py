"""What the two processes say to each other: one request on stdin, one message a line on a pipe of its own."""

import msgspec

from apigen.records import Skipped, Tool


class Wanted(msgspec.Struct, frozen=True, omit_defaults=True):
    """One module or file to describe."""

    locator: str
    """As the user wrote it."""
    module: str | None = None
    file: str | None = None


class Order(msgspec.Struct, frozen=True):
    """Everything that the child is asked to do."""

    wanted: tuple[Wanted, ...]
    folder: str
    """The user's current folder, whose modules can be named too."""
    origin: str | None = None
    """Written into every tool instead of its locator."""


class Importing(msgspec.Struct, frozen=True, tag=True):
    """Sent before a module is imported, so that what ends the child can be blamed on it."""

    locator: str


class Failed(msgspec.Struct, frozen=True, tag=True):
    """A module could not be imported; nothing follows."""

    locator: str
    reason: str


class Described(msgspec.Struct, frozen=True, tag=True):
    """All modules are described; nothing follows."""

    tools: tuple[Tool, ...]
    skipped: tuple[Skipped, ...]


MessageFromChild = Importing | Failed | Described
