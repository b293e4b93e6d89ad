"""Which server is meant, what it is given, and how it may fail."""

import shlex
from collections.abc import Mapping

import msgspec

from apigen.errors import ApigenError, UserError
from apigen.execute.secrets import SHORTEST, Secrets
from apigen.records import Json, McpBinding, Reason


class Server(msgspec.Struct, frozen=True):
    """A server, told apart from others by all that decides what it is."""

    command: tuple[str, ...] = ()
    """Program and arguments; empty for one that is reached at an address."""
    url: str = ""
    variables: tuple[str, ...] = ()
    """Names of environment variables that a program is given; an address is sent the only one as a bearer token."""

    def __str__(self) -> str:
        return f"mcp:{self.url or shlex.join(self.command)}"

    def values(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The variables with their values.

        Raises:
            UserError: one of them is not set.
        """
        for name in self.variables:
            if not environ.get(name):
                raise UserError(
                    f"{self}: the environment variable ${name} is not set; set it, or remove it from `variable=`"
                )
        return {name: environ[name] for name in self.variables}

    def secrets(self, environ: Mapping[str, str]) -> Secrets:
        """The values that must not be written anywhere. Those so short that any text could hold them are no secrets.

        Raises:
            UserError: a variable is not set.
        """
        return Secrets({name: value for name, value in self.values(environ).items() if len(value) >= SHORTEST})


def server_of(binding: McpBinding) -> Server:
    """The server that a tool belongs to."""
    return Server(binding.command, binding.url, binding.variables)


class Answer(msgspec.Struct, frozen=True):
    """What a server answered to a call."""

    result: Json = None
    reason: Reason | None = None
    """Why it counts as failed; ``None`` where it did not."""
    detail: str = ""


class Unreachable(ApigenError):  # noqa: N818 - a state of the world, not a mistake
    """A server cannot be started or reached. The message says why in one line, without the server's name."""


class NotAllowed(Unreachable):
    """A server must not be reached: its address is private, and nothing allows it."""


class Unanswered(ApigenError):  # noqa: N818 - a state of the world, not a mistake
    """A call got no answer, which may be its own fault or not.

    Args:
        why: in a few words.
        reason: what the call is rejected for, once it is known to be its own fault; ``None`` where it never is.
        begun: whether the server may have begun with it.
    """

    def __init__(self, why: str, reason: Reason | None = None, *, begun: bool = True) -> None:
        super().__init__(why)
        self.reason = reason
        self.begun = begun
