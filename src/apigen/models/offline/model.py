"""The offline model behind the ``Model`` protocol."""

from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random

import msgspec

from apigen.models.base import EndpointFacts, Options
from apigen.models.offline.numerals import in_words
from apigen.models.offline.prompt import Example, Prompt, read_prompt
from apigen.models.offline.terms import spoken
from apigen.models.offline.writer import Writer
from apigen.records import Call, Completion, Json, Message


class OfflineModel:
    """Writes query/answer pairs from examples and schemas, without a language model.

    What it writes depends on the messages and the seed alone. It exists so that the whole pipeline runs at once, with
    no key, no network and no GPU; its pairs vary what people wrote and are not a language model's.
    """

    @property
    def locator(self) -> str:
        """``offline``."""
        return "offline"

    @property
    def llm(self) -> bool:
        """False: no language model is involved."""
        return False

    @property
    def extra(self) -> Mapping[str, Json]:
        """There is nothing to add."""
        return {}

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        """Answer a generation prompt with a JSON list of pairs, fewer than asked for where it can write no more.

        Raises:
            ModelUnavailable: the messages are not a generation prompt; the offline model cannot judge.
        """
        prompt, written_pairs = written(messages, options)
        pairs = [pair_written(prompt, pair.query, pair.answers) for pair in written_pairs]
        return Completion(msgspec.json.encode(pairs).decode(), self.locator, finish_reason="stop")

    def endpoints(self) -> tuple[EndpointFacts, ...]:
        """No server is behind it."""
        return ()

    def stop(self) -> None:
        """Nothing is ever awaited."""

    async def aclose(self) -> None:
        """Nothing is held open."""


def written(messages: Sequence[Message], options: Options) -> tuple[Prompt, tuple[Example, ...]]:
    """What a generation prompt asks for, and the pairs written for it.

    Raises:
        ModelUnavailable: the messages are not a generation prompt.
    """
    prompt = read_prompt(messages)
    rng = Random(f"{options.seed}\n{messages[-1].content}")
    return prompt, tuple(Example(query, calls) for query, calls in Writer(prompt, rng).pairs())


def pair_written(prompt: Prompt, query: str, calls: Sequence[Call]) -> dict[str, Json]:
    """One pair in the form that a prompt asks for, with a thought about its calls where it wants one."""
    answers = [{"name": call.name, "arguments": call.arguments} for call in calls]
    pair: dict[str, Json] = {"query": query, "answers": answers}
    return {"thought": _thought(calls)} | pair if prompt.thought else pair


def _thought(calls: Sequence[Call]) -> str:
    """One plain sentence that names the calls and their values."""
    counts = Counter(call.name for call in calls)
    parts: list[str] = []
    for name, count in counts.items():
        values = "; ".join(_values(call) for call in calls if call.name == name)
        number = in_words(count).capitalize() if not parts else in_words(count)
        parts.append(f"{number} call{'s' if count > 1 else ''} of {name}: {values}")
    stated = "are all stated" if any(call.arguments for call in calls) else "nothing else is needed"
    return f"{' and '.join(parts)} {stated}."


def _values(call: Call) -> str:
    said = [f"{spoken(name)} {_short(value)}" for name, value in call.arguments.items()]
    return ", ".join(said) or "no arguments"


def _short(value: Json) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= 80 else f"{text[:77]}..."
