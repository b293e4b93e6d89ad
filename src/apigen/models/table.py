"""From a configured name to a model."""

from apigen.errors import UserError
from apigen.model_config import ModelConfig
from apigen.models.base import Model
from apigen.models.offline.model import OfflineModel
from apigen.models.openai.ladders import Ladders


def make_model(config: ModelConfig, concurrency: int, ladders: Ladders | None = None) -> Model:
    """Make the model that a configuration names.

    Args:
        config: resolved.
        concurrency: requests in flight at once.
        ladders: of all models that are asked; ``None`` where this is the only one.

    Raises:
        UserError: there is no such kind of model.
    """
    if config.name == "offline":
        return OfflineModel()
    if config.name.startswith("openai/"):
        # Imported here: offline runs need not wait for aiohttp, which takes as long to import as all the rest.
        from apigen.models.openai.model import OpenAIModel  # noqa: PLC0415

        return OpenAIModel(config, concurrency, ladders.of(config) if ladders else None)
    raise UserError(f"{config.name!r} is no model that can be asked: write `offline` or `openai/NAME`")
