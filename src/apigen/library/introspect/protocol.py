"""What the two sides say to each other: one order, framed, to the sandbox; one message a line from there."""

import msgspec

from apigen.records import Skipped, Tool


class Wanted(msgspec.Struct, frozen=True, omit_defaults=True):
    """One module or file to describe."""

    locator: str
    """As the user wrote it."""
    module: str | None = None
    file: str | None = None


class Order(msgspec.Struct, frozen=True):
    """Everything that is to be described in one process."""

    wanted: tuple[Wanted, ...]
    folder: str
    """The user's current folder, whose modules can be named too."""
    origin: str | None = None
    """Written into every tool instead of its locator."""


class Importing(msgspec.Struct, frozen=True, tag=True):
    """Sent before a module is imported, so that what ends the process can be blamed on it."""

    locator: str


class Describing(msgspec.Struct, frozen=True, tag=True):
    """Sent when all modules are imported; what takes time from here on is the number of their functions."""


class Failed(msgspec.Struct, frozen=True, tag=True):
    """A module could not be imported; nothing follows."""

    locator: str
    reason: str


class Described(msgspec.Struct, frozen=True, tag=True):
    """All modules are described; nothing follows."""

    tools: tuple[Tool, ...]
    skipped: tuple[Skipped, ...]


class Ended(msgspec.Struct, frozen=True, tag=True):
    """The process that imports has ended, with this exit code, or a negative signal; nothing follows."""

    code: int


Message = Importing | Describing | Failed | Described | Ended
"""What comes from the sandbox. All but the last are written where foreign code runs: they may be forged."""
