"""The life of one batch at a provider: validated, worked off line by line, and written to two files.

What can go wrong at a provider can be asked for. Which lines it hits is drawn from their ids and the batch, so that
the same server meets the same requests with the same faults, and a line that is asked again gets another chance.
"""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import msgspec

from apigen.simulate.batch_files import BatchFiles, Record

Answer = Callable[[dict[str, Any]], Awaitable[tuple[int, Any]]]
"""From the body of a request to a status and a JSON value."""

Clock = Callable[[], float]
"""Seconds since 1970; not the machine's own where a day must pass in a moment."""

MOST_LINES = 50_000
AT_ONCE = 16
"""Lines of a batch that are answered at the same time."""
_LOOK_S = 0.01
FINAL = frozenset({"failed", "completed", "expired", "cancelled"})


class BatchFaults(msgspec.Struct, frozen=True):
    """What goes wrong, as shares of the lines unless it says otherwise."""

    failing: float = 0.0
    """Lines that end with HTTP 500 in the error file."""
    lost: float = 0.0
    """Lines that stand in neither file."""
    torn: float = 0.0
    """Lines of which only half was written."""
    doubled: float = 0.0
    """Lines that stand there twice."""
    strangers: int = 0
    """Lines with an id that nobody asked for, in each batch."""
    invalid: float = 0.0
    """Lines that validation refuses, in whatever batch they are; one fails the whole batch."""
    expires_after: int | None = None
    """A batch expires once so many of its lines are answered."""


