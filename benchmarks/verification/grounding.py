"""What grounding rejects of BFCL's true answers, and what it detects of swapped, invented and dropped values.

python -m benchmarks.verification.grounding --bfcl PATH [--half fit|report|both] [--rejected] [--missed OPERATOR]
    [--write-docs]

The rows are split by a hash of their id: rules may be fitted to the first half, the second is for reporting. PATH is
the wheel of bfcl-eval or the folder of its data. ``--write-docs`` puts the totals of both halves, and no row, into
docs/verification.md.
"""

import argparse
import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from apigen.agreement import wilson
from apigen.records import Candidate, Outcome
from apigen.verify.grounding import invented, ungrounded
from apigen.verify.rules import RuleJudge
from benchmarks.verification.corpora import BFCL_CATEGORIES, GET_BFCL, Row, bfcl
from benchmarks.verification.grounding_faults import DROPPED, EXCHANGED, INVENTED, SWAPPED_IN, donors, faults
from benchmarks.verification.tables import percent, write_block


def and_rules(candidate: Candidate) -> bool:
    """Strict grounding, and the rule judge after it, which sees exchanged and left-out values."""
    return bool(ungrounded(candidate)) or asyncio.run(RULES.judge(candidate, ())).outcome is not Outcome.PASS


RULES = RuleJudge()
LEVELS: dict[str, Callable[[Candidate], object]] = {
    "strict": ungrounded,
    "lenient": invented,
    "strict, then the rule judge": and_rules,
}
SALT = "grounding:"
DOCS = Path(__file__).parent.parent.parent / "docs" / "verification.md"
HALVES = ("fit", "report")
KINDS = {
    "false rejects": (),
    "detected: swapped in and invented": (SWAPPED_IN, INVENTED),
    "detected: swapped in": (SWAPPED_IN,),
    "detected: invented": (INVENTED,),
    "detected: dropped": (DROPPED,),
    "detected: exchanged": (EXCHANGED,),
}
"""The lines of the table in the documentation, with the groups of faults that each counts."""


def half(row: Row) -> str:
    """``fit`` where the first byte of the salted id's SHA-256 is even, else ``report``."""
    return "report" if hashlib.sha256((SALT + row.id).encode()).digest()[0] % 2 else "fit"


def share(hits: int, total: int) -> str:
    """A share with its interval, for the tables."""
    found = wilson(hits, total)
    return f"{found.share:6.1%} [{found.low:5.1%}, {found.high:5.1%}]  {hits:5} of {total}"


def rejects(rows: Sequence[Row]) -> dict[str, Counter[str]]:
    """True answers that each level rejects, by category."""
    found: dict[str, Counter[str]] = {}
    for level, check in LEVELS.items():
        began = time.process_time()
        found[level] = Counter(row.category for row in rows if check(row.candidate))
        speed = len(rows) / (time.process_time() - began)
        print(
            f"{level:27} false rejects {share(found[level].total(), len(rows))}   {speed:,.0f} answers per CPU second"
        )
    return found


def detected(rows: Sequence[Row], missed: str) -> None:
    """Print what each level detects, by operator and group."""
    pool = donors(rows)
    made: Counter[tuple[str, str]] = Counter()
    caught: dict[str, Counter[tuple[str, str]]] = {level: Counter() for level in LEVELS}
    for row in rows:
        for fault in faults(row, pool):
            name = (fault.group, fault.operator)
            made[name] += 1
            for level, check in LEVELS.items():
                found = check(fault.candidate)
                caught[level][name] += bool(found)
                if missed == fault.operator and level == "strict" and not found:
                    print(f"   {row.id}: {fault.candidate.query!r:.300}\n      {fault.candidate.calls}"[:900])
    for level in LEVELS:
        print(f"\n{level}: detected of wrong answers")
        for name, total in made.items():
            print(f"  {name[0]:11} {name[1]:43} {share(caught[level][name], total)}")
        for groups in ((SWAPPED_IN,), (EXCHANGED,), (INVENTED,), (SWAPPED_IN, INVENTED), (SWAPPED_IN, EXCHANGED)):
            names = [name for name in made if name[0] in groups]
            hits, total = sum(caught[level][name] for name in names), sum(made[name] for name in names)
            print(f"  all of {' and '.join(groups):48} {share(hits, total)}")


def as_table(rows: Sequence[Row]) -> str:
    """Both halves in Markdown: what each level rejects of true answers and detects of wrong ones."""
    found: dict[tuple[str, str, str], str] = {}
    for part in HALVES:
        these = [row for row in rows if half(row) == part]
        pool = donors(these)
        wrong = [fault for row in these for fault in faults(row, pool)]
        for level, check in LEVELS.items():
            rejected = sum(bool(check(row.candidate)) for row in these)
            hits = Counter(fault.group for fault in wrong if check(fault.candidate))
            made = Counter(fault.group for fault in wrong)
            for kind, groups in KINDS.items():
                counted = sum(hits[group] for group in groups), sum(made[group] for group in groups)
                hit, total = counted if groups else (rejected, len(these))
                found[kind, level, part] = f"{percent(wilson(hit, total))}, {hit} of {total}"
    lines = [f"| | | {' | '.join(f'{part} half' for part in HALVES)} |", "|---|---|---|---|"]
    lines += [
        f"| {kind} | {level} | {' | '.join(found[kind, level, part] for part in HALVES)} |"
        for kind in KINDS
        for level in LEVELS
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bfcl", type=Path, required=True, help=f"wheel or folder of bfcl-eval; {GET_BFCL}")
    parser.add_argument("--half", choices=("fit", "report", "both"), default="report")
    parser.add_argument("--rejected", action="store_true", help="list the true answers that are rejected")
    parser.add_argument("--missed", default="", metavar="OPERATOR", help="list what strict misses of one operator")
    parser.add_argument("--write-docs", action="store_true", help="replace the table in docs/verification.md")
    given = parser.parse_args()
    if given.write_docs:
        write_block(DOCS, "grounding", as_table(bfcl(given.bfcl)))
        return
    rows = [row for row in bfcl(given.bfcl) if given.half in (half(row), "both")]
    print(f"BFCL, {given.half} half: {len(rows)} true answers")
    found = rejects(rows)
    for category in BFCL_CATEGORIES:
        total = sum(row.category == category for row in rows)
        for level in LEVELS:
            print(f"  {category:24} {level:27} {share(found[level][category], total)}")
    if given.rejected:
        for level, check in {"strict": ungrounded, "lenient": invented}.items():
            for row in rows:
                for finding in check(row.candidate):
                    print(f"   {level} {row.id} {finding.path} = {finding.value!r:.80}: {row.candidate.query!r:.200}")
    detected(rows, given.missed)


if __name__ == "__main__":
    main()
