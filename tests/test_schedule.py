"""Scheduling and stages: order, reproducibility, stopping, and what a failing part does."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from apigen.config import Config
from apigen.dataset.duplicates import SeenQueries
from apigen.errors import ModelUnavailable
from apigen.records import Attempt, Call, Candidate, Outcome, Reason, Request, Seed, Stage, Tool, Verdict
from apigen.sampling.sampler import Sampler
from apigen.sampling.state import SamplingState
from apigen.schedule import Ending, Schedule
from apigen.tally import Tally
from apigen.verify.stages import Examined, through

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}
TOOLS = tuple(Tool(f"tool_{n}", f"Does {n}.", SCHEMA, category=f"cat_{n % 2}") for n in range(6))
SEEDS = tuple(Seed(f"{tool.name} with 1", (Call(tool.name, {"x": 1}),)) for tool in TOOLS)
PASSED = (Verdict(Stage.FORMAT, Outcome.PASS), Verdict(Stage.SEMANTICS, Outcome.PASS))
Work = Callable[[Request], Awaitable[tuple[Attempt, ...]]]


def story(request: Request, query: str, *, outcome: Outcome = Outcome.PASS, last: bool = True) -> Attempt:
    failed = (Verdict(Stage.FORMAT, Outcome.REJECT, Reason.NOT_JSON, ""),)
    refused = (Verdict(Stage.GENERATION, Outcome.ERROR, Reason.MODEL_REFUSED, ""),)
    return Attempt(
        id=f"{request.index}.0",
        request=request.index,
        pair=0,
        last=last,
        round=request.round,
        style=request.style,
        wording=request.wording,
        offered=tuple(tool.name for tool in request.tools),
        targets=request.targets,
        model="test",
        outcome=outcome,
        verdicts={Outcome.PASS: PASSED, Outcome.REJECT: failed, Outcome.ERROR: refused}[outcome],
        query=query,
        calls=tuple(Call(name, {"x": request.index}) for name in request.targets),
        thought=" ".join(example.query for example in request.examples),
    )


def drive(work: Work, **settings: Any) -> tuple[Ending, list[Attempt]]:
    config = Config.model_validate({"rounds": {"requests": 4, "lag": 3}, **settings}).resolved()
    written: list[Attempt] = []

    async def main() -> Ending:
        schedule = Schedule(
            config,
            sampler=Sampler(TOOLS, config),
            state=SamplingState(SEEDS),
            seen=SeenQueries(seed.query for seed in SEEDS),
            work=work,
            commit=written.extend,
            tally=Tally(),
        )
        return await schedule.run(iter(()))

    return asyncio.run(main()), written


@pytest.mark.parametrize("concurrency", [1, 2, 7, 40])
def test_what_finishes_first_does_not_matter(concurrency: int) -> None:
    """Whatever the delays and the concurrency: same requests, same examples, same duplicates, same order."""
    delays = random.Random(concurrency)

    async def work(request: Request) -> tuple[Attempt, ...]:
        await asyncio.sleep(delays.random() * 0.004)
        return (story(request, f"query {request.index // 3}"),)  # every third one is new

    async def at_once(request: Request) -> tuple[Attempt, ...]:
        return (story(request, f"query {request.index // 3}"),)

    ending, written = drive(work, count=30, concurrency=concurrency)
    assert ending is Ending.DONE
    assert [attempt.request for attempt in written] == list(range(len(written)))
    assert (ending, written) == drive(at_once, count=30, concurrency=1)
    assert sum(attempt.outcome is Outcome.PASS for attempt in written) == 30
    assert any("query" in attempt.thought for attempt in written), "accepted samples are examples of later rounds"


def test_a_slow_request_does_not_hold_up_those_after_it() -> None:
    """There is no barrier between rounds: while one request hangs, the next rounds are worked on."""
    finished: list[int] = []
    release = asyncio.Event()

    async def work(request: Request) -> tuple[Attempt, ...]:
        if request.index == 0:
            await release.wait()
        else:
            await asyncio.sleep(0)
        finished.append(request.index)
        if len(finished) == 11:  # three rounds of four, but for the one that hangs
            release.set()
        return (story(request, f"query {request.index}"),)

    ending, _ = drive(work, count=100, concurrency=50)
    assert ending is Ending.DONE
    assert set(finished[:11]) == set(range(1, 12))


def test_near_the_end_nothing_is_asked_for_in_vain() -> None:
    """With five pairs from each request, ten requests are enough for fifty samples, whatever the concurrency."""
    asked: list[int] = []

    async def work(request: Request) -> tuple[Attempt, ...]:
        asked.append(request.index)
        await asyncio.sleep(0.001)
        return tuple(story(request, f"query {request.index} {n}", last=n == 4) for n in range(5))

    drive(work, count=50, concurrency=100, sampling={"pairs": [5, 5]})
    assert len(asked) <= 12


def test_a_run_that_brings_nothing_stops() -> None:
    """A hundred requests in a row without a sample are enough to know."""

    async def rejected(request: Request) -> tuple[Attempt, ...]:
        return (story(request, f"query {request.index}", outcome=Outcome.REJECT),)

    async def refused(request: Request) -> tuple[Attempt, ...]:
        return (story(request, f"query {request.index}", outcome=Outcome.ERROR),)

    ending, written = drive(rejected, count=5)
    assert (ending, len(written)) == (Ending.STALLED, 100)
    ending, written = drive(refused, count=5)
    assert (ending, len(written)) == (Ending.REFUSED, 20)


def test_a_model_that_is_down_ends_the_run_and_what_was_committed_stays() -> None:
    """The error comes through, in request order, and nothing is left running."""

    async def work(request: Request) -> tuple[Attempt, ...]:
        await asyncio.sleep(0)
        if request.index == 7:
            raise ModelUnavailable("down")
        return (story(request, f"query {request.index}"),)

    with pytest.raises(ModelUnavailable):
        drive(work, count=100, concurrency=8)


def test_a_check_that_fails_unforeseen_is_an_error_and_not_the_end() -> None:
    """A defect in a check rejects nothing, passes nothing, and is named with its place."""

    async def broken(examined: Examined) -> Examined:
        verdicts: list[Verdict] = []
        return examined.found(verdicts[3])

    async def never(examined: Examined) -> Examined:
        raise AssertionError("a later stage is not asked")

    candidate = Candidate("q", (Call("tool_0", {"x": 1}),), TOOLS)
    stages = [(Stage.GROUNDING, broken), (Stage.EXECUTION, never)]
    (verdict,) = asyncio.run(through(stages, Examined(candidate))).verdicts
    assert (verdict.stage, verdict.outcome, verdict.reason) == (Stage.GROUNDING, Outcome.ERROR, Reason.CHECK_FAILED)
    assert verdict.detail.startswith("IndexError in test_schedule.py:")
