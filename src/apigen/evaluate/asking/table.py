"""The kinds of models that can be asked, by name."""

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
    """How a model is asked."""

    temperature: float
    max_tokens: int
    concurrency: int
    """Questions in flight; for a local model, the batch size."""


def require_askable(model: str, temperature: float) -> None:
    """Refuse an unknown kind of model or a temperature it cannot have, before anything is loaded or written.

    Raises:
        UserError: the name or the temperature is invalid, or a local model is given a temperature above 0.
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
    """Make what answers for a model.

    Args:
        model: ``openai/NAME`` or ``local:FOLDER``.
        endpoints: of an ``openai/`` model, resolved.
        asking: temperature, max tokens and concurrency.
        form: in which prompts will be made.

    Raises:
        UserError: the kind of model is unknown, or the model cannot be loaded or asked in this form.
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
