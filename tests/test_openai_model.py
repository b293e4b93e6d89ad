"""The OpenAI-compatible client against a real HTTP server."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from apigen.errors import ModelRefused, ModelUnavailable
from apigen.model_config import ModelConfig
from apigen.models.base import Options
from apigen.models.openai.model import OpenAIModel
from apigen.models.store import request_key
from apigen.records import Completion, Message

PROMPT = (Message("system", "Be brief."), Message("user", "Say hi."))
PATH = "/v1/chat/completions"


def answer(content: str | None = "hi", **message: Any) -> dict[str, Any]:
    return {
        "choices": [{"message": {"role": "assistant", "content": content, **message}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 2},
    }


async def asked(
    server: HTTPServer, *, times: int = 1, concurrency: int = 4, base: str = "/v1", **settings: Any
) -> list[Completion]:
    config = ModelConfig(name="openai/tiny", base_url=server.url_for(base), **settings)
    model = OpenAIModel(config, concurrency)
    try:
        return await asyncio.gather(*(model.complete(PROMPT, Options(seed=5)) for _ in range(times)))
    finally:
        await model.aclose()


def ask(server: HTTPServer, **settings: Any) -> list[Completion]:
    return asyncio.run(asked(server, **settings))


def in_turn(*responses: Response) -> Callable[[Request], Response]:
    left = list(responses)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def as_json(value: Any, status: int = 200, **headers: str) -> Response:
    return Response(json.dumps(value), status, headers, content_type="application/json")


def test_the_request_is_openais_and_the_answer_is_read(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Model name, messages, sampling and key go out; text, usage, finish reason and thinking come back."""
    monkeypatch.setenv("MY_KEY", "s3cret")
    httpserver.expect_request(PATH).respond_with_json(answer(reasoning_content="hm"))
    (completion,) = ask(httpserver, api_key_env="MY_KEY")
    assert completion == Completion("hi", "openai/tiny", 7, 2, "stop", "hm")
    ((request, _),) = httpserver.log
    assert request.headers["Authorization"] == "Bearer s3cret"
    assert request.json == {
        "model": "tiny",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Say hi."}],
        "temperature": 0.7,
        "max_tokens": 4096,
        "seed": 5,
    }


def test_passing_failures_are_tried_again(httpserver: HTTPServer) -> None:
    """A busy or stumbling server costs time, not the request."""
    statuses = (429, 500, 502, 503, 529)
    for status in statuses:
        path = f"/{status}/chat/completions"
        httpserver.expect_request(path).respond_with_handler(in_turn(Response("busy", status), as_json(answer())))

    async def main() -> list[list[Completion]]:
        return await asyncio.gather(*(asked(httpserver, base=f"/{status}", retries=2) for status in statuses))

    assert [found.text for (found,) in asyncio.run(main())] == ["hi"] * len(statuses)
    answered = sorted((request.path, response.status_code) for request, response in httpserver.log)
    assert answered == sorted((f"/{at}/chat/completions", code) for at in statuses for code in (at, 200))


def test_retry_after_is_honoured(httpserver: HTTPServer) -> None:
    """A server that names the time to wait is not asked before it."""
    busy = as_json({"error": {"message": "slow down"}}, 429, **{"Retry-After": "0.3"})
    httpserver.expect_request(PATH).respond_with_handler(in_turn(busy, as_json(answer())))
    began = time.monotonic()
    assert ask(httpserver, retries=1)[0].text == "hi"
    assert time.monotonic() - began >= 0.3


def test_answers_that_are_no_completion_are_tried_again_then_said(httpserver: HTTPServer) -> None:
    """Truncated JSON, another JSON, no choices: never taken for an answer."""
    bodies = ['{"choices": [{"mess', '{"ok": true}', '{"choices": []}', "<html>hello</html>", "\xff\xfe"]
    for body in bodies:
        httpserver.clear()
        httpserver.expect_request(PATH).respond_with_data(body.encode("latin-1"), content_type="application/json")
        with pytest.raises(ModelUnavailable, match="the answer"):
            ask(httpserver, retries=0)


def test_empty_content_is_an_empty_answer(httpserver: HTTPServer) -> None:
    """A model that only thinks answers nothing; the pipeline accounts for that."""
    httpserver.expect_request(PATH).respond_with_json(answer(None, reasoning="so long"))
    assert ask(httpserver)[0] == Completion("", "openai/tiny", 7, 2, "stop", "so long")


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (401, "set MY_KEY to a valid key", ModelUnavailable),
        (404, "check --base-url and the model name 'tiny'", ModelUnavailable),
        (400, "too long", ModelRefused),
        (422, "too long", ModelRefused),
    ],
)
def test_refusals_are_not_tried_again_and_say_what_to_do(
    httpserver: HTTPServer, status: int, said: str, kind: type[Exception]
) -> None:
    """A wrong key or name stops the run with a hint; a refused prompt concerns that prompt alone."""
    httpserver.expect_request(PATH).respond_with_response(as_json({"error": {"message": "too long"}}, status))
    with pytest.raises(kind, match=said):
        ask(httpserver, api_key_env="MY_KEY")
    assert len(httpserver.log) == 1


