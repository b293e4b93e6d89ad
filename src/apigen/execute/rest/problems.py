"""How a call of a web service can fail: by itself, or because the service cannot be reached."""

from collections.abc import Callable
from typing import Self

from apigen.records import Reason


class Problem(Exception):  # noqa: N818 - data on its way to a result
    """What went wrong, in one line."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def rewritten(self, rewrite: Callable[[str], str]) -> Self:
        """The same problem in other words, such as without secrets."""
        self.detail = rewrite(self.detail)
        self.args = (self.detail,)
        return self


class Rejected(Problem):
    """The call is wrong, or came to an end that says something about it."""

    def __init__(self, reason: Reason, detail: str, *, again: bool = False) -> None:
        """Describe it.

        Args:
            reason: as the execution will have it.
            detail: one line.
            again: whether one more try may end otherwise.
        """
        super().__init__(detail)
        self.reason = reason
        self.again = again


class Unanswered(Problem):
    """The service did not answer, or not in HTTP, or turned the call away for now: nothing is said about the call."""

    def __init__(self, detail: str, *, sent: bool = True, again: bool = True) -> None:
        """Describe it.

        Args:
            detail: one line.
            sent: whether the service may have seen the request.
            again: whether it is worth another try.
        """
        super().__init__(detail)
        self.sent = sent
        self.again = again
