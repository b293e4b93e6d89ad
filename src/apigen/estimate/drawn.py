"""Lengths of a run's prompts and completions, from prompts drawn as the run will draw them."""

from statistics import fmean

import msgspec

from apigen.config import Config
from apigen.generate.prompts import generation_messages, judge_messages, to_json
from apigen.library.catalogue import Library
from apigen.models.tokens import tokens_asked, tokens_in
from apigen.records import Call, Candidate, Json, Request, Seed
from apigen.sampling.sampler import Sampler
from apigen.sampling.state import SamplingState

DRAWN = 100
"""Approximate number of drawn prompts: enough for a mean within a few percent, and fast."""
THOUGHT_TOKENS = 40
"""One or two sentences before a pair."""
QUERY_TOKENS, CALL_TOKENS = 30, 30
"""Of a query and of each call, where there are no examples."""
RESULT_TOKENS = 50
"""Of the result of a call in a judge's prompt; nothing is executed for an estimate."""
_FRAME_TOKENS = 15
"""The names of a pair's fields, and its brackets."""


class Lengths(msgspec.Struct, frozen=True):
    """Mean lengths in tokens, counted approximately."""

    drawn: int
    """Prompts that were drawn."""
    prompt: float
    pair: float
    """One query with its calls, as a writer answers, and the thought before it."""
    judge_prompt: float


def lengths(config: Config, library: Library) -> Lengths:
    """Draw prompts and measure them; nothing is sent, executed or written.

    Args:
        config: resolved.
        library: its tools are offered, its seeds are the examples.
    """
    sampler, state = Sampler(library.tools, config), SamplingState(library.seeds)
    size = config.rounds.requests or 1
    rounds = -(-DRAWN // size)
    requests = [request for number in range(rounds) for request in sampler.round(number, number * size, state)]
    query, call = _seed_tokens(library.seeds)
    thought = THOUGHT_TOKENS if config.generation.thought else 0

    def pair_of(request: Request) -> float:
        calls = sum(request.calls) / 2
        return query * (1 + (calls - 1) / 2) + calls * call + _FRAME_TOKENS  # a query for more calls is longer

    def prompt_of(request: Request) -> float:
        shown = tokens_asked(generation_messages(request, thought=config.generation.thought))
        # Accepted samples will replace missing hand-written examples.
        missing = max(0.0, sum(config.sampling.examples) / 2 - len(request.examples))
        return shown + missing * pair_of(request) * config.sampling.feedback

    def judge_prompt_of(request: Request) -> float:
        frame = tokens_asked(judge_messages(Candidate("", (), request.tools), ()))
        return frame + pair_of(request) + RESULT_TOKENS * sum(request.calls) / 2

    return Lengths(
        drawn=len(requests),
        prompt=fmean(prompt_of(request) for request in requests),
        pair=fmean(pair_of(request) for request in requests) + thought,
        judge_prompt=fmean(judge_prompt_of(request) for request in requests),
    )


def _seed_tokens(seeds: tuple[Seed, ...]) -> tuple[float, float]:
    """Mean tokens of a query and of a call among the seeds."""
    some = seeds[:: max(1, len(seeds) // 200)]
    queries = [tokens_in(seed.query) / (1 + (len(seed.calls) - 1) / 2) for seed in some]
    calls = [tokens_in(to_json(_shown(call))) for seed in some for call in seed.calls]
    return (fmean(queries), fmean(calls)) if calls else (QUERY_TOKENS, CALL_TOKENS)


def _shown(call: Call) -> dict[str, Json]:
    return {"name": call.name, "arguments": call.arguments}
