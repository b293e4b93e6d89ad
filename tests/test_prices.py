"""What an answer cost: shipped prices, a user's own, the provider's word, and prices that nobody knows."""

from pathlib import Path
from typing import Any

import pytest

from apigen.config import load_config
from apigen.errors import UserError
from apigen.model_config import ModelConfig
from apigen.models.prices import (
    Price,
    PriceList,
    asked_in_batches,
    cost_of,
    load_prices,
    prices_by_name,
    require_prices,
)
from apigen.models.roles import Role
from apigen.records import Completion

OPENAI = "https://api.openai.com/v1"


def model(name: str, base_url: str = OPENAI, **settings: Any) -> ModelConfig:
    return ModelConfig.model_validate({"name": f"openai/{name}", "base_url": base_url, **settings})


def figures(price: Price | None) -> tuple[float, float, float] | None:
    return (price.prompt, price.completion, price.cached) if price else None


def test_shipped_prices_hold_for_the_providers_own_host_alone() -> None:
    """A dated name is found too; the same name on another host has no known price, and never a price of nothing."""
    prices = load_prices()
    assert figures(prices.of(model("gpt-4o-mini"))) == (0.15, 0.6, 0.075)
    assert figures(prices.of(model("gpt-4o-mini-2024-07-18"))) == (0.15, 0.6, 0.075)
    assert figures(prices.of(model("gpt-4o-2024-05-13"))) == (5, 15, 5), "an exact name goes before a pattern"
    for unknown in (model("gpt-4o-mini", "http://localhost:8000/v1"), model("gpt-4o-audio-preview")):
        assert prices.of(unknown) is None


def test_every_shipped_price_says_when_and_where_it_was_found() -> None:
    """And none of them is free, nor cheaper where it is not cached."""
    prices = load_prices()
    for section in prices._sections:
        assert section.as_of
        assert section.source.startswith("https://")
        assert section.hosts
        for price in section.models.values():
            assert 0 < price.prompt <= price.completion
            assert price.cached is None or 0 < price.cached < price.prompt


def test_a_file_goes_over_the_shipped_prices_and_a_models_own_over_both(tmp_path: Path) -> None:
    """One section or several; patterns; any host where none is named."""
    path = tmp_path / "prices.yaml"
    path.write_text("as_of: 2026-01-02\nsource: our contract\nmodels: {gpt-4o-mini: {prompt: 1, completion: 2}}\n")
    prices = load_prices(str(path))
    found = prices.of(model("gpt-4o-mini", "http://localhost:1/v1"))
    assert found == Price(1, 2, 1, "2026-01-02", "our contract")
    own = model("gpt-4o-mini", price={"prompt": 3, "completion": 4, "cached": 0.5})
    assert figures(prices.of(own)) == (3, 4, 0.5)
    assert figures(prices.of(model("gpt-4.1"))) == (2, 8, 0.5), "the shipped ones stand where the file says nothing"


def test_batches_cost_what_the_provider_takes_off() -> None:
    """Half at OpenAI; with a price of one's own nothing is taken off unless it says so."""
    prices, own = load_prices(), {"prompt": 2, "completion": 4}

    def in_batches(asked: ModelConfig) -> tuple[float, float, float] | None:
        price = prices.of(asked)
        return figures(price and price.asked(in_batches=True))

    assert in_batches(model("gpt-4o-mini")) == (0.075, 0.3, 0.0375)
    assert in_batches(model("x", price=own)) == (2, 4, 2)
    assert in_batches(model("x", price={**own, "batch": 0.5})) == (1, 2, 1)
    assert figures(prices.of(model("x", batch={}, price={**own, "batch": 0.5}))) == (2, 4, 2), "what is asked live"


def test_what_is_taken_off_goes_by_how_an_answer_came() -> None:
    """The probes of a model in batches are asked live, and cost all of its price."""
    price = Price(1, 2, 0.1, batch=0.5)
    assert cost_of(Completion("", "m", 1000, 100, batch=True), price) == pytest.approx(0.0006)
    assert cost_of(Completion("", "m", 1000, 100), price) == pytest.approx(0.0012)


def test_a_model_that_writes_live_and_judges_in_batches_has_one_price() -> None:
    """So a budget in money can be kept."""
    same = {"name": "openai/m", "price": {"prompt": 1, "completion": 2, "batch": 0.5}}
    given = {"models": [same], "judges": [{**same, "batch": {}}], "budget": {"cost_usd": 5}}
    config = load_config(None, given).resolved()
    require_prices(config, PriceList(()))
    assert prices_by_name(config, PriceList(())) == {"openai/m": Price(1, 2, 1, "", "the configuration", 0.5)}
    assert asked_in_batches(config) == {("openai/m", Role.JUDGE)}


def test_a_model_with_several_prices_is_told_so() -> None:
    """At two addresses; that none is known would be untrue."""
    one = {"name": "openai/m", "base_url": "http://a/v1", "price": {"prompt": 1, "completion": 2}}
    other = {"name": "openai/m", "base_url": "http://b/v1", "price": {"prompt": 3, "completion": 2}}
    config = load_config(None, {"models": [one], "judges": [other], "budget": {"cost_usd": 5}}).resolved()
    said = r"openai/m has 2 prices, at http://a/v1 and http://b/v1, .*the same `price`.*--max-tokens"
    with pytest.raises(UserError, match=said):
        require_prices(config, PriceList(()))


@pytest.mark.parametrize(
    ("completion", "cost"),
    [
        (Completion("", "m", 1000, 100), 0.0012),
        (Completion("", "m", 1000, 100, cached_tokens=600), 0.00066),
        (Completion("", "m", 1000, 100, cost_usd=0.5), 0.5),
        (Completion("", "m"), None),
    ],
)
def test_an_answer_costs_what_its_tokens_cost(completion: Completion, cost: float | None) -> None:
    """Cached ones less; the provider's own figure goes before; without a count of tokens it is not known."""
    assert cost_of(completion, Price(1, 2, 0.1)) == (pytest.approx(cost) if cost else cost)
    assert cost_of(Completion("", "m", 5, 5), None) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models: {x: {prompt: 1}}", "models.x.completion: Field required"),
        ("models: {x: {prompt: -1, completion: 1}}", "greater than or equal to 0"),
        ("modles: {}", "models: Field required"),
        ("models: {x: {prompt: 1, completion: 1}, x: {prompt: 1, completion: 1}}", "the key `x` appears twice"),
        ("{", "broken YAML"),
    ],
)
def test_a_file_that_is_none_is_said_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    """What is wrong, and where."""
    path = tmp_path / "prices.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=said) as error:
        load_prices(str(path))
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_budget_in_money_needs_every_price() -> None:
    """Of writers and judges; a budget in tokens, or none, needs no price."""
    models = {"model": "openai/w", "judges": [{"name": "openai/j", "price": {"prompt": 1, "completion": 1}}]}
    none = PriceList(())
    for budget in ({}, {"tokens": 5}):
        require_prices(load_config(None, {**models, "budget": budget}).resolved(), none)
    with pytest.raises(UserError, match=r"the price of openai/w at https.*price: \{prompt.*--max-tokens"):
        require_prices(load_config(None, {**models, "budget": {"cost_usd": 5}}).resolved(), none)
