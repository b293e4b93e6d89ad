"""From configured names to models."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from apigen.errors import UserError
from apigen.model_config import WHAT_IS_ASKED, ModelConfig
from apigen.models.base import Model
from apigen.models.batch.book import BatchBook
from apigen.models.offline.model import OfflineModel
from apigen.models.openai.ladders import Ladders
from apigen.models.roles import Role
from apigen.models.store import CompletionStore, Pay, unpaid

if TYPE_CHECKING:
    from apigen.models.openai.client import Client


class Weighted(NamedTuple):
    """A model, and its weight among those that were made with it."""

    model: Model
    weight: float


class ModelTable:
    """Makes the models that a configuration names.

    Whoever is reached in the same way is reached through one client: a writer that judges as well keeps to one limit.

    Args:
        concurrency: requests in flight at an endpoint that names no number of its own.
        store: where what is learned about endpoints is kept; ``None`` to learn it anew each time.
        pay: enters what that cost; returns the answer with its cost.
        batches: where models with ``batch`` note what they send; without it they are asked request by request.
    """

    def __init__(
        self,
        concurrency: int,
        store: CompletionStore | None = None,
        pay: Pay = unpaid,
        batches: BatchBook | None = None,
    ) -> None:
        self._batches = batches
        self._concurrency = concurrency
        self._ladders = Ladders(store, pay)
        self._clients: dict[str, Client] = {}

    def models(self, configs: Sequence[ModelConfig], role: Role = Role.WRITER) -> dict[str, Weighted]:
        """One model for each name, in order; entries with one name are its endpoints, and their weights add up.

        Args:
            configs: resolved, so that entries of one name are known to be endpoints of one model.
            role: what they are asked for, by which their batches are told apart.

        Raises:
            UserError: there is no such kind of model.
        """
        by_name: dict[str, list[ModelConfig]] = {}
        for config in configs:
            by_name.setdefault(config.name, []).append(config)
        return {
            name: Weighted(self._model(replicas, role), sum(replica.weight for replica in replicas))
            for name, replicas in by_name.items()
        }

    def _model(self, replicas: Sequence[ModelConfig], role: Role) -> Model:
        first = replicas[0]
        if first.name == "offline":
            return OfflineModel()
        if first.name.startswith("simulated/"):
            # Imported here: its faults are needed by nobody else who writes.
            from apigen.models.simulated.model import SimulatedModel  # noqa: PLC0415
            from apigen.models.simulated.profiles import profile_named  # noqa: PLC0415

            return SimulatedModel(profile_named(first.name.removeprefix("simulated/")))
        if not first.name.startswith("openai/"):
            raise UserError(f"{first.name!r} is not a model: write `offline`, `simulated/PROFILE` or `openai/NAME`")
        # Imported here: offline runs need not wait for aiohttp, which takes as long to import as all the rest.
        from apigen.models.openai.client import Client  # noqa: PLC0415
        from apigen.models.openai.model import OpenAIModel  # noqa: PLC0415

        aside = {*WHAT_IS_ASKED, *(["weight"] if len(replicas) == 1 else [])}
        reached = "\n".join(sorted(replica.model_dump_json(exclude=aside) for replica in replicas))
        if reached in self._clients:
            self._clients[reached].holders += 1
        else:
            self._clients[reached] = Client(replicas, self._concurrency)
        model = OpenAIModel(first, self._concurrency, self._clients[reached], self._ladders.of(first))
        if not (first.batch and self._batches):
            return model
        from apigen.models.batch.model import BatchModel  # noqa: PLC0415

        return BatchModel(first, model, self._batches, role)


def make_model(config: ModelConfig, concurrency: int) -> Model:
    """Make one model that has one endpoint.

    Raises:
        UserError: there is no such kind of model.
    """
    return ModelTable(concurrency).models((config,))[config.name].model
