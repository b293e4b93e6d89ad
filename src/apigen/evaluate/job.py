"""What is asked for, and what came of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from apigen.dialogue.form import Form, form_named
from apigen.errors import UserError
from apigen.evaluate.asking.table import LOCAL, require_askable
from apigen.evaluate.evaluation import Evaluated

HELD_OUT = "held-out:"
CONCURRENCY = 32
BATCH = 8
"""Questions in flight at once where the job does not say: at an endpoint, and in a local model's batch."""


class EvaluationJob(msgspec.Struct, frozen=True):
    """One evaluation: a suite's questions, put to one model.

    Raises:
        UserError: a value is out of range, or two of them contradict each other.
    """

    suite: str
    """``bfcl``, ``bfcl:CATEGORY,...`` or ``held-out:FILE``."""
    model: str
    """``openai/NAME`` or ``local:FOLDER``."""
    out: Path
    """Folder for the answers, verdicts, figures and the report."""
    form: Form | None = None
    """``None`` for the form that a local folder was trained in; ``native`` where its training is not known."""
    base_url: str | None = None
    """Endpoint of an ``openai/`` model."""
    config: Path | None = None
    """A configuration with the model's endpoints, and grants for ``execute``."""
    bfcl: Path | None = None
    """Wheel or folder of BFCL's data; the installed package by default."""
    limit: int | None = None
    """At most so many questions of each category, drawn by ``seed``."""
    seed: int = 0
    temperature: float = 0.0
    max_tokens: int = 2048
    """Of an answer."""
    concurrency: int | None = None
    execute: bool = False
    """Whether the calls are executed as well and their results compared."""
    libraries: tuple[str, ...] = ()
    """What executes them; the library of the run that the rows are in, by default."""
    resume: bool = False

    def __post_init__(self) -> None:
        if self.form is not None:
            form_named(self.form)
        require_askable(self.model, self.temperature)
        if self.base_url and self.model.startswith(LOCAL):
            raise UserError(f"--base-url: {self.model} runs in this process and has no endpoint; remove --base-url")
        if (self.execute or self.libraries) and not self.suite.startswith(HELD_OUT):
            raise UserError(f"--execute: the questions of {self.suite} have no executable calls; remove --execute")
        if self.libraries and not self.execute:
            raise UserError("--library: has no effect without --execute; add --execute, or remove --library")
        for name, value, least in (
            ("--limit", self.limit, 1),
            ("--seed", self.seed, 0),
            ("--max-tokens", self.max_tokens, 1),
            ("--concurrency", self.concurrency, 1),
        ):
            if value is not None and value < least:
                raise UserError(f"{name} {value}: must be at least {least}")

    @property
    def local(self) -> Path | None:
        """The folder of a local model; ``None`` for one behind an endpoint."""
        return Path(self.model.removeprefix(LOCAL)) if self.model.startswith(LOCAL) else None

    @property
    def in_flight(self) -> int:
        """Questions in flight at once."""
        return self.concurrency or (CONCURRENCY if self.local is None else BATCH)


class EvaluationResult(msgspec.Struct, frozen=True):
    """What came of an evaluation."""

    out: Path
    figures: dict[str, Any]
    """The content of evaluation.json; ``status`` is ``done``, ``interrupted`` or ``stopped``."""
    evaluated: Sequence[Evaluated]
    """Every question that has an answer or an error, in the suite's order."""
    problem: str = ""
    """Why it was stopped early; empty where it was not."""

    @property
    def asked(self) -> int:
        """Questions that have an answer or an error."""
        found: int = self.figures["questions"] - self.figures["unanswered"]
        return found
