"""Counts over joined pairs: what was put in, what was caught and where, what was missed, what was rejected wrongly."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from apigen.agreement import Interval, wilson
from apigen.dataset.duplicates import fingerprint
from apigen.records import Attempt, Outcome, Reason, Stage
from benchmarks.filtering_table.joining import Joined
from benchmarks.filtering_table.truth import Kind, Truth

UNREAD = "not read"
"""The reason of a pair that the reader lost."""
_SHOWN = 40


class Fates(msgspec.Struct):
    """What became of some pairs."""

    by_stage: Counter[str] = msgspec.field(default_factory=Counter)
    """Rejected, by the stage that did."""
    accepted: int = 0

    @property
    def rejected(self) -> int:
        """All that fell."""
        return self.by_stage.total()

    @property
    def decided(self) -> int:
        """All of which something was decided."""
        return self.rejected + self.accepted

    @property
    def caught(self) -> Interval:
        """The share that fell."""
        return wilson(self.rejected, self.decided)

    def add(self, stage: str, *, passed: bool) -> None:
        """Count one pair."""
        self.accepted += passed
        self.by_stage.update([] if passed else [stage])


def _fates() -> dict[str, Fates]:
    return {}


class Figures(msgspec.Struct):
    """One profile, measured. Duplicates are in none of the counts but their own."""

    profile: str
    candidates: int = 0
    """All of them."""
    duplicates: int = 0
    empty: int = 0
    """Completions without a pair: the offline writer had nothing more to write."""
    errors: int = 0
    """Checks that could not be made."""
    all: Fates = msgspec.field(default_factory=Fates)
    right: Fates = msgspec.field(default_factory=Fates)
    unfit: Fates = msgspec.field(default_factory=Fates)
    harmless: Fates = msgspec.field(default_factory=Fates)
    noisy: dict[str, Fates] = msgspec.field(default_factory=_fates)
    """Right pairs of untidy completions, by noise; those of tidy ones under an empty name."""
    kinds: dict[str, Fates] = msgspec.field(default_factory=_fates)
    """Real faults, by kind."""
    drawn: dict[str, Fates] = msgspec.field(default_factory=_fates)
    """Real faults, by the paper's stage by whose rate they were drawn."""
    harmless_kinds: Counter[str] = msgspec.field(default_factory=Counter)
    false_rejects: Counter[str] = msgspec.field(default_factory=Counter)
    """Right pairs that fell, by stage and reason."""
    shown: dict[str, list[str]] = msgspec.field(default_factory=dict)
    """Examples for people to read: what was missed, by kind, and under ``right`` what was rejected wrongly."""
    seconds: float = 0.0
    run_cpu_s: float = 0.0
    server_cpu_s: float = 0.0
    runs: int = 0

    def count(self, pairs: Iterable[Joined], truth: Truth, wanted: int) -> None:
        """Count the pairs up to as many candidates as wanted."""
        seen: set[int] = set()
        for entry, attempt in pairs:
            if self.candidates >= wanted:
                return
            self.candidates += 1
            if attempt is not None and attempt.outcome is Outcome.ERROR:
                self.errors += 1
            elif attempt is not None and _is_repeated(attempt, seen):
                self.duplicates += 1
            elif entry is None:
                self.empty += 1
            else:
                self._add(Joined(entry, attempt), truth.of(entry, attempt))

    def _add(self, pair: Joined, kind: Kind) -> None:
        entry, attempt = pair
        assert entry is not None
        passed = attempt is not None and attempt.outcome is Outcome.PASS
        last = attempt.verdicts[-1] if attempt is not None else None
        stage = str(last.stage) if last is not None else str(Stage.FORMAT)
        reason = str(last.reason) if last is not None else UNREAD
        counted = [self.all]
        if kind is Kind.FAULT:
            counted += [self.kinds.setdefault(entry.kind, Fates()), self.drawn.setdefault(entry.stage, Fates())]
            if passed:
                self._show(entry.kind, f"{entry.what} | {attempt.query if attempt else ''}")
        elif kind is Kind.HARMLESS:
            counted.append(self.harmless)
            self.harmless_kinds[entry.kind] += 1
        elif kind is Kind.UNFIT:
            counted.append(self.unfit)
        else:
            counted += [self.right, self.noisy.setdefault(entry.noise, Fates())]
            if not passed:
                self.false_rejects[f"{stage}: {reason}"] += 1
                self._show("right", f"{stage} {reason}: {last.detail if last else entry.noise} | {entry.query}")
        for fates in counted:
            fates.add(stage, passed=passed)

    def _show(self, name: str, line: str) -> None:
        lines = self.shown.setdefault(name, [])
        if len(lines) < _SHOWN:
            lines.append(line)

    @property
    def wrong_accepted(self) -> int:
        """Accepted pairs that are known to be wrong."""
        return sum(fates.accepted for fates in self.kinds.values()) + self.unfit.accepted


def _is_repeated(attempt: Attempt, seen: set[int]) -> bool:
    """Whether the query was accepted before: in this run, as the pipeline says, or in an earlier one of the profile."""
    if attempt.verdicts[-1].reason is Reason.DUPLICATE_QUERY:
        return True
    if attempt.outcome is not Outcome.PASS:
        return False
    mark = fingerprint(attempt.query)
    repeated = mark in seen
    seen.add(mark)
    return repeated
