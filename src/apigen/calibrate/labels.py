"""Cases that people labelled: lines that name an attempt of a run, or hold a whole row."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from apigen import rundir
from apigen.calibrate.cases import Case
from apigen.errors import UserError
from apigen.files import whole_lines
from apigen.records import Attempt, Call, Candidate, Execution, Json, Tool

_LABELS = {
    True: ("pass", "passes", "right", "good", "correct", "yes", "true", "1"),
    False: ("fail", "fails", "reject", "wrong", "bad", "incorrect", "no", "false", "0"),
}
_TRUTH = {word: truth for truth, words in _LABELS.items() for word in words}


class _Row(msgspec.Struct):
    """A row with its label. ``dataset.jsonl``'s rows with a ``label`` added are such rows."""

    query: str
    tools: list[Tool]
    calls: list[Call]
    results: list[Json] | None = None


def read_labels(path: Path, run: Path | None = None) -> list[Case]:
    """Read a file of labels: JSON lines of ``{attempt, label}``, or of ``{query, tools, calls, results, label}``.

    Args:
        path: the file.
        run: the run directory whose attempts the lines name. Its tools can be executed, also for whole rows.

    Raises:
        UserError: a line cannot be read, or names what is not there; the message says which and why.
    """
    bound = {tool.name: tool for tool in rundir.read_library(run)} if run else {}
    attempts = _attempts(run, _wanted(path)) if run else {}
    cases: dict[str, Case] = {}
    for number, line in _lines(path):
        where = f"{path} line {number}"
        right = _label(line.get("label"), where)
        if "attempt" in line:
            case = _of_attempt(line["attempt"], attempts, bound, right=right, where=where, run=run)
        else:
            case = _of_row(line, bound, right=right, where=where, number=number)
        if cases.setdefault(case.id, case) is not case:
            raise UserError(f"{where}: {case.id} is labelled twice; remove one of the two")
    if not cases:
        raise UserError(f"{path}: has no labels; write one line {{attempt, label}} for each row reviewed")
    return list(cases.values())


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; expected JSON lines of {{attempt, label}}") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            value = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UserError(f"{path} line {number}: not valid JSON ({error}); fix or remove it") from None
        if not isinstance(value, dict):
            raise UserError(f"{path} line {number}: expected an object such as {{attempt, label}}")
        yield number, value


def _wanted(path: Path) -> set[str]:
    return {str(line["attempt"]) for _, line in _lines(path) if "attempt" in line}


def _label(value: Json, where: str) -> bool:
    truth = _TRUTH.get(str(value).strip().lower())
    if truth is None:
        raise UserError(f"{where}: the label is {value!r}; write `pass` or `fail`")
    return truth


def _attempts(run: Path, wanted: set[str]) -> dict[str, Attempt]:
    found: dict[str, Attempt] = {}
    path = run / rundir.ATTEMPTS
    if not wanted:
        return found
    if not path.is_file():
        raise UserError(f"{run}: has no {rundir.ATTEMPTS}; name a run directory")
    decoder = msgspec.json.Decoder(Attempt)
    for number, (_, line) in enumerate(whole_lines(path), 1):
        try:
            attempt = decoder.decode(line)
        except msgspec.MsgspecError as error:
            raise UserError(f"{path} line {number}: cannot be read ({error})") from None
        if attempt.id in wanted:
            found[attempt.id] = attempt
    return found


def _of_attempt(
    name: Json, attempts: Mapping[str, Attempt], bound: Mapping[str, Tool], *, right: bool, where: str, run: Path | None
) -> Case:
    if run is None:
        raise UserError(
            f"{where}: refers to an attempt; name its run directory too: `apigen calibrate RUN --labels ...`"
        )
    attempt = attempts.get(str(name))
    if attempt is None:
        raise UserError(f"{where}: {run} has no attempt {name!r}")
    if not attempt.query or not attempt.calls:
        raise UserError(f"{where}: attempt {attempt.id} has no query with calls to judge")
    missing = [tool for tool in attempt.offered if tool not in bound]
    if missing:
        raise UserError(f"{where}: attempt {attempt.id} offers {missing[0]!r}, which is not in {rundir.LIBRARY}")
    tools = tuple(bound[tool] for tool in attempt.offered)
    candidate = Candidate(attempt.query, attempt.calls, tools, attempt.style)
    return Case(attempt.id, right, candidate, attempt.executions or None)


def _of_row(line: dict[str, Any], bound: Mapping[str, Tool], *, right: bool, where: str, number: int) -> Case:
    try:
        row = msgspec.convert(line, _Row)
    except msgspec.ValidationError as error:
        raise UserError(f"{where}: {error}; a row has query, tools, calls, label and optionally results") from None
    if row.results is not None and len(row.results) != len(row.calls):
        raise UserError(f"{where}: {len(row.results)} results for {len(row.calls)} calls; give one result per call")
    tools = tuple(bound.get(tool.name, msgspec.structs.replace(tool, binding=None)) for tool in row.tools)
    candidate = Candidate(row.query, tuple(row.calls), tools)
    executions = None
    if row.results is not None:
        executions = tuple(
            Execution(call, ok=True, result=result) for call, result in zip(row.calls, row.results, strict=True)
        )
    elif any(tool.binding is None for call in row.calls if (tool := candidate.tool(call.name))):
        executions = ()
    return Case(str(line.get("id", f"line-{number}")), right, candidate, executions)
