"""The recipe that a command line names, for every command that trains."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from apigen.train.recipe import Recipe, make_recipe


def recipe_of(file: Path | None, options: Mapping[str, Any], *, scratch: str, method: str = "sft") -> Recipe:
    """The recipe: the shipped layers that go with what is trained, the user's file over them, its options over that.

    Args:
        file: of the user.
        options: what the command line says, by the recipe's keys; ``lora`` is whether an adapter is trained.
        scratch: the size of a model that begins with random weights; empty for one that is there.
        method: by which is trained.

    Raises:
        UserError: the file cannot be read, or holds an unknown key or a wrong value.
    """
    lora, dpo = bool(options.get("lora")), method == "dpo"
    layers = [
        *(("scratch",) if scratch else ()),
        *(("lora",) if lora else ()),
        *(("dpo",) if dpo else ()),
        *(("dpo_lora",) if lora and dpo else ()),
    ]
    return make_recipe(file, {key: value for key, value in options.items() if key != "lora"}, layers)
