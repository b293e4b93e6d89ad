"""One run from configuration to finished directory: puts the parts together, drives them, writes what comes out."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from apigen import rundir
from apigen.config import Config
from apigen.dataset.duplicates import SeenQueries
from apigen.dataset.export.formats import export
from apigen.dataset.rows import samples
from apigen.errors import AnswersPending, ApigenError, Unavailable
from apigen.execute.grants import read_grants
from apigen.execute.python import probe_isolation
from apigen.execute.table import make_executor
from apigen.library.catalogue import Library
from apigen.locators import short_names
from apigen.manifest import manifest
from apigen.model_config import ModelConfig
from apigen.models.base import Model
from apigen.models.batch.book import BatchBook, BatchState
from apigen.models.store import CompletionStore, StoredModel
from apigen.models.table import make_model
from apigen.models.writers import Writer, Writers
from apigen.pipeline import Pipeline, recipe
from apigen.records import Attempt, Sample
from apigen.report.card import card
from apigen.report.page import choose_rows, page
from apigen.rundir import RunDir
from apigen.sampling.sampler import Sampler
from apigen.sampling.state import SamplingState
from apigen.schedule import Ending, Schedule
from apigen.tally import Tally
from apigen.verify.base import Judge
from apigen.verify.llm_judge import Asking, LLMJudge
from apigen.verify.rules import RuleJudge

MANIFEST_EVERY_S = 5.0
"""How often a running run's manifest is brought up to date."""


class Progress(msgspec.Struct, frozen=True):
    """What a watcher is told after each committed request."""

    tally: Tally
    samples: int
    wanted: int
    resumed: int
    """Samples that an earlier session had already made."""
    in_flight: int
    seconds: float
    """Since this session began."""
    batches: tuple[BatchState, ...] = ()
    """Those that are not over."""


Watch = Callable[[Progress], None]


async def run(
    directory: RunDir, config: Config, library: Library, watch: Watch = lambda _: None, *, wait: bool = True
) -> dict[str, Any]:
    """Run to the end, or to Ctrl-C, and write everything.

    Args:
        directory: open and locked; closed on return.
        config: resolved.
        library: the tools and seeds.
        watch: told about progress.
        wait: whether answers of batches are waited for; if not, the run ends once all that can be sent is.

    Returns:
        The manifest as written; its ``status`` says how the run ended.

    Raises:
        ModelUnavailable: a model gave no answer; what was reached is written, and the run can be resumed.
        JobFellShort: the disk failed.
    """
    async with AsyncExitStack() as stack:
        stack.callback(directory.close)
        session, schedule = _assemble(directory, config, library, watch, stack, wait=wait)
        session.restore_dataset()
        work = asyncio.ensure_future(schedule.run(directory.committed()))
        interrupted = _on_interrupt(work, stack)
        session.write_manifest("running", "The run is under way.")
        try:
            ending = await work
        except asyncio.CancelledError:
            if not interrupted():
                raise
            ending = Ending.INTERRUPTED
        except AnswersPending:
            ending = Ending.WAITING
        except Unavailable as error:
            session.finish("unavailable", f"A model could not be reached: {error}")
            raise
        except Exception as error:
            with suppress(ApigenError):  # the disk that failed may fail again
                session.write_manifest("failed", str(error))
            raise
        if ending is Ending.DONE:
            await session.abandon_batches()
        return session.finish(ending.value, session.explain(ending))


def _assemble(
    directory: RunDir, config: Config, library: Library, watch: Watch, stack: AsyncExitStack, *, wait: bool
) -> tuple["_Session", Schedule]:
    """Put the parts of a run together; what must be closed is left to the stack."""
    started, _ = _earlier_times(directory.path)
    executor = make_executor(
        config.execution,
        config.remote,
        read_grants(config.grants, os.environ),
        tools=library.tools,
        folder=directory.path,
        since=started,
    )
    stack.push_async_callback(executor.aclose)
    store: CompletionStore | None = None
    if any(model.name.startswith("openai/") for model in (*config.models, *config.judges)):
        store = CompletionStore(directory.path / rundir.COMPLETIONS)
        stack.callback(store.close)
    batches: BatchBook | None = None
    if config.batched:
        batches = BatchBook(directory.path / rundir.BATCHES, wait=wait)
        stack.callback(batches.close)

    def model_for(wanted: ModelConfig, role: str) -> Model:
        model = make_model(wanted, config.concurrency, role=role, batches=batches)
        stack.push_async_callback(model.aclose)
        # What costs nothing and always answers alike need not be kept.
        return StoredModel(model, store, role) if store and model.llm else model

    writers = Writers([Writer(model_for(model, "writer"), model.weight) for model in config.models])
    asking = Asking(**config.judging.model_dump(exclude={"rule"}))
    judges: list[Judge] = [
        RuleJudge() if judge.name == "rules" else LLMJudge(model_for(judge, "judge"), asking) for judge in config.judges
    ]
    seen = SeenQueries(seed.query for seed in library.seeds)
    session = _Session(directory, config, library, writers=writers, store=store, batches=batches, watch=watch)
    schedule = Schedule(
        config,
        sampler=Sampler(library.tools, config),
        state=SamplingState(library.seeds),
        seen=seen,
        work=Pipeline(config, writers, recipe(config, seen, executor, judges)).attempt,
        commit=session.commit,
        tally=session.tally,
        watch=session.tell,
    )
    return session, schedule


