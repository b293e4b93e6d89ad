"""The pairs of one completion, some of them spoiled at the rates of a profile."""

import json
from collections.abc import Iterator, Sequence
from random import Random

import msgspec

from apigen.faults import Faulty, Operator, Pool
from apigen.models.offline.model import pair_written
from apigen.models.offline.prompt import Example, Prompt
from apigen.models.simulated.kinds import FORMAT, LAST, SCHEMA, SEMANTICS, WHOLE
from apigen.models.simulated.noise import NOISE
from apigen.models.simulated.profiles import Profile
from apigen.models.simulated.refused import REFUSED
from apigen.records import Candidate, Json, Stage, Tool

_WHOLE_SHARE = 0.1
"""How many of the faults of structure leave no pair at all."""
_REFUSED_FIRST = 0.5
"""How often a failing call is sought among those that only the tool refuses, before those that break its schema."""
_HALLUCINATED = ("get_weather", "search_web", "send_email", "get_stock_price", "translate_text", "book_flight")
"""Tools that models call although nobody offers them."""


class Written(msgspec.Struct, frozen=True):
    """What was written for one pair."""

    text: str
    """The pair as it stands in the completion, without the list around it."""
    kind: str = ""
    stage: str = ""
    what: str = ""

    @property
    def is_json(self) -> bool:
        """Whether the pair by itself can be read."""
        try:
            json.loads(self.text)
        except ValueError:
            return False
        return True


class Spoiled(msgspec.Struct, frozen=True):
    """One completion."""

    text: str
    pairs: tuple[Written, ...]
    """By pair, in their order; a single one where a fault leaves no pair at all."""
    noise: str = ""
    cut_off: bool = False
    """Whether it ends in the middle, as at a server's limit."""


class Spoiler:
    """Spoils the pairs of one completion.

    Args:
        prompt: what was asked.
        right: the pairs as the offline writer wrote them.
        profile: how often to err.
        rng: decides everything.
    """

    def __init__(self, prompt: Prompt, right: Sequence[Example], profile: Profile, rng: Random) -> None:
        self._prompt = prompt
        self._profile = profile
        self._rng = rng
        tools = tuple(prompt.tools.values())
        self._right = [Candidate(pair.query, pair.answers, tools, prompt.task.style) for pair in right]
        self._pool = Pool([*self._right, *_examples(prompt, tools), _NOT_OFFERED])

    def spoiled(self) -> Spoiled:
        """Write the completion."""
        if not self._right:
            return Spoiled("[]", ())
        whole = _WHOLE_SHARE * self._profile.format
        if self._rng.random() < whole and (found := self._faulty(self._right[0], _shuffled(self._rng, WHOLE))):
            operator, faulty = found
            return Spoiled(faulty.text, (Written(faulty.text, operator.name, Stage.FORMAT, faulty.what),))
        single = _share_of_pairs(self._profile.format, whole, len(self._right))
        last = len(self._right) - 1
        pairs = tuple(self._pair(right, single, at == last) for at, right in enumerate(self._right))
        texts = [pair.text for pair in pairs]
        if not pairs[-1].is_json:
            before = "".join(f"{text}," for text in texts[:-1])
            return Spoiled(f"[{before}{texts[-1]}", pairs, cut_off=pairs[-1].kind == "truncated_json")
        if self._rng.random() < self._profile.noise:
            noise = self._rng.choice(list(NOISE))
            return Spoiled(NOISE[noise](texts), pairs, noise)
        return Spoiled(f"[{','.join(texts)}]", pairs)

    def _pair(self, right: Candidate, structure: float, is_last: bool) -> Written:
        if self._rng.random() < structure:
            return self._written(right, Stage.FORMAT, (*FORMAT, *LAST) if is_last else FORMAT)
        if self._rng.random() < self._profile.execution:
            return self._written(right, Stage.EXECUTION, (*REFUSED, *SCHEMA))
        if self._rng.random() < self._profile.semantics:
            return self._written(right, Stage.SEMANTICS, SEMANTICS)
        return Written(self._text(right))

    def _written(self, right: Candidate, stage: Stage, operators: Sequence[Operator]) -> Written:
        """The pair with the first fault that can be made of it; right where none can."""
        order = _shuffled(self._rng, operators)
        if stage is Stage.EXECUTION and self._rng.random() < _REFUSED_FIRST:
            order.sort(key=lambda operator: operator not in REFUSED)
        found = self._faulty(right, order)
        if found is None:
            return Written(self._text(right))
        operator, faulty = found
        text = self._spoiled_text(right, faulty.text) if faulty.text else self._text(faulty.candidate)
        return Written(text, operator.name, stage, faulty.what)

    def _faulty(self, right: Candidate, operators: Sequence[Operator]) -> tuple[Operator, Faulty] | None:
        for operator in operators:
            faulty = operator.apply(right, self._rng, self._pool)
            # What needs other tools than those that were offered, no writer can write.
            if faulty is not None and len(faulty.candidate.tools) == len(right.tools):
                return operator, faulty
        return None

    def _text(self, candidate: Candidate) -> str:
        return _encoded(pair_written(self._prompt, candidate.query, candidate.calls))

    def _spoiled_text(self, right: Candidate, text: str) -> str:
        """A fault of the text as one pair of a list; a thought stands in it where all others have one."""
        thought = pair_written(self._prompt, right.query, right.calls).get("thought")
        given = {} if thought is None else {"thought": thought}
        try:
            (value,) = json.loads(text)
        except ValueError:  # it ends in the middle: a thought can only be put in front
            begin = _encoded(given)[:-1] + "," if given else "{"
            return begin + text.removeprefix("[{")
        return _encoded({**given, **value} if isinstance(value, dict) else value)


def _share_of_pairs(wanted: float, whole: float, pairs: int) -> float:
    """How often a single pair must be spoiled so that the wanted share of candidates is.

    A completion that is spoiled as a whole is one candidate, and ``pairs`` of them otherwise: the share is exact on
    average where ``whole + (1 - whole) * pairs * single = wanted * (whole + (1 - whole) * pairs)``.
    """
    others = (1 - whole) * pairs
    return max(0.0, (wanted * (whole + others) - whole) / others)


def _examples(prompt: Prompt, tools: tuple[Tool, ...]) -> Iterator[Candidate]:
    """The prompt's examples that only call tools on offer, as answers to borrow from."""
    for example in prompt.examples:
        if all(call.name in prompt.tools for call in example.answers):
            yield Candidate(example.query, example.answers, tools)


_NOT_OFFERED = Candidate("", (), tuple(Tool(name, "", {"type": "object"}) for name in _HALLUCINATED))
"""No answer: it makes names known that are not on offer."""


def _shuffled(rng: Random, operators: Sequence[Operator]) -> list[Operator]:
    return rng.sample(operators, len(operators))


def _encoded(value: Json) -> str:
    return msgspec.json.encode(value).decode()
