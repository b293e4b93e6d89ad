"""Progress of an ablation on the terminal: the current training, and the result of each."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

from apigen.ablate.arms import Arm
from apigen.ablate.cells import Cell
from apigen.cli.live_bar import LiveBar
from apigen.evaluate.asking.ask import Progress


class AblationProgress(LiveBar):
    """Shows the cells done, and the current step of the running one."""

    def __init__(self, console: Console) -> None:
        columns = (
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[line]}", markup=False),
            TimeElapsedColumn(),
        )
        super().__init__(console, columns, line="")
        self._console = console
        self._done = 0
        self._doing = ""

    def begins(self, trainings: int) -> None:
        """Show the total."""
        self.show("", total=trainings)

    def at(self, arm: Arm, seed: int, what: str) -> None:
        """Show the current step."""
        self._doing = f"{arm}, seed {seed}, {what}"
        self.show(self._doing, line=self._doing)

    def step(self, done: int, of: int, loss: float | None) -> None:
        """Show the progress of the training."""
        shown = f", loss {loss:.3f}" if loss is not None else ""
        line = f"{self._doing}: step {done:,}/{of:,}{shown}"
        self.show(line, line=line)

    def asked(self, progress: Progress) -> None:
        """Show how many questions are answered."""
        line = f"{self._doing}: {progress.answered + progress.errors:,}/{progress.wanted:,}"
        self.show(line, line=line)

    def done(self, cell: Cell) -> None:
        """Print the result of a cell."""
        self._done += 1
        accuracy = ", ".join(f"{name} tools {one.correct}/{one.answers}" for name, one in cell.suites.items())
        self._console.print(f"{cell.arm}, seed {cell.seed}: correct on {accuracy}", highlight=False, soft_wrap=True)
        self.show("", completed=self._done)
