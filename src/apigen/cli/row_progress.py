"""Progress through rows on the terminal: a live line where somebody watches, now and then a plain line elsewhere."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn

PLAIN_EVERY_S = 10.0


class RowProgress:
    """Shows how many rows were gone through and how they fared."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = self._plain_at = time.monotonic()
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.fields[line]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task: TaskID = self._bar.add_task("", total=None, line="reading")

    def update(self, rows: int, fared: str) -> None:
        """Show how far it is.

        Args:
            rows: gone through so far.
            fared: how, in a few words.
        """
        rate = rows / max(time.monotonic() - self._began, 1e-3)
        line = f"{rows:,} rows  {rate:,.0f}/s  {fared}"
        self._bar.update(self._task, line=line)
        if self._bar.disable and time.monotonic() - self._plain_at > PLAIN_EVERY_S:
            self._plain_at = time.monotonic()
            self._console.print(line, soft_wrap=True, highlight=False)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
