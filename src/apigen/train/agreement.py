"""Everything that decides what a training learns: one that is resumed must agree with it."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from apigen.dialogue.form import prompt_version
from apigen.errors import UserError
from apigen.evaluate.model_digest import model_digest
from apigen.train.hub import revision
from apigen.train.job import Job
from apigen.train.loading import precision
from apigen.train.scratch import template
from apigen.train.words import words_version

_NAMES = {
    "base": "the base model's weights, configuration or tokenizer",
    "data": "the data",
    "shipped_template": "the chat template of models from scratch in this version of apigen",
    "prompts": "the wording of prompts in this version of apigen",
    "words": "the wording of answers in this version of apigen",
}
_OF_APIGEN = ("shipped_template", "prompts", "words")
"""What only another version of apigen changes."""


def deciding(job: Job, data: str) -> dict[str, Any]:
    """What decides a training's result, by name.

    Args:
        job: what is asked for.
        data: digest of the rows.
    """
    recipe = job.recipe.model_dump(mode="json")
    del recipe["precision"]
    return {
        "model": job.model or f"from-scratch {job.scratch}",
        "base": _base(job.model),
        "form": job.form,
        "method": job.method,
        "chat_template": _digest(job.chat_template.read_bytes()) if job.chat_template else "",
        "shipped_template": _digest(template("hermes").encode()) if job.scratch else "",
        "prompts": prompt_version(job.form),
        "words": words_version(),
        "data": data,
        "precision": precision(job.recipe),
        **{f"recipe.{key}": value for key, value in recipe.items()},
    }


def require_agreement(then: Mapping[str, Any], now: Mapping[str, Any], out: Path) -> None:
    """Refuse to resume a training as another one.

    What an earlier version of apigen did not record, or could not know such as a revision without a network, is not
    compared; nor is where a model is, as long as it is the same one.

    Raises:
        UserError: something that decides the result has changed.
    """
    same_base = bool(now["base"]) and then.get("base") == now["base"]
    for key, value in now.items():
        if key == "model" and same_base:
            continue
        before = then.get(key, value)
        if before != value and not (key == "base" and "" in (before, value)):
            fix = "resume with the version of apigen that began it" if key in _OF_APIGEN else "undo the change"
            raise UserError(
                f"{out}: cannot resume: {_NAMES.get(key, key)} changed from {before!r} to {value!r}; {fix}, or choose "
                "another --out"
            )


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:16]


def _base(model: str) -> str:
    """The digest of a folder, or the revision of a model on the hub; empty for none."""
    if not model:
        return ""
    return model_digest(model) if Path(model).expanduser().is_dir() else revision(model)
