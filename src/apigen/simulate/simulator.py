"""From a request's body to a reply: what every endpoint of the simulated server shares."""

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from apigen.models.base import Options
from apigen.models.simulated.ledger import Keep
from apigen.models.simulated.model import PREFIX
from apigen.models.simulated.profiles import PROFILES, Profile
from apigen.records import Completion, Json, Message
from apigen.simulate.answering import Answering
from apigen.simulate.tokens import tokens_of, tokens_of_prompt

FINGERPRINT = "apigen-simulation"
"""Stands in every completion as ``system_fingerprint``."""


class Reply(msgspec.Struct, frozen=True):
    """An answer as HTTP or a batch carries it."""

    status: int
    body: bytes
    """JSON."""


class _Said(msgspec.Struct):
    role: str
    content: str


class _Asked(msgspec.Struct):
    """What is read of a request's body."""

    model: str
    messages: list[_Said]
    temperature: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    stream: bool | None = None
    n: int | None = None


class Simulator:
    """Answers chat completions. What it answers depends on the body, the profile and the seed alone.

    Args:
        profile: answers whatever model is asked for; ``None`` takes each request's model for the name of a profile.
        seed: decides, together with each request, what goes wrong and how.
        keep: is given the ledger's entries of each completion.
    """

    def __init__(self, profile: Profile | None = None, seed: int = 0, keep: Keep = lambda entries: None) -> None:
        chosen = [profile] if profile else list(PROFILES.values())
        self._profile = profile
        self._answering = {each.name: Answering(each, seed, keep) for each in chosen}

    @property
    def models(self) -> Sequence[str]:
        """The names of the models that can be asked."""
        return tuple(self._answering)

    async def answer(self, body: Json, headers: Mapping[str, str]) -> Reply:
        """Answer one chat completion.

        Args:
            body: the request's, as parsed JSON.
            headers: the request's; nothing in them matters so far.
        """
        del headers
        try:
            asked = msgspec.convert(body, _Asked)
        except msgspec.ValidationError as error:
            return failure(400, f"{error}", "invalid_request_error")
        if asked.stream or (asked.n or 1) != 1 or not asked.messages:
            return failure(
                400,
                "this simulation needs `messages`, and supports neither `stream` nor `n` above 1",
                "invalid_request_error",
            )
        name = self._profile.name if self._profile else asked.model.removeprefix(PREFIX)
        if name not in self._answering:
            known = ", ".join(self._answering)
            return failure(404, f"no such model: {asked.model!r}; available: {known}", "model_not_found")
        messages = [Message(said.role, said.content) for said in asked.messages]
        options = Options(asked.temperature or 0.0, asked.max_tokens or 0, asked.seed)
        completion = await self._answering[name].complete(messages, options)
        return Reply(200, _chat_completion(asked.model, messages, asked.seed, completion))


def failure(status: int, message: str, code: str) -> Reply:
    """An error as OpenAI's endpoints give it."""
    return Reply(status, msgspec.json.encode({"error": {"message": message, "type": code, "code": code}}))


def _chat_completion(model: str, messages: Sequence[Message], seed: int | None, completion: Completion) -> bytes:
    asked, written = tokens_of_prompt(messages), tokens_of(completion.text)
    identity = hashlib.blake2b(msgspec.json.encode((model, messages, seed)), digest_size=12).hexdigest()
    return msgspec.json.encode(
        {
            "id": f"chatcmpl-{identity}",
            "object": "chat.completion",
            "created": 0,  # the same request gets the same bytes
            "model": model,
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": completion.text},
                    "finish_reason": completion.finish_reason,
                }
            ],
            "usage": {"prompt_tokens": asked, "completion_tokens": written, "total_tokens": asked + written},
            "system_fingerprint": FINGERPRINT,
        }
    )
