"""What the command line reports about batches: what to expect, their progress, and what keeps running without it."""

import time
from collections.abc import Sequence
from pathlib import Path

from apigen import rundir
from apigen.config import Config
from apigen.errors import UserError
from apigen.models.batch.book import BatchState, under_way
from apigen.models.batch.journal import owned_by
from apigen.models.roles import Role
from apigen.report.words import duration

_NAMED = 3
"""Batches listed in a line."""


def waves_lines(config: Config) -> list[str]:
    """How often a run in batches waits for a provider, and for how long; empty for other runs."""
    if not config.batched:
        return []
    wave = min(config.requests_if_all_pass, config.window)
    # The last two replace rejects, and rejects among those.
    waves = -(-config.requests_if_all_pass // wave) + 2
    writing = any(model.batch for model in config.models)
    judging = any(judge.batch for judge in config.judges)
    windows = {model.batch.window for model in (*config.models, *config.judges) if model.batch}
    who = {(True, False): "", (True, True): ", each followed by a wave of judging", (False, True): " of judging"}
    longest = " or ".join(sorted(windows))
    return [f"about {waves} waves of up to {wave:,} requests{who[writing, judging]}; each may take up to {longest}"]


def batch_lines(config: Config, out: Path) -> list[str]:
    """What to expect of a run that starts or resumes."""
    line = under_way_line(out)
    return [*waves_lines(config), *([line] if line else [])]


def under_way_line(out: Path) -> str:
    """The batches of a run at its providers, in a line; empty if there are none."""
    entries = under_way(out / rundir.BATCHES)
    if not entries:
        return ""
    requests = sum(entry.requests for entry in entries)
    names = ", ".join(entry.name for entry in entries[:_NAMED])
    more = f" and {len(entries) - _NAMED} more" if len(entries) > _NAMED else ""
    batches, go = (f"{len(entries)} batches", "are") if len(entries) > 1 else ("1 batch", "is")
    return f"{batches} with {requests:,} requests {go} running at the provider: {names}{more}"


def require_batches_kept(config: Config, out: Path) -> None:
    """Refuse to resume a run without ``batch`` for a model whose batches are still running.

    Args:
        config: to resume with.
        out: of the run.

    Raises:
        UserError: a model no longer has ``batch``, so running requests would be sent and paid for again.
    """
    writing = ((Role.WRITER, model) for model in config.models)
    judging = ((Role.JUDGE, judge) for judge in config.judges)
    live = {owned_by(role, model.name) for role, model in (*writing, *judging) if model.batch is None}
    for entry in under_way(out / rundir.BATCHES):
        if entry.owner in live and not entry.cancelled:
            raise UserError(
                f"{entry.model}: batch {entry.name} with {entry.requests:,} requests is running at {entry.url}; "
                "without `batch` they would be sent and paid for again. Restore `batch` of the model until they are "
                f"answered, or move {out / rundir.BATCHES} away to send them again"
            )


def batches_line(states: Sequence[BatchState]) -> str:
    """Progress of the batches, with details of the oldest, such as ``batch 3: 812 of 1,250 done, 14 min``."""
    first = states[0]
    far = f"{first.done:,} of {first.total:,} done" if first.status == "in_progress" else first.status
    line = f"batch {first.number}: {far}, {duration(time.time() - first.made)}"
    return f"{line}; {len(states) - 1} more" if len(states) > 1 else line
