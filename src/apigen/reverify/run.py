"""One re-verification: a survey of what is on record, then the missing calls and requests, and the swap at the end."""

import asyncio
import shlex
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, nullcontext, suppress
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from apigen import rundir
from apigen.assembly import Tell, make_judges, open_batches, open_executor, open_store
from apigen.attempts import encode_attempt
from apigen.config import Config
from apigen.dataset.duplicates import SeenQueries
from apigen.errors import AnswersPending, ApigenError, BudgetSpent, JobFellShort, Unavailable
from apigen.execute.base import Executor
from apigen.library.catalogue import Library
from apigen.model_config import model_names
from apigen.models.roles import Role
from apigen.models.spending import open_spend
from apigen.models.store import KeptModel
from apigen.models.table import ModelTable
from apigen.pipeline import recipe
from apigen.report.money import more_options, spent
from apigen.resuming import Change, keeps_executions
from apigen.reverify.attempts import Reverifier
from apigen.reverify.drawn import drawn_already
from apigen.rundir import RunDir
from apigen.schedule import Ending
from apigen.session import earlier_times
from apigen.stopping import on_interrupt
from apigen.verify.base import Judge
from apigen.verify.rules import NAME as RULES


class Wanted(NamedTuple):
    """What to re-verify, and how."""

    directory: RunDir
    """Open and locked."""
    config: Config
    """With the current settings, resolved."""
    library: Library
    changes: Sequence[Change]
    wait: bool = True
    """Whether to wait for batch answers."""


class Survey(msgspec.Struct, frozen=True):
    """What a re-verification finds on record, and what it has to execute or request again."""

    requests: int
    completions: int
    """Of the writer: none is requested again."""
    candidates: int
    executions: int
    """Calls whose results are reused."""
    execute: int
    """Candidates with calls that must be made."""
    ask: Mapping[str, int]
    """Candidates that a judge must judge, by the judge's name."""
    changed: Mapping[str, Mapping[str, int]]
    """Candidates whose outcome changes, as far as known, by the outcomes before and now."""
    repairs_dropped: int
    samples: int
    """Accepted candidates, as far as known."""

    @property
    def is_complete(self) -> bool:
        """Whether everything is on record, so that the survey is the result."""
        return not self.execute and not self.ask


Watch = Callable[[int], None]
"""Called with the number of candidates verified so far."""


async def survey(wanted: Wanted, watch: Watch = lambda _: None, *, stage: bool = True) -> Survey:
    """Re-verify as far as the records go: no request is sent and no call is made.

    Args:
        wanted: what is verified, and how.
        stage: whether to write the new attempts beside the existing ones, for a survey that turns out complete.
        watch: called with the progress.
    """
    directory, config = wanted.directory, wanted.config
    async with AsyncExitStack() as stack:
        kept = (directory.path / rundir.COMPLETIONS).exists()
        store = open_store(directory, stack, lambda _: None) if kept else None
        extras = {judge.name: judge.extra for judge in config.judges}
        models = {name: KeptModel(name, store, "judge", extras[name]) for name in model_names(config.judges)}
        judges = make_judges(config, models)
        verifier = _verifier(wanted, judges, None)
        await _staged(wanted, verifier, watch, stage=stage)
        return Survey(
            requests=verifier.requests,
            completions=(store.count("writer") if store else 0) or verifier.requests,
            candidates=verifier.candidates,
            executions=verifier.kept_executions,
            execute=verifier.unexecuted,
            ask={model.locator: model.missing for model in models.values() if model.missing},
            changed=_by_outcome(verifier),
            repairs_dropped=verifier.repairs_dropped,
            samples=verifier.accepted,
        )


