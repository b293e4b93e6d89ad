"""The simulated server in a thread of the tests, and prompts to ask it."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache

from aiohttp import web

from apigen.config import Config
from apigen.generate.prompts import generation_messages
from apigen.library.catalogue import load_library
from apigen.model_config import ModelConfig
from apigen.models.base import Model, Options
from apigen.models.simulated.ledger import Entry
from apigen.models.table import make_model
from apigen.records import Completion, Message
from apigen.sampling.sampler import Sampler
from apigen.sampling.state import SamplingState
from apigen.simulate.serving import serve

Asked = tuple[tuple[Message, ...], Options]


@contextmanager
def served(app: web.Application) -> Iterator[str]:
    """Serve an application as long as the block lasts; yields its base address."""
    loop, started, url = asyncio.new_event_loop(), threading.Event(), list[str]()

    def ready(address: str) -> None:
        url.append(address)
        started.set()

    task = loop.create_task(serve(app, "127.0.0.1", 0, ready))

    def run() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert started.wait(60)
        yield url[0]
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()


@cache
def prompts(rounds: int) -> tuple[Asked, ...]:
    """What a run over the starter library asks first, seven requests a round."""
    library, config = load_library(("starter",), ()), Config().resolved()
    sampler, state = Sampler(library.tools, config), SamplingState(library.seeds)
    requests = [request for number in range(rounds) for request in sampler.round(number, number * 7, state)]
    return tuple(
        (generation_messages(request, thought=True), Options(seed=request.seed, temperature=0.7))
        for request in requests
    )


def client(url: str, name: str, **settings: object) -> Model:
    """The real client for a served model."""
    config = ModelConfig.model_validate({"name": f"openai/{name}", "base_url": url, **settings})
    return make_model(config, 8)


async def answers(model: Model, asked: Sequence[Asked]) -> list[Completion]:
    """What a model answers, all asked at once; it is closed then."""
    try:
        return list(await asyncio.gather(*(model.complete(*each) for each in asked)))
    finally:
        await model.aclose()


class Kept:
    """A ledger in memory."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def __call__(self, entries: Sequence[Entry]) -> None:
        self.entries += entries
