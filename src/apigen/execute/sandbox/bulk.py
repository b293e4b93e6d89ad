"""Many calls of one function in few processes, and which of their replies count.

A process of its own for each call is what makes a call independent of the others. Most functions are independent by
themselves, and for those it is enough to make sure. One process makes all calls, one after another; a second makes
them in the opposite order, with other dice. A reply counts only if both gave the same bytes, and none counts where
anything at all spoke against the function:

- two replies to the same call differ;
- a process hung, died, ran out of memory, or wrote anything but its replies;
- a call left a file, a thread, other settings, or other state where the function can reach it, or there is something
  in its reach whose state cannot be seen, such as an iterator (:class:`.traces.Traces`);
- a sample of the calls, made in processes of their own, says something else.

Whatever does not count is then done by a process for each call. Of two calls each comes first in one of the two
orders, so a call that changes another is seen unless that other stands between two that change it in the same way.
Those with the fewest arguments therefore come first: who omits an argument reads what others left behind.
"""

import hashlib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

import msgspec

from apigen.execute.sandbox.wire import Ended, Reply, Report
from apigen.records import Json, Reason

Run = Callable[[Sequence[bytes], int, bool], Awaitable[Report]]
"""Has a process make calls: their arguments as JSON objects, the dice, and whether it is a series."""

_LONGEST = 512
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


async def replies_that_count(calls: Mapping[bytes, Mapping[str, Json]], run: Run) -> dict[bytes, Counting]:
    """Make calls of one function in bulk.

    Args:
        calls: arguments by their JSON.
        run: makes some of them.

    Returns:
        The replies by the arguments' JSON, of all calls, of some (the others were too slow), or of none.
    """
    counting: dict[bytes, Counting] = {}
    rest = sorted(calls, key=lambda arguments: len(calls[arguments]))
    while len(rest) > 1:
        there = await run(given := _first(rest), 0, True)
        made = rest[: len(there.replies)]
        if not _sound(there) or not made or len(there.replies) > len(given):  # more replies than calls were forged
            return {}
        back = await run(order := _opposite(made), 1, True)
        if not _sound(back) or len(back.replies) > len(order):
            return {}
        first = dict(zip(made, there.replies, strict=True))
        for arguments, reply in zip(order, back.replies, strict=False):
            if first[arguments] != reply:
                return {}
            counting[arguments] = Counting(reply, there.seconds / len(made))
        rest = rest[len(made) :]
        if there.seconds > _SLOW_S * len(made):
            break
    for arguments in _sample(list(counting)):
        alone = await run([arguments], 0, False)
        if alone.ended is not Ended.REPLIED or alone.replies[0] != counting[arguments].reply:
            return {}
    return counting


def _first(calls: Sequence[bytes]) -> Sequence[bytes]:
    """As many as one process is given."""
    size = 0
    for number, arguments in enumerate(calls[:_LONGEST]):
        size += len(arguments)
        if size > _LARGEST:
            return calls[: number + 1]
    return calls[:_LONGEST]


def _opposite(calls: Sequence[bytes]) -> Sequence[bytes]:
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


def _sample(calls: Sequence[bytes]) -> Iterator[bytes]:
    """The same few whatever the order; neither the first nor the last, which had a fresh process already."""
    ordered = sorted(calls[1:-1], key=lambda arguments: hashlib.sha256(arguments).digest())
    return iter(ordered[: round(len(calls) / _ONE_OF)])
