"""Asking every judge about every case, many at once."""

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from apigen.calibrate.cases import Case
from apigen.concurrency import together
from apigen.records import Verdict
from apigen.verify.base import Judge
from apigen.verify.judges.committee import asked


class Judged(msgspec.Struct, frozen=True):
    """A case with each judge's verdict, in the order of the judges."""

    case: Case
    verdicts: tuple[Verdict, ...]


async def judge_all(
    cases: Sequence[Case], judges: Sequence[Judge], concurrency: int, watch: Callable[[int], None] = lambda _: None
) -> list[Judged]:
    """Have every judge look at every case, whatever the others say.

    Args:
        cases: executed; a case whose ``executions`` are ``None`` is judged without results.
        judges: each under a name of its own.
        concurrency: questions under way at once.
        watch: told how many verdicts there are so far.

    Raises:
        ModelUnavailable: a judge gave no answer at all; no further one is asked.
    """
    slots, done = asyncio.Semaphore(concurrency), 0

    async def ask(judge: Judge, case: Case) -> Verdict:
        nonlocal done
        async with slots:
            verdict = await asked(judge, case.candidate, case.executions or ())
        done += 1
        watch(done)
        return verdict

    verdicts = await together(ask(judge, case) for case in cases for judge in judges)
    step = len(judges)
    return [Judged(case, tuple(verdicts[at * step : (at + 1) * step])) for at, case in enumerate(cases)]
