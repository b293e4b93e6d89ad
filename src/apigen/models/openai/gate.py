"""How many requests are in flight at one endpoint: as many as allowed, fewer while it cannot take them.

Additive increase, multiplicative decrease, as TCP does it (RFC 5681): half of what it was when the server says that it
is asked too much or does not answer in time, three quarters when answers take twice as long as they usually do, and
about one more for each round of answers. Latency is compared with the endpoint's own recent past and not with its best,
for answers differ in length: what stays slow becomes what is usual, and the limit grows again.
"""

from statistics import median

OVERLOADED, SLOW = 0.5, 0.75
SLOW_TIMES = 2.0
"""Times the usual latency that count as slow."""
SHORTEST_ROUND = 8
"""Answers that it takes at least to say what the latency is."""
MEMORY = 0.2
"""Share of the newest round in what counts as usual."""


class Gate:
    """The present limit on requests in flight.

    Args:
        most: the configured concurrency, which is where the limit starts, and never exceeded.
    """

    def __init__(self, most: int) -> None:
        self.limit = float(most)
        self.lowest = most
        """The lowest limit so far."""
        self.in_flight = 0
        self.most_in_flight = 0
        self._most = most
        self._changed_at = float("-inf")
        self._round: list[float] = []
        self._usual: float | None = None

    @property
    def free(self) -> bool:
        """Whether one more may go."""
        return self.in_flight < int(self.limit)

    def enter(self) -> None:
        """One more is in flight."""
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)

    def leave(self) -> None:
        """One less is."""
        self.in_flight -= 1

    def overloaded(self, sent_at: float, now: float) -> None:
        """The server was asked too much, as a request that was sent then has found now."""
        self._shrink(OVERLOADED, sent_at, now)

    def answered(self, sent_at: float, now: float) -> None:
        """A request that was sent then was answered now."""
        self.limit = min(self._most, self.limit + 1 / self.limit)
        if sent_at < self._changed_at:
            return  # its latency is that of another limit
        self._round.append(now - sent_at)
        if len(self._round) < max(SHORTEST_ROUND, int(self.limit)):
            return
        latency, self._round = median(self._round), []
        usual = latency if self._usual is None else self._usual
        self._usual = usual + MEMORY * (latency - usual)
        if latency > SLOW_TIMES * usual:
            self._shrink(SLOW, now, now)

    def _shrink(self, factor: float, sent_at: float, now: float) -> None:
        if sent_at < self._changed_at:
            return  # what was in flight when the limit fell says the same once more
        self.limit = max(1.0, self.limit * factor)
        self.lowest = min(self.lowest, int(self.limit))
        self._changed_at = now
        self._round.clear()
