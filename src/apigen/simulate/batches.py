"""The server side of the batch protocol: files, batches, and what becomes of them.

The protocol is that of OpenAI's ``/files`` and ``/batches``
(https://platform.openai.com/docs/api-reference/batch).
"""

import asyncio
import time
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from aiohttp import web

from apigen.simulate.batch_files import BatchFiles, Record
from apigen.simulate.batch_life import FINAL, Answer, BatchFaults, BatchLife, Clock


def add_batch_routes(
    app: web.Application,
    answer: Answer,
    *,
    prefix: str = "/v1",
    folder: Path | None = None,
    clock: Clock = time.time,
    delay_s: float = 0.0,
    window_s: float = 86_400.0,
    most_bytes: int = 200_000_000,
    faults: BatchFaults | None = None,
) -> None:
    """Let an application speak the batch protocol.

    Args:
        app: gets the routes, and leads batches as long as it runs.
        answer: answers the body of one line with a status and a JSON value, as the chat endpoint would.
        prefix: before ``/files`` and ``/batches``.
        folder: where files and batches outlive the process; ``None`` for memory only.
        clock: tells the time.
        delay_s: time from the creation of a batch to its first answer.
        window_s: time after which a batch expires.
        most_bytes: the largest file that is taken.
        faults: what goes wrong on purpose.
    """
    files = BatchFiles(folder)
    life = BatchLife(files, answer, clock, delay_s=delay_s, window_s=window_s, faults=faults or BatchFaults())
    service = _Service(files, life, clock, most_bytes)
    app.router.add_post(f"{prefix}/files", service.upload)
    app.router.add_get(f"{prefix}/files/{{id}}", service.file)
    app.router.add_get(f"{prefix}/files/{{id}}/content", service.content)
    app.router.add_post(f"{prefix}/batches", service.create)
    app.router.add_get(f"{prefix}/batches", service.batches)
    app.router.add_get(f"{prefix}/batches/{{id}}", service.batch)
    app.router.add_post(f"{prefix}/batches/{{id}}/cancel", service.cancel)
    app.on_startup.append(service.go_on)
    app.on_cleanup.append(service.stop)


class _Service:
    """What answers the routes."""

    def __init__(self, files: BatchFiles, life: BatchLife, clock: Clock, most_bytes: int) -> None:
        self._files = files
        self._life = life
        self._clock = clock
        self._most_bytes = most_bytes
        self._led: set[asyncio.Task[None]] = set()

    async def go_on(self, _: web.Application) -> None:
        """Lead on what an earlier process left."""
        for batch in self._files.records("batch"):
            if batch["status"] not in FINAL:
                self._lead(batch)

    async def stop(self, _: web.Application) -> None:
        """Stop working; what is kept in a folder goes on when the server is started again."""
        for task in self._led:
            task.cancel()
        await asyncio.gather(*self._led, return_exceptions=True)

    def _lead(self, batch: Record) -> None:
        task = asyncio.ensure_future(self._life.lead(batch))
        self._led.add(task)
        task.add_done_callback(self._led.discard)

    async def upload(self, request: web.Request) -> web.Response:
        """``POST /files``."""
        purpose, name, content = "", "", None
        async for part in await request.multipart():
            if not isinstance(part, aiohttp.BodyPartReader):
                continue
            if part.name == "purpose":
                purpose = await part.text()
            elif part.name == "file":
                name, content = part.filename or "batch.jsonl", await _content(part)
        if content is None or purpose != "batch":
            return _refused(400, "a file and the purpose `batch` are needed")
        if len(content) > self._most_bytes:
            return _refused(413, "File is too large.")
        at = self._clock()
        return web.json_response(self._files.add_file(content, name=name, purpose=purpose, at=at))

    async def file(self, request: web.Request) -> web.Response:
        """``GET /files/{id}``."""
        return self._shown(request, "file")

    async def content(self, request: web.Request) -> web.Response:
        """``GET /files/{id}/content``."""
        content = self._files.content(request.match_info["id"])
        return _unknown("file") if content is None else web.Response(body=content)

    async def create(self, request: web.Request) -> web.Response:
        """``POST /batches``."""
        try:
            asked = msgspec.json.decode(await request.read(), type=dict[str, Any])
        except msgspec.MsgspecError:
            return _refused(400, "the body is not a JSON object")
        missing = {"input_file_id", "endpoint", "completion_window"} - asked.keys()
        if missing:
            return _refused(400, f"{min(missing)!r} is missing")
        if self._files.content(asked["input_file_id"]) is None:
            return _unknown("file")
        now = self._clock()
        batch = {
            "id": self._files.new_id("batch_"),
            "object": "batch",
            "endpoint": asked["endpoint"],
            "errors": None,
            "input_file_id": asked["input_file_id"],
            "completion_window": asked["completion_window"],
            "status": "validating",
            "output_file_id": None,
            "error_file_id": None,
            "created_at": int(now),
            "expires_at": now + self._life.window_s,
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
            "metadata": asked.get("metadata"),
        }
        self._files.keep(batch)
        self._lead(batch)
        return web.json_response(batch)

    async def batches(self, request: web.Request) -> web.Response:
        """``GET /batches``, the newest first."""
        records = list(self._files.records("batch"))
        after = request.query.get("after")
        if after is not None:
            ids = [record["id"] for record in records]
            records = records[ids.index(after) + 1 :] if after in ids else []
        limit = max(1, min(100, int(request.query.get("limit", "20"))))
        page = records[:limit]
        ends = {"first_id": page[0]["id"], "last_id": page[-1]["id"]} if page else {}
        return web.json_response({"object": "list", "data": page, "has_more": len(records) > limit} | ends)

    async def batch(self, request: web.Request) -> web.Response:
        """``GET /batches/{id}``."""
        return self._shown(request, "batch")

    async def cancel(self, request: web.Request) -> web.Response:
        """``POST /batches/{id}/cancel``."""
        batch = self._files.record(request.match_info["id"])
        if batch is None or batch["object"] != "batch":
            return _unknown("batch")
        if batch["status"] in FINAL:
            return _refused(409, f"a batch that is {batch['status']} cannot be cancelled")
        batch["status"], batch["cancelling_at"] = "cancelling", int(self._clock())
        self._files.keep(batch)
        return web.json_response(batch)

    def _shown(self, request: web.Request, kind: str) -> web.Response:
        record = self._files.record(request.match_info["id"])
        return web.json_response(record) if record and record["object"] == kind else _unknown(kind)


async def _content(part: aiohttp.BodyPartReader) -> bytes:
    """What is in a file, however large: an application's own limit is meant for other bodies."""
    content = bytearray()
    while piece := await part.read_chunk(1 << 18):
        content += piece
    return bytes(content)


def _refused(status: int, message: str) -> web.Response:
    return web.json_response({"error": {"message": message, "type": "invalid_request_error"}}, status=status)


def _unknown(kind: str) -> web.Response:
    return _refused(404, f"No such {kind}.")
