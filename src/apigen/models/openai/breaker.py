"""A circuit breaker: a server that is down is asked by one request at a time, at growing intervals.

Written here because no library has this shape. aiobreaker (last release 2021), circuitbreaker and purgatory stay open
for one fixed time and then let every caller through until one fails; purgatory brings message buses and storages for
Redis, and pybreaker's asynchronous side is tornado's. All four raise at whoever comes while they are open, where
requests here must *wait*; none counts checks so as to give up after them, or can tell a prompt that breaks a server
from a server that is broken. This one is a value with a few transitions: it never waits itself and is given the time.
"""

from apigen.models.openai.patience import Patience

OPENS_AFTER = 5
"""Different requests that must fail in a row, without any answer between them."""


class Breaker:
    """Closed while the server answers; open once several requests failed in a row; then one check at a time.

    A request counts once, however often it is tried: a prompt that a living server cannot answer must not look like a
    server that is down.

    Args:
        patience: the wait before the first check, and how far it grows.
    """

    def __init__(self, patience: Patience) -> None:
        self.open = False
        self.failed_checks = 0
        """Since it opened."""
        self.problem = ""
        """The last failure."""
        self._patience = patience
        self._failed: set[int] = set()
        self._trying = False
        self._next = 0.0

    def ready_at(self) -> float:
        """When the next request may go: always, at the next check, or never while a check is under way."""
        if not self.open:
            return 0.0
        return float("inf") if self._trying else self._next

    def enter(self) -> bool:
        """A request goes; returns whether it is a check."""
        self._trying = self.open
        return self.open

    def answered(self) -> None:
        """The server gave an answer, of whatever kind: it lives."""
        self.open = self._trying = False
        self.failed_checks = 0
        self._failed.clear()

    def failed(self, request: int, problem: str, now: float, *, check: bool) -> None:
        """A request failed for a reason that may be the server's.

        Args:
            request: tells requests apart; one that is tried again keeps its number.
            problem: what happened.
            now: on any clock that does not run backwards.
            check: what :meth:`enter` returned for it.
        """
        if check:
            self._trying = False
            self.failed_checks += 1
            self._next = now + self._patience.wait(self.failed_checks + 1)
        elif self.open:
            return  # sent before it opened: nothing new
        else:
            self._failed.add(request)
            if len(self._failed) < OPENS_AFTER:
                return
            self.open = True
            self._next = now + self._patience.wait(1)
        self.problem = problem

    def left(self, *, check: bool) -> None:
        """A request ended without saying anything about the server, because nobody waits for it any more."""
        if check:
            self._trying = False
