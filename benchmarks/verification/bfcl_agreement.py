"""Does the format stage agree with BFCL's official checker on the same rows?

python -m benchmarks.verification.bfcl_agreement --bfcl PATH --python PYTHON [--write-docs]

PYTHON is an interpreter with the official checker, which needs none of the packages that it names::

    python -m venv bfcl
    bfcl/bin/pip install --no-deps bfcl-eval==2026.3.23 tree_sitter==0.21.3 tree-sitter-java==0.21.0 \\
        tree-sitter-javascript==0.21.4

The official checker compares values with the truth, the format stage knows no truth. So both see the true answers, and
these with a fault of shape, name or type, where every other value is the true one.
"""

import argparse
import json
import random
import subprocess
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from apigen.faults import BY_NAME, Pool
from apigen.records import Call, Candidate, Json, Outcome
from apigen.verify.format import FormatCheck
from benchmarks.verification.corpora import GET_BFCL, Row, bfcl
from benchmarks.verification.tables import write_block

DOCS = Path(__file__).parent.parent.parent / "docs" / "verification.md"
OPERATORS = (
    "unknown_tool",
    "misspelt_tool",
    "renamed_argument",
    "extra_argument",
    "required_argument_dropped",
    "type_swapped",
    "null_argument",
    "wrong_nesting",
    "outside_enum",
    "all_calls_dropped",
    "call_doubled",
)
TRUE = "true answers"
SHOWN = 6
"""Ids named for each class of difference."""


CAUSES = {
    "wrong_type": ("type_error", "dict_checker", "value_error:dict"),
    "not_in_enum": ("value_error",),
    "missing_argument": ("missing_required", "missing_optional", "value_error:dict_key"),
    "unknown_argument": ("unexpected_param", "missing_required"),
    "unknown_tool": ("wrong_func_name",),
    "empty_answer": ("wrong_count",),
    "duplicate_calls": ("wrong_count",),
}
"""The official kinds of error that name the same cause as a reason of ours."""


class Case(NamedTuple):
    """One answer that both check."""

    row: Row
    kind: str
    candidate: Candidate


class Compared(NamedTuple):
    """What both say about it."""

    case: Case
    ours: str
    """Our reason; empty for a pass."""
    detail: str
    theirs: str
    """The official kind of error; empty for a pass."""

    @property
    def same_cause(self) -> bool:
        """Whether both reject for the same."""
        return bool(self.ours and self.theirs) and any(kind in self.theirs for kind in CAUSES.get(self.ours, ()))


def whole_for_float(value: Json, kind: str) -> Json:
    """5 for 5.0."""
    return int(value) if kind == "number" and isinstance(value, float) and value.is_integer() else None


def float_for_whole(value: Json, kind: str) -> Json:
    """5.0 for 5."""
    return float(value) if kind == "integer" and isinstance(value, int) and not isinstance(value, bool) else None


def flag_for_whole(value: Json, kind: str) -> Json:
    """true for 1."""
    return bool(value) if kind in ("integer", "number") and value in (0, 1) and not isinstance(value, bool) else None


PROBES: dict[str, Callable[[Json, str], Json]] = {
    "5 for 5.0": whole_for_float,
    "5.0 for 5": float_for_whole,
    "true for 1": flag_for_whole,
}


def cases(rows: Sequence[Row], seed: int) -> Iterator[Case]:
    """The true answers, those with a fault of shape, and those with a number of another type."""
    pool = Pool([row.candidate for row in rows])
    for row in rows:
        yield Case(row, TRUE, row.candidate)
        for name in OPERATORS:
            faulty = BY_NAME[name].apply(row.candidate, random.Random(f"{seed}/{name}/{row.id}"), pool)
            if faulty is not None:
                yield Case(row, name, faulty.candidate)
        for probe, change in PROBES.items():
            changed = _first_changed(row.candidate, change)
            if changed is not None:
                yield Case(row, probe, changed)


def _first_changed(right: Candidate, change: Callable[[Json, str], Json]) -> Candidate | None:
    for index, call in enumerate(right.calls):
        tool = right.tool(call.name)
        for name, value in call.arguments.items():
            schema = tool.properties.get(name, {}) if tool else {}
            new = change(value, str(schema.get("type")))
            if new is not None:
                calls = list(right.calls)
                calls[index] = Call(call.name, {**call.arguments, name: new})
                return Candidate(right.query, tuple(calls), right.tools, right.style, right.context)
    return None


