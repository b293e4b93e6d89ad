"""From a configured name to a model."""

from apigen.errors import UserError
from apigen.model_config import ModelConfig
from apigen.models.base import Model
from apigen.models.batch.book import BatchBook
from apigen.models.offline.model import OfflineModel


def make_model(
    config: ModelConfig, concurrency: int, *, role: str = "writer", batches: BatchBook | None = None
) -> Model:
    """Make the model that a configuration names.

    Args:
        config: its name and how it is reached.
        concurrency: requests in flight at once.
        role: what it is asked for.
        batches: where a model with ``batch`` notes what it sends; without one it is asked request by request.

    Raises:
        UserError: there is no such kind of model.
    """
    if config.name == "offline":
        return OfflineModel()
    if config.name.startswith("openai/"):
        # Imported here: offline runs need not wait for aiohttp, which takes as long to import as all the rest.
        from apigen.models.batch.model import BatchModel  # noqa: PLC0415
        from apigen.models.batch.speech import PlainSpeech  # noqa: PLC0415
        from apigen.models.openai.model import OpenAIModel  # noqa: PLC0415

        if config.batch and batches:
            return BatchModel(config, PlainSpeech(config.name), batches, role)
        return OpenAIModel(config, concurrency)
    raise UserError(f"{config.name!r} is no model that can be asked: write `offline` or `openai/NAME`")
