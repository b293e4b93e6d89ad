"""Progress of a cleaning on the terminal: a live bar where somebody watches, now and then a plain line elsewhere."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

from apigen.clean.base import Step
from apigen.cli.live_bar import LiveBar

_DOING = {Step.PROBE: "probed", Step.DESCRIPTIONS: "descriptions"}


class StepProgress(LiveBar):
    """Shows how many tools a step has done."""

    def __init__(self, console: Console) -> None:
        columns = (
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        super().__init__(console, columns, "loading")

    def update(self, step: Step, done: int, of: int) -> None:
        """Show how far a step is."""
        doing = _DOING.get(step, step.value)
        self.show(f"{doing}: {done:,}/{of:,}", description=doing, completed=done, total=of)
