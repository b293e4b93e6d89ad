"""What all progress shares: a live bar on a terminal, a plain line now and then elsewhere."""

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import Progress, ProgressColumn

PLAIN_EVERY_S = 10.0


class LiveBar:
    """A bar of one task, gone when it ends.

    Args:
        console: where it is shown.
        columns: its parts.
        description: of the task, before anything is done.
        total: the amount of work, if known.
        fields: further values for the columns.
    """

    def __init__(
        self,
        console: Console,
        columns: Sequence[ProgressColumn],
        description: str = "",
        total: float | None = None,
        **fields: Any,
    ) -> None:
        self._console = console
        self._plain_at = time.monotonic()
        self._bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bar.add_task(description, total=total, **fields)

    def show(self, line: str, /, **changed: Any) -> None:
        """Show the progress.

        Args:
            line: the same in words, where there is no bar.
            changed: the task's new values.
        """
        self._bar.update(self._task, **changed)
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
