"""Every hyper-parameter in one frozen record: the paper's in ``recipes/paper.yaml``, then what overrides them."""

import difflib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import pydantic
import yaml
from pydantic import Field

from apigen.config import laid_over, read_mapping
from apigen.errors import UserError
from apigen.sections import Section

Precision = Literal["auto", "mixed", "bf16", "fp32"]
"""``mixed``: weights in fp32, arithmetic in bf16. ``bf16``: both, which takes half the memory and rounds small steps
away."""


_MOST = 10**9
"""Upper limit of counts; anything above is a typo, to which libraries respond with a traceback."""


class Lora(Section):
    """Training a small adapter while the base weights stay frozen."""

    use: bool
    rank: int = Field(ge=1, le=2**16)
    alpha: float = Field(gt=0, le=2**16)
    dropout: float = Field(ge=0, lt=1)
    targets: str | list[str]


class Recipe(Section):
    """How a model is trained. ``recipes/paper.yaml`` has the defaults and says what each key means."""

    learning_rate: float = Field(gt=0)
    epochs: float = Field(gt=0, le=_MOST)
    max_steps: int | None = Field(ge=1, le=_MOST)
    optimizer: str
    schedule: str
    warmup_steps: int = Field(ge=0, le=_MOST)
    weight_decay: float = Field(ge=0, le=1000)
    max_grad_norm: float = Field(gt=0)
    cutoff: int = Field(ge=16, le=2**24)
    batch: int = Field(ge=1, le=2**16)
    accumulation: int = Field(ge=1, le=2**16)
    packing: bool
    precision: Precision
    gradient_checkpointing: bool
    seed: int = Field(ge=0, lt=2**32)
    lora: Lora
    held_out: float = Field(ge=0, le=0.5)
    held_out_most: int = Field(ge=0, le=_MOST)
    evaluate_every: int | float = Field(gt=0, le=_MOST)
    checkpoint_every: int | float = Field(gt=0, le=_MOST)
    keep_checkpoints: int = Field(ge=2, le=_MOST)
    log_every: int = Field(ge=1, le=_MOST)
    beta: float = Field(gt=0)

    @pydantic.field_validator("evaluate_every", "checkpoint_every")
    @classmethod
    def _share_or_steps(cls, value: float) -> int | float:
        """A share has a decimal point, ``1.0`` being once at the end; a number of steps has none."""
        if isinstance(value, int) or value <= 1:
            return value
        if not value.is_integer():
            msg = "is a share of all steps (at most 1.0) or a whole number of steps"
            raise ValueError(msg)
        return int(value)

    def to_yaml(self) -> str:
        """The whole recipe; passed with ``--recipe`` it repeats the training."""
        text: str = yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False)
        return text


def recipe_for(
    *,
    scratch: str = "",
    lora: bool = False,
    method: str = "sft",
    file: Path | None = None,
    options: Mapping[str, Any] | None = None,
) -> Recipe:
    """The recipe for what is trained: the paper's, adjusted for it, then the user's file, then single options.

    A model from scratch, an adapter and preferences each need a learning rate of their own; see ``recipes/``.

    Args:
        scratch: size of a model from scratch; empty for a pretrained one.
        lora: whether an adapter is trained.
        method: ``sft`` or ``dpo``.
        file: YAML with any of the recipe's keys.
        options: single values by the recipe's keys; ``None`` means not given.

    Raises:
        UserError: the file cannot be read, or a key is unknown or its value wrong.
    """
    dpo = method == "dpo"
    chosen = {"scratch": bool(scratch), "lora": lora, "dpo": dpo, "dpo_lora": dpo and lora}
    return make_recipe(file, options, [layer for layer, wanted in chosen.items() if wanted])


def make_recipe(
    file: Path | None = None, options: Mapping[str, Any] | None = None, layers: Sequence[str] = ()
) -> Recipe:
    """The paper's recipe with layers over it, whatever is trained; :func:`recipe_for` picks the layers.

    Args:
        file: YAML with any of the recipe's keys.
        options: single values by the recipe's keys; ``None`` means not given.
        layers: shipped recipes to apply in order, such as ``lora``.

    Raises:
        UserError: the file cannot be read, or a key is unknown or its value wrong.
    """
    merged: dict[str, Any] = {}
    for name in ("paper", *layers):
        merged = laid_over(merged, yaml.safe_load(files("apigen.train").joinpath(f"recipes/{name}.yaml").read_text()))
    merged = laid_over(merged, read_mapping(file, f"--recipe {file}", "recipe", "epochs: 2") if file else {})
    merged = laid_over(merged, {key: value for key, value in (options or {}).items() if value is not None})
    try:
        return Recipe.model_validate(merged)
    except pydantic.ValidationError as error:
        raise UserError(f"{file or 'the recipe'}: {_explain(error)}") from None


def _explain(error: pydantic.ValidationError) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = [*Recipe.model_fields, *(f"lora.{name}" for name in Lora.model_fields)]
        close = difflib.get_close_matches(key, known, 1)
        hint = f"did you mean `{close[0]}`?" if close else f"known keys: {', '.join(Recipe.model_fields)}"
        return f"unknown key `{key}`; {hint}"
    said = first["msg"].removeprefix("Value error, ")
    if words := _IN_WORDS.get(first["type"]):
        said = words.format_map(first.get("ctx", {}))
    named = [str(part) for part in first["loc"] if part in {*Recipe.model_fields, *Lora.model_fields}]  # and no type
    return f"`{'.'.join(named)}`: {said}, got {_spelled(first.get('input'))}"


_IN_WORDS = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "finite_number": "must be a finite number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "greater_than": "must be greater than {gt:,.12g}",
    "greater_than_equal": "must be at least {ge:,.12g}",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a smaller number",
    "int_type": "must be a whole number",
    "less_than": "must be less than {lt:,.12g}",
    "less_than_equal": "must be at most {le:,.12g}",
    "list_type": "must be a list of names, or one text",
    "literal_error": "must be {expected}",
    "model_type": "must be a mapping of keys to values",
    "string_type": "must be text",
}
"""What is wrong with a value, by pydantic's name for it."""


def _spelled(value: Any) -> str:
    """A value as YAML spells it."""
    text: str = yaml.safe_dump(value, default_flow_style=True, width=10**6)
    return text.removesuffix("\n").removesuffix("\n...")
