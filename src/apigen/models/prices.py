"""What models cost: shipped prices by provider, a user's own over them, and a model's own section over both."""

import fnmatch
from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pydantic
import yaml
from pydantic import Field, TypeAdapter

from apigen.config import Config, read_yaml
from apigen.errors import UserError
from apigen.model_config import ModelConfig, PriceConfig
from apigen.models.roles import Role
from apigen.records import Completion
from apigen.sections import Section

_MILLION = 1_000_000
_HINT = "set `price: {prompt: USD, completion: USD}` per million tokens in its section, pass --prices FILE"


class Price(msgspec.Struct, frozen=True):
    """What one model costs, in USD per million tokens."""

    prompt: float
    completion: float
    cached: float
    """Prompt tokens that the provider took from its cache."""
    as_of: str = ""
    source: str = ""
    """Where the figures can be checked, or who gave them."""
    batch: float = 1.0
    """What is paid of these prices for an answer that comes in a batch."""

    def asked(self, *, in_batches: bool) -> "Price":
        """What it costs as it is asked: all of it, or what is paid of that in batches."""
        factor = self.batch if in_batches else 1.0
        prompt, completion, cached = (each * factor for each in (self.prompt, self.completion, self.cached))
        return msgspec.structs.replace(self, prompt=prompt, completion=completion, cached=cached, batch=1.0)

    def cost(self, prompt_tokens: float, completion_tokens: float, cached_tokens: float = 0) -> float:
        """USD for some tokens; the cached ones are among those of the prompt."""
        fresh = max(0.0, prompt_tokens - cached_tokens)
        return (fresh * self.prompt + cached_tokens * self.cached + completion_tokens * self.completion) / _MILLION


def cost_of(completion: Completion, price: Price | None) -> float | None:
    """What an answer cost in USD: what the provider says, else by the price; ``None`` where neither is known.

    An answer without a count of tokens has no known cost: it was not free. What is taken off for batches is taken off
    answers that came in one, not those of a model that is asked in batches as a rule: its probes are asked live.
    """
    if completion.cost_usd is not None:
        return completion.cost_usd
    if price is None or not (completion.prompt_tokens or completion.completion_tokens):
        return None
    price = price.asked(in_batches=completion.batch)
    return price.cost(completion.prompt_tokens, completion.completion_tokens, completion.cached_tokens)


class PriceSection(Section):
    """A provider's prices, as a file of prices gives them."""

    provider: str = ""
    hosts: tuple[str, ...] = Field(default=(), description="Names or patterns of hosts; any host if there is none.")
    as_of: date | None = None
    source: str = Field(default="", description="Where the figures can be checked.")
    batch: float = Field(default=1.0, gt=0, le=1, description="What is paid of these prices for requests in batches.")
    models: dict[str, PriceConfig] = Field(description="By name or pattern, without `openai/`; a name wins.")


class PriceList:
    """Finds the price of a configured model.

    Args:
        sections: the first that names the model, at its host, counts.
    """

    def __init__(self, sections: Sequence[PriceSection]) -> None:
        self._sections = tuple(sections)

    def of(self, model: ModelConfig) -> Price | None:
        """What a model costs; ``None`` where that is not known, as for a self-hosted server."""
        if model.price is not None:
            return _price(model.price, 1.0, "", "the configuration")
        name = model.name.removeprefix("openai/")
        host = urlsplit(model.base_url or "").hostname or ""
        for section in self._sections:
            if section.hosts and not any(fnmatch.fnmatchcase(host, pattern.lower()) for pattern in section.hosts):
                continue
            found = section.models.get(name) or next(
                (price for pattern, price in section.models.items() if fnmatch.fnmatchcase(name, pattern)), None
            )
            if found is not None:
                as_of = section.as_of.isoformat() if section.as_of else ""
                return _price(found, section.batch, as_of, section.source or section.provider)
        return None


def _price(given: PriceConfig, batch: float, as_of: str, source: str) -> Price:
    cached = given.prompt if given.cached is None else given.cached
    return Price(given.prompt, given.completion, cached, as_of, source, batch if given.batch is None else given.batch)


def load_prices(path: str | None = None) -> PriceList:
    """The shipped prices, under those of a file where there is one.

    Raises:
        UserError: the file cannot be read, or is not a price file.
    """
    return PriceList((*(_read(Path(path)) if path else ()), *_shipped()))


def asked_models(config: Config) -> list[ModelConfig]:
    """The language models that a run asks, once for each time that they stand in its configuration."""
    return [model for model in (*config.models, *config.judges) if model.name.startswith("openai/")]


def asked_in_batches(config: Config) -> frozenset[tuple[str, Role]]:
    """The models that a run asks in batches, each with what for: one may write live and judge in batches."""
    writing = ((model, role) for model in config.models for role in (Role.WRITER, Role.REPAIR))
    judging = ((judge, Role.JUDGE) for judge in config.judges)
    return frozenset((model.name, role) for model, role in (*writing, *judging) if model.batch is not None)


def prices_by_name(config: Config, prices: PriceList) -> dict[str, Price | None]:
    """The price of each language model of a run, by its name; not known where its endpoints have several."""
    found = _several(config, prices)
    return {name: several.pop() if len(several) == 1 else None for name, several in found.items()}


def require_prices(config: Config, prices: PriceList) -> None:
    """Check that a run with a budget in USD has models with known prices only, before anything is asked.

    Raises:
        UserError: one of them has none, so nothing could be said about when to stop.
    """
    if config.budget.cost_usd is None:
        return
    refused = f"a budget of ${config.budget.cost_usd:g} cannot be enforced"
    unknown = [f"{model.name} at {model.base_url}" for model in asked_models(config) if prices.of(model) is None]
    if unknown:
        raise UserError(
            f"{refused}: the price of {' and '.join(dict.fromkeys(unknown))} is not known; "
            f"{_HINT}, or use --max-tokens instead"
        )
    for name, several in _several(config, prices).items():
        if len(several) > 1:
            where = " and ".join(
                dict.fromkeys(str(model.base_url) for model in asked_models(config) if model.name == name)
            )
            raise UserError(
                f"{refused}: {name} has {len(several)} prices, at {where}, but spending is counted by model name; "
                "give all its entries the same `price`, or use --max-tokens instead"
            )


def _several(config: Config, prices: PriceList) -> dict[str, set[Price | None]]:
    """All prices that each language model of a run has at its endpoints, by its name."""
    found: dict[str, set[Price | None]] = {}
    for model in asked_models(config):
        found.setdefault(model.name, set()).add(prices.of(model))
    return found


def _read(path: Path) -> tuple[PriceSection, ...]:
    loaded = read_yaml(path, what="price file")
    try:
        return _sections(loaded)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UserError(f"{path}: {where}: {first['msg']}; see docs/costs.md for the format") from None


def _sections(loaded: Any) -> tuple[PriceSection, ...]:
    several = loaded if isinstance(loaded, list) else [loaded]
    return TypeAdapter(tuple[PriceSection, ...]).validate_python(several)


@cache
def _shipped() -> tuple[PriceSection, ...]:
    return _sections(yaml.safe_load(files("apigen.models").joinpath("prices.yaml").read_text("utf-8")))
