"""What the cells come to: the accuracy of each arm, and its difference from the verified one."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from apigen.ablate.arms import Arm
from apigen.ablate.base import SuiteResult
from apigen.ablate.cells import Cell
from apigen.ablate.pool import Pool, by_stage
from apigen.ablate.settings import Settings
from apigen.agreement import student
from apigen.files import replacing

FIGURES = "ablation.json"

_ALIKE = 1e-12
"""Half an interval that is rounding and no more."""


def figures(cells: Iterable[Cell]) -> dict[str, Any]:
    """The figures of ``ablation.json``, by suite and arm.

    ``correct`` and ``answers`` are counts over all seeds and have no interval: every seed is asked the same questions,
    so the answers to one of them are not independent. ``mean`` and ``difference`` are over seeds,
    with Student's interval, which covers how trainings and the rows drawn for them vary, not which questions were
    drawn. Differences are paired: of one seed, arms share their verified rows and their questions. A seed without a
    single answer, because every question ended in an error, has no accuracy: it is listed in ``unanswered`` and is in
    no mean.
    """
    done = list(cells)
    arms = [arm for arm in Arm if any(cell.arm is arm for cell in done)]
    suites = list(dict.fromkeys(name for cell in done for name in cell.suites))
    return {suite: {arm.value: _arm(done, suite, arm) for arm in arms} for suite in suites}


def write_figures(
    folder: Path,
    settings: Settings,
    pool: Pool,
    cells: Sequence[Cell],
    versions: Mapping[str, str],
    warnings: Sequence[str] = (),
) -> dict[str, Any]:
    """Write ablation.json, and return its contents."""
    found = {
        "date": datetime.now(UTC).date().isoformat(),
        "versions": versions,
        "mixed_versions": mixed_versions(cells),
        "warnings": list(warnings),
        "settings": msgspec.to_builtins(settings),
        "pool": {
            "train": by_stage(pool.train),
            "too_long": by_stage(pool.too_long),
            "longest": pool.longest,
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


def _arm(cells: Sequence[Cell], suite: str, arm: Arm) -> dict[str, Any]:
    own = {cell.seed: cell for cell in cells if cell.arm is arm and suite in cell.suites}
    base = {cell.seed: cell for cell in cells if cell.arm is Arm.VERIFIED and suite in cell.suites}
    found = [cell.suites[suite] for cell in own.values()]
    shares = {seed: cell.suites[suite].share for seed, cell in own.items()}
    shares_then = {seed: cell.suites[suite].share for seed, cell in base.items()}
    bits = {seed: cell.suites[suite].bits for seed, cell in own.items()}
    bits_then = {seed: cell.suites[suite].bits for seed, cell in base.items()}
    return {
        "seeds": sorted(shares),
        "rejected": next((cell.rejected for cell in own.values()), 0),
        "correct": sum(one.correct for one in found),
        "answers": sum(one.answers for one in found),
        "errors": sum(one.errors for one in found),
        "by_seed": {str(seed): share for seed, share in sorted(shares.items())},
        "unanswered": sorted(seed for seed, share in shares.items() if share is None),
        "mean": _within(_spread([share for share in shares.values() if share is not None])),
        "difference": None if arm is Arm.VERIFIED else _spread(_paired(shares, shares_then)),
        "tools": sum(one.tools for one in found),
        "arguments": _arguments(own, None if arm is Arm.VERIFIED else base, suite),
        "bits": _spread([one for one in bits.values() if one is not None]),
        "scored": _scored(found),
        "bits_difference": None if arm is Arm.VERIFIED else _spread(_paired(bits, bits_then)),
        "reasons": _reasons(cell.suites[suite].reasons for cell in own.values()),
    }


def _scored(found: Sequence[SuiteResult]) -> int | None:
    """Right answers whose bits were computed, over all seeds; ``None`` where earlier cells did not count them."""
    counts = [one.scored for one in found if one.scored is not None]
    return sum(counts) if len(counts) == len(found) else None


def _paired(own: Mapping[int, float | None], base: Mapping[int, float | None]) -> list[float]:
    return [one - then for seed, one in own.items() if one is not None and (then := base.get(seed)) is not None]


def _spread(values: Sequence[float]) -> dict[str, float | None] | None:
    """A mean with its interval; without one for a single seed, or where all are equal, which says nothing of spread."""
    if not values:
        return None
    mean, half = student(values)
    if half is None or half < _ALIKE:
        return {"mean": mean, "low": None, "high": None}
    return {"mean": mean, "low": mean - half, "high": mean + half}


def _within(spread: dict[str, float | None] | None) -> dict[str, float | None] | None:
    """The same, its interval cut to what a share can be."""
    if spread is None or spread["low"] is None or spread["high"] is None:
        return spread
    return {**spread, "low": max(0.0, spread["low"]), "high": min(1.0, spread["high"])}


def _arguments(own: Mapping[int, Cell], base: Mapping[int, Cell] | None, suite: str) -> dict[str, Any] | None:
    """Argument accuracy over all seeds, and paired by seed; ``None`` if no argument was expected."""
    found = [one for cell in own.values() if (one := cell.suites[suite].arguments) is not None]
    due, called, right = (sum(getattr(one, name) for one in found) for name in ("due", "called", "right"))
    if not due:
        return None
    return {
        "due": due,
        "called": called,
        "right": right,
        "share": right / due,
        "share_of_called": right / called if called else None,
        "difference": None if base is None else _spread(_paired(_right_of_due(own, suite), _right_of_due(base, suite))),
    }


def _right_of_due(cells: Mapping[int, Cell], suite: str) -> dict[int, float | None]:
    counts = {seed: cell.suites[suite].arguments for seed, cell in cells.items()}
    return {seed: one.right / one.due if one is not None and one.due else None for seed, one in counts.items()}


def mixed_versions(cells: Iterable[Cell]) -> dict[str, list[str]]:
    """Libraries whose versions differ between cells, each with its versions."""
    found: dict[str, dict[str, None]] = {}
    for cell in cells:
        for name, version in cell.versions.items():
            found.setdefault(name, {})[version] = None
    return {name: sorted(versions) for name, versions in found.items() if len(versions) > 1}


def _reasons(each: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for reasons in each:
        for reason, count in reasons.items():
            total[reason] = total.get(reason, 0) + count
    return dict(sorted(total.items(), key=lambda item: -item[1]))
