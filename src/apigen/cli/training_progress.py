"""Progress of a training on the terminal."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

from apigen.cli.live_bar import LiveBar


class TrainingProgress(LiveBar):
    """Shows the steps and the loss."""

    def __init__(self, console: Console) -> None:
        columns = (
            TextColumn("training"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[loss]}", markup=False),
            TimeRemainingColumn(),
        )
        super().__init__(console, columns, "training", loss="")

    def update(self, done: int, of: int, loss: float | None) -> None:
        """Show how far it is."""
        told = f"loss {loss:.4f}" if loss is not None else ""
        self.show(f"step {done:,}/{of:,} {told}", completed=done, total=of, loss=told)
