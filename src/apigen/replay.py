"""Executes a dataset's calls again and says which results are no longer what the dataset says.

A dataset stays true as long as its tools answer alike. Functions are edited and services change, so ``apigen replay``
can show long afterwards which rows still hold.
"""

import itertools
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from apigen.errors import ExecutorUnavailable
from apigen.execute.base import BulkExecutor, Ran
from apigen.records import Call, Json, Sample, Tool

CHUNK = 512
"""Rows whose calls are made together."""


class Held(StrEnum):
    """What became of a call's result."""

    SAME = "same"
    VARYING = "varying"
    """Another result of a tool whose results varied from the start: a clock, chance."""
    CHANGED = "changed"
    """Another result of a tool whose results did not vary."""
    FAILED = "failed"
    """The call, which succeeded when the row was made, fails."""
    UNAVAILABLE = "unavailable"
    """The call could not be made, so nothing is known."""


_WORST_FIRST = (Held.FAILED, Held.CHANGED, Held.UNAVAILABLE, Held.VARYING, Held.SAME)


class Compared(msgspec.Struct, frozen=True, omit_defaults=True):
    """One call of a row, then and now."""

    call: Call
    held: Held
    before: Json = None
    now: Json = None
    detail: str = ""
    """Why it fails, or could not be made."""


class Replayed(msgspec.Struct, frozen=True):
    """One row, executed again."""

    id: int
    held: Held
    """The worst that became of one of its calls."""
    calls: tuple[Compared, ...]


class ReplayTally:
    """A fold over replayed rows: counts only, so that memory does not grow with them."""

    def __init__(self) -> None:
        self.rows: Counter[Held] = Counter()
        self.calls: Counter[Held] = Counter()
        self.by_tool: dict[str, Counter[Held]] = {}

    def add(self, row: Replayed) -> None:
        """Count one row."""
        self.rows[row.held] += 1
        for compared in row.calls:
            self.calls[compared.held] += 1
            self.by_tool.setdefault(compared.call.name, Counter())[compared.held] += 1

    @property
    def lost(self) -> int:
        """Rows that no longer hold."""
        return self.rows[Held.CHANGED] + self.rows[Held.FAILED]

    def as_json(self) -> dict[str, Json]:
        """The counts as ``--json`` gives them; of the tools only those of which a result did not hold."""
        return {
            "rows": {held.value: self.rows[held] for held in Held},
            "calls": {held.value: self.calls[held] for held in Held},
            "tools": {
                name: {held.value: count for held, count in sorted(found.items())}
                for name, found in sorted(self.by_tool.items())
                if set(found) != {Held.SAME}
            },
        }


async def replay(
    samples: Iterable[Sample], tools: Mapping[str, Tool], executor: BulkExecutor, stopped: Callable[[], bool]
) -> AsyncIterator[Replayed]:
    """Execute the calls of each row again.

    Args:
        samples: the dataset, streamed.
        tools: the library that it was made with, by name.
        executor: makes the calls.
        stopped: asked after each chunk whether to leave it at that.

    Yields:
        Each row with what became of its calls, in order.
    """
    rest = iter(samples)
    while not stopped() and (chunk := list(itertools.islice(rest, CHUNK))):
        pairs = [(tools[call.name], call) for sample in chunk for call in sample.calls if call.name in tools]
        ran = iter(await executor.execute_many(pairs))
        for sample in chunk:
            compared = tuple(
                _compared(call, before, next(ran) if call.name in tools else _UNKNOWN, sample.provenance.varying)
                for call, before in zip(sample.calls, sample.results, strict=True)
            )
            held = {one.held for one in compared}
            yield Replayed(sample.id, next((one for one in _WORST_FIRST if one in held), Held.SAME), compared)


_UNKNOWN = ExecutorUnavailable("the run's library.jsonl does not have the tool")


def _compared(call: Call, before: Json, ran: Ran, varying: Sequence[str]) -> Compared:
    if isinstance(ran, ExecutorUnavailable):
        return Compared(call, Held.UNAVAILABLE, before, detail=str(ran))
    if not ran.ok:
        reason = f"{ran.reason}: {ran.detail}" if ran.reason else ran.detail
        return Compared(call, Held.FAILED, before, detail=reason)
    if _bytes(ran.result) == _bytes(before):
        return Compared(call, Held.SAME)
    held = Held.VARYING if call.name in varying or ran.varies else Held.CHANGED
    return Compared(call, held, before, ran.result)


def _bytes(value: Json) -> bytes:
    return msgspec.json.encode(value, order="sorted")
