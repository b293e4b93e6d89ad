"""From a configured name to a model."""

from apigen.errors import UserError
from apigen.model_config import ModelConfig
from apigen.models.base import Model
from apigen.models.offline.model import OfflineModel


def make_model(config: ModelConfig, concurrency: int) -> Model:
    """Make the model that a configuration names.

    Raises:
        UserError: there is no such kind of model.
    """
    if config.name == "offline":
        return OfflineModel()
    if config.name.startswith("openai/"):
        # Imported here: offline runs need not wait for aiohttp, which takes as long to import as all the rest.
        from apigen.models.openai.model import OpenAIModel  # noqa: PLC0415

        return OpenAIModel(config, concurrency)
    if config.name.startswith("simulated/"):
        # Imported here: its faults are needed by nobody else who writes.
        from apigen.models.simulated.model import SimulatedModel  # noqa: PLC0415
        from apigen.models.simulated.profiles import profile_named  # noqa: PLC0415

        return SimulatedModel(profile_named(config.name.removeprefix("simulated/")))
    raise UserError(f"{config.name!r} is no model that can be asked: write `offline` or `openai/NAME`")
