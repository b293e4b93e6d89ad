"""The content of training.json: enough to repeat a training, and to know what it was."""

import statistics
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from apigen.extra import versions
from apigen.train.fit import Fitted
from apigen.train.job import Job
from apigen.train.loading import device_name, precision
from apigen.train.prepared import Prepared
from apigen.train.steps import Point
from apigen.training_folder import DONE, record_path


class Session:
    """One process that trains, from its first step here to the last one that is known of.

    It is recorded when it begins and again at each checkpoint, so that one that is killed is not forgotten: only the
    time since its last checkpoint is.

    Args:
        job: what is trained.
        from_step: the step of the checkpoint that it resumes from; 0 for none.
    """

    def __init__(self, job: Job, from_step: int) -> None:
        self._began = time.monotonic()
        self._started = _now()
        self._from_step = from_step
        self._machine = {"device": device_name(), "precision": precision(job.recipe), "versions": versions()}

    def until(self, step: int) -> dict[str, Any]:
        """The session up to a step."""
        seconds = time.monotonic() - self._began
        done = step - self._from_step
        return {
            "started": self._started,
            "ended": _now(),
            "from_step": self._from_step,
            "to_step": step,
            "seconds": round(seconds, 2),
            "steps_per_second": round(done / seconds, 3) if done else 0.0,
            **self._machine,
        }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def begun(job: Job, prepared: Prepared, agreed: Mapping[str, Any], earlier: Mapping[str, Any] | None) -> dict[str, Any]:
    """The record before the first step of a session.

    Args:
        job: what is asked for.
        prepared: what is planned.
        agreed: everything that decides the result.
        earlier: the record of the sessions before, if any.
    """
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
            "too_long": len(prepared.too_long),
            "without_calls": examples.without_calls,
        },
        "tokens": msgspec.to_builtins(prepared.lengths),
        "parameters": {"all": prepared.shape.parameters, "adapter": prepared.shape.adapter},
        "plan": msgspec.to_builtins(prepared.plan),
        "notes": list(prepared.notes),
        "versions": versions(),
        "sessions": list(earlier["sessions"]) if earlier else [],
        "losses": earlier["losses"] if earlier else {"final": None, "evaluation": None, "points": []},
    }


def ended(record: Mapping[str, Any], fitted: Fitted) -> dict[str, Any]:
    """The record after a session, the last one or not.

    Args:
        record: the one with which it began, and this session at its end.
        fitted: what was done.
    """
    return {
        **record,
        "status": "interrupted" if fitted.interrupted else DONE,
        "parameters": {**record["parameters"], "trained": fitted.trained_parameters},
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
