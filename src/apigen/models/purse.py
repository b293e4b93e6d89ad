"""What a run spends, and the end of asking where its budget ends.

A request is sent only if what is spent, what is expected of the requests under way, and what is expected of this one
stay within the budget. One that does not fit waits while others are under way, since these may turn out cheaper; where
none is, the budget is spent. A request for new pairs also leaves room for what will follow from it and from those
before it: repairs and judges. So what is written can be judged, and what is under way at the end is finished. If the
budget falls short of that, it goes to the requests that were begun first, since results are committed in that order.
"""

import asyncio
from bisect import insort
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from itertools import count
from typing import TypeVar

import msgspec

from apigen.config import BudgetConfig
from apigen.errors import BudgetSpent, ModelUnavailable
from apigen.models.accounts import Accounts
from apigen.models.prices import Price, cost_of
from apigen.models.roles import Role
from apigen.models.tokens import tokens_asked
from apigen.records import Completion, Message

MODEST_TOKENS = {Role.WRITER: 800, Role.REPAIR: 250, Role.JUDGE: 300, Role.PROBE: 16}
"""Tokens expected of an answer before there are any to take a mean of."""
JUDGED_PROMPT_TOKENS = 1500
"""Tokens expected of a judge's prompt before there are any to take a mean of."""
_ENOUGH = 3
"""Answers from which on the next one is expected to cost their mean."""
_GUESS_COUNTS = 10
"""Weight, in requests, of the first guess of what follows one for pairs: those that end first had little to do."""
_MARGIN = 1.5
"""Room kept for each request under way, as a multiple of what follows one on average: without room for its judges,
what was written would have to wait."""
_PRECEDENCE = 2.5
"""Room left to each errand that was begun before, as a multiple of the average: waiting for these costs nothing."""
_PATIENCE_S = 4.0
"""Seconds for which a request waits for errands begun before it while nothing is in flight: they may be executing. A
quarter of that the next time, and so on, since they may also wait for this one."""
_ERRAND: ContextVar[int] = ContextVar("errand", default=0)
"""The number of the errand that sends requests, in the order in which errands were begun; 0 outside all of them."""

_NO_ROOM = "the budget has no room for another request"

_In = TypeVar("_In")
_Out = TypeVar("_Out")


class Amount(msgspec.Struct, frozen=True):
    """Money and tokens."""

    usd: float = 0.0
    tokens: float = 0.0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.usd + other.usd, self.tokens + other.tokens)

    def times(self, factor: float) -> "Amount":
        """So many times as much."""
        return Amount(self.usd * factor, self.tokens * factor)

    def beyond(self, other: "Amount") -> "Amount":
        """What is left of it when the other is taken away, at least nothing."""
        return Amount(max(0.0, self.usd - other.usd), max(0.0, self.tokens - other.tokens))

    def at_least(self, other: "Amount") -> "Amount":
        """The larger of the two, of money and of tokens."""
        return Amount(max(self.usd, other.usd), max(self.tokens, other.tokens))


class Spending(msgspec.Struct, frozen=True):
    """How much was spent so far, and how much may be."""

    usd: float
    """What those requests cost whose cost is known."""
    unpriced: int
    """Requests whose cost is not known."""
    tokens: int
    most_usd: float | None = None
    most_tokens: int | None = None


