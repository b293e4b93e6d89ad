"""Answers that no server should give: whatever comes, a request ends as requests end, and nothing foreign is shown."""

import asyncio
import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigen.errors import ModelRefused, ModelUnavailable, one_line
from apigen.model_config import ModelConfig
from apigen.models.base import EndpointFacts, Options
from apigen.models.foreign import MOST_NESTED, Unreadable, parsed
from apigen.models.openai.client import Client
from apigen.models.openai.failures import TryAgain
from apigen.models.openai.limits import Limits
from apigen.models.openai.model import OpenAIModel
from apigen.models.openai.patience import Patience
from apigen.models.openai.probe import SHAPE
from apigen.models.openai.said import read_said
from apigen.models.openai.wire import NoCompletion, error_message, read_completion
from apigen.models.store import CompletionStore, StoredModel
from apigen.models.under_way import UnderWay
from apigen.records import Completion, Message
from fault_server import Handler, always, answer, as_json, faults, hang, in_turn, response

QUICK = Patience(first_s=0.01, longest_s=0.02)
PROMPT = (Message("user", "hi"),)
ESCAPES = "\x1b[31mred\x1b]0;pwn\x07\u202e\n"


def nested(levels: int, opening: bytes = b"[", middle: bytes = b"", closing: bytes = b"]") -> bytes:
    return opening * levels + middle + closing * levels


def asked(handler: Handler, *, concurrency: int = 4, **settings: Any) -> tuple[Completion, EndpointFacts, int]:
    """What one request comes to, what was seen of the server, and how often it was asked."""

    async def main() -> tuple[Completion, EndpointFacts, int]:
        async with faults(handler) as (server,), asyncio.timeout(60):
            config = ModelConfig.model_validate({"name": "openai/m", "base_url": server.url, "retries": 1} | settings)
            model = OpenAIModel(config, concurrency, Client([config], concurrency, QUICK))
            try:
                completion = await model.complete(PROMPT, Options())
            finally:
                await model.aclose()
            return completion, model.endpoints()[0], len(server.bodies)

    return asyncio.run(main())


BIG = b"1" + b"0" * 400
HUGE = b"1" + b"0" * 5_000
TEXT = b'{"choices": [{"message": {"content": "hi"}}], "usage": '
HOSTILE = {
    "content of many lists": (200, b'{"choices": [{"message": {"content": ' + nested(3_000) + b"}}]}"),
    "thoughts of many objects": (
        200,
        b'{"choices": [{"message": {"reasoning": ' + nested(900, b'{"text":', b"1", b"}") + b"}}]}",
    ),
    "a call of many lists": (
        200,
        b'{"choices": [{"message": {"tool_calls": [{"function": {"arguments": ' + nested(900) + b"}}]}}]}",
    ),
    "an error of many lists, called good": (200, b'{"error": {"message": ' + nested(900) + b"}}"),
    "an error of many lists": (400, b'{"error": {"message": ' + nested(3_000) + b"}}"),
    "an error of fewer lists": (400, b'{"error": {"message": ' + nested(900) + b"}}"),
    "a provider's error of many lists": (502, b'{"error": {"metadata": {"raw": ' + nested(900) + b"}}}"),
    "nothing but lists": (429, nested(5_000)),
    "a code of many digits": (400, b'{"error": {"code": ' + HUGE + b"}}"),
    "a count beyond what JSON readers take": (200, TEXT + b'{"prompt_tokens": ' + HUGE + b"}}"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_answer_ends_its_request_as_others_do(kind: str) -> None:
    """Too deep for a stack, or too long for a number: refused or given up in one line, with the tries counted."""
    status, body = HOSTILE[kind]
    with pytest.raises((ModelRefused, ModelUnavailable)) as caught:
        asked(always(response(status, body)))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600
    if status != 400:
        assert str(caught.value).endswith("(tried 2 times)")


def test_an_answer_beside_hostile_ones_is_taken() -> None:
    """Each costs a try, and no more."""
    for _, body in (found for kind, found in HOSTILE.items() if found[0] == 200):
        completion, _, times = asked(in_turn(response(200, body), answer()))
        assert (completion.text, times) == ("hi", 2)


@pytest.mark.parametrize("usage", [b'{"prompt_tokens": %b, "completion_tokens": 3}', b'{"cost": %b}'])
def test_numbers_that_cannot_be_cost_no_answer(usage: bytes) -> None:
    """Of 400 digits, or none at all."""
    for number in (BIG, b"-" + BIG, b"NaN", b"Infinity"):
        completion = read_completion(TEXT + usage % number + b"}", "openai/m")
        assert (completion.text, completion.prompt_tokens, completion.cost_usd) == ("hi", 0, None)


def test_a_wait_that_no_clock_holds_is_no_wait() -> None:
    """An offset of so many hours says nothing about when to come again."""
    date = f"Wed, 21 Oct 2026 07:28:00 +{'9' * 23}"
    completion, facts, _ = asked(in_turn(as_json(429, {"error": {"message": "slow"}}, Retry_After=date), answer()))
    assert (completion.text, facts.rate_limited) == ("hi", 1)


def reason(text: str) -> bytes:
    return b"HTTP/1.1 418 " + text.replace("\n", "").encode() + b"\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (reason(ESCAPES), "HTTP 418: [31mred ]0;pwn"),
        (as_json(400, {"error": {"message": ESCAPES}}), "HTTP 400: [31mred ]0;pwn"),
        (as_json(502, {"error": {"message": "no", "metadata": {"raw": ESCAPES}}}), r"no ([31mred ]0;pwn)"),
        (response(502, f"<title>{ESCAPES}</title>".encode()), "a web page titled '[31mred ]0;pwn'"),
        (response(200, f"<title>{ESCAPES}</title>".encode()), "a web page titled '[31mred ]0;pwn'"),
        (as_json(200, {"choices": [{"message": {}, "error": ESCAPES}]}), "an error: [31mred ]0;pwn"),
        (b"HTTP/1.1 200\x1b[31mred\r\n\r\n", "connection lost: "),
    ],
)
def test_no_control_sequence_of_a_server_is_shown_or_kept(said: bytes, shown: str) -> None:
    """Neither in what is raised, which the terminal and the files show, nor in what the manifest records."""
    with pytest.raises((ModelRefused, ModelUnavailable)) as caught:
        asked(always(said))
    assert shown in str(caught.value)
    assert str(caught.value).isprintable()


