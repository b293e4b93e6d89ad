"""What grounding rejects of BFCL's true answers, and what it detects of swapped, invented and dropped values.

python -m benchmarks.verification.grounding --bfcl PATH [--half fit|report|both] [--rejected] [--missed OPERATOR]

The rows are split by a hash of their id: rules may be fitted to the first half, the second is for reporting. PATH is
the wheel of bfcl-eval or the folder of its data.
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
from benchmarks.verification.grounding_faults import EXCHANGED, INVENTED, SWAPPED_IN, donors, faults


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
        began = time.perf_counter()
        found[level] = Counter(row.category for row in rows if check(row.candidate))
        speed = len(rows) / (time.perf_counter() - began)
        print(f"{level:27} false rejects {share(found[level].total(), len(rows))}   {speed:,.0f} answers/s")
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bfcl", type=Path, required=True, help=f"wheel or folder of bfcl-eval; {GET_BFCL}")
    parser.add_argument("--half", choices=("fit", "report", "both"), default="report")
    parser.add_argument("--rejected", action="store_true", help="list the true answers that are rejected")
    parser.add_argument("--missed", default="", metavar="OPERATOR", help="list what strict misses of one operator")
    given = parser.parse_args()
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
