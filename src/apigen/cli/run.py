"""``apigen run``: resolve the configuration, show progress, end with a summary."""

import asyncio
import gc
import os
import shlex
import sys
from collections.abc import Mapping
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from rich.console import Console
from stamina.instrumentation import set_on_retry_hooks

from apigen import rundir
from apigen.cli.batches import batch_lines, require_batches_kept, under_way_line, waves_lines
from apigen.cli.focus import focus_table, focused
from apigen.cli.interrupt import EXIT_INTERRUPTED
from apigen.cli.progress import LiveProgress
from apigen.cli.resume import resumed_config, show_survey, verified_again
from apigen.cli.terminal import Terminal
from apigen.config import Config, load_config
from apigen.errors import AnswersPending, ApigenError, BudgetSpent, JobFellShort, Unavailable, UserError
from apigen.estimate.run import estimate_run
from apigen.estimate.words import line as estimate_line
from apigen.estimate.words import table as estimate_table
from apigen.execute.grants import Grants, read_grants, unenforced
from apigen.execute.python import probe_isolation, require_isolation
from apigen.execute.table import recordings_file
from apigen.generate.prompts import generation_messages
from apigen.library.catalogue import Library, load_library
from apigen.model_config import model_names
from apigen.models.environment import require_environment
from apigen.models.prices import asked_models, load_prices, require_prices
from apigen.models.store import CompletionStore
from apigen.report.summary import summary
from apigen.report.words import outcome_changes
from apigen.resuming import changed_verification
from apigen.reverify.run import Wanted
from apigen.rundir import RunDir
from apigen.runner import run
from apigen.sampling.sampler import Sampler
from apigen.sampling.state import SamplingState
from apigen.schedule import Ending
from apigen.verify.seeds import require_fitting

RUNS = Path("runs")
_NAMED = 8
"""Tools listed in a line about grants."""

_COLLECT_AFTER = 20_000
"""New objects before a garbage collection. With Python's default of 700, collecting takes a tenth of a run's time."""


class RunOptions(NamedTuple):
    """The options of the command line."""

    config: Path | None
    overrides: Mapping[str, Any]
    base_url: str | None
    out: Path | None
    resume: bool
    dry_run: bool
    as_json: bool
    batch: bool
    no_wait: bool
    focus: Path | None
    """Folder of an evaluation whose errors decide what is drawn more of."""


def run_command(options: RunOptions) -> int:
    """Carry out ``apigen run``; returns the exit code."""
    console = Terminal(stderr=True, markup=False)
    set_on_retry_hooks(())  # its log lines do not help users; an unavailable model is reported in one line
    out = _directory(options)
    if options.resume:
        config = resumed_config(out, options.config, options.overrides, options.base_url, batch=options.batch)
        require_batches_kept(config, out)
    else:
        config = _new_config(options)
    if not options.resume and not options.dry_run and out.exists() and rundir.is_run(out):
        raise UserError(f"{out}: already exists; add --resume to continue it, or choose another --out")
    if options.no_wait and not config.batched:
        raise UserError("--no-wait: no model uses a batch API; add --batch, or `batch` to a model in the configuration")
    if config.isolation.require != "limits":  # which every machine provides
        require_isolation(config.isolation.require)
    grants = read_grants(config.grants, os.environ)
    library = load_library(config.library, config.seeds, grants, may_write=config.remote.may_write, executable=True)
    require_fitting(library.seeds, library.by_name())
    config = focused(config, library.tools, options.focus)
    Sampler(library.tools, config)  # an impossible style mix is reported before a directory is created
    if options.dry_run and not options.resume:
        _show_plan(config, library, grants, console, as_json=options.as_json)
        return 0
    if config.execution.recordings != "live":  # the same
        recordings_file(config.execution, out)
    if asked_models(config):
        require_prices(config, load_prices(config.prices))
        if not options.dry_run:
            require_environment(asked_models(config))
    directory = RunDir.resume(out, config) if options.resume else RunDir.create(out, config, library)
    with closing(directory):
        changes = changed_verification(out, config, library) if options.resume else ()
        wanted = Wanted(directory, config, library, changes, wait=not options.no_wait)
        if options.dry_run:
            return _show_resumption(wanted, grants, console, as_json=options.as_json)
        if options.resume:
            directory.write_config()
        return _run(wanted, grants, console, options)


