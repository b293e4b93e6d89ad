"""Commands that train read the recipe and the form alike, from their own layers, the user's file and the options."""

from pathlib import Path

import pytest

from apigen.dialogue.form import form_named
from apigen.errors import UserError
from apigen.train.recipe import make_recipe, recipe_for


def test_the_layers_follow_from_what_is_trained(tmp_path: Path) -> None:
    """The user's file lies over them, and the command line over that; what it leaves open says nothing."""
    assert recipe_for(options={"epochs": None}) == make_recipe()
    for given, layers in (
        (("", False, "dpo"), ["dpo"]),
        (("tiny", False, "sft"), ["scratch"]),
        (("", True, "dpo"), ["lora", "dpo", "dpo_lora"]),
    ):
        scratch, lora, method = given
        made = recipe_for(scratch=scratch, lora=lora, method=method)
        assert made == make_recipe(None, {}, layers)
        assert made != make_recipe()
    file = tmp_path / "recipe.yaml"
    file.write_text("epochs: 7\nbatch: 3\n")
    made = recipe_for(scratch="tiny", lora=True, file=file, options={"batch": 2})
    assert (made.epochs, made.batch, made.lora.use) == (7, 2, True)


def test_a_form_that_there_is_not_is_named_with_those_that_there_are() -> None:
    """One line, for every command alike."""
    assert form_named("prompted") == "prompted"
    with pytest.raises(UserError, match="--form spoken: no such form; choose from native, prompted"):
        form_named("spoken")
