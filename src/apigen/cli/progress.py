"""Progress of a long job: a live line on a terminal, a plain line now and then elsewhere."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn

from apigen.cli.batches import batches_line
from apigen.cli.live_bar import LiveBar
from apigen.report.money import spent
from apigen.report.words import SHORT_STAGE_TEXT, duration
from apigen.session import Progress as RunProgress


class LiveProgress(LiveBar):
    """Shows accepted samples, candidates, rejects by stage, rate and time left."""

    def __init__(self, console: Console, wanted: int) -> None:
        columns = (
            TextColumn("[bold]accepted"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}  {task.fields[detail]}", markup=False),
        )
        super().__init__(console, columns, total=wanted, rate="", detail="starting the sandbox")

    def update(self, progress: RunProgress) -> None:
        """Show how far the run is."""
        rate, detail = _rate(progress), _detail(progress)
        line = f"{progress.samples:,}/{progress.wanted:,} accepted  {rate}  {detail}"
        self.show(line, completed=progress.samples, rate=rate, detail=detail)


def _rate(progress: RunProgress) -> str:
    made = progress.samples - progress.resumed
    if made <= 0 or progress.seconds <= 0:
        return ""
    rate = made / progress.seconds
    left = (progress.wanted - progress.samples) / rate
    shown = f"{rate:.1f}/s" if rate >= 1 else f"{60 * rate:.1f}/min"
    return f"{shown}  {duration(left)} left"


def _detail(progress: RunProgress) -> str:
    tally = progress.tally
    fallen = ", ".join(f"{name} {tally.at(stage):,}" for stage, name in SHORT_STAGE_TEXT.items() if tally.at(stage))
    rejected = f"rejected: {fallen}" if fallen else "no rejects" if tally.errors else "none rejected"
    if tally.errors:
        rejected += f"; {tally.errors:,} error{'s' if tally.errors > 1 else ''}"
    money = f"  {spent(progress.spending)}" if progress.spending and progress.spending.tokens else ""
    batches = f"  {batches_line(progress.batches)}" if progress.batches else ""
    return f"{tally.total:,} candidates  {rejected}  {progress.in_flight} in flight{money}{batches}"
