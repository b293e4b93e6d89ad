"""``apigen calibrate``: how far judges can be trusted, held to labels or to faults."""

import asyncio
import hashlib
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from stamina.instrumentation import set_on_retry_hooks

from apigen import rundir
from apigen.calibrate.cases import Case
from apigen.calibrate.execution import executed
from apigen.calibrate.faulty import faulty_cases
from apigen.calibrate.figures import all_figures
from apigen.calibrate.judging import Judged, judge_all
from apigen.calibrate.labels import read_labels
from apigen.calibrate.table import tables
from apigen.cli.live_bar import LiveBar
from apigen.cli.terminal import Terminal
from apigen.config import BudgetConfig, Config, load_config
from apigen.errors import ApigenError, Unavailable, UserError
from apigen.execute.base import Executor
from apigen.execute.grants import read_grants
from apigen.execute.table import make_executor
from apigen.files import DirectoryLock, replacing
from apigen.library.catalogue import Library, load_library
from apigen.model_config import model_names
from apigen.models.roles import Role
from apigen.models.spending import open_spend
from apigen.models.store import CompletionStore, unpaid
from apigen.models.table import ModelTable
from apigen.report.money import usd
from apigen.verify.base import Judge
from apigen.verify.llm_judge import Asking, LLMJudge
from apigen.verify.rules import RuleJudge

RUNS = Path("runs")
FIGURES = "calibration.json"
VERDICTS = "verdicts.jsonl"
DEFAULT_COUNT = 200


class CalibrateOptions(NamedTuple):
    """What the command line said."""

    run: Path | None
    config: Path | None
    overrides: Mapping[str, Any]
    base_url: str | None
    labels: Path | None
    faults: bool
    most: int | None
    """Cases, at most."""
    out: Path | None
    dry_run: bool
    as_json: bool


def calibrate_command(options: CalibrateOptions) -> int:
    """Carry out ``apigen calibrate``; returns the exit code."""
    set_on_retry_hooks(())  # a model that stays away is told in one line
    if options.labels and options.faults:
        raise UserError("--labels and --faults: choose one of the two")
    if options.run and not options.labels:
        raise UserError(f"{options.run}: a run directory needs labels; add --labels FILE, or drop the run directory")
    config = load_config(options.config, options.overrides).resolved(base_url=options.base_url)
    labelled = read_labels(options.labels, options.run) if options.labels else None
    library = (
        None if labelled is not None else load_library(config.library, config.seeds, may_write=config.remote.may_write)
    )
    if library is not None and not library.seeds:
        raise UserError(
            f"{', '.join(config.library)}: has no seed examples to inject faults into; add --seeds or --labels"
        )
    if labelled is not None and options.most:
        labelled = labelled[: options.most]
    wanted = len(labelled) if labelled is not None else options.most or DEFAULT_COUNT
    console = Terminal(stderr=True, markup=False)
    if options.dry_run:
        _show_plan(config, wanted, exact=labelled is not None, as_json=options.as_json)
        return 0
    out = _directory(options, config, library)
    lock = _opened(out) if out else None
    try:
        judged, usage = asyncio.run(_work(config, labelled, library, wanted, out, console))
    except Unavailable as error:
        again = f"completions so far are kept; run again with --out {shlex.quote(str(out))}" if out else "try again"
        raise ApigenError(f"{error}; {again}") from error
    finally:
        if lock:
            lock.release()
    found = {
        "source": str(options.labels) if options.labels else "faults",
        "cases": len(judged),
        "right": sum(one.case.right for one in judged),
        "wrong": sum(not one.case.right for one in judged),
        "seed": config.seed,
        **all_figures(judged),
        "requests": usage,
    }
    _end(found, judged, out, console, as_json=options.as_json)
    return 0


async def _work(
    config: Config,
    labelled: Sequence[Case] | None,
    library: Library | None,
    wanted: int,
    out: Path | None,
    console: Console,
) -> tuple[list[Judged], list[dict[str, Any]]]:
    """Get the cases, have them executed and judged; also what that cost."""
    async with AsyncExitStack() as stack:
        once = config.execution.model_copy(update={"twice": False})
        if library is not None:
            tools = list(library.tools)
        else:
            tools = [tool for case in labelled or () for tool in case.candidate.tools]
        grants = read_grants(config.grants, os.environ)
        executor = make_executor(once, config.remote, grants, tools=tools, folder=out)
        stack.push_async_callback(executor.aclose)
        with _Counting(console, "cases", wanted) as counting:
            if library is not None:
                cases = await faulty_cases(library, executor, wanted, config.seed, counting.at)
            else:
                cases = await _all_executed(labelled or (), executor, counting)
        store = CompletionStore(out / rundir.COMPLETIONS) if out else None
        if store:
            stack.callback(store.close)
        judges = _judges(config, store, stack)
        with _Counting(console, "verdicts", len(cases) * len(judges)) as counting:
            judged = await judge_all(cases, judges, config.concurrency, counting.at)
        return judged, store.usage() if store else []


