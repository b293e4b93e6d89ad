"""The whole comparison: every arm with every seed, resumable, with its settings kept beside it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from apigen.ablate.arms import Arm
from apigen.ablate.cells import Cell, Work, clear_up, do, finished, write_rows
from apigen.ablate.drawing import Sizes, draw
from apigen.ablate.figures import figures, mixed_versions
from apigen.ablate.pool import Pool
from apigen.errors import UserError
from apigen.files import replacing, require_makeable, storage_errors

SETTINGS, FIGURES = "settings.json", "ablation.json"
SUITES = ("unseen", "seen")
"""Questions whose answers call tools that no training set shows, and questions about tools that they do show."""


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


def write_questions(folder: Path, pool: Pool) -> dict[str, Path]:
    """Write what models are asked; suites without questions are left out.

    Raises:
        UserError: there are none at all.
    """
    found: dict[str, Path] = {}
    for name, rows in zip(SUITES, (pool.unseen, pool.seen), strict=True):
        if rows:
            found[name] = folder / f"{name}.jsonl"
            write_rows(found[name], rows)
    if not found:
        raise UserError("no verified row is left to ask about; make a larger run, or hold out more tools")
    return found


def carry_out(
    work: Work,
    pool: Pool,
    planned: Sizes,
    settings: Settings,
    told: Callable[[Arm, int, str], None],
) -> Iterator[Cell]:
    """Every cell, seed by seed, so that what is done after a while compares all arms.

    Args:
        work: how cells are done.
        pool: what training sets are drawn from.
        planned: their sizes.
        settings: which cells there are.
        told: is told what is being done, by arm and seed.
    """
    for seed in settings.seeds:
        for arm in settings.arms:
            cell = finished(work.folder, arm, seed)
            if cell is None:
                rows = draw(pool, arm, planned, seed)
                cell = do(work, arm, seed, rows, partial(told, arm, seed))
            clear_up(work, arm, seed)
            yield cell


def write_figures(
    folder: Path, settings: Settings, pool: Pool, cells: Sequence[Cell], versions: Mapping[str, str]
) -> dict[str, Any]:
    """Write ablation.json, and give what it holds."""
    found = {
        "date": datetime.now(UTC).date().isoformat(),
        "versions": versions,
        "mixed_versions": mixed_versions(cells),
        "settings": msgspec.to_builtins(settings),
        "pool": {
            "train": pool.fell(),
            "unseen": len(pool.unseen),
            "seen": len(pool.seen),
            "held_out": list(pool.held_out),
            "unshown": pool.unshown,
            "unreadable": pool.unreadable,
            "unchecked": pool.unchecked,
            "neither": pool.neither,
        },
        "done": len(cells),
        "due": len(settings.arms) * len(settings.seeds),
        "suites": figures(cells),
        "cells": [msgspec.to_builtins(cell) for cell in cells],
    }
    with replacing(folder / FIGURES) as file:
        file.write(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
    return found
