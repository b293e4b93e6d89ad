"""Stage 3 by a language model that sees the tools, the query, the calls and what they returned."""

from collections.abc import Sequence

import msgspec

from apigen.concurrency import Turnstile
from apigen.errors import ModelRefused
from apigen.generate.prompts import judge_messages
from apigen.generate.quoting import RESULT_CHARS, RESULTS_CHARS
from apigen.models.base import Model, Options
from apigen.records import Candidate, Completion, Execution, Outcome, Reason, Stage, Verdict
from apigen.verify.judges.criteria import reason_for
from apigen.verify.judges.form import VERDICT
from apigen.verify.judges.material import Material
from apigen.verify.judges.reading import Answer, Unreadable, plain, read_answer

TRIES = 2
"""How often a judge is asked before the check counts as not made."""

MAX_EVIDENCE = 300

_AT_ONCE = 32
"""Prompts and answers that are worked at before the event loop does other work, such as to make further calls."""

UNFOUND = "[not in the material]"
"""Stands behind a quotation that the judge made up: noted, but no reason to reject or to ask again."""


class Asking(msgspec.Struct, frozen=True):
    """How a judge is asked."""

    max_tokens: int = 4096
    tries: int = TRIES
    """Times that it is asked, each with another seed, where it refuses or its answer cannot be read."""
    result_chars: int = RESULT_CHARS
    results_chars: int = RESULTS_CHARS


class LLMJudge:
    """Asks a model whether the executed calls serve the query.

    A judge that cannot be reached raises; one that refuses or answers something unreadable, each time it is asked,
    leaves an *error*. Neither is ever a reject: the candidate may be perfectly right.
    """

    def __init__(self, model: Model, asking: Asking | None = None) -> None:
        self._model = model
        self._asking = asking or Asking()
        self._turnstile = Turnstile(_AT_ONCE)

    @property
    def name(self) -> str:
        """The model's locator."""
        return self._model.locator

    async def judge(self, candidate: Candidate, executions: Sequence[Execution]) -> Verdict:
        """Judge one candidate.

        Raises:
            ModelUnavailable: the model gave no answer at all.
        """
        await self._turnstile.passing()
        asking, material = self._asking, Material(candidate, executions)
        why, error = "", Verdict(Stage.SEMANTICS, Outcome.ERROR, Reason.JUDGE_UNREADABLE, by=self.name)
        for seed in range(asking.tries):
            messages = judge_messages(
                candidate,
                executions,
                result_chars=asking.result_chars,
                results_chars=asking.results_chars,
                again=why,
            )
            options = Options(temperature=0.0, max_tokens=asking.max_tokens, seed=seed, shape=VERDICT)
            try:
                completion = await self._model.complete(messages, options)
            except ModelRefused as refusal:
                error = self._error(Reason.JUDGE_REFUSED, str(refusal))
                continue
            await self._turnstile.passing()
            answer = _read(completion, material)
            if isinstance(answer, Answer):
                return self._verdict(answer, material)
            why = answer.why
            error = self._error(Reason.JUDGE_UNREADABLE, f"{why}: {plain(completion.text, 100)!r}")
        return error

    def _verdict(self, answer: Answer, material: Material) -> Verdict:
        failing = {name for name, holds in answer.criteria.items() if not holds}
        quoted = {name: quote for name, quote in answer.quotes.items() if not failing or name in failing}
        return Verdict(
            Stage.SEMANTICS,
            Outcome.PASS if answer.passed else Outcome.REJECT,
            None if answer.passed else reason_for(answer.criteria),
            answer.thought,
            by=self.name,
            criteria=answer.criteria,
            evidence=_evidence(quoted, material),
        )

    def _error(self, reason: Reason, detail: str) -> Verdict:
        return Verdict(Stage.SEMANTICS, Outcome.ERROR, reason, plain(detail, 300), by=self.name)


def _read(completion: Completion, material: Material) -> Answer | Unreadable:
    """The answer in a completion, unless its end or all of it is missing."""
    if completion.missing:
        return Unreadable(completion.missing)
    if completion.finish_reason == "length":
        return Unreadable("it is longer than allowed and was cut off")
    return read_answer(completion.text, material)


def _evidence(quotes: dict[str, str], material: Material) -> str:
    """What was quoted for which criterion, each quotation once, and which of them stand nowhere."""
    by_quote: dict[str, list[str]] = {}
    for name, quote in quotes.items():
        by_quote.setdefault(quote, []).append(name)
    parts = [
        f'{", ".join(names)}: "{quote}"{"" if material.holds_parts(quote) else f" {UNFOUND}"}'
        for quote, names in by_quote.items()
    ]
    kept = "; ".join(parts)
    while len(kept) > MAX_EVIDENCE and len(parts) > 1:
        parts = parts[:-1]
        kept = "; ".join([*parts, "..."])
    return kept
