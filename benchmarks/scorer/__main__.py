"""Our scoring of BFCL's single-turn Python questions held to the official one, on true answers and on mutated ones.

python -m benchmarks.scorer --bfcl WHEEL [--mutations 20000] [--seed 0] [--write-docs]

Needs ``pip download --no-deps bfcl-eval==2026.3.23`` and nothing that the package depends on. Ends with exit code 1
where the two differ on an answer that is not among the exceptions named.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from apigen.evaluate.bfcl_data import GET, BfclData
from benchmarks.scorer.comparing import Compared, all_rows, cases, compare
from benchmarks.scorer.report import differing, report
from benchmarks.verification.tables import write_block

DOCS = Path(__file__).parents[2] / "docs" / "evaluate.md"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bfcl", type=Path, required=True, help=f"wheel or folder of bfcl-eval; {GET}")
    parser.add_argument("--mutations", type=int, default=20_000, help="mutated answers beside the true ones")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write-docs", action="store_true", help="replace the figures in docs/evaluate.md")
    given = parser.parse_args()
    data = BfclData(given.bfcl)
    compared: Sequence[Compared] = compare(given.bfcl, list(cases(all_rows(data), given.mutations, given.seed)))
    text = f"{data.version()}, {given.mutations:,} mutations, seed {given.seed}.\n\n{report(compared)}"
    print(text)
    if given.write_docs:
        write_block(DOCS, "scorer", text)
    if differing(compared):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
