"""The audit from a dataset to its counts; read this module first.

    rows -> format -> duplicate -> grounding -> execution -> judges -> tally, rejects
                 \\-> mended, checked again ------------------------/-> fixed copy

Rows are read a chunk at a time and told in their order, so the result does not depend on what finished first.
"""

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from apigen.audit.fix import FixWriter, Repaired, fix_writer
from apigen.audit.later import LaterCheck
from apigen.audit.mend import Mender
from apigen.audit.rows import Finding, RowCheck
from apigen.audit.tally import AuditTally
from apigen.dataset.own_rows import as_json
from apigen.dataset.read.base import Row
from apigen.files import replacing
from apigen.records import Json

CHUNK = 512
"""Elements of the file that are under way at once; the more, the more calls of one function run in a series."""


class Outputs(msgspec.Struct, frozen=True):
    """Files that an audit writes, each if wanted."""

    rejects: Path | None = None
    """One JSON line for each row that did not pass."""
    fix: Path | None = None
    """The rows that pass."""


NO_OUTPUTS = Outputs()


class Audit(msgspec.Struct, frozen=True):
    """What an audit found."""

    tally: AuditTally
    fixed: dict[str, Json] | None
    """What the fixed copy holds, where one was wanted."""
    interrupted: bool


async def audit(
    rows: Iterable[Row],
    check: RowCheck,
    later: Sequence[LaterCheck] = (),
    outputs: Outputs = NO_OUTPUTS,
    *,
    dataset: Path | None = None,
    format_name: str = "",
    watch: Callable[[AuditTally], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Audit:
    """Check every row.

    Args:
        rows: in the order of the file.
        check: the checks of single rows.
        later: the checks that take a while, in their order.
        outputs: the files to write.
        dataset: the file that the rows come from, for a fixed copy of it.
        format_name: its format, for the same.
        watch: told after each chunk.
        stopped: asked after each chunk; what was reached by then is the result.

    Raises:
        UserError: the dataset cannot be read.
        JobFellShort: a file cannot be written.
        ModelUnavailable: a judge gives no answer at all.
    """
    tally = AuditTally()
    interrupted = False
    mender = Mender()
    with contextlib.ExitStack() as stack:
        rejects = stack.enter_context(replacing(outputs.rejects)) if outputs.rejects else None
        fix = stack.enter_context(fix_writer(outputs.fix, dataset, format_name)) if outputs.fix and dataset else None
        for chunk in _chunks(rows):
            findings = await _further([check.look(row) for row in itertools.chain.from_iterable(chunk)], later)
            for finding in findings:
                tally.add(finding)
                if rejects and not finding.passed:
                    rejects.write(_reject_line(finding))
            if fix:
                await _write_fixed(fix, chunk, findings, check, mender, later)
            watch(tally)
            if stopped():
                interrupted = True
                break
    return Audit(tally, fix.summary() if fix else None, interrupted)


async def _further(findings: list[Finding], later: Sequence[LaterCheck]) -> list[Finding]:
    for stage in later:
        findings = await stage(findings)
    return findings


def _chunks(rows: Iterable[Row]) -> Iterator[list[tuple[Row, ...]]]:
    """The rows a chunk at a time, those of one element together."""
    elements = (tuple(group) for _, group in itertools.groupby(rows, key=lambda row: (row.number, id(row.raw))))
    while chunk := list(itertools.islice(elements, CHUNK)):
        yield chunk


async def _write_fixed(
    fix: FixWriter,
    chunk: Sequence[tuple[Row, ...]],
    findings: Sequence[Finding],
    check: RowCheck,
    mender: Mender,
    later: Sequence[LaterCheck],
) -> None:
    repaired = [_repaired(finding, check, mender) for finding in findings]
    mended = [index for index, row in enumerate(repaired) if row.mends]
    checked = await _further([repaired[index].finding for index in mended], later)
    for index, finding in zip(mended, checked, strict=True):
        repaired[index] = msgspec.structs.replace(repaired[index], finding=finding)
    waiting = iter(repaired)
    for element in chunk:
        fix.add(tuple(itertools.islice(waiting, len(element))))


def _repaired(finding: Finding, check: RowCheck, mender: Mender) -> Repaired:
    if finding.passed or not finding.faults:
        return Repaired(finding, finding.row.calls)
    try:
        calls, mends = mender.mend(finding.row)
        again = check.look_again(finding.row, calls) if mends else finding
    except Exception:  # noqa: BLE001 - one odd row must not cost the others; it is left out, and its faults are told
        return Repaired(finding, finding.row.calls)
    if not mends:
        return Repaired(finding, finding.row.calls)
    return Repaired(again, calls, mends if again.passed else ())


def _reject_line(finding: Finding) -> bytes:
    verdict, row = finding.verdict, finding.row
    line = {
        "id": row.id,
        "row": row.number,
        "outcome": verdict.outcome,
        "stage": verdict.stage,
        "reason": verdict.reason,
        "detail": verdict.detail,
        "faults": [{"reason": fault.reason, "detail": fault.detail} for fault in finding.faults],
        "query": row.query,
        "calls": row.calls,
    }
    return as_json(line) + b"\n"
