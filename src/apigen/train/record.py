"""The content of training.json: enough to repeat a training, and to know what it was."""

import statistics
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from apigen.extra import versions
from apigen.train.fit import Fitted
from apigen.train.job import Job
from apigen.train.prepared import Prepared
from apigen.train.steps import Point
from apigen.training_folder import DONE, record_path


def begun(job: Job, prepared: Prepared, agreed: Mapping[str, Any]) -> dict[str, Any]:
    """The record before the first step."""
    examples = prepared.examples
    return {
        "status": "running",
        "model": job.begins_with,
        "form": job.form,
        "method": job.method,
        "recipe": job.recipe.model_dump(mode="json"),
        "deciding": dict(agreed),
        "data": msgspec.to_builtins(examples.sources),
        "paths": _paths(job, [source.path for source in examples.sources]),
        "rows": {
            "read": len(examples.kept) + len(examples.left_out),
            "trained": len(prepared.rows),
            "held_out": len(prepared.held_out),
            "left_out": len(prepared.left_out),
            "too_long": prepared.too_long,
            "without_calls": examples.without_calls,
        },
        "tokens": msgspec.to_builtins(prepared.lengths),
        "parameters": {"all": prepared.shape.parameters, "adapter": prepared.shape.adapter},
        "plan": msgspec.to_builtins(prepared.plan),
        "notes": list(prepared.notes),
        "versions": versions(),
        "sessions": [],
        "losses": {"final": None, "evaluation": None, "points": []},
    }


def ended(
    job: Job, prepared: Prepared, fitted: Fitted, agreed: Mapping[str, Any], earlier: dict[str, Any] | None
) -> dict[str, Any]:
    """The record after a session, the last one or not.

    Args:
        job: what was asked for.
        prepared: what was planned.
        fitted: what was done now.
        agreed: everything that decides the result, as it was at the beginning.
        earlier: the record of the sessions before.
    """
    record = begun(job, prepared, agreed)
    done = fitted.steps - fitted.resumed_from
    session = {
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "from_step": fitted.resumed_from,
        "to_step": fitted.steps,
        "seconds": round(fitted.seconds, 2),
        "steps_per_second": round(done / fitted.seconds, 3) if done else 0.0,
        "device": fitted.device,
        "precision": fitted.precision,
        "versions": record["versions"],
    }
    return record | {
        "status": "interrupted" if fitted.interrupted else DONE,
        "parameters": {**record["parameters"], "trained": fitted.trained_parameters},
        "sessions": [*(earlier["sessions"] if earlier else ()), session],
        "losses": {
            "final": _final(fitted.points),
            "evaluation": next(
                (point.evaluation_loss for point in reversed(fitted.points) if point.evaluation_loss is not None), None
            ),
            "points": msgspec.to_builtins(fitted.points),
        },
    }


def _paths(job: Job, data: Sequence[str]) -> dict[str, Any]:
    """Absolute paths of what was learnt from: they must be found from other working directories too."""
    base = record_path(Path(job.model)) if job.model else None
    return {
        "base_training": str(base) if base is not None and base.is_file() else None,
        "data": [str(Path(one).resolve()) for one in data],
    }


def _final(points: Sequence[Point]) -> float | None:
    """The mean loss over the last tenth of what was logged: single steps scatter."""
    losses = [point.loss for point in points if point.loss is not None]
    return round(statistics.fmean(losses[-max(1, len(losses) // 10) :]), 6) if losses else None
