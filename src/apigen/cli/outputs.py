"""``apigen export`` and ``apigen report``: what can be made from an existing run."""

import sys
from pathlib import Path

import msgspec

from apigen import rundir
from apigen.attempts import read_requests
from apigen.cli.targets import ANEW, require_target
from apigen.cli.terminal import Terminal
from apigen.dataset.export.formats import PREFERENCES, export
from apigen.files import replacing
from apigen.report.page import choose_rows, page
from apigen.report.summary import summary


def export_command(run_dir: Path, name: str, out: Path, *, force: bool, as_json: bool) -> None:
    """Write the dataset in one format, with a note beside it that says where it comes from.

    Raises:
        UserError: the run cannot be read, there is no such format, or a file already exists and ``force`` is not set.
        JobFellShort: a file cannot be written.
    """
    beside = out.with_name(f"{out.name}.provenance.json")
    for path in (out, beside):
        require_target("-o", path, force=force)
    samples = rundir.read_samples(run_dir)
    manifest = rundir.read_manifest(run_dir)
    if name == PREFERENCES:
        tools = {tool.name: tool for tool in rundir.read_library(run_dir)}
        attempts = (attempt for _, request in read_requests(run_dir / rundir.ATTEMPTS) for attempt in request)
        rows = export(samples, name, out, attempts=attempts, tools=tools)
    else:
        rows = export(samples, name, out)
    # The formats have no place for it, and a file that travels alone should still say who wrote it.
    note = {
        "rows": rows,
        "format": name,
        "notice": manifest["notice"],
        "llm": manifest["llm"],
        "status": manifest["status"],
        "config_digest": manifest["config_digest"],
        "library_digest": manifest["library"]["digest"],
        "apigen": manifest["versions"]["apigen"],
    }
    with replacing(beside, ANEW) as file:
        file.write(msgspec.json.format(msgspec.json.encode(note), indent=2) + b"\n")
    if as_json:
        sys.stdout.write(msgspec.json.encode({"out": str(out), **note}).decode() + "\n")
        return
    Terminal(stderr=True, markup=False).print(
        f"{rows:,} rows written to {out} ({name}), their provenance to {beside.name}. {manifest['notice']}",
        highlight=False,
        soft_wrap=True,
    )


def report_command(run_dir: Path, *, as_json: bool) -> None:
    """Print the summary of a run and render its report again."""
    manifest = rundir.read_manifest(run_dir)
    target = run_dir / rundir.REPORT
    shown = choose_rows(rundir.read_samples(run_dir), manifest["samples"])
    with replacing(target) as file:
        file.write(page(manifest, shown).encode())
    if as_json:
        sys.stdout.write(msgspec.json.encode({"report": str(target), **manifest}).decode() + "\n")
        return
    console = Terminal(markup=False)
    console.print(summary(manifest))
    console.print(f"\n{target}", highlight=False, soft_wrap=True)
