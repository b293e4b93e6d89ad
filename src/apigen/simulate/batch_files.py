"""What a provider keeps of files and batches: in memory, and in a folder so that a restarted server remembers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

Record = dict[str, Any]
"""A file or a batch as the protocol shows it."""


class BatchFiles:
    """Files and batches by their ids.

    Args:
        folder: where they are kept beyond the life of the process; ``None`` for memory only.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._records: dict[str, Record] = {}
        self._contents: dict[str, bytes] = {}
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            for path in sorted(folder.glob("*.json")):
                self._records[path.stem] = msgspec.json.decode(path.read_bytes())
            for path in folder.glob("*.jsonl"):
                self._contents[path.stem] = path.read_bytes()

    def new_id(self, prefix: str) -> str:
        """An id that nothing has; ids count up, so that a server that is asked the same does the same."""
        return f"{prefix}{sum(key.startswith(prefix) for key in self._records):08d}"

    def record(self, key: str) -> Record | None:
        """The file or batch of that id."""
        return self._records.get(key)

    def records(self, kind: str) -> Iterator[Record]:
        """All files, or all batches, the newest first."""
        yield from (record for record in reversed(self._records.values()) if record["object"] == kind)

    def keep(self, record: Record) -> None:
        """Keep a file's or batch's record, over what was there."""
        self._records[record["id"]] = record
        self._write(f"{record['id']}.json", msgspec.json.encode(record))

    def add_file(self, content: bytes, *, name: str, purpose: str, at: float) -> Record:
        """Keep a file."""
        record: Record = {
            "id": self.new_id("file-"),
            "object": "file",
            "bytes": len(content),
            "created_at": int(at),
            "filename": name,
            "purpose": purpose,
            "status": "processed",
        }
        self._contents[record["id"]] = content
        self._write(f"{record['id']}.jsonl", content)
        self.keep(record)
        return record

    def content(self, key: str) -> bytes | None:
        """What is in a file."""
        return self._contents.get(key)

    def _write(self, name: str, content: bytes) -> None:
        if self._folder is not None:
            beside = self._folder / f"{name}.part"
            beside.write_bytes(content)
            beside.replace(self._folder / name)