@given(st.text(), st.integers(1, 300))
def test_foreign_text_is_shown_in_one_printable_line(text: str, most: int) -> None:
    """Whatever it holds, no longer than asked, its printable characters in order, and an ellipsis if it is cut."""
    line = one_line(text, most)
    assert line.isprintable()
    assert len(line) <= most
    assert not any(unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in line)
    kept = "".join(line.removesuffix("…").split())
    assert kept == "".join(letter for letter in text if letter.isprintable() and letter != " ")[: len(kept)]


_NAMES = st.sampled_from(
    ["error", "choices", "message", "content", "code", "metadata", "raw", "headers", "usage", "text"]
)
_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=20,
)


@given(_ANYTHING)
def test_whatever_json_comes_is_a_completion_or_is_none(value: Any) -> None:
    """And what it reports is a line; no exception of another kind leaves the readers."""
    content = json.dumps(value).encode()
    try:
        found = str(read_completion(content, "openai/m").model)
    except NoCompletion as problem:
        found = str(problem)
    assert found.isprintable()
    assert read_said(content).message.isprintable()
    assert error_message(content).isprintable()
    Limits(None, 1_000).settle(10, b"x", content)


@pytest.mark.parametrize(
    "content", [nested(MOST_NESTED + 1), nested(900), nested(50_000), b"\xff", b"", b"[1e999]", HUGE]
)
def test_what_cannot_be_read_is_said_to_be_so(content: bytes) -> None:
    """One exception, whichever reader gave up; the last level that is read is still an answer."""
    with pytest.raises(Unreadable):
        parsed(content)
    assert parsed(nested(MOST_NESTED)) is not None


@pytest.mark.parametrize(
    "said",
    [
        b"\xef\xbb\xbf" + TEXT + b"{}}",
        b'{"choices": [{"message": {"content": "hi"}, "logprobs": {"content": [{"logprob": -Infinity}, NaN]}}]}',
    ],
)
def test_a_byte_order_mark_and_numbers_that_are_none_are_read(said: bytes) -> None:
    """Some servers write a log probability of minus infinity as Python does, some begin with a mark."""
    assert asked(always(response(200, said)))[0].text == "hi"


@pytest.mark.parametrize("content", [rb'{"choices": NaN, "text": "\ud800"}', rb'{"\ud800": -Infinity}'])
def test_half_a_surrogate_pair_is_unreadable_also_beside_numbers_that_are_none(content: bytes) -> None:
    """Python's reader lets it through, and no file could store it."""
    with pytest.raises(Unreadable):
        parsed(content)


def test_an_answer_that_could_not_be_stored_costs_a_try() -> None:
    """With the numbers of Python's writer beside half a surrogate pair; the next answer is kept."""
    broken = rb'{"choices": [{"message": {"content": "\ud83d"}, "logprobs": [NaN]}]}'
    completion, _, times = asked(in_turn(response(200, broken), answer()))
    assert (completion.text, times) == ("hi", 2)


@pytest.mark.parametrize("status", [201, 202, 206])
def test_a_completion_with_another_good_status_is_one(status: int) -> None:
    """Gateways call an answer created."""
    assert asked(always(response(status, TEXT + b"{}}")))[0].text == "hi"