def _run(wanted: Wanted, grants: Grants, console: Console, options: RunOptions) -> int:
    """Re-verify existing candidates where that has changed, and run to the end; returns the exit code."""
    directory, config, library, changes, wait = wanted
    out = directory.path
    try:
        _announce(config, library, grants, out, console, resume=options.resume)
        if changes and not verified_again(wanted, console):
            _write_json(out, options)
            console.print(f"Interrupted; the data is unchanged. {_resume_line(out)}", soft_wrap=True, highlight=False)
            return EXIT_INTERRUPTED
        with LiveProgress(console, config.count) as progress:

            def tell(line: str) -> None:
                console.print(line, soft_wrap=True, highlight=False, markup=False)

            _spare_the_collector()
            manifest = asyncio.run(run(directory, config, library, progress.update, tell, wait=wait))
    except AnswersPending:  # during re-verification; a run ends with a summary
        _write_json(out, options)
        console.print(f"Batch answers are still pending; the data is unchanged. {_resume_line(out)}", soft_wrap=True)
        return 1
    except Unavailable as error:
        _write_json(out, options)
        raise ApigenError(f"{error}. {_after_failing(config, out)}") from error
    except BudgetSpent:  # during re-verification; says how to resume
        _write_json(out, options)
        raise
    except JobFellShort as error:
        _write_json(out, options)
        raise JobFellShort(f"{str(error).removesuffix(', then resume')}. {_resume_command(out)}") from error
    except KeyboardInterrupt:  # before the run handles it
        _write_json(out, options, status=Ending.INTERRUPTED.value, ending="Interrupted before the run started.")
        console.print(f"Interrupted. {_resume_line(out)}", soft_wrap=True, highlight=False)
        return EXIT_INTERRUPTED
    return _end(manifest, out, console, as_json=options.as_json)


def _write_json(out: Path, options: RunOptions, **ended: str) -> None:
    """With ``--json``, print how a run ended that has no summary.

    Args:
        out: the run directory, with the manifest.
        options: of the command.
        ended: values that the manifest lacks.
    """
    if options.as_json:
        manifest = {"status": "failed", "ending": "The run ended before its manifest was written."}
        with suppress(UserError):
            manifest = rundir.read_manifest(out)
        sys.stdout.write(msgspec.json.encode({"out": str(out), **manifest, **ended}).decode() + "\n")


def _spare_the_collector() -> None:
    """Collect garbage less often, and not among what stays: a run makes few cycles, and many small objects."""
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)


def _end(manifest: Mapping[str, Any], out: Path, console: Console, *, as_json: bool) -> int:
    """Report the result; returns the exit code."""
    if as_json:
        sys.stdout.write(msgspec.json.encode({"out": str(out), **manifest}).decode() + "\n")
    console.print()
    console.print(summary(manifest))
    console.print(f"\n{_files(out)}", soft_wrap=True, highlight=False)
    if manifest["status"] == Ending.DONE:
        return 0
    if manifest["status"] == Ending.INTERRUPTED:
        console.print(f"Interrupted. {_resume_line(out)}", soft_wrap=True, highlight=False)
        return EXIT_INTERRUPTED
    console.print(f"apigen: {manifest['ending']}", soft_wrap=True, highlight=False, style="bold")
    if manifest["status"] == Ending.WAITING:
        console.print(_resume_line(out), soft_wrap=True, highlight=False)
    return 1


def _directory(options: RunOptions) -> Path:
    if options.out is not None:
        return options.out
    if options.resume:
        return _latest_unfinished()
    return RUNS / datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")


def _latest_unfinished() -> Path:
    candidates = sorted((path for path in RUNS.glob("*") if rundir.is_run(path)), reverse=True)
    for path in candidates:
        try:
            if rundir.read_manifest(path)["status"] != Ending.DONE:
                return path
        except UserError:  # killed before its first manifest
            return path
    raise UserError(f"--resume: no unfinished run under {RUNS.resolve()}; name one with --out")


def _new_config(options: RunOptions) -> Config:
    overrides = {key: value for key, value in options.overrides.items() if value is not None}
    config = load_config(options.config, overrides)
    return config.resolved(base_url=options.base_url, batch=options.batch)


def _announce(config: Config, library: Library, grants: Grants, out: Path, console: Console, *, resume: bool) -> None:
    seeds = f"{len(library.seeds):,} seed examples" if library.seeds else "no seed examples"
    names = model_names(config.judges)
    judges = " and ".join(names)
    judges += f" ({config.judging.rule})" if sum(name != "rules" for name in names) > 1 else ""
    judges += ", rejected candidates sent back once" if config.repair else ""
    doing = "Resuming" if resume else "Writing"
    what = f"{doing} {config.count:,} verified samples: {len(library.tools)} tools, {seeds}"
    lines = [f"{what}, {_writers(config)}, judged by {judges}", f"into {out}", probe_isolation().summary]
    lines += _granted_lines(library, grants)
    if library.skipped:
        lines.append(f"{len(library.skipped)} functions were skipped; `apigen library list` shows why")
    lines += batch_lines(config, out)
    if config.models[0].name.startswith("openai/") and not config.batched and config.at_one_model > config.window:
        lines.append(
            f"concurrency {config.at_one_model} cannot be reached: rounds allow {config.window} concurrent requests; "
            "raise rounds.requests or rounds.lag"
        )
    if asked_models(config) and not resume:
        lines.append(estimate_line(estimate_run(config, library)))
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False, markup=False)
    _show_focus(config, library, console)


