"""What one session of a run writes into its directory, and its counts."""

import os
import shlex
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from apigen import rundir
from apigen.config import Config
from apigen.dataset.export.formats import export
from apigen.dataset.rows import samples
from apigen.errors import ApigenError
from apigen.execute.grants import read_grants
from apigen.execute.python import probe_isolation
from apigen.library.catalogue import Library
from apigen.locators import short_names
from apigen.manifest import manifest
from apigen.models.base import EndpointFacts, Model
from apigen.models.batch.book import BatchBook, BatchState
from apigen.models.purse import Spending
from apigen.models.roles import Role
from apigen.models.spending import Spend
from apigen.models.writers import Writers
from apigen.records import Attempt, Sample
from apigen.report.card import card
from apigen.report.money import more_options, spent
from apigen.report.page import choose_rows, page
from apigen.rundir import RunDir
from apigen.schedule import STALL_ERRORS, STALL_REQUESTS, Ending
from apigen.tally import Tally

MANIFEST_EVERY_S = 5.0
"""How often the manifest of a running run is updated."""


class Progress(msgspec.Struct, frozen=True):
    """Progress after each committed request."""

    tally: Tally
    samples: int
    wanted: int
    resumed: int
    """Samples from earlier sessions."""
    in_flight: int
    seconds: float
    """Since this session began."""
    spending: Spending | None = None
    """On paid models, over all sessions; ``None`` if there are none."""
    batches: tuple[BatchState, ...] = ()
    """Those that are not finished."""


Watch = Callable[[Progress], None]


