"""What is under way at once ends together: nothing goes on behind the back of who waited for it."""

import asyncio
import gc
from collections.abc import Sequence

import pytest

from apigen.concurrency import Turnstile, several, together
from apigen.config import Config
from apigen.errors import ModelUnavailable
from apigen.library.catalogue import load_library
from apigen.model_config import ModelConfig
from apigen.models.offline.model import OfflineModel
from apigen.models.openai.model import OpenAIModel
from apigen.models.writers import Writer, Writers
from apigen.pipeline import Pipeline
from apigen.records import Request, Stage, Style, Wording
from apigen.verify.llm_judge import LLMJudge
from apigen.verify.stages import semantics
from chat_server import serving
from runs import PATIENCE_S


def test_all_results_come_in_order() -> None:
    """Whoever is done first."""

    async def later(number: int) -> int:
        for _ in range(5 - number):
            await asyncio.sleep(0)
        return number

    assert asyncio.run(together(later(number) for number in range(5))) == [0, 1, 2, 3, 4]


def test_the_first_failure_ends_the_others_before_it_is_told() -> None:
    """Also those that take a moment to end."""
    ended: list[int] = []

    async def waits(number: int) -> None:
        try:
            await asyncio.sleep(PATIENCE_S)
        finally:
            await asyncio.sleep(0)
            ended.append(number)

    async def fails() -> None:
        await asyncio.sleep(0)
        raise ValueError("first")

    async def main() -> Sequence[int]:
        with pytest.raises(ValueError, match="first"):
            await together([waits(1), fails(), waits(2)])
        return list(ended)

    assert asyncio.run(main()) == [1, 2]


def test_whoever_gives_up_waiting_ends_everything() -> None:
    """Cancelling goes on to all of it."""
    ended: list[int] = []

    async def waits(number: int) -> None:
        try:
            await asyncio.sleep(PATIENCE_S)
        finally:
            await asyncio.sleep(0)
            ended.append(number)

    async def main() -> list[int]:
        task = asyncio.ensure_future(together(map(waits, range(3))))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return list(ended)

    assert asyncio.run(main()) == [0, 1, 2]


def test_no_more_is_begun_than_there_is_room_for() -> None:
    """And nothing once it is stopped; what is under way is finished."""
    under_way = most = 0
    done: list[int] = []

    async def work(number: int) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        done.append(number)

    asyncio.run(several(range(100), work, 3, lambda: len(done) >= 10))
    assert most == 3
    assert 10 <= len(done) <= 12


def test_candidates_of_a_request_end_with_the_first_whose_judge_is_gone() -> None:
    """Of four candidates one finds that the judge takes no key; the others ask nothing after that and leave no
    connection open, though their questions were under way."""
    library = load_library(["starter:finance"])
    tool = next(tool for tool in library.tools if any(seed.tool_names == {tool.name} for seed in library.seeds))
    seeds = tuple(seed for seed in library.seeds if seed.tool_names == {tool.name})
    request = Request(0, 0, Style.SIMPLE, Wording.PLAIN, (tool,), (tool.name,), seeds, 4, (1, 1), 0)

    with serving(hold_after=0) as server:

        async def main() -> int:
            judges = [
                OpenAIModel(ModelConfig(name=f"openai/{name}", base_url=url, retries=0), 8)
                for name, url in (("held", server.url), ("gone", "http://127.0.0.1:9/v1"))
            ]
            config = Config()
            held, gone = (LLMJudge(model) for model in judges)
            stages = [(Stage.SEMANTICS, semantics(held)), (Stage.SEMANTICS, semantics(gone))]
            pipeline = Pipeline(config, Writers([Writer(OfflineModel())]), stages)
            attempt = asyncio.ensure_future(pipeline.attempt(request))
            while server.under_way < 2:  # noqa: ASYNC110 - the server counts in another thread
                await asyncio.sleep(0.002)
            server.hold_after = 1  # lets one candidate through to the judge that is gone
            with pytest.raises(ModelUnavailable):
                await attempt
            assert asyncio.all_tasks() == {asyncio.current_task()}, "nobody is left behind"
            for model in judges:
                await model.aclose()
            return len(server.prompts)

        answered = asyncio.run(main())
        gc.collect()  # an open connection would warn here, which fails the test
        assert answered == len(server.prompts) == 1


def test_so_many_pass_in_each_turn_of_the_loop_in_the_order_in_which_they_came() -> None:
    """Whoever does not wait any more takes no place, and a later crowd finds it open again."""

    async def main() -> None:
        turnstile, passed = Turnstile(2), list[int]()

        async def passes(number: int) -> None:
            await turnstile.passing()
            passed.append(number)

        async def crowd(numbers: range, *, leaves: int) -> list[int]:
            """How many had passed after each turn of the loop."""
            tasks = [asyncio.ensure_future(passes(number)) for number in numbers]
            counts = []
            while len(passed) < len(numbers) - 1:
                await asyncio.sleep(0)
                counts.append(len(passed))
                if len(counts) == 1:
                    tasks[leaves].cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            return counts

        for _ in range(2):
            counts = await crowd(range(9), leaves=5)
            assert passed == [0, 1, 2, 3, 4, 6, 7, 8]
            assert max(after - before for before, after in zip([0, *counts], counts, strict=False)) == 2
            passed.clear()
            await asyncio.sleep(0)

    asyncio.run(main())


def test_there_are_no_more_workers_than_things() -> None:
    """A limit beyond all measure costs nothing."""
    done = []

    async def work(thing: int) -> None:
        done.append(thing)

    asyncio.run(several(range(5), work, 10**15, lambda: False))
    assert done == [0, 1, 2, 3, 4]
