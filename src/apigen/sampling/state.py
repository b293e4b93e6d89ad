"""The state of sampling: how often each tool was used, what was accepted, and the seed pool."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence

import msgspec

from apigen.records import Attempt, Outcome, Request, Seed, Style

POOL_PER_TOOL = 16
"""Accepted samples kept per tool as examples; the newest replace the oldest, so that memory stays flat."""


class SamplingState:
    """A fold over the run, advanced only at round boundaries and only in order.

    ``sampled`` grows when a round is drawn, ``accepted`` and the pool when a round is learned from. Since a round is
    learned from a fixed lag after it was drawn, the state that draws a round is the same whatever the concurrency.
    """

    def __init__(self, seeds: Iterable[Seed]) -> None:
        self.sampled: Counter[str] = Counter()
        self.accepted: Counter[str] = Counter()
        self.use: defaultdict[str, float] = defaultdict(float)
        """What was asked for of each tool, and a quarter of what came of it."""
        self.style_requests: Counter[Style] = Counter()
        self.style_learned: Counter[Style] = Counter()
        self.style_accepted: Counter[Style] = Counter()
        self._written: defaultdict[str, list[Seed]] = defaultdict(list)
        self._grown: defaultdict[str, deque[Seed]] = defaultdict(lambda: deque(maxlen=POOL_PER_TOOL))
        for seed in seeds:
            for name in sorted(seed.tool_names):
                self._written[name].append(seed)

    def drawn(self, requests: Sequence[Request]) -> None:
        """Note the requests of a round that was just drawn."""
        for request in requests:
            self.style_requests[request.style] += 1
            for name in request.targets:
                self.sampled[name] += 1
                self._used(name)

    def drawn_otherwise(self, request: Request, instead: Request | Attempt) -> None:
        """Note that another request, or an attempt that was written for another, stands in a drawn one's place."""
        self.style_requests[request.style] -= 1
        self.style_requests[instead.style] += 1
        self.sampled.subtract(request.targets)
        self.sampled.update(instead.targets)
        for name in (*request.targets, *instead.targets):
            self._used(name)

    def learn(self, lesson: "Lesson") -> None:
        """Take in what a finished round taught."""
        self.style_learned.update(lesson.styles)
        for seed, style in lesson.accepted:
            self.style_accepted[style] += 1
            for name in sorted(seed.tool_names):
                self.accepted[name] += 1
                self._used(name)
                self._grown[name].append(seed)

    def _used(self, name: str) -> None:
        self.use[name] = self.sampled[name] + self.accepted[name] / 4

    def written(self, tool: str) -> Sequence[Seed]:
        """Hand-written seeds that call the tool."""
        return self._written.get(tool, ())

    def grown(self, tool: str) -> Sequence[Seed]:
        """Accepted samples that call the tool, oldest first."""
        return self._grown.get(tool, ())


class Lesson(msgspec.Struct, frozen=True):
    """What a finished round taught: how many requests each style made, and what was accepted."""

    styles: tuple[Style, ...]
    """The style of each request of the round."""
    accepted: tuple[tuple[Seed, Style], ...]

    @classmethod
    def of(cls, attempts: Iterable[Attempt]) -> "Lesson":
        """The lesson in one round's attempts, in their order."""
        styles, accepted = [], []
        for attempt in attempts:
            if attempt.last:
                styles.append(attempt.style)
            if attempt.outcome is Outcome.PASS:
                accepted.append((Seed(attempt.query, attempt.calls, attempt.wording), attempt.style))
        return cls(tuple(styles), tuple(accepted))