class Session:
    """Writes the files of one session and keeps its counts."""

    def __init__(
        self,
        directory: RunDir,
        config: Config,
        library: Library,
        *,
        writers: Writers,
        models: Sequence[Model],
        spend: Spend | None,
        batches: BatchBook | None,
        watch: Watch,
    ) -> None:
        names = short_names({tool.origin for tool in library.tools})
        self.tally = Tally({tool.name: names[tool.origin] for tool in library.tools})
        self._directory = directory
        self._config = config
        self._library = library
        self._writers = writers
        self._models = models
        self._spend = spend
        self._batches = batches
        if batches is not None:
            batches.watch = self.tell
        self._in_flight = 0
        self._watch = watch
        self._tools = library.by_name()
        self._reverified = directory.reverified
        self._granted = read_grants(config.grants, os.environ).granted(self._tools)
        self._samples = 0
        self._samples_by_tool: Counter[str] = Counter()
        self._resumed = 0
        self._began = time.monotonic()
        self._written_at = 0.0
        self._started, self._seconds_before = earlier_times(directory.path)

    def restore_dataset(self) -> None:
        """Write the rows that earlier sessions accepted; after a kill the file may lag behind the attempts."""
        accepted = samples(
            (attempt for attempts in self._directory.committed() for attempt in attempts),
            self._tools,
            most=self._config.count,
        )
        self._resumed = self._directory.start_dataset(self._counted(accepted))

    @property
    def wanted(self) -> int:
        """Samples still missing."""
        return self._config.count - self._samples

    def _counted(self, rows: Iterator[Sample]) -> Iterator[Sample]:
        for sample in rows:
            self._samples += 1
            self._samples_by_tool.update({call.name for call in sample.calls})
            yield sample

    def commit(self, attempts: tuple[Attempt, ...]) -> None:
        """Write the attempts of one request, and the rows among them."""
        rows = samples(attempts, self._tools, first_id=self._samples, most=self._config.count - self._samples)
        self._directory.append(attempts, list(self._counted(rows)))

    def tell(self, in_flight: int | None = None) -> None:
        """Report progress to the watcher, and now and then to the manifest.

        Args:
            in_flight: requests in flight; ``None`` for the last known number.
        """
        seconds = time.monotonic() - self._began
        self._in_flight = self._in_flight if in_flight is None else in_flight
        spending = self._spend.purse.spending() if self._spend else None
        batches = self._batches.states if self._batches else ()
        counts = (self._samples, self._config.count, self._resumed, self._in_flight)
        self._watch(Progress(self.tally, *counts, seconds, spending, batches))
        if seconds - self._written_at > MANIFEST_EVERY_S:
            self._written_at = seconds
            self.write_manifest("running", "The run is in progress.")

    async def abandon_batches(self) -> None:
        """Cancel batches that are still running: the run has all that it needs."""
        if self._batches is not None:
            await self._batches.abandon()

    async def drain(self) -> None:
        """Give answers in flight time to arrive and be kept."""
        if self._spend:
            await self._spend.store.under_way.drain()

    def hurry(self) -> None:
        """Stop waiting for answers."""
        if self._spend:
            self._spend.store.under_way.hurry()

    def finish(self, status: str, ending: str) -> dict[str, Any]:
        """Write everything derived from the dataset, also for a run that ended early."""
        path = self._directory.path
        export(rundir.read_samples(path), "xlam", path / rundir.XLAM)
        written = self.write_manifest(status, ending)
        self._directory.write_text(rundir.CARD, card(written))
        shown = choose_rows(rundir.read_samples(path), self._samples)
        self._directory.write_text(rundir.REPORT, page(written, shown))
        return written

    def write_manifest(self, status: str, ending: str) -> dict[str, Any]:
        """Update manifest.json."""
        isolation = probe_isolation()
        value = manifest(
            self._config,
            self._library,
            self.tally,
            llm=self._writers.llm,
            status=status,
            ending=ending,
            samples=self._samples,
            samples_by_tool=self._samples_by_tool,
            usage=self._usage(),
            prices=self._spend.prices if self._spend else {},
            endpoints=self._endpoints(),
            isolation=msgspec.to_builtins(isolation),
            grants=msgspec.to_builtins(self._granted),
            reverified=self._reverified,
            started=self._started,
            seconds=self._seconds_before + time.monotonic() - self._began,
        )
        self._directory.write_json(rundir.MANIFEST, value)
        return value

    def _endpoints(self) -> list[EndpointFacts]:
        """Each server once, even if writers and judges share it."""
        found = [facts for model in self._models for facts in model.endpoints()]
        return list({(facts.model, facts.base_url): facts for facts in found}.values())

    def _usage(self) -> list[dict[str, Any]]:
        usage = self._spend.purse.accounts.rows() if self._spend else []
        if not self._writers.llm:
            free = {"prompt_tokens": 0, "completion_tokens": 0, "cost_usd": 0.0, "unpriced": 0}
            names = [model.locator for model in self._writers.models]
            usage[:0] = [{"model": name, "role": "writer", "requests": self.tally.asked[name]} | free for name in names]
        return usage

    def explain(self, ending: Ending) -> str:
        """How the run ended and what to do next, in a sentence."""
        wanted, have = self._config.count, self._samples
        if ending is Ending.DONE:
            return f"All {wanted} samples were produced."
        if ending is Ending.INTERRUPTED:
            return f"Interrupted at {have} of {wanted} samples; --resume continues the run."
        if ending is Ending.BUDGET and self._spend:
            spending = self._spend.purse.spending()
            going_on = f"apigen run --resume --out {shlex.quote(str(self._directory.path))} {more_options(spending)}"
            if not self._spend.purse.accounts.total(Role.WRITER).requests:
                why = ": the budget is below the expected cost of one request with its judges"
            else:
                why = f", with {spent(spending)} spent"
            return f"Stopped by the budget at {have} of {wanted} samples{why}; resume with: {going_on}"
        if ending is Ending.WAITING:
            return f"Stopped at {have} of {wanted} samples: batch answers are still pending; --resume fetches them."
        if ending is Ending.REFUSED:
            last = self.tally.last_error
            return (
                f"Stopped at {have} of {wanted} samples: {STALL_ERRORS} consecutive requests ended in errors ({last})."
            )
        return (
            f"Stopped at {have} of {wanted} samples: the last {STALL_REQUESTS} requests yielded almost no new samples. "
            "The reject reasons show why; more tools, more seeds or another model help."
        )


def earlier_times(path: Path) -> tuple[datetime, float]:
    """When a run was first started, and its working time so far."""
    try:
        times = rundir.read_manifest(path)["times"]
        return datetime.fromisoformat(times["started"]), float(times["seconds"])
    except (ApigenError, KeyError, TypeError, ValueError):
        return datetime.now(UTC), 0.0  # a new run, or one killed before its first manifest
