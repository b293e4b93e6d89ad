"""What all progress on the terminal shares: a live bar where somebody watches, now and then a plain line elsewhere."""

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
        columns: what it consists of.
        description: of the task, before anything is done.
        total: how much there is to do, where that is known.
        fields: what the columns show beyond that.
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
        """Show how far it is.

        Args:
            line: the same in words, for where there is no bar.
            changed: what is different about the task.
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