def test_an_event_stream_is_named_as_one() -> None:
    """With what turns it off."""
    for stream in (b'data: {"choices": []}\n\ndata: [DONE]\n\n', b": OPENROUTER PROCESSING\n\n", b"event: message\n"):
        with pytest.raises(
            ModelUnavailable, match="the answer is an event stream, not a chat completion; remove `stream`"
        ):
            asked(always(response(200, stream, kind="text/event-stream")))


@pytest.mark.parametrize(
    "choice",
    [
        {"message": {"content": "hal"}, "finish_reason": "error", "error": {"code": 502, "message": "Upstream idle"}},
        {"message": {"content": ""}, "finish_reason": None, "error": {"code": 502, "message": "Upstream idle"}},
    ],
)
def test_an_error_inside_a_choice_is_no_answer(choice: dict[str, Any]) -> None:
    """OpenRouter so ends an answer whose provider failed: it counts as its status, and the next answer is taken."""
    failed = as_json(200, {"choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 1}})
    completion, _, times = asked(in_turn(failed, answer()))
    assert (completion.text, times) == ("hi", 2)
    with pytest.raises(ModelUnavailable, match=r"HTTP 502: Upstream idle \(tried 2 times\)"):
        asked(always(failed))


def test_an_answer_that_ends_in_an_error_without_one_is_none_either() -> None:
    """Its finish reason alone says so."""
    said = {"choices": [{"message": {"content": "half"}, "finish_reason": "error"}]}
    with pytest.raises(NoCompletion, match="the server reports an error without a reason"):
        read_completion(json.dumps(said).encode(), "m")


def test_a_full_queue_lowers_the_concurrency() -> None:
    """Ollama's HTTP 503 is no outage: the server is asked less, and no request is lost."""
    busy = as_json(503, {"error": {"message": "server busy, please try again.  maximum pending requests exceeded"}})
    completion, facts, _ = asked(in_turn(busy, busy, answer()), concurrency=8, retries=2)
    assert completion.text == "hi"
    assert (facts.rate_limited, facts.lowest_limit) == (2, 2)


def test_the_tries_of_a_request_are_counted() -> None:
    """Those that found a busy server beside those that failed."""
    busy, boom = (as_json(status, {"error": {"message": "no"}}) for status in (429, 500))
    with pytest.raises(ModelUnavailable, match=r"\(tried 3 times\)"):
        asked(in_turn(busy, boom, boom))
    with pytest.raises(ModelUnavailable, match=r"\(tried 1 time\)"):
        asked(always(boom), retries=0)


def test_an_address_without_v1_is_told_where_most_servers_are() -> None:
    """Only where it has no path at all."""

    async def main(path: str) -> str:
        async with faults(always(as_json(404, {"detail": "Not Found"}))) as (server,):
            config = ModelConfig(name="openai/m", base_url=server.url.removesuffix("/v1") + path)
            model = OpenAIModel(config, 1)
            try:
                with pytest.raises(ModelUnavailable) as caught:
                    await model.complete(PROMPT, Options())
                return str(caught.value).replace(str(server.port), "PORT")
            finally:
                await model.aclose()

    bare = asyncio.run(main(""))
    assert bare.endswith("check --base-url and the model name 'm'; most servers want http://127.0.0.1:PORT/v1")
    assert "most servers" not in asyncio.run(main("/v1"))


def test_only_what_a_server_has_is_waited_for_at_the_end(tmp_path: Path) -> None:
    """The probe; the requests that wait for its answer have not been sent, and end at once."""
    told: list[int] = []

    async def main() -> int:
        async with faults(hang) as (server,), asyncio.timeout(60):
            config = ModelConfig(name="openai/m", base_url=server.url)
            store = CompletionStore(tmp_path / "c.sqlite", UnderWay(0.05, lambda _, answers: told.append(answers)))
            model = StoredModel(OpenAIModel(config, 32), store, "writer")
            options = [Options(seed=seed, shape=SHAPE) for seed in range(33)]
            asking = [asyncio.ensure_future(model.complete(PROMPT, each)) for each in options]
            while not server.bodies:  # noqa: ASYNC110 - what is waited for happens in a server that has no event for it
                await asyncio.sleep(0.002)
            for task in asking:
                task.cancel()
            await model.aclose()
            store.close()
            return len(server.bodies)

    assert asyncio.run(main()) == 1
    assert told == [1]


def test_a_refused_connection_is_said_in_two_words() -> None:
    """Without what Python repeats of the address."""

    async def main() -> None:
        asking = Client([ModelConfig(name="openai/m", base_url="http://127.0.0.1:9/v1", retries=0)], 1, QUICK)
        try:
            await asking.ask(b"{}", lambda content: content)
        finally:
            await asking.aclose()

    with pytest.raises(TryAgain, match=r"^cannot connect: connection refused$"):
        asyncio.run(main())
