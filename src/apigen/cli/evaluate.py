"""``apigen evaluate --answers``: score answers made elsewhere."""

import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from apigen.cli.targets import ANEW, require_target
from apigen.cli.terminal import Terminal
from apigen.errors import UserError
from apigen.evaluate.answers import read_answers
from apigen.evaluate.asking.kept import EVALUATION, VERDICTS
from apigen.evaluate.scoring import ScoreTally, holds_verdicts, score
from apigen.evaluate.summary import summary
from apigen.evaluate.table import SuiteOptions, make_suite
from apigen.files import replacing


class EvaluateOptions(NamedTuple):
    """What the command line said."""

    suite: str
    answers: Path
    verdicts: Path | None
    bfcl: Path | None
    underscores: bool
    as_json: bool


def evaluate_command(options: EvaluateOptions) -> None:
    """Carry out ``apigen evaluate``."""
    _require_sound(options)
    suite = make_suite(options.suite, SuiteOptions(options.bfcl, options.underscores))
    questions = {question.id: question for question in suite.questions()}
    tally = ScoreTally(questions.values())
    lines = 0
    with ExitStack() as files:
        out = files.enter_context(replacing(options.verdicts, ANEW)) if options.verdicts else None
        for scored in score(questions, read_answers(options.answers)):
            lines += 1
            tally.add(scored)
            if out is not None:
                out.write(msgspec.json.encode(scored.verdict()) + b"\n")
        if not lines:
            raise UserError(f"{options.answers}: contains no answers; write one line {{id, calls}} per question")
    found = {
        "suite": suite.name,
        "version": suite.version,
        "date": datetime.now(UTC).date().isoformat(),
        "answers_file": str(options.answers),
        **tally.as_json(),
    }
    if options.as_json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
        return
    console = Terminal(markup=False)
    console.print(summary(found))
    if options.verdicts:
        console.print(f"{options.verdicts}  each answer with its score", highlight=False, soft_wrap=True)


def _require_sound(options: EvaluateOptions) -> None:
    """Report wrong options before any work.

    Raises:
        UserError: a file does not exist, or would be overwritten.
    """
    if not options.answers.is_file():
        raise UserError(f"--answers {options.answers}: no such file; write JSON lines of {{id, calls}}")
    if options.verdicts is not None:
        require_target("--verdicts", options.verdicts, own=holds_verdicts)
        if options.verdicts.name == VERDICTS and (options.verdicts.parent / EVALUATION).is_file():
            raise UserError(
                f"--verdicts {options.verdicts}: belongs to the evaluation in that folder; choose another file"
            )
