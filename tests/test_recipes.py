"""Commands that train read the recipe and the form alike, from their own layers, the user's file and the options."""

from pathlib import Path

import pytest

from apigen.cli.recipes import recipe_of
from apigen.dialogue.form import form_named
from apigen.errors import UserError
from apigen.train.recipe import make_recipe


def test_the_layers_follow_from_what_is_trained(tmp_path: Path) -> None:
    """The user's file lies over them, and the command line over that; what it leaves open says nothing."""
    assert recipe_of(None, {"lora": False, "epochs": None}, scratch="") == make_recipe()
    for given, layers in (
        (("", False, "dpo"), ["dpo"]),
        (("tiny", False, "sft"), ["scratch"]),
        (("", True, "dpo"), ["lora", "dpo", "dpo_lora"]),
    ):
        scratch, lora, method = given
        made = recipe_of(None, {"lora": lora}, scratch=scratch, method=method)
        assert made == make_recipe(None, {}, layers)
        assert made != make_recipe()
    file = tmp_path / "recipe.yaml"
    file.write_text("epochs: 7\nbatch: 3\n")
    made = recipe_of(file, {"lora": True, "batch": 2}, scratch="tiny")
    assert (made.epochs, made.batch, made.lora.use) == (7, 2, True)


def test_a_form_that_there_is_not_is_named_with_those_that_there_are() -> None:
    """One line, for every command alike."""
    assert form_named("prompted") == "prompted"
    with pytest.raises(UserError, match="--form spoken: no such form; there are native, prompted"):
        form_named("spoken")
