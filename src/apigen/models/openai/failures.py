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
    """It lives and says that it is asked too much."""
    UNREADABLE = "unreadable"
    """It lives, but what it says is no answer."""


BUSY = frozenset({429, 529})
"""HTTP statuses by which a server says that it is asked too much."""
_LATER = frozenset({408, 409, 425}) | BUSY
NEVER = frozenset({501, 505})
"""Of the server's own errors, those that another try cannot mend."""


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
