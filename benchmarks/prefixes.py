"""How much of each prompt begins like an earlier one: what prefix caches save, in time and often in money.

    python benchmarks/prefixes.py [--requests 100] [--concurrency 16] [--library starter]

Prompts are those of a run whose writer is the offline one, played as a language model, and whose judge rejects every
fourth pair, so that there are repairs. Each is compared with the one before it of its kind, and with all before it,
whatever their kind. Characters stand for tokens.
"""

import argparse
import asyncio
import bisect
import os
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

from apigen.concurrency import several
from apigen.config import Config
from apigen.dataset.duplicates import SeenQueries
from apigen.execute.grants import read_grants
from apigen.execute.table import make_executor
from apigen.library.catalogue import load_library
from apigen.models.base import EndpointFacts, Options
from apigen.models.offline.model import OfflineModel
from apigen.models.writers import Writer, Writers
from apigen.pipeline import Pipeline, recipe
from apigen.records import Completion, Json, Message, Request
from apigen.sampling.sampler import Sampler
from apigen.sampling.state import SamplingState
from apigen.verify.llm_judge import LLMJudge

PASS, REJECT = '{"thought": "", "pass": true}', '{"thought": "", "pass": false}'


class Asked:
    """A writer and a judge that note what they are asked."""

    locator, llm, extra = "openai/asked", True, MappingProxyType[str, Json]({})

    def __init__(self) -> None:
        self.prompts: list[tuple[str, str]] = []
        self._judged = 0

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        text = "\n".join(f"{message.role}\n{message.content}" for message in messages)
        if options.shape is not None and options.shape.name == "verdict":
            self.prompts.append(("judge", text))
            self._judged += 1
            return Completion(PASS if self._judged % 4 else REJECT, self.locator)
        self.prompts.append(("repair" if "-rejected>" in text else "pairs", text))
        return await OfflineModel().complete(messages, options)

    def endpoints(self) -> tuple[EndpointFacts, ...]:
        return ()

    def stop(self) -> None:
        pass

    async def aclose(self) -> None:
        pass


def common(one: str, other: str) -> int:
    shorter = min(len(one), len(other))
    return next((at for at in range(shorter) if one[at] != other[at]), shorter)


def shares(prompts: Sequence[tuple[str, str]]) -> dict[str, list[tuple[int, int, int]]]:
    """By kind, of each prompt: its length, what it shares with the one before it, and the most with any before it."""
    found = defaultdict[str, list[tuple[int, int, int]]](list)
    last: dict[str, str] = {}
    seen: list[str] = []
    for kind, text in prompts:
        at = bisect.bisect(seen, text)  # whoever shares most stands beside it in order
        most = max((common(text, other) for other in seen[max(0, at - 1) : at + 1]), default=0)
        found[kind].append((len(text), common(text, last.get(kind, "")), most))
        last[kind] = text
        seen.insert(at, text)
    return found


async def asked(library_name: str, requests: int, concurrency: int, folder: Path) -> Asked:
    library = load_library([library_name])
    config = Config.model_validate({"library": [library_name], "count": 10_000, "repair": True}).resolved()
    executor = make_executor(
        config.execution, config.remote, read_grants(config.grants, os.environ), tools=library.tools, folder=folder
    )
    model = Asked()
    seen = SeenQueries(seed.query for seed in library.seeds)
    pipeline = Pipeline(config, Writers([Writer(model)]), recipe(config, seen, executor, [LLMJudge(model)]))

    async def attempt(request: Request) -> None:
        await pipeline.attempt(request)

    try:
        sampler, state = Sampler(library.tools, config), SamplingState(library.seeds)
        size = config.rounds.requests or 1
        rounds = (sampler.round(number, number * size, state) for number in range(-(-requests // size)))
        drawn = [request for one in rounds for request in one]
        await several(drawn[:requests], attempt, concurrency, lambda: False)
    finally:
        await executor.aclose()
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--library", default="starter")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = asyncio.run(asked(options.library, options.requests, options.concurrency, Path(folder)))
    print(f"{'prompt':8} {'number':>7} {'characters':>11} {'as before':>10} {'as any before':>14}")
    for kind, rows in sorted(shares(model.prompts).items()):
        lengths, before, most = (sum(column) for column in zip(*rows, strict=True))
        print(f"{kind:8} {len(rows):7} {lengths / len(rows):11.0f} {before / lengths:10.0%} {most / lengths:14.0%}")


if __name__ == "__main__":
    main()
