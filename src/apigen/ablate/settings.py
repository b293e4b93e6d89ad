"""The settings of an ablation, kept beside what it comes to, so that it is gone on with under the same ones only."""

from pathlib import Path
from typing import Any

import msgspec

from apigen.ablate.arms import Arm
from apigen.errors import UserError
from apigen.files import replacing, require_makeable, storage_errors

SETTINGS = "settings.json"


class Settings(msgspec.Struct, frozen=True):
    """Everything that the figures depend on, beside the versions of libraries and the machine."""

    run: str
    digest: str
    """Of the run's attempts.jsonl."""
    notice: str
    """What the run says about who wrote its data; empty for a language model."""
    model: str
    """What is trained: ``tiny`` from scratch, or a model's name."""
    training: dict[str, Any]
    """The recipe, resolved."""
    form: str
    arms: tuple[Arm, ...]
    seeds: tuple[int, ...]
    size: int
    share: float | None
    held_out: float
    questions: int
    answer_tokens: int
    answer_batch: int
    seed: int
    base: str = ""
    """Digest of the weights in the folder that trainings begin with; empty for the hub and for random weights."""


def require_same(folder: Path, settings: Settings, *, resume: bool) -> None:
    """Make sure that a folder is free, or holds what was begun with the same settings and is to be gone on with.

    Raises:
        UserError: it is not so.
    """
    path = folder / SETTINGS
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: is no folder; name another --out")
    if path.exists():
        if not resume:
            raise UserError(f"{folder}: holds an ablation; go on with it by --resume, or name another --out")
        try:
            earlier = msgspec.json.decode(path.read_bytes(), type=Settings)
        except (OSError, msgspec.MsgspecError) as error:
            raise UserError(f"{path}: cannot be read ({error}); name another --out") from None
        then, now = _named(earlier), _named(settings)
        for name in then | now:
            before, after = then.get(name), now.get(name)
            # More arms and seeds only add cells.
            if before != after and not (name in ("arms", "seeds") and set(before or ()) <= set(after or ())):
                raise UserError(f"{folder}: was started with {name} {before!r}, not {after!r}; name another --out")
    elif folder.exists() and any(not one.name.startswith(".") for one in folder.iterdir()):
        raise UserError(f"{folder}: holds something, and no ablation; name another --out")
    elif resume:
        raise UserError(f"{folder}: no ablation was begun there; leave --resume out")
    require_makeable(folder)


def keep_settings(folder: Path, settings: Settings, *, resume: bool) -> None:
    """Write the settings, once it is sure that they are the same as those of what is gone on with.

    Raises:
        UserError: there is an ablation already and it is not to be gone on with, or it has other settings.
    """
    path = folder / SETTINGS
    require_same(folder, settings, resume=resume)
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(msgspec.json.format(msgspec.json.encode(settings)) + b"\n")


def _named(settings: Settings) -> dict[str, Any]:
    """Every setting by its name, each key of the recipe by its own."""
    fields: dict[str, Any] = msgspec.to_builtins(settings)
    return {**fields.pop("training"), **fields}
