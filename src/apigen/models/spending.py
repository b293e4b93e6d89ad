"""Models whose answers carry their cost and are paid from one purse."""

from collections.abc import Mapping, Sequence, Set
from functools import partial
from typing import NamedTuple

from apigen.config import Config
from apigen.models.accounts import Accounts
from apigen.models.base import EndpointFacts, Model, Options
from apigen.models.prices import Price, asked_in_batches, cost_of, load_prices, prices_by_name
from apigen.models.purse import Purse
from apigen.models.roles import Role
from apigen.models.store import CompletionStore, StoredModel
from apigen.records import Completion, Json, Message


class MeteredModel:
    """A model whose answers carry their cost and are entered in the accounts; put it below what keeps answers.

    Args:
        model: who is asked.
        purse: pays.
        role: why it is asked.
        price: what it costs; ``None`` where that is not known.
        in_batches: whether it is asked in batches, so that their price is expected; what is paid goes by each answer.
    """

    def __init__(
        self, model: Model, purse: Purse, role: Role, price: Price | None, *, in_batches: bool = False
    ) -> None:
        self._model = model
        self._purse = purse
        self._role = role
        self._price = price
        self._expected = price and price.asked(in_batches=in_batches)

    @property
    def locator(self) -> str:
        """The locator of the model behind."""
        return self._model.locator

    @property
    def llm(self) -> bool:
        """Whether the model behind is a language model."""
        return self._model.llm

    @property
    def extra(self) -> Mapping[str, Json]:
        """What is added to requests to the model behind."""
        return self._model.extra

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        """Ask within the budget.

        Raises:
            BudgetSpent: the budget has no room for this request.
        """
        expect = partial(self._purse.expected, self.locator, self._role, messages, self._expected)
        async with self._purse.sending(self._role, expect):
            return self._purse.pay(self._role, await self._model.complete(messages, options), self._price)

    def endpoints(self) -> tuple[EndpointFacts, ...]:
        """Those of the model behind."""
        return self._model.endpoints()

    def stop(self) -> None:
        """Send nothing more, also not what waits for room in the budget."""
        self._purse.stop()
        self._model.stop()

    async def aclose(self) -> None:
        """Close the model behind."""
        await self._model.aclose()


class Spend(NamedTuple):
    """What pays for the models of a run, and where their answers are kept."""

    purse: Purse
    store: CompletionStore
    prices: Mapping[str, Price | None]
    in_batches: Set[tuple[str, Role]]
    """Who is asked in batches, and what for."""

    def asked(self, model: Model, *roles: Role) -> list[Model]:
        """A language model as it is asked in each role: kept, counted and paid."""
        price = self.prices.get(model.locator)

        def metered(role: Role) -> MeteredModel:
            return MeteredModel(model, self.purse, role, price, in_batches=(model.locator, role) in self.in_batches)

        return [StoredModel(metered(role), self.store, role) for role in roles]

    def probed(self, completion: Completion) -> Completion:
        """Pay for an answer from which something about an endpoint was learned."""
        return self.purse.pay(Role.PROBE, completion, self.prices.get(completion.model))


def open_spend(config: Config, store: CompletionStore) -> Spend:
    """What pays for the models of a run, with what earlier sessions spent; see :func:`open_purse`."""
    prices = prices_by_name(config, load_prices(config.prices))
    return Spend(open_purse(config, prices, store), store, prices, asked_in_batches(config))


def open_purse(config: Config, prices: Mapping[str, Price | None], store: CompletionStore) -> Purse:
    """The purse of a run, with what earlier sessions spent.

    Args:
        config: resolved.
        prices: of its models, by name; answers that were kept while one had none get their cost now.
        store: where answers are kept.
    """
    for name, price in prices.items():
        if price is not None:
            store.reprice(name, partial(cost_of, price=price))
    purse = Purse(config.budget, Accounts(store.usage()))
    in_batches = asked_in_batches(config)
    for name in {judge.name for judge in config.judges} & prices.keys():
        price = prices[name]
        expected = price and price.asked(in_batches=(name, Role.JUDGE) in in_batches)
        purse.guess_follow_ups(expected, sum(config.sampling.pairs) / 2)
    return purse