class _Session:
    """What a session writes into its directory, and the counts that go with it."""

    def __init__(
        self,
        directory: RunDir,
        config: Config,
        library: Library,
        *,
        writers: Writers,
        store: CompletionStore | None,
        batches: BatchBook | None,
        watch: Watch,
    ) -> None:
        names = short_names({tool.origin for tool in library.tools})
        self.tally = Tally({tool.name: names[tool.origin] for tool in library.tools})
        self._directory = directory
        self._config = config
        self._library = library
        self._writers = writers
        self._store = store
        self._batches = batches
        if batches is not None:
            batches.watch = self.tell
        self._in_flight = 0
        self._watch = watch
        self._tools = library.by_name()
        self._granted = read_grants(config.grants, os.environ).granted(self._tools)
        self._samples = 0
        self._samples_by_tool: Counter[str] = Counter()
        self._resumed = 0
        self._began = time.monotonic()
        self._written_at = 0.0
        self._started, self._seconds_before = _earlier_times(directory.path)

    def restore_dataset(self) -> None:
        """Write the rows that an earlier session accepted; the file may lag behind the attempts after a kill."""
        accepted = samples(
            (attempt for attempts in self._directory.committed() for attempt in attempts),
            self._tools,
            most=self._config.count,
        )
        self._resumed = self._directory.start_dataset(self._counted(accepted))

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
        """Tell the watcher how far the run is, and now and then the manifest."""
        seconds = time.monotonic() - self._began
        self._in_flight = self._in_flight if in_flight is None else in_flight
        batches = self._batches.states if self._batches else ()
        counts = (self._samples, self._config.count, self._resumed, self._in_flight)
        self._watch(Progress(self.tally, *counts, seconds, batches))
        if seconds - self._written_at > MANIFEST_EVERY_S:
            self._written_at = seconds
            self.write_manifest("running", "The run is under way.")

    async def abandon_batches(self) -> None:
        """Cancel what is still under way at providers: the run has all that it needs."""
        if self._batches is not None:
            await self._batches.abandon()

    def finish(self, status: str, ending: str) -> dict[str, Any]:
        """Write everything that follows from the dataset, also for a run that ended early."""
        path = self._directory.path
        export(rundir.read_samples(path), "xlam", path / rundir.XLAM)
        written = self.write_manifest(status, ending)
        self._directory.write_text(rundir.CARD, card(written))
        shown = choose_rows(rundir.read_samples(path), self._samples)
        self._directory.write_text(rundir.REPORT, page(written, shown))
        return written

    def write_manifest(self, status: str, ending: str) -> dict[str, Any]:
        """Bring manifest.json up to date."""
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
            isolation=msgspec.to_builtins(isolation),
            grants=msgspec.to_builtins(self._granted),
            started=self._started,
            seconds=self._seconds_before + time.monotonic() - self._began,
        )
        self._directory.write_json(rundir.MANIFEST, value)
        return value

    def _usage(self) -> list[dict[str, Any]]:
        usage = self._store.usage() if self._store else []
        if not self._writers.llm:
            free = {"prompt_tokens": 0, "completion_tokens": 0, "cost_usd": 0.0}
            written = self.tally.requests + self.tally.repairs.total()
            usage.insert(0, {"model": self._writers.models[0].locator, "role": "writer", "requests": written} | free)
        return usage

    def explain(self, ending: Ending) -> str:
        """How the run ended, in a sentence that says what to do next."""
        wanted, have = self._config.count, self._samples
        if ending is Ending.DONE:
            return f"All {wanted} samples were made."
        if ending is Ending.INTERRUPTED:
            return f"Interrupted at {have} of {wanted} samples; --resume goes on."
        if ending is Ending.WAITING:
            return f"Stopped at {have} of {wanted} samples: answers of batches are pending; --resume fetches them."
        if ending is Ending.REFUSED:
            said = self.tally.last_error
            return (
                f"Stopped at {have} of {wanted} samples: one request after another brought nothing but errors ({said})."
            )
        return (
            f"Stopped at {have} of {wanted} samples: the last requests brought next to nothing new. "
            "The reasons tell why; more tools, more seeds or another model help."
        )


def _earlier_times(path: Path) -> tuple[datetime, float]:
    """When a run was first started, and how long it has worked so far."""
    try:
        times = rundir.read_manifest(path)["times"]
        return datetime.fromisoformat(times["started"]), float(times["seconds"])
    except (ApigenError, KeyError, TypeError, ValueError):
        return datetime.now(UTC), 0.0  # a new run, or one killed before its first manifest


def _on_interrupt(work: "asyncio.Future[Ending]", stack: AsyncExitStack) -> Callable[[], bool]:
    """Let Ctrl-C and a polite kill end the work in good order; returns whether that happened."""
    happened = False

    def stop() -> None:
        nonlocal happened
        happened = True
        work.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError, RuntimeError, ValueError):  # not in the main thread: the caller decides
            loop.add_signal_handler(number, stop)
            stack.callback(loop.remove_signal_handler, number)
    return lambda: happened
