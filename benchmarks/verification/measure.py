"""Counts: what became of the right answers, and of the wrong ones made of them."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

import msgspec

from apigen.agreement import Interval, wilson
from apigen.faults import OPERATORS, Faulty, Operator, Pool
from apigen.records import Stage, Verdict
from benchmarks.verification.checks import Checks
from benchmarks.verification.corpora import Row
from benchmarks.verification.judging import Judged, Panel

T = TypeVar("T")
R = TypeVar("R")

STAGES = (Stage.FORMAT, Stage.GROUNDING, Stage.EXECUTION, Stage.SEMANTICS)
AT_ONCE = 16
SOME = 60
"""How many answers are made of an operator whose tool fails, each in a process of its own."""

FEW = 12
"""How many answers are made of an operator whose execution hangs."""


class Found(msgspec.Struct, frozen=True):
    """What one mode of the stages did with the faults of one operator."""

    made: int
    by_stage: dict[str, int]
    """How many fell at which stage first."""

    @property
    def caught(self) -> Interval:
        """The share that fell at any stage."""
        return wilson(sum(self.by_stage.values()), self.made)


class OperatorResult(msgspec.Struct, frozen=True):
    """One row of a table."""

    operator: str
    harmless: int
    """Faults that turned out right: another acceptable answer, or the same results."""
    strict: Found
    lenient: Found
    missed: tuple[str, ...]
    """A few that passed strict, for people to read."""
    judged: Judged | None = None


class Untouched(msgspec.Struct, frozen=True):
    """What became of the right answers."""

    rows: int
    by_stage: dict[str, int]
    reasons: dict[str, int]
    rejected: tuple[str, ...]
    """Each with its id, stage, and detail."""

    @property
    def share(self) -> Interval:
        """The share of right answers that fell."""
        return wilson(sum(self.by_stage.values()), self.rows)


class CorpusResult(msgspec.Struct, frozen=True):
    """One corpus, measured."""

    name: str
    untouched: dict[str, Untouched]
    """By mode."""
    operators: tuple[OperatorResult, ...]
    judge: str = ""
    """Who was asked besides the stages."""
    judged_right: Judged | None = None
    """What it said of right answers."""


class Plan(msgspec.Struct, frozen=True):
    """How to measure."""

    seed: int
    """Decides which rows are made wrong, and how."""
    most: int
    """Wrong answers made per operator."""
    said: Callable[[str], None]
    """Is told how far it is."""
    panel: Panel | None = None


async def measure(name: str, rows: Sequence[Row], checks: dict[str, Checks], plan: Plan) -> CorpusResult:
    """Measure one corpus.

    Args:
        name: of the corpus.
        rows: right answers.
        checks: the stages by mode: ``strict`` and ``lenient``.
        plan: how many, by which seed.
    """
    said = plan.said
    await checks["lenient"].prepare(Faulty(row.candidate, "") for row in rows)
    verdicts = {
        mode: await _each(rows, lambda row, check=check: check.first(Faulty(row.candidate, "")))  # type: ignore[misc]
        for mode, check in checks.items()
    }
    untouched = {mode: _untouched(rows, found) for mode, found in verdicts.items()}
    said(
        f"{name}: {len(rows)} right answers, "
        + ", ".join(f"{m} rejects {u.share.share:.1%}" for m, u in untouched.items())
    )
    passing = {
        mode: {row.id for row, verdict in zip(rows, found, strict=True) if verdict is None}
        for mode, found in verdicts.items()
    }
    pool = Pool([row.candidate for row in rows])
    results = []
    for operator in OPERATORS:
        results.append(await _operator(operator, rows, pool, checks, passing, plan))
        said(f"{name}: {operator.name} {results[-1].strict.made} made, {results[-1].strict.caught.share:.1%} caught")
    if plan.panel is None:
        return CorpusResult(name, untouched, tuple(results))
    order = random.Random(plan.seed).sample(list(rows), len(rows))
    right = [Faulty(row.candidate, "") for row in order if row.id in passing["lenient"]]
    return CorpusResult(
        name, untouched, tuple(results), plan.panel.name, await plan.panel.judged(right, checks["lenient"])
    )


def _untouched(rows: Sequence[Row], verdicts: Sequence[Verdict | None]) -> Untouched:
    fell = [(row, verdict) for row, verdict in zip(rows, verdicts, strict=True) if verdict is not None]
    return Untouched(
        len(rows),
        dict(Counter(str(verdict.stage) for _, verdict in fell)),
        dict(Counter(f"{verdict.stage}:{verdict.reason}" for _, verdict in fell)),
        tuple(f"{row.id}: {verdict.stage} {verdict.reason}: {verdict.detail}" for row, verdict in fell),
    )


def faults(
    operator: Operator, rows: Sequence[Row], pool: Pool, eligible: set[str], seed: int
) -> Iterator[tuple[Row, Faulty]]:
    """Wrong answers of one kind, from rows in an order that the seed decides."""
    order = list(rows)
    random.Random(f"{seed}/{operator.name}").shuffle(order)
    for row in order:
        if row.id in eligible:
            rng = random.Random(f"{seed}/{operator.name}/{row.id}")
            faulty = operator.apply(row.candidate, rng, pool)
            if faulty is not None:
                yield row, faulty


async def _operator(
    operator: Operator,
    rows: Sequence[Row],
    pool: Pool,
    checks: dict[str, Checks],
    passing: dict[str, set[str]],
    plan: Plan,
) -> OperatorResult:
    seed, most = plan.seed, plan.most
    kept: list[tuple[Row, Faulty]] = []
    harmless = 0
    if operator.stage is Stage.EXECUTION:
        most = min(most, FEW if operator.hangs else SOME)
    made = list(islice(faults(operator, rows, pool, passing["lenient"], seed), 2 * most))
    if operator.stage is not Stage.EXECUTION:
        await checks["lenient"].prepare(faulty for _, faulty in made)
    for row, faulty in made:
        if await _is_right(operator, row, faulty, checks["lenient"]):
            harmless += 1
            continue
        kept.append((row, faulty))
        if len(kept) == most:
            break
    found: dict[str, Found] = {}
    missed: tuple[str, ...] = ()
    for mode, check in checks.items():
        mine = [(row, faulty) for row, faulty in kept if row.id in passing[mode]]
        verdicts = await _each(mine, lambda pair, check=check: check.first(pair[1]))  # type: ignore[misc]
        stages = Counter(str(verdict.stage) for verdict in verdicts if verdict is not None)
        found[mode] = Found(len(mine), dict(stages))
        if mode == "strict":
            passed = [pair for pair, verdict in zip(mine, verdicts, strict=True) if verdict is None]
            missed = tuple(f"{row.id}: {faulty.what} | {faulty.candidate.query[:300]}" for row, faulty in passed[:30])
    judged = await plan.panel.judged([faulty for _, faulty in kept], checks["lenient"]) if plan.panel else None
    return OperatorResult(operator.name, harmless, found["strict"], found["lenient"], missed, judged)


async def _is_right(operator: Operator, row: Row, faulty: Faulty, check: Checks) -> bool:
    wrong, right = faulty.candidate, row.candidate
    if faulty.text or faulty.returned is not None or wrong.query != right.query or wrong.calls == right.calls:
        return False
    if row.accepts(wrong.calls):
        return True
    return operator.by_result and await check.same_results(wrong, right)


async def _each(items: Sequence[T], do: Callable[[T], Awaitable[R]]) -> list[R]:
    """Do something for each item, some at once, and keep the order."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(item: T) -> R:
        async with slots:
            return await do(item)

    return await asyncio.gather(*(one(item) for item in items))
