"""How much verification catches: faults over the starter seeds and BFCL's true answers, by operator and stage.

python -m benchmarks.verification [--bfcl PATH] [--most 200] [--json FILE] [--write-docs] [--missed OPERATOR]

Each operator of ``apigen.faults`` makes wrong answers of right ones, which the real stages then see: reading
the completion's text, format, grounding, execution in the sandbox, the rule judge. Counted is the first that rejects.
"""

import argparse
import asyncio
import sys
import time
from pathlib import Path

import msgspec

from apigen.execute.python import Limits, PythonExecutor
from apigen.model_config import ModelConfig
from apigen.models.table import make_model
from apigen.verify.grounding import Level
from apigen.verify.llm_judge import LLMJudge
from benchmarks.verification.checks import Checks, Remembering
from benchmarks.verification.corpora import GET_BFCL, bfcl, starter
from benchmarks.verification.grounding import half
from benchmarks.verification.judging import Panel
from benchmarks.verification.measure import CorpusResult, Plan, measure
from benchmarks.verification.tables import table, write_block

DOCS = Path(__file__).parent.parent.parent / "docs" / "verification.md"
MODES: tuple[Level, ...] = ("strict", "lenient")
LIMITS = Limits(wall_s=1.0)
"""A call that hangs is ended after a second, so that the benchmark need not wait for five."""


async def results_of(given: argparse.Namespace) -> list[CorpusResult]:
    model = make_model(ModelConfig(name=given.judge, base_url=given.base_url), 1) if given.judge else None
    plan = Plan(given.seed, given.most, said, Panel(LLMJudge(model), given.judged) if model else None)
    found = []
    if given.only != "bfcl":
        executor = Remembering(PythonExecutor(LIMITS))
        try:
            checks: dict[str, Checks] = {mode: Checks(mode, executor) for mode in MODES}
            found.append(await measure("starter", starter(given.seed), checks, plan))
        finally:
            await executor.aclose()
    if given.bfcl and given.only != "starter":
        rows = [row for row in bfcl(given.bfcl) if given.half in (half(row), "both")]
        found.append(await measure("bfcl", rows, {mode: Checks(mode, None) for mode in MODES}, plan))
    if model is not None:
        await model.aclose()
    return found


def said(line: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{line[:100]}", end="", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bfcl", type=Path, help=f"wheel or folder of bfcl-eval; {GET_BFCL}")
    parser.add_argument("--only", choices=("starter", "bfcl"), help="one corpus only")
    parser.add_argument(
        "--half",
        choices=("fit", "report", "both"),
        default="report",
        help="which rows of BFCL: rules may be fitted to one half only",
    )
    parser.add_argument("--most", type=int, default=200, help="wrong answers per operator and corpus")
    parser.add_argument("--seed", type=int, default=20240618)
    parser.add_argument("--json", type=Path, help="write everything, with the faults that were missed, to this file")
    parser.add_argument("--write-docs", action="store_true", help="replace the tables in docs/verification.md")
    parser.add_argument(
        "--missed", metavar="OPERATOR", help="show what passed of one operator, `right` for rejected right answers"
    )
    parser.add_argument("--judge", metavar="MODEL", help="ask a language model as well, such as openai/NAME")
    parser.add_argument("--base-url", help="its endpoint, such as http://localhost:8000/v1")
    parser.add_argument("--judged", type=int, default=20, help="answers of each kind that it is asked about")
    given = parser.parse_args()
    began = time.perf_counter()
    results = asyncio.run(results_of(given))
    for result in results:
        print(f"\n## {result.name}\n\n{table(result)}")
        if given.write_docs:
            write_block(DOCS, result.name, table(result))
        if given.missed:
            show(result, given.missed)
    if given.json:
        given.json.write_bytes(msgspec.json.format(msgspec.json.encode(results)))
    print(f"\n{time.perf_counter() - began:.0f} s", file=sys.stderr)


def show(result: CorpusResult, operator: str) -> None:
    if operator == "right":
        lines = [f"{mode}: {line}" for mode, found in result.untouched.items() for line in found.rejected]
    else:
        lines = [line for one in result.operators if one.operator == operator for line in one.missed]
    print("\n" + "\n".join(lines))


if __name__ == "__main__":
    main()
