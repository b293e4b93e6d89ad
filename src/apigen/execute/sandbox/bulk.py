"""Makes many calls of one source in few processes, and decides which of their replies to accept.

A process of its own for each call is what makes a call independent of the others. Most functions are independent by
themselves, and for those it is enough to make sure. One process makes all calls, one after another; a second makes
them in the opposite order, with other dice. A reply counts only if both gave the same bytes, and none counts where
anything at all spoke against one of the functions:

- two replies to the same call differ;
- a process hung, died, ran out of memory, or wrote anything but its replies;
- a call left a file, a thread, other settings, or other state where a function can reach it, or there is something
  in its reach whose state cannot be seen, such as an iterator (:class:`.traces.Traces`);
- a sample of the calls, made in processes of their own, says something else.

Whatever does not count is then done by a process for each call. Of two calls each comes first in one of the two
orders, so a call that changes another is seen unless that other stands between two that change it in the same way.
Those with the fewest arguments therefore come first: who omits an argument reads what others left behind.
"""

import hashlib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from apigen.execute.sandbox.wire import Ended, Reply, Report
from apigen.records import Json, PythonBinding, Reason


class Wanted(NamedTuple):
    """A call that is to be made."""

    binding: PythonBinding
    arguments: bytes
    """As a JSON object."""


Run = Callable[[Sequence[Wanted], int, bool], Awaitable[Report]]
"""Has a process make calls: which, the dice, and whether it is a series."""

LONGEST = 512
"""Calls in one process at most."""
_LARGEST = 1 << 20
"""Bytes of arguments handed to one process, about."""
_ONE_OF = 64
"""Calls of which one is made again in a process of its own, where there are so many."""
_SLOW_S = 0.02
"""Calls that take longer on average gain nothing here."""


class Counting(msgspec.Struct, frozen=True):
    """A reply that counts."""

    reply: bytes
    seconds: float
    """The series' time over its number of calls."""


async def replies_that_count(
    calls: Mapping[Wanted, Mapping[str, Json]], run: Run, *, earlier: int = 0
) -> dict[Wanted, Counting]:
    """Make calls of one source in bulk.

    Args:
        calls: each with its arguments.
        run: makes some of them.
        earlier: calls of the same source that were made in bulk before.

    Returns:
        The replies of all calls, of some (the others were too slow), or of none.
    """
    counting: dict[Wanted, Counting] = {}
    rest = sorted(calls, key=lambda wanted: len(calls[wanted]))
    while rest:
        there = await run(given := _first(rest), 0, True)
        made = rest[: len(there.replies)]
        if not _sound(there) or not made or len(there.replies) > len(given):  # more replies than calls were forged
            return {}
        back = await run(order := _opposite(made), 1, True)
        if not _sound(back) or len(back.replies) > len(order):
            return {}
        first = dict(zip(made, there.replies, strict=True))
        for wanted, reply in zip(order, back.replies, strict=False):
            if first[wanted] != reply:
                return {}
            counting[wanted] = Counting(reply, there.seconds / len(made))
        rest = rest[len(made) :]
        if there.seconds > _SLOW_S * len(made):
            break
    for wanted in _sample(list(counting), earlier):
        alone = await run([wanted], 0, False)
        if alone.ended is not Ended.REPLIED or alone.replies[0] != counting[wanted].reply:
            return {}
    return counting


def _first(calls: Sequence[Wanted]) -> Sequence[Wanted]:
    """As many as one process is given."""
    size = 0
    for number, wanted in enumerate(calls[:LONGEST]):
        size += len(wanted.arguments)
        if size > _LARGEST:
            return calls[: number + 1]
    return calls[:LONGEST]


def _opposite(calls: Sequence[Wanted]) -> Sequence[Wanted]:
    """The opposite order. Each call has another parity in it: what alternates would else look the same both ways."""
    return [*calls[-1:], *calls[::-1]] if len(calls) % 2 else calls[::-1]


def _sound(report: Report) -> bool:
    """Whether a series ended as it should and each reply is one that a call by itself would give."""
    return report.ended is Ended.REPLIED and report.clean and all(map(_plain, report.replies))


def _plain(body: bytes) -> bool:
    try:
        reply = msgspec.json.decode(body, type=Reply)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return False
    return reply.reason not in (Reason.OUT_OF_MEMORY, Reason.NOT_EXECUTABLE)


def _sample(calls: Sequence[Wanted], earlier: int) -> Iterator[Wanted]:
    """The same few whatever the order; neither the first nor the last, which had a fresh process already."""
    ordered = sorted(calls[1:-1], key=lambda wanted: hashlib.sha256(wanted.arguments).digest())
    return iter(ordered[: round((earlier + len(calls)) / _ONE_OF) - round(earlier / _ONE_OF)])
