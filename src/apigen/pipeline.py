"""The page to read first: what happens to one request, from the prompt to its verdicts.

    library -> sample -> generate -> format -> duplicate -> grounding -> execution -> semantics -> dataset
                 ^                                                                       |
                 +--------------------------- seed pool <--------------------------------+

Requests are sampled in rounds by ``sampling``; ``schedule`` keeps many of them under way and commits them in order.
Everything in between is here: a request becomes a prompt, its completion becomes pairs, and each pair meets the
stages until one of them does not pass it. Where repair is asked for, a pair that was rejected goes back to the writer
once, with the reasons, and what comes back meets the stages as well.
"""

from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from apigen.concurrency import Turnstile, together
from apigen.config import Config
from apigen.dataset.duplicates import SeenQueries
from apigen.errors import ModelRefused
from apigen.execute.base import Executor, one_after_another
from apigen.generate.parse import Draft, parse_pairs
from apigen.generate.prompts import generation_messages, repair_messages
from apigen.generate.shapes import pairs_shape
from apigen.models.base import Model, Options
from apigen.models.writers import Writers
from apigen.records import Attempt, Candidate, Message, Outcome, Reason, Request, Stage, Tool, Verdict
from apigen.verify.base import Judge
from apigen.verify.format import FormatCheck, reject
from apigen.verify.judges.committee import Rule
from apigen.verify.stages import Examined, NamedStage, execution, failed, grounding, semantics, through


def recipe(
    config: Config,
    seen: SeenQueries,
    executor: Executor,
    judges: Sequence[Judge],
    ahead: Callable[[Tool], bool] = one_after_another,
) -> list[NamedStage]:
    """What a well-formed candidate must pass, in this order: the cheapest first.

    Args:
        config: how strict the stages are.
        seen: finds duplicates.
        executor: makes the calls.
        judges: have the last word.
        ahead: whether calls of a tool may be made before they are known to be wanted.
    """
    return [
        (Stage.DUPLICATE, seen.stage),
        *([] if config.grounding == "off" else [(Stage.GROUNDING, partial(grounding, level=config.grounding))]),
        (Stage.EXECUTION, execution(executor, config.execution.varying, ahead)),
        (Stage.SEMANTICS, semantics(*judges, rule=Rule(config.judging.rule))),
    ]


_AT_ONCE = 32
"""Answers and candidates that are looked at before the event loop does other work, such as to hand on calls."""


class Pipeline:
    """Turns requests into attempts. Holds no state of its own beyond compiled validators.

    Args:
        config: how the writer is asked.
        writers: who writes query/answer pairs.
        stages: what a well-formed pair must pass, from :func:`recipe`.
    """

    def __init__(self, config: Config, writers: Writers, stages: Sequence[NamedStage]) -> None:
        self._generation = config.generation
        self._repairs = config.repair
        self._writers = writers
        self._format = FormatCheck()
        self._stages = stages
        self._turnstile = Turnstile(_AT_ONCE)

    async def attempt(self, request: Request) -> tuple[Attempt, ...]:
        """Have a request written and verified.

        Returns:
            One attempt per pair, at least one, then one per repair; the last of all is marked.

        Raises:
            ModelUnavailable: the writer or a judge gives no answer at all; nothing can be said about the request.
        """
        messages = generation_messages(request, thought=self._generation.thought)
        drafts = await self._written(request, messages, request.pairs, self._writers.of(request))
        if isinstance(drafts, Examined):
            return (self._story(request, 0, Draft(None), drafts, last=True),)
        examined = await together(self._examine(request, draft) for draft in drafts)
        found = list(zip(drafts, examined, strict=True))
        sent = [pair for pair, each in enumerate(examined) if self._repairs and _mendable(each)]
        found += await together(self._mended(request, examined[pair]) for pair in sent)
        return tuple(
            self._story(
                request,
                pair,
                draft,
                each,
                last=pair == len(found) - 1,
                repair_of="" if pair < len(drafts) else f"{request.index}.{sent[pair - len(drafts)]}",
            )
            for pair, (draft, each) in enumerate(found)
        )

    async def _written(
        self, request: Request, messages: Sequence[Message], pairs: int, writer: Model
    ) -> tuple[Draft, ...] | Examined:
        """What the writer answers, or what is said where it refuses."""
        generation = self._generation
        shape = pairs_shape(request, pairs, thought=generation.thought)
        options = Options(generation.temperature, generation.max_tokens, request.seed, shape)
        try:
            completion = await writer.complete(messages, options)
        except ModelRefused as error:
            return _unread(request, Verdict(Stage.GENERATION, Outcome.ERROR, Reason.MODEL_REFUSED, str(error)))
        await self._turnstile.passing()
        return parse_pairs(completion)

    async def _mended(self, request: Request, fallen: Examined) -> tuple[Draft, Examined]:
        """What comes back for a rejected pair: the first of what the writer answers, through all stages."""
        messages = repair_messages(request, fallen.candidate, fallen.verdicts, thought=self._generation.thought)
        drafts = await self._written(request, messages, 1, self._writers.mender_of(request))
        if isinstance(drafts, Examined):
            return Draft(None), drafts
        return drafts[0], await self._examine(request, drafts[0])

    async def _examine(self, request: Request, draft: Draft) -> Examined:
        if draft.problem:
            return _unread(request, reject(draft.reason, draft.problem))
        await self._turnstile.passing()
        try:
            candidate, verdict = self._format.read(draft.value, request.tools, request.style)
        except Exception as error:  # noqa: BLE001 - one odd pair must not end the run; see stages.through
            return _unread(request, failed(Stage.FORMAT, error))
        if candidate is None:
            return _unread(request, verdict)
        return await through(self._stages, Examined(candidate, (verdict,)))

    def _story(
        self, request: Request, pair: int, draft: Draft, examined: Examined, *, last: bool, repair_of: str = ""
    ) -> Attempt:
        candidate = examined.candidate
        thought = draft.value.get("thought") if isinstance(draft.value, dict) else None
        unread = not candidate.query and not candidate.calls
        writer = self._writers.of(request)
        return Attempt(
            id=f"{request.index}.{pair}",
            request=request.index,
            pair=pair,
            last=last,
            round=request.round,
            style=request.style,
            wording=request.wording,
            offered=tuple(tool.name for tool in request.tools),
            targets=request.targets,
            model=writer.locator,
            outcome=examined.outcome,
            verdicts=examined.verdicts,
            query=candidate.query,
            calls=candidate.calls,
            thought=thought if isinstance(thought, str) else "",
            repaired=draft.repaired,
            raw=(draft.text or _text(draft.value)) if unread else "",
            executions=examined.executions,
            repair_of=repair_of,
            llm=writer.llm,
        )


def _mendable(examined: Examined) -> bool:
    """Whether there is a pair that a reason speaks against which the writer could do something about."""
    written = bool(examined.candidate.query or examined.candidate.calls)
    fallen = examined.outcome is Outcome.REJECT and examined.verdicts[-1].stage is not Stage.DUPLICATE
    return written and fallen


def _unread(request: Request, verdict: Verdict) -> Examined:
    """What could not be read as a candidate still has a verdict."""
    return Examined(Candidate("", (), request.tools, request.style), (verdict,))


def _text(value: object) -> str:
    return "" if value is None else msgspec.json.encode(value).decode()
