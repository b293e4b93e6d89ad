"""``apigen augment``: relevance negatives made from verified rows."""

import sys
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from apigen.cli.row_progress import RowProgress
from apigen.cli.split import require_dataset, run_library
from apigen.cli.targets import ANEW, require_not_input, require_target
from apigen.cli.terminal import Terminal
from apigen.dataset.negatives.base import Kind
from apigen.dataset.negatives.making import Augmented, Plan, augment, mixed
from apigen.dataset.negatives.row_file import RowFile
from apigen.dataset.read.formats import read
from apigen.errors import JobFellShort, UserError
from apigen.files import replacing
from apigen.report.words import counted


class AugmentOptions(NamedTuple):
    """The command line."""

    dataset: Path
    out: Path
    share: float
    kinds: str
    seed: int
    mix: bool
    force: bool
    format_name: str
    dry_run: bool
    as_json: bool


def augment_command(options: AugmentOptions) -> None:
    """Carry out ``apigen augment``.

    Raises:
        UserError: an option is wrong, or nothing can be made of the dataset.
        JobFellShort: fewer negatives than wanted could be made; they are written.
    """
    _require_sound(options)
    plan = Plan(options.share, _kinds(options.kinds), options.seed)
    with RowFile(options.out.parent) as lines:
        with RowProgress(Terminal(stderr=True, markup=False)) as progress:
            made = augment(
                read(options.dataset, options.format_name),
                plan,
                lines,
                run_library(options.dataset),
                watch=lambda tried, negatives: progress.update(tried, f"{negatives:,} negatives"),
            )
        if not options.dry_run:
            _write(options, lines, made)
    found = _found(options, made)
    if options.as_json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    else:
        _show(found)
    if len(made.negatives) < made.wanted:
        raise JobFellShort(
            f"only {len(made.negatives):,} of {made.wanted:,} negatives could be made; the summary gives the reasons; "
            "use more rows, more --kinds or a smaller --share"
        )


def _require_sound(options: AugmentOptions) -> None:
    require_dataset(options.dataset, options.format_name)
    require_target("-o", options.out, force=options.force)
    require_not_input("-o", options.out, options.dataset)


def _kinds(text: str) -> tuple[Kind, ...]:
    names = dict.fromkeys(part.strip() for part in text.split(",") if part.strip())
    known = {kind.value: kind for kind in Kind}
    wrong = next((name for name in names if name not in known), None)
    if wrong is not None or not names:
        raise UserError(
            f"--kinds {wrong if wrong is not None else repr(text)}: no such kind; choose from {', '.join(known)}"
        )
    return tuple(known[name] for name in names)


def _write(options: AugmentOptions, lines: RowFile, made: Augmented) -> None:
    numbers = mixed(made, options.seed) if options.mix else made.negatives
    with replacing(options.out, ANEW) as file:
        for number in numbers:
            file.write(lines.line(number) + b"\n")


def _found(options: AugmentOptions, made: Augmented) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(made)
    negatives = len(found.pop("negatives"))
    together = made.rows + negatives
    return {
        "dataset": str(options.dataset),
        "out": None if options.dry_run else str(options.out),
        "seed": options.seed,
        "mix": options.mix,
        **found,
        "negatives": negatives,
        "share": round((made.there + negatives) / together, 4),
    }


def _show(found: dict[str, Any]) -> None:
    console = Terminal(markup=False)
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in found["counts"].items())
    made = (
        f"{found['negatives']:,} of {found['wanted']:,} negatives ({kinds}) made from {counted(found['rows'], 'row')}"
    )
    lines = [f"{made}; {found['share']:.1%} of all rows then make no call"]
    if found["shown"]:
        same = f"{found['shown_same_category']:,} of {counted(found['shown'], 'replacement tool')}"
        lines.append(f"of the same category as a dropped tool: {same}")
    if unverified := found["verified"].get("format"):
        lines.append(f"made from rows of which only the format was checked, since no run wrote them: {unverified:,}")
    for kind, reasons in found["refused"].items():
        if reasons:
            listed = ", ".join(f"{count:,} {reason}" for reason, count in reasons.items())
            lines.append(f"rows without a {kind} negative: {listed}")
    if found["refused_tools"]:
        listed = ", ".join(f"{count:,} {reason}" for reason, count in found["refused_tools"].items())
        lines.append(f"tools not shown because they might answer the query: {listed}")
    if found["unreadable"]:
        lines.append(f"{counted(found['unreadable'], 'row')} could not be read; run `apigen check` for the reasons")
    what = "positives and negatives, shuffled" if found["mix"] else "negatives"
    lines += ["", f"{found['out']}  {what}" if found["out"] else "Nothing was written."]
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)
