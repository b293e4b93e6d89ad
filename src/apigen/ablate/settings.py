"""The settings of an ablation, kept beside its results, so that it is resumed with the same settings only."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from apigen.ablate.arms import Arm
from apigen.errors import UserError
from apigen.files import replacing, require_makeable, storage_errors

SETTINGS = "settings.json"
_NAMES = {"digest": "a run whose attempts have digest", "base": "a base model with digest"}


class Settings(msgspec.Struct, frozen=True):
    """Everything that the figures depend on, except library versions and the machine."""

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


def require_place(folder: Path, *, resume: bool) -> None:
    """Make sure that a folder is free or, to resume, holds an ablation.

    Raises:
        UserError: neither is the case.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: not a directory; choose another --out")
    if (folder / SETTINGS).exists():
        if not resume:
            raise UserError(f"{folder}: already contains an ablation; use --resume, or choose another --out")
    elif folder.exists() and any(not one.name.startswith(".") for one in folder.iterdir()):
        raise UserError(f"{folder}: directory is not empty and does not contain an ablation; choose another --out")
    elif resume:
        raise UserError(f"{folder}: does not contain an ablation to resume; drop --resume")
    require_makeable(folder)


def require_same(folder: Path, settings: Settings, *, resume: bool) -> None:
    """Make sure that a folder is free or, to resume, holds an ablation with the same settings.

    Raises:
        UserError: neither is the case.
    """
    require_place(folder, resume=resume)
    path = folder / SETTINGS
    if path.exists():
        try:
            earlier = msgspec.json.decode(path.read_bytes(), type=Settings)
        except (OSError, msgspec.MsgspecError) as error:
            raise UserError(f"{path}: cannot be read ({error}); choose another --out") from None
        _require_no_fewer(folder, earlier, settings)
        changed = next(_changed(earlier, settings), None)
        if changed:
            name, before, after = changed
            raise UserError(
                f"{folder}: was started with {name} {before!r}, not {after!r}; use the same settings, or another --out"
            )


def _require_no_fewer(folder: Path, earlier: Settings, now: Settings) -> None:
    """Refuse to resume without sets or seeds that were there before; more of them only add cells."""
    for option, before, after in (("--arms", earlier.arms, now.arms), ("--seeds", earlier.seeds, now.seeds)):
        gone = ", ".join(str(one) for one in before if one not in after)
        if gone:
            every = ",".join(map(str, before)) if option == "--arms" else f"{max(earlier.seeds)} or more"
            raise UserError(
                f"{folder}: was started with more {option[2:]}; --resume can add some but not drop any, and these are "
                f"missing: {gone}; use {option} {every}"
            )


def keep_settings(folder: Path, settings: Settings, *, resume: bool) -> None:
    """Write the settings, once :func:`require_same` has passed.

    Raises:
        UserError: the folder already contains an ablation and ``resume`` is not set, or it has other settings.
    """
    path = folder / SETTINGS
    require_same(folder, settings, resume=resume)
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(msgspec.json.format(msgspec.json.encode(settings)) + b"\n")


def _changed(earlier: Settings, now: Settings) -> Iterator[tuple[str, Any, Any]]:
    """The settings that differ, each with both values; paths whose digests are equal may be spelled differently."""
    before, after = _named(earlier), _named(now)
    by_digest = {"run"} | ({"model"} if earlier.base and earlier.base == now.base else set())
    may_grow = {"arms", "seeds"}  # which was compared before
    for name in before | after:
        then, given = before.get(name), after.get(name)
        if then != given and name not in by_digest | may_grow:
            yield _NAMES.get(name, name), then, given


def _named(settings: Settings) -> dict[str, Any]:
    """Every setting by its name, each key of the recipe by its own."""
    fields: dict[str, Any] = msgspec.to_builtins(settings)
    return {**fields.pop("training"), **fields}
