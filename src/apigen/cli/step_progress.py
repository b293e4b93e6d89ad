"""Progress of a cleaning on the terminal: a live bar where somebody watches, now and then a plain line elsewhere."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from apigen.clean.base import Step

PLAIN_EVERY_S = 10.0

_DOING = {Step.PROBE: "probed", Step.DESCRIPTIONS: "descriptions"}


class StepProgress:
    """Shows how many tools a step has done."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._plain_at = time.monotonic()
        self._bar = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("loading", total=None)

    def update(self, step: Step, done: int, of: int) -> None:
        """Show how far a step is."""
        doing = _DOING.get(step, step.value)
        self._bar.update(self._task, description=doing, completed=done, total=of)
        if self._bar.disable and time.monotonic() - self._plain_at > PLAIN_EVERY_S:
            self._plain_at = time.monotonic()
            self._console.print(f"{doing}: {done:,}/{of:,}", soft_wrap=True, highlight=False)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
