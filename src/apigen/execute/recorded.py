"""Recordings of call results, which can be replayed without the tool.

Services change and die, so a run over them can be repeated only from what they answered then. A recording is found by
what the call was: the tool's binding and the arguments. A binding names the digest of a function's source, so a
function that was edited has no recordings.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from apigen.database import Database
from apigen.errors import ExecutorUnavailable, NotRecorded
from apigen.execute.base import BulkExecutor, Ran, all_made, side_by_side
from apigen.records import Call, Execution, Tool

Mode = Literal["live", "record", "replay", "replay-else-live"]
"""``record`` makes each different call of a run once and keeps what it returns; ``replay`` answers from what was kept
and never calls; ``replay-else-live`` calls and keeps only what is not there yet; ``live`` does neither."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS recordings (
    key BLOB PRIMARY KEY, tool TEXT NOT NULL, recorded TEXT NOT NULL, execution BLOB NOT NULL
) WITHOUT ROWID
"""
_ordered = msgspec.json.Encoder(order="sorted")


class Recordings:
    """``recordings.sqlite``: one row for each different call."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it.

        Raises:
            JobFellShort: it cannot be opened.
        """
        self._database = Database(path, _SCHEMA, "give another file, or move this one away to record again")
        self._decoder = msgspec.json.Decoder(Execution)

    def get(self, tool: Tool, call: Call, since: str = "") -> Execution | None:
        """What such a call did when it was recorded.

        Args:
            tool: that was called.
            call: with the arguments.
            since: an ISO time in UTC; older recordings do not count.

        Raises:
            JobFellShort: the file cannot be read.
        """
        statement = "SELECT execution FROM recordings WHERE key = ? AND recorded >= ?"
        row = self._database.execute(statement, (_key(tool, call), since)).fetchone()
        if row is None:
            return None
        return msgspec.structs.replace(self._decoder.decode(row[0]), call=call, recorded=True)

    def put(self, tool: Tool, execution: Execution) -> None:
        """Keep what a call did, in place of an earlier recording of it.

        Raises:
            JobFellShort: the disk is full.
        """
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        self._database.execute(
            "INSERT OR REPLACE INTO recordings VALUES (?, ?, ?, ?)",
            (_key(tool, execution.call), tool.name, now, msgspec.json.encode(execution)),
        )

    def __len__(self) -> int:
        count: int = self._database.execute("SELECT COUNT(*) FROM recordings").fetchone()[0]
        return count

    def close(self) -> None:
        """Close the file."""
        self._database.close()


class RecordedExecutor:
    """Answers calls from recordings, or records what the executor behind it answers.

    A call that could not be made (a service was down) is not recorded: nothing is known about it. One that failed is,
    so that a repeated run rejects the same candidates.

    Args:
        live: makes the calls.
        recordings: closed with this executor.
        mode: not ``live``, for which no recordings are needed.
        since: when the run began. To ``record``, older recordings do not count; younger ones do, so that a call that
            comes again, also after the run was resumed, has one result in the whole dataset.
    """

    def __init__(self, live: BulkExecutor, recordings: Recordings, mode: Mode, since: datetime | None = None) -> None:
        self._live = live
        self._recordings = recordings
        self._mode = mode
        began = since or datetime.now(UTC)
        self._since = began.astimezone(UTC).isoformat(timespec="microseconds") if mode == "record" else ""

    async def execute(self, tool: Tool, call: Call) -> Execution:
        """Answer one call.

        Raises:
            NotRecorded: only recordings count, and there is none.
            ExecutorUnavailable: the tool had to be called and could not be.
        """
        return all_made(await self.execute_many([(tool, call)]))[0]

    def ahead(self, tool: Tool) -> bool:
        """Never: what is not wanted must not be recorded."""
        return False

    def prepare(self, tools: Sequence[Tool]) -> None:
        """Make ready what makes the calls, unless none may be made."""
        if self._mode != "replay":
            self._live.prepare(tools)

    async def execute_many(self, pairs: Sequence[tuple[Tool, Call]]) -> list[Ran]:
        """Answer many calls; those that have to be made are made together.

        Raises:
            ExecutorUnavailable: calls had to be made, and the machinery broke for all of them.
        """
        found = [self._recorded(tool, call) for tool, call in pairs]
        missing = [index for index, execution in enumerate(found) if execution is None]
        if missing:
            wanted = [pairs[index] for index in missing]
            # One call goes the way of single calls: it is told more strictly whether that one varies.
            one = len(wanted) == 1
            ran = await (side_by_side(self._live, wanted) if one else self._live.execute_many(wanted))
            for index, execution in zip(missing, ran, strict=True):
                found[index] = self._kept(pairs[index][0], execution)
        return [execution for execution in found if execution is not None]

    def _kept(self, tool: Tool, execution: Ran) -> Ran:
        """Record what a call did, unless the same call, under way at the same time, was faster."""
        if isinstance(execution, ExecutorUnavailable):
            return execution
        if (faster := self._recordings.get(tool, execution.call, self._since)) is not None:
            return faster
        self._recordings.put(tool, execution)
        return execution

    def _recorded(self, tool: Tool, call: Call) -> Ran | None:
        execution = self._recordings.get(tool, call, self._since)
        if execution is None and self._mode == "replay":
            return NotRecorded(f"no recording of this call of {tool.name}; replay-else-live would make the call")
        return execution

    async def aclose(self) -> None:
        """Stop what makes the calls, and close the recordings."""
        await self._live.aclose()
        self._recordings.close()


def _key(tool: Tool, call: Call) -> bytes:
    return hashlib.sha256(_ordered.encode((tool.binding, call.arguments))).digest()[:16]
