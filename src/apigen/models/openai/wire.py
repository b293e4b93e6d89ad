"""What travels: the body of a chat request and what its answer says.

The wire format is that of OpenAI's ``POST /chat/completions``
(https://platform.openai.com/docs/api-reference/chat/create), with the fields that other servers add to it.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from apigen.models.base import Options
from apigen.models.openai.thinking import told_apart
from apigen.records import Completion, Json, Message


class NoCompletion(Exception):  # noqa: N818 - named for what came instead
    """The answer is no chat completion; the message says what is wrong with it."""


class Reply(msgspec.Struct, frozen=True):
    """An assistant's message, taken apart."""

    text: str
    thinking: str = ""
    arguments: str = ""
    """JSON text of its first tool call's arguments; empty where it calls none."""
    calls: tuple[Json, ...] = ()
    """Its tool calls, as they came."""


class _Choice(msgspec.Struct):
    message: dict[str, Any]
    finish_reason: str | None = None


class _Response(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: Any = None
    error: Any = None


_KINDS = ("prompt", "completion")
_CALLED = ("tool_calls", "function_call")
_decoder = msgspec.json.Decoder(_Response, strict=False)


def request_body(model: str, messages: Sequence[Message], options: Options) -> dict[str, Any]:
    """The body of a chat request, without what asks for a form of the answer."""
    return (
        {
            "model": model,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "temperature": options.temperature,
            "max_tokens": options.max_tokens,
        }
        | ({"seed": options.seed} if options.seed is not None else {})
        | ({"tools": options.tools} if options.tools else {})
    )


def read_completion(
    content: bytes,
    locator: str,
    answer: Callable[[Reply], str] = lambda reply: reply.text,
    most: int | None = None,
    *,
    offered: bool = False,
) -> Completion:
    """The completion in a server's answer.

    Args:
        content: as it came.
        locator: of the model that was asked.
        answer: where in the message the answer stands.
        most: tokens that it was allowed.
        offered: whether tools were offered, so that calls of them are part of the answer.

    Raises:
        NoCompletion: there is none in it.
    """
    try:
        response = _decoder.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise NoCompletion(f"the answer is no chat completion ({error})") from None
    if response.choices is None:
        what = f"the answer is an error: {error_message(content)}" if response.error else "the answer has no choices"
        raise NoCompletion(what)
    if not response.choices:
        raise NoCompletion("the answer holds no choice")
    choice, usage = response.choices[0], _object(response.usage)
    text, thinking = told_apart(choice.message)
    calls = _calls(choice.message)
    reply = Reply(text or _text(choice.message.get("refusal")), thinking, _arguments(calls), calls)
    prompt_details, completion_details = (_object(usage.get(f"{kind}_tokens_details")) for kind in _KINDS)
    tokens, ended = _count(usage.get("completion_tokens")), choice.finish_reason or ""
    if most is not None and tokens >= most and ended in _CALLED:
        ended = "length"  # llama-cpp-python says tool_calls of a call that was cut off as well
    return Completion(
        text=answer(reply),
        model=locator,
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=tokens,
        finish_reason=ended,
        thinking=thinking,
        cost_usd=_cost(usage.get("cost")),
        # DeepSeek's API counts cache hits beside the prompt tokens.
        cached_tokens=_count(prompt_details.get("cached_tokens")) or _count(usage.get("prompt_cache_hit_tokens")),
        thinking_tokens=_count(completion_details.get("reasoning_tokens")),
        tool_calls=reply.calls if offered else (),
    )


def _calls(message: dict[str, Any]) -> tuple[Json, ...]:
    calls = message.get("tool_calls")
    return tuple(calls) if isinstance(calls, list) else ()


def _arguments(calls: Sequence[Json]) -> str:
    given = _object(_object(calls[0] if calls else None).get("function")).get("arguments")
    return given if isinstance(given, str) else msgspec.json.encode(given).decode() if given else ""


def _object(value: Json) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _count(tokens: Json) -> int:
    """A number of tokens as a server gives it, if it can be one."""
    return int(tokens) if _is_number(tokens) and 0 < tokens < 2**40 else 0


def _cost(usd: Json) -> float | None:
    """What a gateway such as OpenRouter says that a request cost."""
    return float(usd) if _is_number(usd) and 0 <= usd < 1e6 else None


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def error_message(content: bytes, most: int = 200) -> str:
    """What a server says went wrong, in one line of at most so many characters; nothing where it says nothing."""
    value = error_of(content)
    said = str(value.get("message") or value.get("code") or (value if any(value.values()) else ""))
    return " ".join("".join(letter if letter.isprintable() else " " for letter in said).split())[:most]


def error_of(content: bytes) -> dict[str, Any]:
    """What a server says went wrong, as an object with a ``message`` where it is none."""
    try:
        value: Any = msgspec.json.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        value = content[:2_000].decode("utf-8", "replace")
    if isinstance(value, dict):
        value = value.get("error", value.get("detail", value.get("message", value)))
    return value if isinstance(value, dict) else {"message": value}
