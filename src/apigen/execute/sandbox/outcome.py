"""Turns what a sandbox process reported into what the pipeline knows: an :class:`~apigen.records.Execution`."""

import os
import re
import signal
import site
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec

from apigen.execute.error_shapes import error_in
from apigen.execute.sandbox.limits import Limits
from apigen.execute.sandbox.wire import Ended, Reply, Report
from apigen.records import Call, Execution, Json, Reason
from apigen.signatures.jsonable import DEEPEST

_LONGEST_DETAIL = 300
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{4,}")
_SPACE = re.compile(r"[\s\x00-\x1f\x7f]+")
_REASONS = frozenset(
    {
        Reason.ARGUMENT_TYPE,
        Reason.INVALID_ARGUMENT,
        Reason.RUNTIME_ERROR,
        Reason.OUT_OF_MEMORY,
        Reason.FORBIDDEN,
        Reason.RESULT_TOO_LARGE,
        Reason.RESULT_NOT_JSON,
        Reason.NOT_EXECUTABLE,
    }
)
"""What a call may say about itself; the others are ours to find."""


def execution_of(report: Report, call: Call, limits: Limits, private: Iterable[str]) -> Execution:
    """Judge a report.

    Args:
        report: what the sandbox process said.
        call: the call it is about.
        limits: that were in force.
        private: folders whose paths must not appear in messages.
    """
    duration_ms = report.seconds * 1000
    if report.ended is Ended.REPLIED:
        reply = _read(report.replies[0]) if report.replies else None
        if reply is None:
            return _failed(call, Reason.CRASHED, "it wrote something other than a result", duration_ms)
        if reply.reason is None:
            return _succeeded(reply, call, limits, duration_ms)
        detail = tidy(reply.detail, private)
        if reply.reason is Reason.RESULT_TOO_LARGE:
            detail = _too_large(limits)
        return _failed(call, reply.reason, detail, duration_ms)
    reason, detail = _explain(report, limits)
    return _failed(call, reason, detail, duration_ms)


def tidy(text: str, private: Iterable[str]) -> str:
    """One short line that is the same on every machine and in every run: without addresses and private paths."""
    line = _SPACE.sub(" ", text).strip()
    if not line.isprintable():  # marks that turn the direction of text would have terminals show something else
        line = "".join(character if character.isprintable() else "?" for character in line)
    line = _ADDRESS.sub("0x…", line)
    folders = sorted({folder.rstrip("/") for folder in (*private, *_own_folders())} - {""}, key=len, reverse=True)
    known = "|".join(map(re.escape, folders))
    line = re.sub(rf"(?:{known})(?:/[^\s'\",;:()\[\]]*)?(?![\w-])", _last_name, line)
    return line if len(line) <= _LONGEST_DETAIL else line[: _LONGEST_DETAIL - 1] + "…"


def _last_name(path: re.Match[str]) -> str:
    return Path(path[0]).name


def _own_folders() -> list[str]:
    """Where this machine keeps Python and its user's files."""
    return [
        sys.prefix,
        sys.base_prefix,
        *site.getsitepackages(),
        os.path.expanduser("~"),  # noqa: PTH111 - Path.home() raises where there is none
        str(Path.cwd()),
        tempfile.gettempdir(),
    ]


def _read(body: bytes) -> Reply | None:
    """A reply of the right shape, else nothing: it may be forged."""
    try:
        reply = msgspec.json.decode(body, type=Reply)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None
    return reply if reply.reason is None or reply.reason in _REASONS else None


def _succeeded(reply: Reply, call: Call, limits: Limits, duration_ms: float) -> Execution:
    encoded = msgspec.json.encode(reply.result)
    if len(encoded) > limits.output_kb * 1024:
        return _failed(call, Reason.RESULT_TOO_LARGE, _too_large(limits), duration_ms)
    if encoded.count(b"[") + encoded.count(b"{") > DEEPEST and _is_too_deep(reply.result):  # then it was forged
        detail = f"result is nested more than {DEEPEST} levels deep"
        return _failed(call, Reason.RESULT_NOT_JSON, detail, duration_ms)
    if (error := error_in(reply.result)) is not None:
        detail = tidy(error, ())
        return Execution(
            call, ok=False, result=reply.result, reason=Reason.ERROR_RESULT, detail=detail, duration_ms=duration_ms
        )
    return Execution(call, ok=True, result=reply.result, duration_ms=duration_ms)


def _is_too_deep(result: Json) -> bool:
    """Whether it has more levels than readers of JSON commonly take."""
    level = [result]
    for _ in range(DEEPEST + 1):
        inside = [value for value in level if isinstance(value, list | dict)]
        if not inside:
            return False
        level = [item for value in inside for item in (value.values() if isinstance(value, dict) else value)]
    return True


def _explain(report: Report, limits: Limits) -> tuple[Reason, str]:
    match report.ended:
        case Ended.WALL_TIME if not report.prepared:
            return Reason.TIMEOUT, f"importing its module took longer than {limits.import_s:g} s"
        case Ended.WALL_TIME:
            return Reason.TIMEOUT, f"no result within {limits.wall_s:g} s"
        case Ended.CPU_TIME:
            return Reason.TIMEOUT, f"no result within {limits.cpu_s:g} s of CPU time"
        case Ended.KILLED:
            return Reason.OUT_OF_MEMORY, "killed by the kernel, most likely out of memory"
        case Ended.TOO_LARGE:
            return Reason.RESULT_TOO_LARGE, _too_large(limits)
        case Ended.SILENT:
            return Reason.CRASHED, "closed its pipe without sending a result"
        case Ended.SIGNAL:
            return Reason.CRASHED, f"killed by {_signal_name(report.number)}"
        case _:
            return Reason.CRASHED, f"exited without a result (exit code {report.number})"


def _too_large(limits: Limits) -> str:
    return f"the result is larger than {limits.output_kb} KiB of JSON"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _failed(call: Call, reason: Reason, detail: str, duration_ms: float) -> Execution:
    return Execution(call, ok=False, reason=reason, detail=detail, duration_ms=duration_ms)
