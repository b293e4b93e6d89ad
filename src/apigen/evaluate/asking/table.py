"""Who can be asked, by name."""

import math
from collections.abc import Sequence
from pathlib import Path

import msgspec

from apigen.dialogue.form import Form
from apigen.errors import UserError
from apigen.evaluate.asking.base import Answerer
from apigen.evaluate.asking.generating import Generator
from apigen.evaluate.asking.local import Local
from apigen.model_config import ModelConfig
from apigen.models.base import Options
from apigen.models.table import ModelTable

LOCAL = "local:"
OPENAI = "openai/"


class Asking(msgspec.Struct, frozen=True):
    """How somebody is asked."""

    temperature: float
    max_tokens: int
    concurrency: int
    """Questions under way at once; in a local model's batch."""


def require_askable(model: str, temperature: float) -> None:
    """Refuse a name that nobody has, before anything is loaded or written.

    Raises:
        UserError: it is one, the temperature is none, or a local model is to answer otherwise than greedily.
    """
    if not math.isfinite(temperature) or temperature < 0:
        raise UserError(f"--temperature {temperature:g}: must be a number of at least 0, such as 0.7")
    if model.startswith(LOCAL) and len(model) > len(LOCAL):
        if temperature:
            raise UserError(
                f"--temperature {temperature:g}: local: models decode greedily; remove --temperature, or use a server"
            )
        return
    if not (model.startswith(OPENAI) and len(model) > len(OPENAI)):
        raise UserError(
            f"--model {model}: unknown kind of model; use openai/NAME (your own server: --base-url) or local:FOLDER"
        )


def make_answerer(model: str, endpoints: Sequence[ModelConfig], asking: Asking, form: Form) -> Answerer:
    """Somebody to ask.

    Args:
        model: ``openai/NAME`` or ``local:FOLDER``.
        endpoints: of an ``openai/`` model, resolved.
        asking: how.
        form: how questions will be put.

    Raises:
        UserError: there is no such kind of model, it cannot be loaded, or it cannot be asked in this form.
    """
    require_askable(model, asking.temperature)
    if model.startswith(LOCAL):
        generator = Generator.load(Path(model.removeprefix(LOCAL)))
        if form == "native":
            generator.require_native()
        return Local(generator, asking.concurrency, asking.max_tokens)
    # Imported here: whoever asks a local model need not wait for aiohttp.
    from apigen.evaluate.asking.endpoint import Endpoint  # noqa: PLC0415

    asked = ModelTable(asking.concurrency).models(endpoints)[model].model
    return Endpoint(asked, Options(asking.temperature, asking.max_tokens), asking.concurrency)
