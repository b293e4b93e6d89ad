"""Many requests in flight, committed in order: what makes a run fast and still reproducible.

A round may be drawn once the round ``lag`` before it is committed; up to ``lag`` rounds are in flight at once, and no
round waits for the one just before. Results are committed in the order of the requests, so the examples that a later
round draws, the verdict on duplicates and the files written are the same whatever finishes first.
"""

import asyncio
import itertools
import math
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from enum import StrEnum
from typing import NamedTuple

from apigen.config import Config
from apigen.dataset.duplicates import SeenQueries
from apigen.records import Attempt, Outcome, Request
from apigen.sampling.drawing import Drawing, Past
from apigen.sampling.sampler import Sampler
from apigen.sampling.state import Lesson, SamplingState
from apigen.tally import Tally

STALL_REQUESTS = 100
"""A run stops when this many consecutive requests yielded almost no new samples."""
STALL_YIELD = 0.01
"""...that is, when less than this share of their candidates was accepted."""
STALL_ERRORS = 20
"""A run stops when this many consecutive requests ended in errors."""


class Ending(StrEnum):
    """How a run ended."""

    DONE = "done"
    STALLED = "stalled"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"
    BUDGET = "budget"
    WAITING = "waiting"


Attempting = Callable[[Request], Awaitable[tuple[Attempt, ...]]]
Commit = Callable[[tuple[Attempt, ...]], None]


