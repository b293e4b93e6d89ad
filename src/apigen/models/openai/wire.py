"""What travels: the body of a chat request and what its answer says.

The wire format is that of OpenAI's ``POST /chat/completions``
(https://platform.openai.com/docs/api-reference/chat/create).
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from apigen.models.base import Options
from apigen.records import Completion, Message


class NoCompletion(Exception):  # noqa: N818 - named for what came instead
    """The answer is no chat completion; the message says what is wrong with it."""


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = 0
    completion_tokens: int | None = 0


class _Message(msgspec.Struct):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Response(msgspec.Struct):
    choices: list[_Choice]
    usage: _Usage | None = None


_decoder = msgspec.json.Decoder(_Response, strict=False)


def request_body(model: str, messages: Sequence[Message], options: Options) -> dict[str, Any]:
    """The body of a chat request."""
    return {
        "model": model,
        "messages": [{"role": message.role, "content": message.content} for message in messages],
        "temperature": options.temperature,
        "max_tokens": options.max_tokens,
    } | ({"seed": options.seed} if options.seed is not None else {})


def read_completion(content: bytes, locator: str) -> Completion:
    """The completion in a server's answer.

    Raises:
        NoCompletion: there is none in it.
    """
    try:
        response = _decoder.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise NoCompletion(f"the answer is no chat completion ({error})") from None
    if not response.choices:
        raise NoCompletion("the answer holds no choice")
    choice, usage = response.choices[0], response.usage or _Usage()
    return Completion(
        text=choice.message.content or choice.message.refusal or "",
        model=locator,
        prompt_tokens=_count(usage.prompt_tokens),
        completion_tokens=_count(usage.completion_tokens),
        finish_reason=choice.finish_reason or "",
        thinking=choice.message.reasoning_content or choice.message.reasoning or "",
    )


def _count(tokens: int | None) -> int:
    """A number of tokens as a server gives it, if it can be one."""
    return tokens if tokens and 0 < tokens < 2**40 else 0


def error_message(content: bytes) -> str:
    """What a server says went wrong, in one short line."""
    try:
        value: Any = msgspec.json.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        value = content[:200].decode("utf-8", "replace")
    if isinstance(value, dict):
        error = value.get("error", value.get("detail", value.get("message", value)))
        value = error.get("message") or error.get("code") or error if isinstance(error, dict) else error
    return " ".join(str(value).split())[:200]