def test_an_exhausted_account_is_not_a_busy_server(httpserver: HTTPServer) -> None:
    """429 with insufficient_quota will not pass by waiting."""
    body = {"error": {"message": "insufficient_quota: buy credit"}}
    httpserver.expect_request(PATH).respond_with_response(as_json(body, 429))
    with pytest.raises(ModelUnavailable, match="no credit"):
        ask(httpserver)
    assert len(httpserver.log) == 1


def test_a_hanging_server_is_given_up_after_the_time_out(httpserver: HTTPServer) -> None:
    """No answer within the time-out is said as such."""
    release = threading.Event()

    def hang(_: Request) -> Response:
        release.wait(60)
        return as_json(answer())

    httpserver.expect_request(PATH).respond_with_handler(hang)
    try:
        with pytest.raises(ModelUnavailable, match=r"no complete answer within timeout_s \(0\.2 s\) \(tried 1 time\)"):
            ask(httpserver, retries=0, timeout_s=0.2)
    finally:
        release.set()


def test_a_server_that_is_down_is_said_in_one_line() -> None:
    """Nothing listens there: the address is in the message."""

    async def main() -> None:
        model = OpenAIModel(ModelConfig(name="openai/x", base_url="http://127.0.0.1:9/v1", retries=0), 1)
        try:
            await model.complete(PROMPT, Options())
        finally:
            await model.aclose()

    with pytest.raises(ModelUnavailable, match=r"http://127\.0\.0\.1:9/v1/chat/completions: cannot connect"):
        asyncio.run(main())


@pytest.fixture
def threaded() -> Iterator[HTTPServer]:
    """A server that answers requests at the same time."""
    with HTTPServer(threaded=True) as server:
        yield server


def test_no_more_requests_are_in_flight_than_allowed(threaded: HTTPServer) -> None:
    """Concurrency is a bound, and it is used: answers come only once so many are there."""
    lock, all_there, now, most = threading.Lock(), threading.Barrier(3), 0, 0

    def count(_: Request) -> Response:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        all_there.wait(60)
        with lock:
            now -= 1
        return as_json(answer())

    threaded.expect_request(PATH).respond_with_handler(count)
    ask(threaded, times=12, concurrency=3)
    assert most == 3


def test_a_prompt_that_a_living_server_cannot_answer_concerns_that_prompt_alone(httpserver: HTTPServer) -> None:
    """It must not end a run, which would meet the same prompt again after every resume."""

    def poisoned(request: Request) -> Response:
        return as_json(answer()) if b"Say yes." in request.data else Response("boom", 500)

    httpserver.expect_request(PATH).respond_with_handler(poisoned)
    with pytest.raises(ModelRefused, match="HTTP 500"):
        ask(httpserver, retries=1)
    assert len(httpserver.log) == 3


def test_a_key_or_address_that_http_cannot_carry_is_said_in_one_line(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A newline behind a key is cut off; one inside it, or an odd host, stops the run without showing the key."""
    monkeypatch.setenv("MY_KEY", "s3cret\n")
    httpserver.expect_request(PATH).respond_with_json(answer() | {"usage": {"prompt_tokens": 2**63}})
    assert ask(httpserver, api_key_env="MY_KEY")[0].prompt_tokens == 0
    monkeypatch.setenv("MY_KEY", "s3c\nret")
    with pytest.raises(ModelUnavailable, match="check --base-url and MY_KEY") as caught:
        ask(httpserver, api_key_env="MY_KEY", retries=0)
    assert "s3c" not in str(caught.value)


def test_a_redirect_is_not_followed_with_the_key(httpserver: HTTPServer) -> None:
    """A key goes to the address that the user named, and nowhere else."""
    httpserver.expect_request(PATH).respond_with_response(Response("", 307, {"Location": "http://127.0.0.1:9/steal"}))
    with pytest.raises(ModelUnavailable, match="HTTP 307"):
        ask(httpserver)


def test_tools_go_out_and_their_calls_come_back_as_they_are(httpserver: HTTPServer) -> None:
    """Every call, also one that is none, beside the text; without tools nothing of that is in the answer."""
    calls = [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{"}}, "odd"]
    httpserver.expect_request(PATH).respond_with_json(answer("hm", tool_calls=calls))
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}

    async def main() -> list[Completion]:
        model = OpenAIModel(ModelConfig(name="openai/tiny", base_url=server_url), 2)
        try:
            return [await model.complete(PROMPT, options) for options in (Options(tools=(tool,)), Options())]
        finally:
            await model.aclose()

    server_url = httpserver.url_for("/v1")
    offered, plain = asyncio.run(main())
    assert offered.tool_calls == tuple(calls)
    assert (offered.text, offered.missing) == ("hm", "")
    assert plain.tool_calls == ()
    (first, _), (second, _) = httpserver.log
    assert first.json["tools"] == [tool]
    assert "tools" not in second.json


def test_a_kept_answer_is_no_answer_to_a_question_with_other_tools() -> None:
    """What was offered is part of what was asked; without tools the key is what it always was."""
    keys = {
        request_key("writer", "openai/x", PROMPT, Options(tools=tools), {})
        for tools in ((), ({"name": "f"},), ({"name": "g"},))
    }
    assert len(keys) == 3
