"""What travels: the body of a chat request and what its answer says.

The wire format is that of OpenAI's ``POST /chat/completions``
(https://platform.openai.com/docs/api-reference/chat/create), with the fields that other servers add to it.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from apigen.errors import one_line
from apigen.models.base import Options
from apigen.models.foreign import Unreadable, parsed, parsed_as, words_of
from apigen.models.openai.thinking import told_apart
from apigen.records import Completion, Json, Message


class NoCompletion(Exception):  # noqa: N818 - named for what came instead
    """The answer is not a chat completion; the message says what is wrong with it."""


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
    error: Any = None
    """OpenRouter's, where a provider failed after it had begun to answer."""

    @property
    def failed(self) -> bool:
        """Whether it is an error and not an answer."""
        return bool(self.error) or self.finish_reason == "error"


class _Response(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: Any = None
    error: Any = None


_KINDS = ("prompt", "completion")
_CALLED = ("tool_calls", "function_call")


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
        answer: takes the answer from the message.
        most: tokens that it was allowed.
        offered: whether tools were offered, so that calls of them are part of the answer.

    Raises:
        NoCompletion: there is none in it.
    """
    try:
        response = parsed_as(content, _Response)
    except Unreadable as error:
        raise NoCompletion(f"the answer is not a chat completion ({error})") from None
    if not response.choices:
        what = f"the answer is an error: {error_message(content)}" if response.error else "the answer has no choices"
        raise NoCompletion(what)
    choice, usage = response.choices[0], _object(response.usage)
    if choice.failed:
        said = f"the answer is an error: {error_message(content)}"
        raise NoCompletion(said if choice.error else "the server reports an error without a reason")
    text, thinking = told_apart(choice.message)
    calls = _calls(choice.message)
    reply = Reply(text or _text(choice.message.get("refusal")), thinking, _arguments(calls), calls)
    prompt_details, completion_details = (_object(usage.get(f"{kind}_tokens_details")) for kind in _KINDS)
    used, ended = tokens_used(usage), choice.finish_reason or ""
    if most is not None and used.completion >= most and ended in _CALLED:
        ended = "length"  # llama-cpp-python says tool_calls of a call that was cut off as well
    return Completion(
        text=answer(reply),
        model=locator,
        prompt_tokens=used.prompt,
        completion_tokens=used.completion,
        finish_reason=ended,
        thinking=thinking,
        cost_usd=_cost(usage.get("cost")),
        # DeepSeek's API counts cache hits beside the prompt tokens.
        cached_tokens=_count(prompt_details.get("cached_tokens")) or _count(usage.get("prompt_cache_hit_tokens")),
        thinking_tokens=_count(completion_details.get("reasoning_tokens")) or used.unlisted,
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


class Used(NamedTuple):
    """The tokens that an answer took."""

    prompt: int
    completion: int
    unlisted: int
    """Those of the completion that are in the server's total alone: Google's endpoint so counts what was thought."""


def tokens_used(usage: Json) -> Used:
    """The tokens that a server counted; 0 for what it does not count."""
    given = _object(usage)
    prompt, completion, total = (_count(given.get(f"{kind}_tokens")) for kind in (*_KINDS, "total"))
    unlisted = max(0, total - prompt - completion) if prompt else 0
    return Used(prompt, completion + unlisted, unlisted)


def _count(tokens: Json) -> int:
    """A number of tokens as a server gives it, if it can be one."""
    return int(tokens) if _is_number(tokens) and 0 < tokens < 2**40 else 0


def _cost(usd: Json) -> float | None:
    """What a gateway such as OpenRouter says that a request cost."""
    return float(usd) if _is_number(usd) and 0 <= usd < 1e6 else None


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def error_message(content: bytes, most: int = 200) -> str:
    """What a server reports as wrong, in one line of at most so many characters; empty where it reports nothing."""
    value = error_of(content)
    return one_line(words_of(value.get("message") or value.get("code") or (value if any(value.values()) else "")), most)


def error_of(content: bytes) -> dict[str, Any]:
    """What a server reports as wrong, as an object with a ``message``, wherever in its answer it is."""
    try:
        value: Any = parsed(content)
    except Unreadable:
        value = content[:2_000].decode("utf-8", "replace")
    if isinstance(value, list) and value and isinstance(value[0], dict):  # Google's
        value = value[0]
    if isinstance(value, dict):
        value = _error_in_choice(value.get("choices")) or value.get("error", value.get("detail", value))
    return value if isinstance(value, dict) else {"message": value}


def _error_in_choice(choices: Json) -> Json:
    return _object(choices[0]).get("error") if isinstance(choices, list) and choices else None