class Schedule:
    """Drives one run from the first request to the last accepted sample.

    Args:
        config: count, concurrency, rounds.
        sampler: draws the rounds.
        state: what the sampler remembers; owned by this schedule.
        seen: decides on duplicates, in order.
        work: turns a request into attempts.
        commit: writes the attempts of one request; called in request order.
        tally: counts what is committed.
        past: what was drawn before candidates were re-verified with other settings.
        watch: called after each commit with the number of requests in flight.
    """

    def __init__(
        self,
        config: Config,
        *,
        sampler: Sampler,
        state: SamplingState,
        seen: SeenQueries,
        work: Attempting,
        commit: Commit,
        tally: Tally,
        past: Past = Past(),  # noqa: B008 - frozen
        watch: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.tally = tally
        self.in_flight = 0
        self._config = config
        self._drawing = Drawing(config, sampler, state, past)
        self._seen = seen
        self._work = work
        self._commit = commit
        self._written_before = past.written
        self._watch = watch
        self._slots = asyncio.Semaphore(config.under_way)
        self._order: asyncio.Queue[_Work] = asyncio.Queue()
        self._lessons: deque[Lesson] = deque()
        self._learned = 0
        self._committed = asyncio.Condition()
        self._recent: deque[tuple[int, int, bool]] = deque(maxlen=STALL_REQUESTS)
        self._drawn = 0

    async def run(self, earlier: Iterator[tuple[Attempt, ...]]) -> Ending:
        """Run until ``count`` samples are accepted, or it is clear that they will not be.

        Args:
            earlier: attempts of requests that earlier sessions finished, in order; they are reused unchanged.

        Raises:
            ModelUnavailable: a model gives no answer at all. What was committed stays.
        """
        producer = asyncio.create_task(self._produce(earlier))
        committer = asyncio.create_task(self._commit_in_order())
        try:
            await asyncio.wait({producer, committer}, return_when=asyncio.FIRST_COMPLETED)
            # Either the committer is done, or one of the two raised.
            if producer.done() and not committer.done():
                producer.result()
            return await committer
        finally:
            await self._cancel(producer, committer)

    async def _produce(self, earlier: Iterator[tuple[Attempt, ...]]) -> None:
        for number in itertools.count():
            await self._learn_up_to(number - self._config.rounds.lag)
            for request in self._drawing.round(number):
                attempts = next(earlier, None)
                if attempts is None:
                    await self._launch(request)
                else:
                    self._drawing.taken(request, attempts[0])
                    self._drawn += 1
                    await self._order.put(_Work(_known(attempts), live=False))

    async def _learn_up_to(self, number: int) -> None:
        """Apply the lessons of all rounds up to one, waiting for it to be committed."""
        async with self._committed:
            while self._learned <= number:
                await self._committed.wait_for(lambda: bool(self._lessons))
                self._drawing.learn(self._lessons.popleft())
                self._learned += 1

    async def _launch(self, request: Request) -> None:
        await self._slots.acquire()
        async with self._committed:
            await self._committed.wait_for(self._more_needed)
        task = asyncio.ensure_future(self._work(request))
        task.add_done_callback(self._landed)
        self._drawn += 1
        self.in_flight += 1
        await self._order.put(_Work(task, live=True))

    def _landed(self, _: object) -> None:
        self.in_flight -= 1
        self._slots.release()

    def _more_needed(self) -> bool:
        """Whether the requests in flight will probably not be enough: near the end, nothing is requested in vain."""
        under_way = self._drawn - self.tally.requests
        if under_way == 0:
            return True
        low, high = self._config.sampling.pairs
        # The yield of the first few requests says little: the more are in flight, the more it takes to trust it.
        believed = max(1.0, under_way / 8)
        per_request = (self.tally.total_accepted + believed * (low + high) / 2) / (self.tally.requests + believed)
        wanted = float(self._config.count)
        if self._config.batched and self.tally.requests:
            # Another wave may cost a day, so two standard deviations more are requested than needed on average.
            wanted += 2 * math.sqrt(under_way * per_request)
        return self.tally.total_accepted + under_way * per_request < wanted

    async def _commit_in_order(self) -> Ending:
        round_attempts: list[Attempt] = []
        for position in itertools.count(1):
            work = await self._order.get()
            attempts = self._seen.settled(await work.attempts)
            if work.live:
                self._commit(attempts)
            round_attempts.extend(attempts)
            async with self._committed:
                self.tally.add(attempts)
                if position % (self._config.rounds.requests or 1) == 0:
                    self._lessons.append(Lesson.of(round_attempts))
                    round_attempts = []
                self._committed.notify_all()
            self._watch(self.in_flight)
            # Re-verified attempts say nothing about whether the writer still brings anything.
            ending = self._ending(attempts if position > self._written_before else ())
            if ending is not None:
                return ending
        raise AssertionError("counting does not end")

    def _ending(self, attempts: tuple[Attempt, ...]) -> Ending | None:
        if self.tally.total_accepted >= self._config.count:
            return Ending.DONE
        if not attempts:
            return None
        accepted = sum(attempt.outcome is Outcome.PASS for attempt in attempts)
        refused = all(attempt.outcome is Outcome.ERROR for attempt in attempts)
        self._recent.append((len(attempts), accepted, refused))
        recent = list(self._recent)
        if len(recent) >= STALL_ERRORS and all(refused for _, _, refused in recent[-STALL_ERRORS:]):
            return Ending.REFUSED
        if len(recent) == STALL_REQUESTS:
            candidates = sum(row[0] for row in recent)
            if sum(row[1] for row in recent) < STALL_YIELD * candidates:
                return Ending.STALLED
        return None

    async def _cancel(self, *tasks: "asyncio.Task[None] | asyncio.Task[Ending]") -> None:
        """Stop everything in flight and wait until it has stopped."""
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        left = []
        while not self._order.empty():
            left.append(self._order.get_nowait().attempts)
            left[-1].cancel()
        await asyncio.gather(*left, return_exceptions=True)


class _Work(NamedTuple):
    """The attempts of one drawn request: in flight, or known from an earlier session."""

    attempts: asyncio.Future[tuple[Attempt, ...]]
    live: bool


def _known(attempts: tuple[Attempt, ...]) -> asyncio.Future[tuple[Attempt, ...]]:
    future: asyncio.Future[tuple[Attempt, ...]] = asyncio.get_running_loop().create_future()
    future.set_result(attempts)
    return future
