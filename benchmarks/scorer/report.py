"""What the comparison found: agreement by category, every exception, and how fast both are."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from apigen.evaluate.bfcl_data import CATEGORIES
from benchmarks.scorer.comparing import TRUE, Compared

SIGN = re.compile(r"[=\[({,:] ?(\+\d|not (True|False))")
"""A sign that the official decoder takes for a minus."""

ALL = "all"


def excused(one: Compared) -> str:
    """Why a difference is none of our scoring: named in docs/evaluate.md. Empty where it is none of these."""
    if one.theirs.raised:
        return f"the official scoring raises {one.theirs.raised.split(':')[0]}"
    if one.case.text is not None and SIGN.search(one.case.text):
        return "the official decoder reads `+5` as -5 and `not True` as -1"
    return ""


def differing(compared: Sequence[Compared]) -> list[Compared]:
    """Where the two differ without an excuse."""
    return [one for one in compared if not one.agree and not excused(one)]


def report(compared: Sequence[Compared]) -> str:
    parts = [_agreement(compared), _exceptions(compared), _unsatisfiable(compared), _speed(compared)]
    wrong = differing(compared)
    if wrong:
        parts.append("\n".join(["Differences:", *(_shown(one) for one in wrong)]))
    return "\n\n".join(parts)


def _agreement(compared: Sequence[Compared]) -> str:
    lines = [
        "| category | true | both right | mutated | as text | both right | both wrong | excused | differ | agree |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for category in (*CATEGORIES, ALL):
        mine = [one for one in compared if category in (one.case.row.category, ALL)]
        true = [one for one in mine if one.case.kind == TRUE]
        bent = [one for one in mine if one.case.kind != TRUE]
        both = Counter(one.ours.correct for one in bent if one.agree)
        excuses = sum(not one.agree and bool(excused(one)) for one in mine)
        differ = len(differing(mine))
        held = len(mine) - excuses
        figures = (
            len(true),
            sum(one.agree and one.ours.correct for one in true),
            len(bent),
            sum(one.case.text is not None for one in bent),
            both[True],
            both[False],
            excuses,
            differ,
        )
        share = f"{(held - differ) / held:.2%}" if held else "-"
        lines.append(f"| {category} | {' | '.join(f'{one:,}' for one in figures)} | {share} |")
    return "\n".join(lines)


def _exceptions(compared: Sequence[Compared]) -> str:
    groups: dict[str, list[Compared]] = defaultdict(list)
    for one in compared:
        if not one.agree and excused(one):
            groups[excused(one)].append(one)
    if not groups:
        return "No exceptions."
    lines = ["| exception | answers | ours says |", "|---|--:|---|"]
    for why, mine in sorted(groups.items()):
        said = Counter(one.ours.error_type or "right" for one in mine)
        lines.append(f"| {why} | {len(mine)} | {', '.join(f'{name} {count}' for name, count in said.most_common())} |")
    listed = "\n".join(_shown(one) for mine in groups.values() for one in mine)
    return "\n".join(lines) + f"\n\nOne by one:\n\n{listed}"


def _shown(one: Compared) -> str:
    answer = one.case.text if one.case.text is not None else str(one.case.calls)
    cut = answer if len(answer) <= 140 else f"{answer[:139]}…"
    theirs = one.theirs.raised or one.theirs.kind or "right"
    return f"- {one.case.row.id}: `{cut}`: ours {one.ours.error_type or 'right'}, official {theirs}"


def _unsatisfiable(compared: Sequence[Compared]) -> str:
    """True answers that both reject."""
    lines = ["| true answer | ours | why | official |", "|---|---|---|---|"]
    for one in compared:
        if one.case.kind == TRUE and not (one.ours.correct and one.theirs.valid):
            why = one.ours.detail.replace("|", "\\|")
            lines.append(
                f"| {one.case.row.id} | {one.ours.error_type or 'right'} | {why} | {one.theirs.kind or 'right'} |"
            )
    return "\n".join(lines)


def _speed(compared: Sequence[Compared]) -> str:
    lines = [
        "| CPU time, the same answers | answers | ours, answers/s | official, answers/s | ratio |",
        "|---|--:|--:|--:|--:|",
    ]
    groups = {
        "calls": [one for one in compared if one.case.text is None],
        "text, decoded first": [one for one in compared if one.case.text is not None],
    }
    for name, mine in groups.items():
        if mine:
            ours = len(mine) / (sum(one.ns for one in mine) / 1e9)
            theirs = len(mine) / (sum(one.theirs.ns for one in mine) / 1e9)
            lines.append(f"| {name} | {len(mine):,} | {ours:,.0f} | {theirs:,.0f} | {ours / theirs:.2f} |")
    return "\n".join(lines)
