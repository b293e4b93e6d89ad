"""The same answers before both: what our scoring says, and what the official one does."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from apigen.evaluate.base import Answer, Question, Score
from apigen.evaluate.bfcl import Bfcl
from apigen.evaluate.bfcl_data import CATEGORIES, BfclData
from apigen.evaluate.decoding import decode_text
from apigen.records import Call
from benchmarks.scorer.mutations import Calls, Row, as_text, first_answer, mutated
from benchmarks.scorer.official import Asked, Said

TRUE = "true"
BATCH = 4000
ROOT = Path(__file__).parents[2]


class Case(NamedTuple):
    """One answer that both score."""

    row: Row
    kind: str
    """``true`` or ``mutated``."""
    calls: Calls
    text: str | None = None
    """What is scored instead of the calls."""
    underscores: bool = False


class Compared(NamedTuple):
    """What both say."""

    case: Case
    ours: Score
    ns: int
    """Our CPU time."""
    theirs: Said

    @property
    def agree(self) -> bool:
        return not self.theirs.raised and self.ours.correct == self.theirs.valid


def all_rows(data: BfclData) -> list[Row]:
    return [Row(category, row, truth) for category in CATEGORIES for _, row, truth in data.rows(category)]


def cases(rows: Sequence[Row], mutations: int, seed: int) -> Iterator[Case]:
    """Each row's first true answer, then mutations: every category alike, every row of it alike."""
    for row in rows:
        yield Case(row, TRUE, first_answer(row))
    rng = random.Random(seed)
    by_category = {category: [row for row in rows if row.category == category] for category in CATEGORIES}
    pools = [pool for pool in by_category.values() if pool]
    for number in range(mutations):
        pool = pools[number % len(pools)]
        row = rng.choice(pool)
        calls = mutated(row, pool, rng)
        text = as_text(calls, rng) if rng.random() < 0.3 else None
        underscores = rng.random() < 0.1
        if underscores and rng.random() < 0.8:
            calls = [(name.replace(".", "_"), arguments) for name, arguments in calls]
        yield Case(row, "mutated", calls, text, underscores)


def compare(path: Path, found: Sequence[Case]) -> list[Compared]:
    """Score every case with both, in turns, so that a busy machine is as busy for the one as for the other.

    Args:
        path: wheel or folder of ``bfcl-eval``.
        found: what to score.

    Raises:
        SystemExit: the official scoring does not run.
    """
    data = BfclData(path)
    questions = {
        underscores: {one.id: one for one in Bfcl(data, underscores=underscores).questions()}
        for underscores in (False, True)
    }
    compared: list[Compared] = []
    for start in range(0, len(found), BATCH):
        batch = found[start : start + BATCH]
        theirs = _officially(path, batch)
        for case, said in zip(batch, theirs, strict=True):
            score, ns = _ours(questions[case.underscores][case.row.id], case)
            compared.append(Compared(case, score, ns, said))
    return compared


def _ours(question: Question, case: Case) -> tuple[Score, int]:
    calls = tuple(Call(name, arguments) for name, arguments in case.calls)
    began = time.thread_time_ns()
    answer = Answer(calls) if case.text is None else decode_text(case.text)
    score = question.ground_truth.score(answer)
    return score, time.thread_time_ns() - began


def _officially(path: Path, batch: Sequence[Case]) -> list[Said]:
    asked = [
        Asked(
            category=case.row.category,
            row=case.row.row,
            truth=case.row.truth,
            calls=[{name: arguments} for name, arguments in case.calls] if case.text is None else None,
            text=case.text or "",
            underscores=case.underscores,
        )
        for case in batch
    ]
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "benchmarks.scorer.official", str(path)],
        input=b"".join(msgspec.json.encode(one) + b"\n" for one in asked),
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )
    if ran.returncode:
        raise SystemExit(f"{path}: the official scoring does not run: {ran.stderr.decode()[-400:]}")
    decoder = msgspec.json.Decoder(Said)
    return [decoder.decode(line) for line in ran.stdout.splitlines()]