async def _all_executed(labelled: Sequence[Case], executor: Executor, counting: "_Counting") -> list[Case]:
    cases = []
    for number, case in enumerate(labelled, 1):
        executions = await executed(case.candidate, executor) if case.executions is None else case.executions
        cases.append(msgspec.structs.replace(case, executions=executions))
        counting.at(number)
    return cases


def _judges(config: Config, store: CompletionStore | None, stack: AsyncExitStack) -> list[Judge]:
    asking = Asking(**config.judging.model_dump(exclude={"rule"}))
    # The budget of a configuration is that of a run.
    spend = open_spend(config.model_copy(update={"budget": BudgetConfig()}), store) if store else None
    judges: list[Judge] = []
    table = ModelTable(config.concurrency, store, spend.probed if spend else unpaid)
    models = table.models([judge for judge in config.judges if judge.name != "rules"])
    for name in model_names(config.judges):
        if name == "rules":
            judges.append(RuleJudge())
            continue
        model = models[name].model
        stack.push_async_callback(model.aclose)
        judges.append(LLMJudge(spend.asked(model, Role.JUDGE)[0] if spend else model, asking))
    return judges


def _models(config: Config) -> list[str]:
    return [name for name in model_names(config.judges) if name != "rules"]


def _directory(options: CalibrateOptions, config: Config, library: Library | None) -> Path | None:
    """Where answers are kept; the same command finds them again. None is needed where nothing is asked of a model."""
    if options.out or not _models(config):
        return options.out
    labels = options.labels.read_bytes() if options.labels else b""
    asked = (config.digest(), library.digest() if library else "", options.most or DEFAULT_COUNT)
    digest = hashlib.sha256(msgspec.json.encode(asked) + labels).hexdigest()[:8]
    return RUNS / f"calibrate-{digest}"


def _opened(out: Path) -> DirectoryLock:
    if rundir.is_run(out):
        raise UserError(f"{out}: is a run directory; choose another --out for the calibration")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{out}: cannot be created: {error.strerror}; choose another --out") from None
    return DirectoryLock(out)


def _show_plan(config: Config, cases: int, *, exact: bool, as_json: bool) -> None:
    models, tries = _models(config), config.judging.tries
    plan = {
        "cases_at_most": cases,
        "judges": model_names(config.judges),
        "requests_if_all_readable": cases * len(models),
        "requests_at_most": cases * len(models) * tries,
    }
    if as_json:
        sys.stdout.write(msgspec.json.encode(plan).decode() + "\n")
        return
    how_many = f"{cases:,} cases" if exact else f"at most {cases:,} cases"
    asked = f"{cases:,} requests to each of {' and '.join(models)}" if models else "no model requests"
    again = f" (up to {tries} times as many if verdicts cannot be parsed)" if models and tries > 1 else ""
    Terminal(markup=False).print(
        f"{how_many}, {asked}{again}. No request was sent, nothing was written.", highlight=False, soft_wrap=True
    )


def _end(
    found: Mapping[str, Any], judged: Sequence[Judged], out: Path | None, console: Console, *, as_json: bool
) -> None:
    if out:
        with replacing(out / FIGURES) as file:
            file.write(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
        with replacing(out / VERDICTS) as file:
            file.writelines(msgspec.json.encode(_line(one)) + b"\n" for one in judged)
    if as_json:
        whole = {"out": str(out) if out else None, **found}
        sys.stdout.write(msgspec.json.encode(whole).decode() + "\n")
        return
    source = "derived from seed examples" if found["source"] == "faults" else f"labelled in {found['source']}"
    console = Terminal(markup=False)
    counts = f"{found['cases']:,} cases {source}: {found['right']:,} correct, {found['wrong']:,} wrong."
    console.print(counts, highlight=False, soft_wrap=True)
    console.print(tables(found), highlight=False)
    for row in found["requests"]:
        tokens = f"{row['prompt_tokens']:,} prompt and {row['completion_tokens']:,} completion tokens"
        said = f"{row['model']}: {row['requests']:,} requests, {tokens}, cost {usd(row['cost_usd'])}"
        console.print(said, highlight=False, soft_wrap=True)
    if out:
        console.print(f"\n{out / VERDICTS}  every case with its verdicts", highlight=False, soft_wrap=True)


def _line(one: Judged) -> dict[str, Any]:
    """A case and what was said about it, for looking at the disagreements."""
    return {
        "id": one.case.id,
        "label": "pass" if one.case.right else "fail",
        "fault": one.case.fault,
        "what": one.case.what,
        "query": one.case.candidate.query,
        "calls": one.case.candidate.calls,
        "verdicts": one.verdicts,
    }


class _Counting(LiveBar):
    """How many of so many things are done."""

    def __init__(self, console: Console, what: str, wanted: int) -> None:
        columns = (TextColumn(f"[bold]{what}"), BarColumn(bar_width=24), MofNCompleteColumn())
        super().__init__(console, columns, total=wanted)
        self._what, self._wanted = what, wanted

    def at(self, done: int) -> None:
        """Show how far it is."""
        self.show(f"{done:,}/{self._wanted:,} {self._what}", completed=done)
