"""Requests, tokens, cost and time of a run that has not started, by model and role."""

from collections.abc import Callable, Iterable, Mapping
from math import ceil, inf

import msgspec

from apigen.config import Config
from apigen.estimate.basis import MENDED, UNREADABLE, Assumption, Basis, reaching
from apigen.model_config import ModelConfig
from apigen.models.prices import Price, PriceList, asked_in_batches, asked_models, prices_by_name
from apigen.models.roles import Role
from apigen.verify.judges.committee import Rule

TOKENS_PER_SECOND = 50.0
"""Assumed generation speed of a server within one answer..."""
FIRST_TOKEN_S = 1.0
"""...after this time for the prompt."""


class Amount(msgspec.Struct, frozen=True):
    """Requests, tokens and cost: of one model in one role, or in total."""

    requests: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None
    """``None`` where a model's price is unknown."""

    @property
    def tokens(self) -> int:
        """All of them."""
        return self.prompt_tokens + self.completion_tokens


class Row(Amount, frozen=True):
    """The amount of one model in one role."""

    model: str
    role: Role


class Estimate(msgspec.Struct, frozen=True):
    """What a run will probably need."""

    samples: int
    """Still to be produced."""
    candidates: int
    rows: tuple[Row, ...]
    total: Amount
    least: Amount
    """With the highest likely pass rate."""
    most: Amount
    """With the lowest likely pass rate."""
    seconds: float | None
    """At the configured rate limits and concurrency; ``None`` for batches, which take their own time."""
    prices: Mapping[str, Price | None]
    assumptions: tuple[Assumption, ...]


def estimate(config: Config, prices: PriceList, basis: Basis, samples: int) -> Estimate:
    """Estimate what a run will need.

    Args:
        config: resolved.
        prices: of its models.
        basis: the assumptions.
        samples: verified samples to produce.
    """
    paid = prices_by_name(config, prices)
    rows = _rows(config, paid, basis, samples, basis.passed)
    repairs = config.repair and basis.passed < 1
    mended = basis.mended if basis.mended is not None else basis.passed * MENDED
    found = [
        *basis.assumptions,
        *([Assumption("repaired candidates that pass", f"{mended:.0%}", _source(basis.mended))] if repairs else []),
        Assumption(
            "speed", f"{TOKENS_PER_SECOND:g} tokens/s per answer, {FIRST_TOKEN_S:g} s to the first token", "assumed"
        ),
    ]
    return Estimate(
        samples=samples,
        candidates=ceil(samples / _accepted(config, basis, basis.passed)),
        rows=rows,
        total=_total(rows),
        least=_total(_rows(config, paid, basis, samples, basis.passed_high)),
        most=_total(_rows(config, paid, basis, samples, basis.passed_low)),
        seconds=_seconds(config, rows),
        prices=paid,
        assumptions=tuple(found),
    )


def _rows(
    config: Config, prices: Mapping[str, Price | None], basis: Basis, samples: int, passed: float
) -> tuple[Row, ...]:
    candidates = samples / _accepted(config, basis, passed)
    sent = candidates * (1 - passed) if config.repair else 0.0
    again = _mended(basis, passed)
    in_batches = asked_in_batches(config)

    def row(name: str, role: Role, requests: float) -> Row:
        price = prices.get(name)
        return _row(name, role, requests, basis, price and price.asked(in_batches=(name, role) in in_batches))

    rows = []
    weights = _by_name(config.models, lambda model: model.weight)
    for name, weight in weights.items():
        share = weight / sum(weights.values())
        asked = {Role.WRITER: candidates / basis.pairs * share, Role.REPAIR: sent * share}
        rows += [row(name, role, requests) for role, requests in asked.items() if requests]
    judges = [name for name in dict.fromkeys(judge.name for judge in config.judges) if name.startswith("openai/")]
    for number, name in enumerate(judges):
        if basis.judged is not None:
            requests = (candidates + sent) * basis.judged
        else:
            tries = sum(UNREADABLE**attempt for attempt in range(config.judging.tries))
            asks = [_asked(config, passed, number, len(judges)), _asked(config, again, number, len(judges))]
            requests = (candidates * asks[0] + sent * asks[1]) * tries
        rows.append(row(name, Role.JUDGE, requests))
    return tuple(found for found in rows if found.model.startswith("openai/"))


def _row(name: str, role: Role, requests: float, basis: Basis, price: Price | None) -> Row:
    size = basis.size(name, role)
    number = ceil(requests)
    prompt, completion = round(number * size.prompt), round(number * size.completion)
    return Row(number, prompt, completion, price.cost(prompt, completion) if price else None, model=name, role=role)


def _accepted(config: Config, basis: Basis, passed: float) -> float:
    """Accepted samples per candidate, repaired ones included."""
    return passed + ((1 - passed) * _mended(basis, passed) if config.repair else 0.0)


def _mended(basis: Basis, passed: float) -> float:
    return basis.mended if basis.mended is not None else passed * MENDED


def _asked(config: Config, passed: float, number: int, judges: int) -> float:
    """The share of candidates that one of several judges sees.

    Where one reject decides, a later judge sees what the earlier ones passed: about half of the rejects fell before it.
    A majority asks as many judges at once as could decide, and the others where these disagree.
    """
    reached = reaching(passed)
    if Rule(config.judging.rule) is Rule.MAJORITY:
        return reached if number < judges // 2 + 1 else reached - passed
    return reached if number == 0 else (reached + passed) / 2


def _total(rows: Iterable[Row]) -> Amount:
    rows = tuple(rows)
    known = [row.cost_usd for row in rows if row.cost_usd is not None]
    return Amount(
        sum(row.requests for row in rows),
        sum(row.prompt_tokens for row in rows),
        sum(row.completion_tokens for row in rows),
        sum(known) if len(known) == len(rows) else None,
    )


def _seconds(config: Config, rows: Iterable[Row]) -> float | None:
    """The time of the slowest model; the others work in parallel."""
    rows = tuple(rows)
    if config.batched:
        return None
    # A model that writes and judges at one address has one limit there.
    asked = {(model.name, model.base_url): model for model in reversed(asked_models(config))}.values()
    window = (config.rounds.requests or 1) * config.rounds.lag
    at_once = _by_name(asked, lambda model: model.concurrency or config.concurrency)
    limits = (
        (_by_name(asked, lambda model: model.requests_per_minute or inf), lambda row: row.requests),
        (_by_name(asked, lambda model: model.tokens_per_minute or inf), lambda row: row.tokens),
    )
    longest = 0.0
    for name, concurrency in at_once.items():
        own = [row for row in rows if row.model == name]
        busy = sum(row.requests * FIRST_TOKEN_S + row.completion_tokens / TOKENS_PER_SECOND for row in own)
        bounds = (60 * sum(map(amount, own)) / per_minute[name] for per_minute, amount in limits)
        longest = max(longest, busy / min(concurrency, window), *bounds)
    return longest


def _by_name(models: Iterable[ModelConfig], amount: Callable[[ModelConfig], float]) -> dict[str, float]:
    """An amount of each model; entries of one name are endpoints of one model."""
    found: dict[str, float] = {}
    for model in models:
        found[model.name] = found.get(model.name, 0.0) + amount(model)
    return found


def _source(known: float | None) -> str:
    return "the earlier run" if known is not None else f"assumed: {MENDED:.0%} of the pass rate"
