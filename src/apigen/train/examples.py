"""What is learnt: rows of any datasets as questions with their right answers, each from one source with its digest."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from apigen.dataset.own_rows import provenance_of
from apigen.dataset.read.base import Row
from apigen.dataset.read.formats import AUTO, format_of, read
from apigen.dataset.read.preferences import holds_pairs
from apigen.errors import UserError
from apigen.records import Call, Json, Message, Tool
from apigen.rundir import DATASET, MANIFEST, XLAM, is_run, read_manifest
from apigen.train.words import no_call
from apigen.verify.format.shape import read_calls

_BENCHMARKS = frozenset(("bfcl",))
"""Formats in which only benchmarks come."""


class Example(msgspec.Struct, frozen=True):
    """A conversation up to the answer, the tools, and the answer."""

    id: str
    """The row's, after its file's name where several are mixed."""
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...]
    calls: tuple[Call, ...]
    missing: tuple[str, ...] = ()
    """Required parameters whose values the question does not give, where that is why no call is made."""
    said: str = ""
    """The answer's words; for an answer without calls never empty."""
    line: int | None = None
    """Where the row is in its file: the line in JSON Lines, else the position, from 1. No part of its digest."""


class LeftOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """A row that is not learnt, and why: never dropped silently."""

    id: str
    reason: str
    line: int | None = None
    """As in an example; ``None`` where it comes from no file."""

    def __str__(self) -> str:
        """For people, with the line unless the id is the line."""
        where = f" (line {self.line:,})" if self.line is not None and str(self.line) != self.id else ""
        return f"row {self.id}{where}: {self.reason}"


class Source(msgspec.Struct, frozen=True):
    """Where rows come from."""

    path: str
    digest: str
    """SHA-256 over the rows as they are learnt, first 16 hex digits."""
    rows: int
    notice: str = ""
    """What a run says about who wrote its rows."""


class PairExample(msgspec.Struct, frozen=True):
    """A conversation up to the answer, the tools, and two answers to it."""

    id: str
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...]
    chosen: tuple[Call, ...]
    rejected: tuple[Call, ...]
    chosen_said: str = ""
    rejected_said: str = ""
    line: int | None = None

    def example(self, *, chosen: bool) -> Example:
        """One of the two by itself."""
        calls, said = (self.chosen, self.chosen_said) if chosen else (self.rejected, self.rejected_said)
        said = said or ("" if calls else no_call((), self.tools))
        return Example(self.id, self.messages, self.tools, calls, said=said, line=self.line)


class Examples(msgspec.Struct, frozen=True):
    """Everything that was read."""

    kept: tuple[Example | PairExample, ...]
    left_out: tuple[LeftOut, ...]
    sources: tuple[Source, ...]

    @property
    def without_calls(self) -> int:
        """How many answers make no call."""
        return sum(not (one.calls if isinstance(one, Example) else one.chosen) for one in self.kept)

    @property
    def repeated(self) -> int:
        """How many teach just what one before them does."""
        return len(self.kept) - len({digest([replace(one, id="")]) for one in self.kept})


def read_examples(paths: Sequence[Path], format_name: str = AUTO) -> Examples:
    """The rows of several datasets, in their order.

    Raises:
        UserError: one cannot be read, is a benchmark, or no row is left.
    """
    parts = [_read_one(path, format_name, label) for path, label in zip(paths, labels(paths), strict=True)]
    every = Examples(
        tuple(example for part in parts for example in part.kept),
        tuple(left for part in parts for left in part.left_out),
        tuple(source for part in parts for source in part.sources),
    )
    if not every.kept:
        why = f"the first is {every.left_out[0]}" if every.left_out else "no rows in it"
        raise UserError(f"{', '.join(map(str, paths))}: no row can be trained on ({why})")
    return every