def _show_focus(config: Config, library: Library, console: Console) -> None:
    table = focus_table(config, library.tools)
    if table is not None:
        console.print(table, highlight=False)


def _writers(config: Config) -> str:
    names = model_names(config.models)
    if len(names) == 1:
        return f"writer {names[0]}"
    total = sum(model.weight for model in config.models)
    weights = {name: sum(model.weight for model in config.models if model.name == name) for name in names}
    shares = ", ".join(f"{name} {weight / total:.0%}" for name, weight in weights.items())
    return f"writers {shares}"


def _granted_lines(library: Library, grants: Grants) -> list[str]:
    """What some tools may do beyond the sandbox, a line for each distinct grant."""
    granted = grants.granted(library.by_name())
    lines = []
    for entry in granted:
        some = ", ".join(entry.tools[:_NAMED]) + (
            f" and {len(entry.tools) - _NAMED} more" * (len(entry.tools) > _NAMED)
        )
        lines.append(f"granted to {some}: {grants.of(entry.tools[0]).sentence()}")
    warning = unenforced(granted, probe_isolation()) if granted else ""
    return [*lines, warning] if warning else lines


def _show_plan(config: Config, library: Library, grants: Grants, console: Console, *, as_json: bool) -> None:
    sampler = Sampler(library.tools, config)
    first = sampler.round(0, 0, SamplingState(library.seeds))[0]
    prompt = generation_messages(first, thought=config.generation.thought)
    styles = {style.value: round(share * config.count) for style, share in sampler.shares.items()}
    if as_json:
        plan = {
            "config": config.model_dump(mode="json"),
            "tools": len(library.tools),
            "seeds": len(library.seeds),
            "skipped": len(library.skipped),
            "styles": styles,
            "grants": msgspec.to_builtins(grants.granted(library.by_name())),
            "requests_if_all_pass": config.requests_if_all_pass,
            "estimate": msgspec.to_builtins(estimate_run(config, library)) if asked_models(config) else None,
            "first_prompt": prompt,
        }
        sys.stdout.write(msgspec.json.encode(plan).decode() + "\n")
        return
    console.print(config.to_yaml(), highlight=False)
    tools = f"{len(library.tools)} tools, {len(library.seeds)} seeds, {len(library.skipped)} skipped"
    shares = ", ".join(f"{count} {style}" for style, count in styles.items())
    needed = f"at least {config.requests_if_all_pass} requests to {' and '.join(model_names(config.models))}"
    console.print(f"{tools}. Samples: {shares}; {needed}. Nothing was written.\n", highlight=False, soft_wrap=True)
    for line in (*_granted_lines(library, grants), *waves_lines(config)):
        console.print(line, soft_wrap=True, highlight=False, markup=False)
    _show_focus(config, library, console)
    if asked_models(config):
        console.print(estimate_table(estimate_run(config, library)), highlight=False)
    console.rule("first prompt")
    for message in prompt:
        console.print(f"[{message.role}]\n{message.content}\n", markup=False, highlight=False, soft_wrap=True)


def _show_resumption(wanted: Wanted, grants: Grants, console: Console, *, as_json: bool) -> int:
    """What resuming would do: the plan of the run, or the re-verification; returns the exit code."""
    if not wanted.changes:
        _show_plan(wanted.config, wanted.library, grants, console, as_json=as_json)
        return 0
    found = show_survey(wanted, console, stage=False)
    if as_json:
        plan = {"changes": wanted.changes, "survey": found}
        sys.stdout.write(msgspec.json.encode(plan).decode() + "\n")
    sure = "" if found.is_complete else ", as far as known"
    left = f"{min(found.samples, wanted.config.count):,} of {wanted.config.count:,} samples"
    line = f"{outcome_changes(found.changed)}; {left} would remain{sure}. Nothing was changed."
    console.print(line, soft_wrap=True, highlight=False)
    return 0


def _after_failing(config: Config, out: Path) -> str:
    """What to do after a model was unavailable; the name of a writer cannot be changed in a run."""
    if any(model.name.startswith("openai/") for model in config.models):
        with closing(CompletionStore(out / rundir.COMPLETIONS)) as store:
            if not store.count("writer"):
                advice = "Nothing has been answered yet; to use another model, start a run with another --out."
                return f"{advice} {_resume_line(out)}"
    return f"No answer is lost. {_resume_line(out)}"


def _resume_line(out: Path) -> str:
    going_on = f"{line}. " if (line := under_way_line(out)) else ""
    return going_on + _resume_command(out)


def _resume_command(out: Path) -> str:
    return f"Resume with: apigen run --resume --out {shlex.quote(str(out))}"


def _files(out: Path) -> str:
    rows = [
        (rundir.DATASET, "the verified samples"),
        (rundir.XLAM, "the same rows in the shape of xlam-function-calling-60k"),
        (rundir.REPORT, "report to open in a browser"),
        (rundir.ATTEMPTS, "every candidate with its verdicts"),
    ]
    return "\n".join(f"{out / name}  {what}" for name, what in rows)
