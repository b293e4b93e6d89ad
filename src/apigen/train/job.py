"""What is asked for, and what came of it."""

import hashlib
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
"""Told the steps done, of how many, and the latest loss."""


class Job(msgspec.Struct, frozen=True):
    """One training."""

    recipe: Recipe
    out: Path
    """Where the model and all that is told about it go."""
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
            raise UserError("name one model to begin with: --model NAME_OR_FOLDER, or --from-scratch tiny or small")
        if self.scratch:
            size_of(self.scratch)
        if self.form not in FORMS or self.method not in METHODS:
            raise UserError(
                f"forms are {', '.join(FORMS)}, methods {', '.join(METHODS)}; not {self.form}, {self.method}"
            )
        if self.scratch and self.chat_template:
            raise UserError("--chat-template: a model from scratch has its own; leave --chat-template out")
        if self.scratch and self.recipe.lora.use:
            raise UserError(
                "--lora: an adapter beside random weights that stay as they are learns nothing; leave it out"
            )
        if self.chat_template and not self.chat_template.is_file():
            raise UserError(f"--chat-template {self.chat_template}: no such file")
        if self.method == "dpo" and self.recipe.packing:
            raise UserError("--packing: pairs are not packed; leave --packing out")
        if self.method == "dpo" and self.scratch:
            raise UserError("--method dpo: prefers among answers of a model that can answer; give one with --model")

    @property
    def begins_with(self) -> str:
        """The model that training begins with, in words."""
        return self.model or f"a {self.scratch} model from scratch"

    def deciding(self, data: str) -> dict[str, Any]:
        """Everything that decides what is learnt; a resumed training must agree in it.

        Args:
            data: digest of the rows.
        """
        template = hashlib.sha256(self.chat_template.read_bytes()).hexdigest()[:16] if self.chat_template else ""
        return {
            "model": self.model or f"from-scratch {self.scratch}",
            "form": self.form,
            "method": self.method,
            "chat_template": template,
            "data": data,
            **{f"recipe.{key}": value for key, value in self.recipe.model_dump(mode="json").items()},
        }


class TrainingResult(msgspec.Struct, frozen=True):
    """What came of a training."""

    out: Path
    """The folder; it loads with ``AutoModelForCausalLM`` and ``AutoTokenizer``."""
    finished: bool
    """Whether all steps were done; else ``--resume`` goes on."""
    record: Mapping[str, Any]
    """What training.json says."""
    trained: bool = True
    """Whether anything was done now; not where a training that is resumed was finished already."""

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
