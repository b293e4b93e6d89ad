"""Progress through rows on the terminal: a live line where somebody watches, now and then a plain line elsewhere."""

import time

from rich.console import Console
from rich.progress import SpinnerColumn, TextColumn

from apigen.cli.live_bar import LiveBar


class RowProgress(LiveBar):
    """Shows how many rows were gone through and how they fared."""

    def __init__(self, console: Console) -> None:
        super().__init__(console, (SpinnerColumn(), TextColumn("{task.fields[line]}", markup=False)), line="reading")
        self._began = time.monotonic()

    def update(self, rows: int, fared: str) -> None:
        """Show how far it is.

        Args:
            rows: gone through so far.
            fared: how, in a few words.
        """
        rate = rows / max(time.monotonic() - self._began, 1e-3)
        line = f"{rows:,} rows  {rate:,.0f}/s  {fared}"
        self.show(line, line=line)
