"""A training as it is requested, and its result."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from apigen.dialogue.form import FORMS, Form
from apigen.errors import UserError
from apigen.train.recipe import Recipe
from apigen.train.scratch import size_of

Method = Literal["sft", "dpo"]
METHODS: dict[str, Method] = {"sft": "sft", "dpo": "dpo"}
Watch = Callable[[int, int, float | None], None]
"""Called with the steps done, the total, and the latest loss."""


class Job(msgspec.Struct, frozen=True):
    """One training."""

    recipe: Recipe
    out: Path
    """Folder for the model and its records."""
    model: str = ""
    """A name on the hub or a folder; empty for a model from scratch."""
    scratch: str = ""
    """The size of a model from scratch."""
    form: Form = "native"
    method: Method = "sft"
    chat_template: Path | None = None
    resume: bool = False

    def __post_init__(self) -> None:
        if bool(self.model) == bool(self.scratch):
            raise UserError("pass exactly one of --model NAME_OR_FOLDER and --from-scratch tiny|small")
        if self.scratch:
            size_of(self.scratch)
        if self.form not in FORMS or self.method not in METHODS:
            raise UserError(
                f"form {self.form!r}, method {self.method!r}: no such form or method; forms are {', '.join(FORMS)}, "
                f"methods are {', '.join(METHODS)}"
            )
        if self.scratch and self.chat_template:
            raise UserError("--chat-template: a model from scratch has its own chat template; drop the option")
        if self.scratch and self.recipe.lora.use:
            raise UserError("--lora: an adapter on frozen random weights learns nothing; drop --lora or --from-scratch")
        if self.chat_template and not self.chat_template.is_file():
            raise UserError(f"--chat-template {self.chat_template}: no such file")
        if self.method == "dpo" and self.recipe.packing:
            raise UserError("--packing: not supported for preference pairs (--method dpo); drop --packing")
        if self.method == "dpo" and self.scratch:
            raise UserError("--method dpo: needs a model that can already answer; pass one with --model")

    @property
    def begins_with(self) -> str:
        """The model that training begins with, in words."""
        return self.model or f"a {self.scratch} model from scratch"


class TrainingResult(msgspec.Struct, frozen=True):
    """The result of a training."""

    out: Path
    """The folder, which loads with ``AutoModelForCausalLM`` and ``AutoTokenizer``."""
    finished: bool
    """Whether all steps were done; if not, ``--resume`` continues."""
    record: Mapping[str, Any]
    """The content of training.json."""
    trained: bool = True
    """Whether any step was done now; false if a resumed training was already finished."""

    @property
    def loss(self) -> float | None:
        """The mean loss over the last tenth of the steps."""
        loss: float | None = self.record["losses"]["final"]
        return loss

    @property
    def evaluation_loss(self) -> float | None:
        """The last loss on held-out rows; ``None`` where none were held out."""
        loss: float | None = self.record["losses"]["evaluation"]
        return loss