def examples_of(rows: Iterable[Row], source: str, *, notice: str = "", label: str = "") -> Examples:
    """Rows that were read already.

    Args:
        rows: read rows.
        source: what they are called in what is told about the training.
        notice: who wrote them; where nothing is known of the whole, the rows themselves are asked.
        label: put before each id.
    """
    kept: list[Example] = []
    left: list[LeftOut] = []
    unreal: Counter[str] = Counter()
    for row in rows:
        told = provenance_of(row)
        if told.get("llm") is False:
            unreal[str(told.get("model"))] += 1
        found = _example(row, label)
        (kept if isinstance(found, Example) else left).append(found)  # type: ignore[arg-type]
    notice = notice or _said_of(unreal)
    return Examples(tuple(kept), tuple(left), (Source(source, digest(kept), len(kept), notice),))


def labels(paths: Sequence[Path]) -> list[str]:
    """What is put before the ids of each file's rows, so that they are told apart: nothing where there is one file."""
    if len(paths) < 2:
        return [""] * len(paths)
    names = [path.name for path in paths]
    found = [path.name if names.count(path.name) == 1 else str(path) for path in paths]
    again = [found[:place].count(label) for place, label in enumerate(found)]
    return [f"{label}({number + 1}):" if number else f"{label}:" for label, number in zip(found, again, strict=True)]


def digest(examples: Iterable[Example | PairExample]) -> str:
    """Sixteen hex digits over everything that a model could learn from these."""
    sha = hashlib.sha256()
    for example in examples:
        learnt = {name: value for name, value in msgspec.structs.asdict(example).items() if name != "line"}
        sha.update(msgspec.json.encode(learnt) + b"\n")
    return sha.hexdigest()[:16]


def _read_one(path: Path, format_name: str, label: str) -> Examples:
    if format_name == AUTO and holds_pairs(path):
        raise UserError(f"{path}: contains preference pairs; add --method dpo to train on them")
    name = format_of(path).name if format_name == AUTO else format_name
    if name in _BENCHMARKS:
        raise UserError(f"{path}: benchmark data ({name}); training on it would contaminate evaluation")
    return examples_of(read(path, format_name), str(path), notice=notice_of(path), label=label)


def notice_of(path: Path) -> str:
    """What is known of who wrote a run, its dataset, or a file that was exported from one."""
    run = path if path.is_dir() else path.parent
    if path == run or path.name in (DATASET, XLAM):
        return str(read_manifest(run)["notice"]) if is_run(run) and (run / MANIFEST).is_file() else ""
    beside = path.with_name(f"{path.name}.provenance.json")
    try:
        return str(msgspec.json.decode(beside.read_bytes(), type=dict[str, Json]).get("notice", ""))
    except (OSError, msgspec.MsgspecError):
        return ""


def _said_of(unreal: Mapping[str, int]) -> str:
    """What is told of rows that no language model wrote, by who did."""
    if not unreal:
        return ""
    return f"{sum(unreal.values()):,} of these rows were not written by a language model ({', '.join(sorted(unreal))})."


def _example(row: Row, label: str) -> Example | LeftOut:
    found = _learnt(row, label + row.id)
    return replace(found, line=row.number)


def _learnt(row: Row, id_: str) -> Example | LeftOut:
    if row.problem is not None:
        return LeftOut(id_, f"{row.problem.reason}: {row.problem.detail}")
    formed, faults = read_calls(row.calls, "calls")
    if faults:
        return LeftOut(id_, f"{faults[0].reason}: {faults[0].detail}")
    if row.context and not row.dialogue:
        return LeftOut(id_, "multi-turn rows with tool results are not supported")
    messages = row.dialogue or (Message("user", row.query),)
    if not messages[-1].content.strip() or messages[-1].role != "user":
        return LeftOut(id_, "the last message before the answer is not a user turn with text")
    calls = tuple(call for _, call in formed)
    missing = tuple(map(str, _missing(row)))
    if not calls:
        said = row.said or no_call(missing, row.tools)
        return Example(id_, messages, row.tools, (), missing, said)
    if not row.tools:
        return LeftOut(id_, "has calls but no tools")
    return Example(id_, messages, row.tools, calls, (), row.said)


def _missing(row: Row) -> Sequence[object]:
    named = row.raw.get("missing") if isinstance(row.raw, dict) else None
    return named if isinstance(named, list) else ()
