"""Probes kept as they are made, so that a cleaning that was interrupted does not call the same tools again."""

from pathlib import Path

import msgspec

from apigen.clean.probe import Probe, State
from apigen.files import LineWriter, whole_lines
from apigen.library.file_format import schema_digest
from apigen.records import Tool

_SETTLED = (State.ANSWERED, State.FAILED, State.REFUSED)
"""What need not be asked again; a service that did not answer may answer now."""


class _Kept(msgspec.Struct, frozen=True):
    schema_digest: str
    probe: Probe


class Journal:
    """A file of probes beside the library file that is being made; it is removed once that is written.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: LineWriter | None = None

    def known(self, tools: dict[str, Tool]) -> dict[str, Probe]:
        """The probes of tools that are still what they were; lines that cannot be read are done again."""
        found: dict[str, Probe] = {}
        decoder = msgspec.json.Decoder(_Kept)
        for _, line in whole_lines(self._path) if self._path.is_file() else ():
            try:
                kept = decoder.decode(line)
            except msgspec.MsgspecError:
                continue
            tool = tools.get(kept.probe.tool)
            if tool is not None and schema_digest(tool) == kept.schema_digest:
                found[tool.name] = kept.probe
        return found

    def keep(self, tool: Tool, probe: Probe) -> None:
        """Write a probe down, if it settles anything."""
        if probe.state in _SETTLED:
            self._writer = self._writer or LineWriter(self._path)
            self._writer.write(msgspec.json.encode(_Kept(schema_digest(tool), probe)) + b"\n")

    def close(self, *, done: bool) -> None:
        """Close the file, and remove it where everything is done."""
        if self._writer is not None:
            self._writer.close()
        if done:
            self._path.unlink(missing_ok=True)
