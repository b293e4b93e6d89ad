"""Why a request got no answer, and what that says about the server."""

from enum import StrEnum

from apigen.errors import ModelUnavailable


class Kind(StrEnum):
    """What went wrong with a request that is worth another try."""

    DOWN = "down"
    """No connection, a lost one, or an error of the server's own: it may be down."""
    SLOW = "slow"
    """No answer in time: it may be down, or overloaded."""
    BUSY = "busy"
    """It is up and reports too many requests."""
    UNREADABLE = "unreadable"
    """It is up, but what it returns is not an answer."""


GOOD = range(200, 300)
"""HTTP statuses of answers; a gateway may send 201."""
BUSY = frozenset({429, 529})
"""HTTP statuses of a server that gets too many requests."""
_LATER = frozenset({408, 409, 425}) | BUSY
NEVER = frozenset({501, 505})
"""Of the server's own errors, those that another try cannot fix."""


def may_pass_later(status: int) -> bool:
    """Whether the same request may be answered another time, as far as its HTTP status tells."""
    return status in _LATER or (status >= 500 and status not in NEVER)


class NoChat(ModelUnavailable):
    """There is no chat endpoint at this address: another try will not find one."""


class TryAgain(Exception):  # noqa: N818 - control flow inside this package, never seen outside
    """The server could not answer now. ``wait_s`` is what it asked for, if it did."""

    def __init__(self, message: str, wait_s: float | None = None, kind: Kind = Kind.DOWN) -> None:
        super().__init__(message)
        self.wait_s = wait_s
        self.kind = kind
        self.tries = 1
        """How often the request was sent before it was given up."""