async def carry_out(wanted: Wanted, watch: Watch = lambda _: None, tell: Tell = lambda _: None) -> Survey | None:
    """Re-verify, making the calls and sending the judge requests that the survey found.

    Args:
        wanted: what is verified, and how.
        watch: called with the progress.
        tell: called with lines that the user should see.

    Returns:
        The result; ``None`` if Ctrl-C ended it.

    Raises:
        ModelUnavailable: a judge gives no answer; earlier answers are kept, and everything else is unchanged.
        AnswersPending: judges are used in batches, and the run does not wait for their answers.
        BudgetSpent: the budget is too small for all requests; says what was spent, and how to resume.
        JobFellShort: there are only errors, or the disk failed.
    """
    directory, config = wanted.directory, wanted.config
    async with AsyncExitStack() as stack:
        started, _ = earlier_times(directory.path)
        executor = open_executor(directory, config, wanted.library, started, stack)
        store = open_store(directory, stack, tell)
        asked = [judge for judge in config.judges if judge.name != RULES]
        spend = open_spend(config, store)
        batches = open_batches(directory, config, stack, tell, wait=wanted.wait)
        made = ModelTable(config.concurrency, store, spend.probed, batches).models(asked, Role.JUDGE)
        models = {name: spend.asked(each.model, Role.JUDGE)[0] for name, each in made.items()}
        for model in models.values():
            stack.push_async_callback(model.aclose)
        verifier = _verifier(wanted, make_judges(config, models), executor)
        work = asyncio.ensure_future(_staged(wanted, verifier, watch))
        interrupted = on_interrupt(work, store.under_way.hurry, stack)
        try:
            try:
                await work
                verifier.require_some_answer()
            finally:
                await store.under_way.drain()  # while Ctrl-C is listened for
        except asyncio.CancelledError:
            if not interrupted():
                raise
            _stopped(directory, Ending.INTERRUPTED, "Interrupted")
            return None
        except BudgetSpent as error:
            spending = spend.purse.spending()
            resume = f"apigen run --resume --out {shlex.quote(str(directory.path))} {more_options(spending)}"
            _stopped(directory, Ending.BUDGET, f"Stopped by the budget with {spent(spending)} spent")
            raise BudgetSpent(
                f"stopped by the budget during re-verification, with {spent(spending)} spent; the data is unchanged "
                f"and every answer is kept; resume with: {resume}"
            ) from error
        except AnswersPending:
            _stopped(directory, Ending.WAITING, "Stopped with batch answers pending")
            raise
        except Unavailable as error:
            _stopped(directory, "unavailable", f"A model was unavailable ({error})")
            raise
        except JobFellShort as error:
            with suppress(ApigenError):  # the disk that failed may fail again
                _stopped(directory, "failed", f"Failed ({error})")
            raise
        return Survey(
            requests=verifier.requests,
            completions=store.count("writer") or verifier.requests,
            candidates=verifier.candidates,
            executions=verifier.kept_executions,
            execute=verifier.executed,
            ask={},
            changed=_by_outcome(verifier),
            repairs_dropped=verifier.repairs_dropped,
            samples=verifier.accepted,
        )


def _stopped(directory: RunDir, status: str, how: str) -> None:
    """Record that a re-verification ended early; everything else in the manifest is still true."""
    ending = f"{how} while the candidates were being re-verified; the data is unchanged."
    directory.write_json(rundir.MANIFEST, rundir.read_manifest(directory.path) | {"status": status, "ending": ending})


def adopt(wanted: Wanted, result: Survey) -> None:
    """Replace the data with the re-verified data, and record that in the manifest.

    Args:
        wanted: what was verified, and how.
        result: of a complete survey, or of carrying it out.
    """
    directory = wanted.directory
    record = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "requests": result.requests,
        "changes": msgspec.to_builtins(tuple(wanted.changes)),
        "candidates": result.candidates,
        "changed": result.changed,
        "repairs_dropped": result.repairs_dropped,
    }
    manifest = rundir.read_manifest(directory.path) | {
        "status": "running",
        "ending": "The candidates were re-verified; the counts follow.",
        "config": wanted.config.model_dump(mode="json"),
        "config_digest": wanted.config.digest(),
        "reverified": [*directory.reverified, record],
    }
    drawn = drawn_already(wanted.config, wanted.library, directory.written(), directory.past)
    directory.swap(manifest, drawn)


def _verifier(wanted: Wanted, judges: Sequence[Judge], executor: Executor | None) -> Reverifier:
    seen = SeenQueries(seed.query for seed in wanted.library.seeds)
    return Reverifier(
        wanted.library.by_name(),
        lambda kept: recipe(wanted.config, seen, kept, judges),
        seen,
        executor,
        keep_executions=keeps_executions(tuple(wanted.changes)),
        concurrency=wanted.config.under_way,  # as for a run: candidates are executed while judges answer
    )


async def _staged(wanted: Wanted, verifier: Reverifier, watch: Watch, *, stage: bool = True) -> None:
    """Re-verify everything and write the new attempts beside the existing ones."""
    with wanted.directory.stage(wanted.config.digest()) if stage else nullcontext() as file:
        async for attempts in verifier.verify(wanted.directory.written()):
            if file:
                file.write(b"".join(map(encode_attempt, attempts)))
            watch(verifier.candidates)


def _by_outcome(verifier: Reverifier) -> dict[str, dict[str, int]]:
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (before, now), candidates in sorted(verifier.changed.items()):
        found[before.value][now.value] = candidates
    return dict(found)
