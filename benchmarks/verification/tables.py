"""The measurements as tables in Markdown, and their place in docs/verification.md."""

from collections.abc import Sequence
from pathlib import Path

from apigen.agreement import Interval
from apigen.records import Stage
from apigen.verify.faults import BY_NAME, Visible
from benchmarks.verification.measure import STAGES, CorpusResult, Found, OperatorResult

SHORT = {
    Stage.FORMAT: "format",
    Stage.GROUNDING: "grounding",
    Stage.EXECUTION: "execution",
    Stage.SEMANTICS: "semantics",
}


def table(result: CorpusResult) -> str:
    """One corpus: the right answers first, then each operator."""
    return "\n\n".join((_untouched(result), _operators(result, Visible.RULES), _operators(result, Visible.JUDGE)))


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
    first = "fault" if visible is Visible.RULES else "fault that needs a judge"
    lines = [
        f"| {first} | due at | made | format | grounding | execution | semantics | caught, strict [95%] | lenient |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    shown = [one for one in result.operators if BY_NAME[one.operator].visible is visible and one.lenient.made]
    lines += [_line(one) for one in shown]
    if visible is Visible.RULES and shown:
        lines.append(_total(shown))
    return "\n".join(lines)


def _line(one: OperatorResult) -> str:
    operator = BY_NAME[one.operator]
    counts = " | ".join(str(one.strict.by_stage.get(stage, 0) or "") for stage in STAGES)
    lenient = f"{one.lenient.caught.share:.0%}"
    return (
        f"| `{one.operator}`: {operator.description} | {SHORT[operator.stage]} | {one.strict.made} | {counts} | "
        f"{percent(one.strict.caught)} | {lenient} |"
    )


def _total(shown: Sequence[OperatorResult]) -> str:
    strict, lenient = ([getattr(one, mode) for one in shown] for mode in ("strict", "lenient"))
    return (
        f"| **mean of {len(shown)} operators** | | {sum(one.made for one in strict)} | | | | | "
        f"**{_mean(strict):.1%}** | {_mean(lenient):.0%} |"
    )


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