def officially(python: str, found: Sequence[Case]) -> list[str]:
    """What the official checker says of each: nothing, or its kind of error."""
    lines = [
        json.dumps(
            {
                "calls": [{"name": call.name, "arguments": call.arguments} for call in case.candidate.calls],
                "function": case.row.raw["function"],
                "truth": case.row.raw["ground_truth"],
                "category": case.row.category,
            }
        )
        for case in found
    ]
    script = Path(__file__).with_name("bfcl_official.py")
    ran = subprocess.run([python, str(script)], input="\n".join(lines), capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"{python}: no official checker there; see --help. It said: {ran.stderr[-300:]}")
    said = [json.loads(line) for line in ran.stdout.splitlines()]
    return ["" if one["valid"] else one["kind"] or "rejected" for one in said]


def compare(rows: Sequence[Row], python: str, seed: int) -> list[Compared]:
    check = FormatCheck()
    found = list(cases(rows, seed))
    compared = []
    for case, theirs in zip(found, officially(python, found), strict=True):
        verdict = check.check(case.candidate)
        ours = "" if verdict.outcome is Outcome.PASS else str(verdict.reason)
        if not case.candidate.calls:
            ours = "empty_answer"  # said before calls are checked, where the pair is read
        compared.append(Compared(case, ours, verdict.detail, theirs))
    return compared


def report(compared: Sequence[Compared]) -> str:
    """Three tables: how often they agree, each class of difference, and each true answer that one of them rejects."""
    return "\n\n".join((_agreement(compared), _classes(compared), _true_answers(compared)))


def _agreement(compared: Sequence[Compared]) -> str:
    lines = [
        "| answers | number | both accept | both reject | same cause | only ours rejects | only the official | agree |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    kinds = list(dict.fromkeys(one.case.kind for one in compared))
    for kind in [*sorted(kinds, key=lambda kind: (kind != TRUE, kind in PROBES)), "all"]:
        mine = [one for one in compared if kind in (one.case.kind, "all")]
        counts = Counter((not one.ours, not one.theirs) for one in mine)
        agree = (counts[True, True] + counts[False, False]) / len(mine)
        figures = (
            len(mine),
            counts[True, True],
            counts[False, False],
            sum(one.same_cause for one in mine),
            counts[False, True],
            counts[True, False],
            f"{agree:.2%}",
        )
        shown = f"`{kind}`" if kind in OPERATORS else kind
        lines.append(f"| {shown} | {' | '.join(map(str, figures))} |")
    return "\n".join(lines)


def _classes(compared: Sequence[Compared]) -> str:
    groups: dict[tuple[str, str, str], list[Compared]] = defaultdict(list)
    for one in compared:
        if bool(one.ours) != bool(one.theirs):
            groups[one.case.kind, one.ours, one.theirs].append(one)
    lines = ["| they differ on | ours | official | number | such as |", "|---|---|---|--:|---|"]
    for (kind, ours, theirs), mine in sorted(groups.items(), key=lambda item: (item[0][0] != TRUE, item[0])):
        ids = ", ".join(dict.fromkeys(one.case.row.id for one in mine[:SHOWN]))
        lines.append(f"| {kind} | {ours or 'accepts'} | {theirs or 'accepts'} | {len(mine)} | {ids} |")
    return "\n".join(lines)


def _true_answers(compared: Sequence[Compared]) -> str:
    lines = ["| true answer | ours | why | official |", "|---|---|---|---|"]
    for one in compared:
        if one.case.kind == TRUE and (one.ours or one.theirs):
            why = one.detail.split("; ")[0].replace("|", "\\|")[:140]
            lines.append(f"| {one.case.row.id} | {one.ours or 'accepts'} | {why} | {one.theirs or 'accepts'} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bfcl", type=Path, required=True, help=f"wheel or folder of bfcl-eval; {GET_BFCL}")
    parser.add_argument("--python", required=True, help="interpreter that has the official checker")
    parser.add_argument("--seed", type=int, default=20240618)
    parser.add_argument("--write-docs", action="store_true", help="replace the tables in docs/verification.md")
    given = parser.parse_args()
    text = report(compare(bfcl(given.bfcl), given.python, given.seed))
    print(text)
    if given.write_docs:
        write_block(DOCS, "agreement", text)


if __name__ == "__main__":
    main()
