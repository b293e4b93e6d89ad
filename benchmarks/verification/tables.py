"""The measurements as tables in Markdown, and their place in docs/verification.md."""

from collections.abc import Sequence
from pathlib import Path

from apigen.agreement import Interval
from apigen.faults import BY_NAME, Visible
from apigen.records import Stage
from benchmarks.verification.measure import STAGES, CorpusResult, Found, OperatorResult

SHORT = {
    Stage.FORMAT: "format",
    Stage.GROUNDING: "grounding",
    Stage.EXECUTION: "execution",
    Stage.SEMANTICS: "semantics",
}


def table(result: CorpusResult) -> str:
    """One corpus: the right answers first, then each operator."""
    parts = [_untouched(result), _operators(result, Visible.RULES), _operators(result, Visible.JUDGE)]
    if result.judged_right is not None:
        parts.append(f"The judge {result.judge} rejects {percent(result.judged_right.share)} of right answers.")
    return "\n\n".join(parts)


def _untouched(result: CorpusResult) -> str:
    lines = [
        "| right answers | rows | format | grounding | execution | semantics | rejected in all [95%] |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for mode, found in result.untouched.items():
        counts = " | ".join(str(found.by_stage.get(stage, 0)) for stage in STAGES)
        lines.append(f"| grounding {mode} | {found.rows} | {counts} | {percent(found.share)} |")
    return "\n".join(lines)


def _operators(result: CorpusResult, visible: Visible) -> str:
    heads = ["fault" if visible is Visible.RULES else "fault that needs a judge", "due at", "made"]
    heads += [
        *(SHORT[stage] for stage in STAGES),
        "caught, strict [95%]",
        "lenient",
        *([result.judge] * bool(result.judge)),
    ]
    shown = [one for one in result.operators if BY_NAME[one.operator].visible is visible and one.lenient.made]
    rows = [heads, ["---", "---", *["--:"] * (len(heads) - 2)], *(_row(one) for one in shown)]
    if visible is Visible.RULES and shown:
        rows.append(_total(shown))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(one: OperatorResult) -> list[str]:
    operator = BY_NAME[one.operator]
    counts = [str(one.strict.by_stage.get(stage, 0) or "") for stage in STAGES]
    what = f"`{one.operator}`: {operator.description}"
    figures = [percent(one.strict.caught) if one.strict.made else "", f"{one.lenient.caught.share:.0%}"]
    if one.judged is not None:
        errors = f", {one.judged.errors} errors" if one.judged.errors else ""
        figures.append(f"{one.judged.rejected} of {one.judged.answers}{errors}" if one.judged.answers else "")
    return [what, SHORT[operator.stage], str(one.strict.made), *counts, *figures]


def _total(shown: Sequence[OperatorResult]) -> list[str]:
    strict, lenient = [one.strict for one in shown], [one.lenient for one in shown]
    made = str(sum(one.made for one in strict))
    means = [f"**{_mean(strict):.1%}**", f"{_mean(lenient):.0%}"]
    last = [""] * any(one.judged is not None for one in shown)
    return [f"**mean of {len(shown)} operators**", "", made, "", "", "", "", *means, *last]


def _mean(found: Sequence[Found]) -> float:
    """Every operator counts the same, however many faults it made."""
    shares = [one.caught.share for one in found if one.made]
    return sum(shares) / len(shares) if shares else 0.0


def percent(share: Interval) -> str:
    """A share with its interval, such as ``96.0% [93.1, 97.7]``."""
    return f"{share.share:.1%} [{100 * share.low:.1f}, {100 * share.high:.1f}]"


def write_block(path: Path, name: str, text: str) -> None:
    """Put a text between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``.

    Raises:
        SystemExit: the file has no such marks.
    """
    old = path.read_text("utf-8")
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    if begin not in old or end not in old:
        raise SystemExit(f"{path}: no place for the tables; write {begin} and {end} into it, each on its own line")
    before, after = old.partition(begin)[0], old.partition(end)[2]
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}", "utf-8")
