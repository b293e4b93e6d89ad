"""How requests in batches are put: what is learned about the endpoint beside them, and from the lines themselves."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from apigen.errors import AnswersPending, ModelRefused, ModelUnavailable
from apigen.model_config import ModelConfig
from apigen.models.base import Options, Shape, exactly
from apigen.models.batch.book import BatchBook
from apigen.models.batch.model import BatchModel
from apigen.models.openai.model import OpenAIModel
from apigen.records import Completion, Message
from batch_server import BatchServer, serving_batches
from form_servers import BY_ITSELF, Handler, error, formless, strict, vllm

SHAPE = Shape("answer", exactly({"word": {"type": "string", "enum": ["yes"]}}))
FITS = '{"word": "yes"}'


class Both(BatchServer):
    """Takes lines and single requests.

    Args:
        lines: answers a line.
        single: answers a request by itself; ``None`` where there is no such endpoint.
    """

    def __init__(self, lines: Handler, single: Handler | None) -> None:
        self.bodies: list[dict[str, Any]] = []
        """Of the lines."""
        self._single = single

        async def answered(body: dict[str, Any]) -> tuple[int, Any]:
            self.bodies.append(body)
            return lines(body)

        super().__init__(answered)

    def app(self) -> web.Application:
        app = super().app()
        if single := self._single:

            async def chat(request: web.Request) -> web.Response:
                status, value = single(await request.json())
                return web.json_response(value, status=status)

            app.router.add_post("/v1/chat/completions", chat)
        return app


Found = list[Completion | BaseException]


def asked(server: Both, folder: Path, *, times: int = 4, **keys: Any) -> tuple[Found, dict[str, Any]]:
    """Ask for a form in one session; the answers, and what is recorded of the endpoint."""

    async def main() -> tuple[Found, dict[str, Any]]:
        settings = {"name": "openai/m", "base_url": server.url, "retries": 0, "batch": {"collect_s": 0.03, "poll_s": 0.01}}  # fmt: skip # noqa: E501
        config = ModelConfig.model_validate(settings | keys)
        book = BatchBook(folder / "batches.sqlite")
        model = BatchModel(config, OpenAIModel(config, 4), book, "writer", outage_s=60)
        options = Options(max_tokens=100, seed=5, shape=SHAPE)
        prompts = ((Message("user", str(number)),) for number in range(times))
        questions: list[Awaitable[Completion]] = [model.complete(prompt, options) for prompt in prompts]
        found = await asyncio.gather(*questions, return_exceptions=True)
        await model.aclose()
        book.close()
        (facts,) = model.endpoints()
        return found, dict(facts.structured)

    return asyncio.run(main())


def texts(found: Found) -> list[str]:
    return [one.text if isinstance(one, Completion) else repr(one) for one in found]


def saying(status: int, said: str) -> Handler:
    return lambda _: (status, error(said))


@pytest.mark.parametrize("status", [500, 401, 429])
def test_an_endpoint_that_is_away_while_it_is_tried_is_no_endpoint_without_forms(tmp_path: Path, status: int) -> None:
    """Nothing is sent and nothing taken for learned; another session tries again and has the form."""
    server = Both(vllm, saying(status, "not now"))
    with serving_batches(server):
        found, told = asked(server, tmp_path)
        assert all(isinstance(one, ModelUnavailable) for one in found)
        assert (told["rung"], server.bodies) == ("", [])
    server = Both(vllm, vllm)
    with serving_batches(server):
        found, told = asked(server, tmp_path)
        assert (texts(found), told["rung"]) == ([FITS] * 4, "json_schema")


@pytest.mark.parametrize(
    ("single", "said"),
    [
        (None, "HTTP 404"),
        (saying(405, "Method Not Allowed"), "HTTP 405"),
        (saying(400, "only batches are taken"), "only batches are taken"),
    ],
)
def test_an_endpoint_that_takes_batches_only_is_asked_in_words_and_that_is_recorded(
    tmp_path: Path, single: Handler | None, said: str
) -> None:
    """No chat endpoint there, or one that refuses whatever it is asked: the form cannot be tried."""
    server = Both(vllm, single)
    with serving_batches(server):
        found, told = asked(server, tmp_path)
    assert texts(found) == [BY_ITSELF] * 4
    assert (told["rung"], told["by"]) == ("text", "probe")
    (probe,) = told["probes"]
    assert (probe["rung"], probe["finding"]) == ("text", "refused")
    assert said in probe["said"]


def test_a_model_that_the_endpoint_does_not_know_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    """Also an HTTP 404, and no sign of an endpoint that takes batches only."""
    server = Both(vllm, saying(404, "The model `m` does not exist."))
    with serving_batches(server):
        found, _ = asked(server, tmp_path)
    assert "check --base-url and the model name" in str(found[0])
    assert server.bodies == []


@pytest.mark.parametrize(("rung", "expected"), [("json_schema", FITS), ("text", BY_ITSELF)])
def test_a_line_that_is_refused_for_a_parameter_is_said_otherwise_in_the_next_batch(
    tmp_path: Path, rung: str, expected: str
) -> None:
    """As a request by itself would be, at no cost of a try; what was learned is recorded and holds from then on."""
    server = Both(strict, None)
    with serving_batches(server):
        found, told = asked(server, tmp_path, structured=rung)
        assert texts(found) == [expected] * 4
        assert told["changes"] == ("max_completion_tokens for max_tokens", "no temperature", "no seed")
        assert server.calls.count("POST /batches") == 4
        assert len(server.bodies) == 16


def test_a_line_that_is_refused_for_its_form_goes_down_the_ladder(tmp_path: Path) -> None:
    """One rung with each batch, at the foot of which there is no form; the rungs that it fell from are recorded."""
    server = Both(formless, None)
    with serving_batches(server):
        found, told = asked(server, tmp_path, structured="json_schema", times=6)
        assert texts(found) == [BY_ITSELF] * 6
        assert told["fell"] == {"json_schema": 6, "json_object": 6, "tool": 6}
        assert told["rung"] == "text"
        assert server.calls.count("POST /batches") == 4


def test_one_form_that_is_too_much_takes_no_form_from_the_others(tmp_path: Path) -> None:
    """Only that request falls."""

    def picky(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if body["messages"][0]["content"] == "2" and body.get("response_format", {}).get("type") == "json_schema":
            return 500, error("response_format: the grammar does not compile")
        return vllm(body)

    server = Both(picky, None)
    with serving_batches(server):
        found, told = asked(server, tmp_path, structured="json_schema")
        assert texts(found) == [FITS, FITS, BY_ITSELF, FITS]
        assert (told["rung"], told["fell"]) == ("json_schema", {"json_schema": 1})


def test_a_refusal_that_nothing_mends_ends_after_what_there_is_to_try(tmp_path: Path) -> None:
    """Whatever is changed, the server names parameters and forms again: each line is refused in the end."""

    def never(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return 400, error("unknown: max_tokens, max_completion_tokens, seed, minItems, response_format, tools")

    server = Both(never, None)
    with serving_batches(server):
        found, _ = asked(server, tmp_path, structured="json_schema")
        assert all(isinstance(one, ModelRefused) for one in found)
        assert "unknown: max_tokens" in str(found[0])
        assert server.calls.count("POST /batches") <= 9


def test_a_line_that_an_earlier_session_sent_is_said_as_it_would_be_now(tmp_path: Path) -> None:
    """Nobody knows any more how it was put; its refusal teaches, and it is asked again."""
    server = Both(strict, None)
    with serving_batches(server):
        settings = {"name": "openai/m", "base_url": server.url, "structured": "json_schema", "batch": {"collect_s": 0.03, "poll_s": 0.01}}  # fmt: skip # noqa: E501
        config = ModelConfig.model_validate(settings)
        options = Options(max_tokens=100, seed=5, shape=SHAPE)

        async def session(*, wait: bool) -> Completion | BaseException:
            book = BatchBook(tmp_path / "batches.sqlite", wait=wait)
            model = BatchModel(config, OpenAIModel(config, 4), book, "writer", outage_s=60)
            (found,) = await asyncio.gather(model.complete((Message("user", "1"),), options), return_exceptions=True)
            await model.aclose()
            book.close()
            return found

        server.after = lambda call, value: value | {"status": "in_progress"} if call == "GET /batches/{id}" else value
        assert isinstance(asyncio.run(session(wait=False)), AnswersPending)
        server.after = lambda _, value: value
        assert texts([asyncio.run(session(wait=True))]) == [FITS]
