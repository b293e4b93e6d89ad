"""The protocol with the sandbox process: one framed order in, one message per line out."""

import msgspec

from apigen.records import Note, Skipped, Tool


class Wanted(msgspec.Struct, frozen=True, omit_defaults=True):
    """One module, file or package to describe."""

    locator: str
    """As the user wrote it, without its options."""
    module: str | None = None
    file: str | None = None
    whole: bool = False
    """Whether the submodules of that package are wanted too."""
    without: tuple[str, ...] = ()
    """Submodules to leave out, because importing them ends the process or does not end."""
    classes: tuple[str, ...] = ()
    """Names or patterns of classes whose methods are wanted, instead of functions."""
    factories: tuple[str, ...] = ()
    """Names of functions that make objects whose methods are wanted, instead of functions."""


class Order(msgspec.Struct, frozen=True):
    """Everything that is to be described in one process."""

    wanted: tuple[Wanted, ...]
    folder: str
    """The user's current folder, whose modules can be named too."""
    origin: str | None = None
    """Written into every tool instead of its locator."""


IMPORTING = "importing it"
DESCRIBING = "inspecting the functions of it"


class Doing(msgspec.Struct, frozen=True, tag=True):
    """Sent before foreign code runs, so that what ends the process can be blamed on it."""

    locator: str
    what: str = IMPORTING
    module: str = ""
    """The submodule that is imported, which can do without; empty where it is what the user named."""

    @property
    def told(self) -> str:
        """What is done, with the locator where it says ``it``."""
        return f"{self.what.removesuffix('it')}{self.locator}" if self.what.endswith(" it") else self.what


class Failed(msgspec.Struct, frozen=True, tag=True):
    """A module could not be imported; nothing follows."""

    locator: str
    reason: str


class Described(msgspec.Struct, frozen=True, tag=True):
    """All modules are described; nothing follows."""

    tools: tuple[Tool, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[Note, ...] = ()


class Ended(msgspec.Struct, frozen=True, tag=True):
    """The process that imports has ended, with this exit code, or a negative signal; nothing follows."""

    code: int


Message = Doing | Failed | Described | Ended
"""What comes from the sandbox. The first three are written where foreign code runs: they may be forged."""
