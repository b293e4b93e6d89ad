"""How many waves a run in batches takes: each may cost a day."""

import asyncio
from random import Random

import msgspec
import pytest

from apigen.config import Config
from apigen.dataset.duplicates import SeenQueries
from apigen.records import Attempt, Outcome, Request
from apigen.sampling.sampler import Sampler
from apigen.sampling.state import SamplingState
from apigen.schedule import Ending, Schedule
from apigen.tally import Tally
from test_schedule import SEEDS, TOOLS, story


def waves(count: int, share: float) -> list[int]:
    """The sizes of the waves that a run takes of whose pairs such a share passes."""
    config = Config(count=count, models="openai/w").resolved(batch=True)  # type: ignore[arg-type]
    waiting: list[tuple[Request, asyncio.Future[tuple[Attempt, ...]]]] = []
    sizes: list[int] = []

    async def work(request: Request) -> tuple[Attempt, ...]:
        waiting.append((request, asyncio.get_running_loop().create_future()))
        return await waiting[-1][1]

    def attempts(request: Request) -> tuple[Attempt, ...]:
        random, pairs = Random(request.seed), []
        for pair in range(request.pairs):
            outcome = Outcome.PASS if random.random() < share else Outcome.REJECT
            one = story(request, f"query {request.index} {pair}", outcome=outcome, last=pair == request.pairs - 1)
            pairs.append(msgspec.structs.replace(one, id=f"{request.index}.{pair}", pair=pair))
        return tuple(pairs)

    async def provider() -> None:
        """Answers a wave once nothing joins it any more."""
        while True:
            before = -1
            while before < len(waiting) or not waiting:
                before = len(waiting)
                for _ in range(20):
                    await asyncio.sleep(0)
            sizes.append(len(waiting))
            for request, answer in waiting:
                answer.set_result(attempts(request))
            waiting.clear()

    async def main() -> Ending:
        schedule = Schedule(
            config,
            sampler=Sampler(TOOLS, config),
            state=SamplingState(SEEDS),
            seen=SeenQueries(seed.query for seed in SEEDS),
            work=work,
            commit=lambda _: None,
            tally=Tally(),
        )
        answering = asyncio.ensure_future(provider())
        try:
            return await schedule.run(iter(()))
        finally:
            answering.cancel()

    assert asyncio.run(main()) is Ending.DONE
    return sizes


@pytest.mark.parametrize(("count", "share"), [(40, 0.7), (400, 1.0), (400, 0.7), (400, 0.3), (2000, 0.7)])
def test_a_run_takes_few_waves_and_asks_for_little_in_vain(count: int, share: float) -> None:
    """The first wave is all that is needed if nothing falls, the second makes up for what fell."""
    sizes = waves(count, share)
    needed = count / (4 * share)
    assert sizes[0] == -(-count // 4)
    assert len(sizes) <= 4
    assert sum(sizes) <= needed * 1.1 + 12