class Purse:
    """What a run has spent over all its sessions, and what it may spend.

    Args:
        budget: where asking ends; with none, everything is only counted.
        accounts: what earlier sessions spent; kept up to date.
    """

    def __init__(self, budget: BudgetConfig, accounts: Accounts) -> None:
        self.accounts = accounts
        self._budget = budget
        self._limited = budget.cost_usd is not None or budget.tokens is not None
        self._under_way = 0
        self._in_flight: Counter[Role] = Counter()
        self._expected = Amount()
        self._follow_ups_expected = Amount()
        self._first_guess = Amount()
        self._errands: dict[int, Amount] = {}
        """What has followed so far from each errand that goes on."""
        self._ended = accounts.total(Role.WRITER).requests
        self._numbers, self._arrivals = count(1), count(1)
        self._beginning: list[tuple[int, int]] = []
        self._following: list[tuple[int, int]] = []
        """Tickets of the requests for pairs that wait, and of all others: errand and arrival, the first first."""
        self._change = asyncio.Event()
        self._patience_s = _PATIENCE_S
        self._refused: int | None = None
        """The first errand for which there was no room."""
        self._stopped = False
        self._uncounted = ""

    def spending(self) -> Spending:
        """How much was spent so far."""
        total = self.accounts.total()
        return Spending(total.known_usd, total.unpriced, total.tokens, self._budget.cost_usd, self._budget.tokens)

    def guess_follow_ups(self, price: Price | None, times: float) -> None:
        """Say what a request for pairs probably leads to, before there were some: so many answers of a judge."""
        tokens = MODEST_TOKENS[Role.JUDGE]
        usd = price.cost(JUDGED_PROMPT_TOKENS, tokens) if price else 0.0
        self._first_guess += Amount(usd, JUDGED_PROMPT_TOKENS + tokens).times(times)

    def around(self, work: Callable[[_In], Awaitable[_Out]]) -> Callable[[_In], Awaitable[_Out]]:
        """The same work, known here as an errand: all that is asked for it belongs together."""

        async def errand(thing: _In) -> _Out:
            number = next(self._numbers)
            self._errands[number] = Amount()
            before = _ERRAND.set(number)
            try:
                done = await work(thing)
                self._ended += 1
            finally:
                _ERRAND.reset(before)
                del self._errands[number]
                self._notify()
            return done

        return errand

    @asynccontextmanager
    async def sending(self, role: Role, expect: Callable[[], Amount]) -> AsyncGenerator[None, None]:
        """Send a request within the block, once the budget, if there is one, has room for it.

        Args:
            role: why it is sent.
            expect: says what it will probably cost, by what is known when it is sent.

        Raises:
            BudgetSpent: there is no room, and nothing under way that could leave some.
            ModelUnavailable: an answer came without a count of tokens, so no budget can be kept; or the work ends.
        """
        if not self._limited:
            yield
            return
        await self._admitted(role, expect)
        expected = expect()
        follows = Amount() if role is Role.WRITER else expected
        self._under_way += 1
        self._in_flight[role] += 1
        self._expected += expected
        self._follow_ups_expected += follows
        try:
            yield
        finally:
            self._under_way -= 1
            self._in_flight[role] -= 1
            self._expected = self._expected.beyond(expected)
            self._follow_ups_expected = self._follow_ups_expected.beyond(follows)
            self._notify()

    def stop(self) -> None:
        """Let nothing more be sent: whoever waits for room is told at once."""
        self._stopped = True
        self._notify()

    def pay(self, role: Role, completion: Completion, price: Price | None) -> Completion:
        """Enter an answer in the accounts; returns it with its cost."""
        completion = msgspec.structs.replace(completion, cost_usd=cost_of(completion, price))
        self.accounts.add(completion.model, role, completion)
        errand = _ERRAND.get()
        if role is not Role.WRITER and errand in self._errands:
            taken = completion.prompt_tokens + completion.completion_tokens
            self._errands[errand] += Amount(completion.cost_usd or 0.0, taken)
        if not (completion.prompt_tokens or completion.completion_tokens):
            self._uncounted = completion.model
        return completion

    def expected(self, model: str, role: Role, messages: Sequence[Message], price: Price | None) -> Amount:
        """What a request will probably cost: as those before it, or by its length and a modest answer."""
        account = self.accounts.of(model, role)
        if account.requests >= _ENOUGH and account.tokens:
            priced = account.requests - account.unpriced
            return Amount(account.known_usd / priced if priced else 0.0, account.tokens / account.requests)
        prompt, answer = tokens_asked(messages), MODEST_TOKENS[role]
        return Amount(price.cost(prompt, answer) if price else 0.0, prompt + answer)

    async def _admitted(self, role: Role, expect: Callable[[], Amount]) -> None:
        """Wait until there is room; of requests of a kind, those of the errand that was begun first go first.

        What follows from an errand leaves room for what will probably follow from those begun before it.
        """
        begins, errand, patient = role is Role.WRITER, _ERRAND.get(), True
        ticket, waiting = (errand, next(self._arrivals)), self._beginning if begins else self._following
        insort(waiting, ticket)
        self._notify()  # whoever came first took this one for an errand that goes on
        try:
            while True:
                if self._stopped:
                    raise ModelUnavailable("no more requests are sent, because the run is ending")
                if self._uncounted:
                    raise ModelUnavailable(
                        f"{self._uncounted} reports no token counts (`usage`) with its answers, so a budget cannot be "
                        "enforced; drop --max-cost and --max-tokens"
                    )
                if self._refused is not None and (begins or errand > self._refused):
                    raise BudgetSpent(_NO_ROOM)  # what comes after a request that was refused could not be committed
                first = waiting[0] == ticket and not self._too_early(role)
                if first and self._has_room(expect(), begins=begins, patient=patient):
                    return
                idle = first and self._under_way == 0
                others = len(self._errands) > len(self._beginning) if begins else bool(self._before(errand))
                if idle and not (others and patient):
                    self._refused = errand
                    raise BudgetSpent(_NO_ROOM)
                try:
                    await asyncio.wait_for(self._change.wait(), self._patience_s if idle else None)
                except TimeoutError:
                    self._patience_s /= 4
                    patient = False  # those begun before wait for this one: two of them may ask the same question
        finally:
            waiting.remove(ticket)
            self._notify()

    def _too_early(self, role: Role) -> bool:
        """Whether enough requests of a role are in flight to learn what they cost, and none of that is known yet."""
        return self._in_flight[role] >= _ENOUGH > self.accounts.total(role).requests

    def _has_room(self, expected: Amount, *, begins: bool, patient: bool) -> bool:
        spent = self.accounts.total()
        needed = Amount(spent.known_usd, spent.tokens) + self._expected + expected
        if begins:
            others = max(0, len(self._errands) - len(self._beginning))
            needed += self._follow_ups().times(1 + _MARGIN * others).beyond(self._follow_ups_expected)
        for so_far in self._before(_ERRAND.get()) if patient and not begins else ():
            # What has not ended will ask once more at least.
            needed += self._follow_ups().times(_PRECEDENCE).beyond(so_far).at_least(expected)
        most = self._budget
        return (most.cost_usd is None or needed.usd <= most.cost_usd) and (
            most.tokens is None or needed.tokens <= most.tokens
        )

    def _before(self, errand: int) -> list[Amount]:
        """What has followed so far from the errands that were begun before one, and go on."""
        waiting = {number for number, _ in self._beginning}
        return [so_far for number, so_far in self._errands.items() if number < errand and number not in waiting]

    def _follow_ups(self) -> Amount:
        """What one request for pairs leads to, on the average."""
        spent = self.accounts.total(Role.REPAIR, Role.JUDGE)
        known = Amount(spent.known_usd, spent.tokens) + self._first_guess.times(_GUESS_COUNTS)
        return known.times(1 / (self._ended + _GUESS_COUNTS))

    def _notify(self) -> None:
        self._change.set()
        self._change = asyncio.Event()