class BatchLife:
    """What leads batches from creation to their end.

    Args:
        files: where batches and files are kept.
        answer: answers the body of one line.
        clock: tells the time.
        delay_s: time from creation to the first answer.
        window_s: time after which a batch expires.
        faults: what goes wrong.
    """

    def __init__(
        self, files: BatchFiles, answer: Answer, clock: Clock, *, delay_s: float, window_s: float, faults: BatchFaults
    ) -> None:
        self.window_s = window_s
        self._files = files
        self._answer = answer
        self._clock = clock
        self._delay_s = delay_s
        self._faults = faults

    async def lead(self, batch: Record) -> None:
        """Lead one batch to its end."""
        requests = self._validated(batch)
        if requests is None:
            self._became(batch, "failed")
            return
        batch["request_counts"] = {"total": len(requests), "completed": 0, "failed": 0}
        if batch["status"] == "validating":
            self._became(batch, "in_progress")
        await self._until(batch, batch["expires_at"] - self.window_s + self._delay_s)
        written = await self._worked_off(batch, requests)
        ended = {"cancelling": "cancelled"}.get(batch["status"])
        if ended is None:
            ended = "completed" if len(written) == len(requests) else "expired"
            self._became(batch, "finalizing")
        self._write_files(batch, requests, written, ended)
        self._became(batch, ended)

    def _validated(self, batch: Record) -> list[Record] | None:
        """The lines of a batch, or nothing where a line is wrong, with the reason written to the batch."""
        content = self._files.content(batch["input_file_id"]) or b""
        requests: list[Record] = []
        errors: list[Record] = []
        seen: set[str] = set()
        for number, line in enumerate(content.splitlines(), 1):
            try:
                request = msgspec.json.decode(line, type=dict[str, Any])
            except msgspec.MsgspecError:
                errors.append(_error("invalid_json_line", "This line is not a JSON object.", number))
                continue
            found = self._wrong(batch, request, seen)
            if found is not None:
                errors.append(_error(*found, number))
            requests.append(request)
        if not content.strip():
            errors.append(_error("empty_file", "The input file is empty."))
        if len(requests) > MOST_LINES:
            errors.append(_error("too_many_requests", f"The input file has more than {MOST_LINES} lines."))
        if len({request.get("body", {}).get("model") for request in requests}) > 1:
            errors.append(_error("mismatched_model", "All requests of a batch must ask one model."))
        batch["errors"] = {"object": "list", "data": errors} if errors else None
        return None if errors else requests

    def _wrong(self, batch: Record, request: Record, seen: set[str]) -> tuple[str, str] | None:
        key = request.get("custom_id")
        if not isinstance(key, str) or not key or len(key) > 64:
            return "invalid_custom_id", "A custom_id is a text of 1 to 64 characters."
        if key in seen:
            return "duplicate_custom_id", f"The custom_id {key!r} is duplicated."
        seen.add(key)
        if request.get("method") != "POST":
            return "invalid_method", "The method of a line must be POST."
        if request.get("url") != batch["endpoint"]:
            return "mismatched_url", "The url of a line must be the batch's endpoint."
        if not isinstance(request.get("body"), dict):
            return "missing_required_parameter", "A line needs a body."
        if self._hit(self._faults.invalid, "invalid", key):
            return "invalid_request", "This line does not please the server."
        return None

    async def _worked_off(self, batch: Record, requests: list[Record]) -> dict[str, tuple[int, Any]]:
        """What became of each line, until all are done or the batch ends before."""
        written: dict[str, tuple[int, Any]] = {}
        most = self._faults.expires_after if self._faults.expires_after is not None else len(requests)
        left = iter(requests[:most])

        async def worker() -> None:
            for request in left:
                if batch["status"] == "cancelling" or self._clock() >= batch["expires_at"]:
                    return
                key = request["custom_id"]
                if self._hit(self._faults.failing, batch["id"], "failing", key):
                    status, body = 500, {"error": {"message": "The server stumbled.", "type": "server_error"}}
                else:
                    status, body = await self._answer(request["body"])
                written[key] = status, body
                batch["request_counts"]["completed" if status == 200 else "failed"] += 1

        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
        return written

    async def _until(self, batch: Record, moment: float) -> None:
        """Wait for a moment, or for the end of the batch where that comes first."""
        # No event tells that a clock was put forward.
        while self._clock() < min(moment, batch["expires_at"]) and batch["status"] != "cancelling":  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_S)

    def _write_files(
        self, batch: Record, requests: list[Record], written: dict[str, tuple[int, Any]], ended: str
    ) -> None:
        """Write the output and the error file, whose lines stand in no order."""
        number, random = batch["id"], Random(batch["id"])
        output: list[bytes] = []
        errors: list[bytes] = []
        for request in requests:
            key = request["custom_id"]
            if self._hit(self._faults.lost, number, "lost", key):
                continue
            status, body = written.get(key, (0, None))
            line = msgspec.json.encode(_line(number, key, status, body, ended))
            if self._hit(self._faults.torn, number, "torn", key):
                line = line[: len(line) // 2]
            times = 2 if self._hit(self._faults.doubled, number, "doubled", key) else 1
            (output if status == 200 else errors).extend([line] * times)
        output += [
            msgspec.json.encode(_line(number, f"stranger-{stranger}", 200, {"choices": []}, ended))
            for stranger in range(self._faults.strangers)
        ]
        for kind, lines in (("output", output), ("error", errors)):
            if lines:
                random.shuffle(lines)
                name, at = f"{number}_{kind}.jsonl", self._clock()
                kept = self._files.add_file(b"\n".join(lines) + b"\n", name=name, purpose="batch_output", at=at)
                batch[f"{kind}_file_id"] = kept["id"]

    def _became(self, batch: Record, status: str) -> None:
        batch["status"] = status
        batch[f"{status}_at"] = int(self._clock())
        self._files.keep(batch)

    def _hit(self, share: float, *names: str) -> bool:
        return share > 0 and Random("/".join(names)).random() < share


def _line(batch: str, key: str, status: int, body: Any, ended: str) -> Record:
    """One line of an output or error file."""
    line: Record = {"id": f"{batch}_{key}", "custom_id": key, "response": None, "error": None}
    if status:
        line["response"] = {"status_code": status, "request_id": f"req_{key}", "body": body}
    else:
        line["error"] = {"code": f"batch_{ended}", "message": f"The batch was {ended} before this request ran."}
    return line


def _error(code: str, message: str, line: int | None = None) -> Record:
    return {"code": code, "message": message, "line": line, "param": None}
