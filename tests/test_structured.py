"""The ladder of ways to ask for a form, against real HTTP servers that behave as engines and gateways do."""

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pytest_httpserver import HTTPServer

from apigen.errors import ModelRefused, ModelUnavailable
from apigen.model_config import ModelConfig
from apigen.models.base import Options, Shape, exactly
from apigen.models.openai.client import Client
from apigen.models.openai.ladder import FAILURES, Ladder
from apigen.models.openai.ladders import Ladders
from apigen.models.openai.model import OpenAIModel
from apigen.models.openai.patience import Patience
from apigen.models.openai.probe import MESSAGES
from apigen.models.openai.rungs import Rung
from apigen.models.store import CompletionStore, unpaid
from apigen.models.table import ModelTable
from apigen.records import Completion, Message
from form_servers import (
    BY_ITSELF,
    Handler,
    answer,
    behaving,
    called,
    deaf,
    error,
    fitting,
    formless,
    gateway,
    llama_cpp_python,
    router,
    strict,
    vllm,
)

PATH = "/v1/chat/completions"
SHAPE = Shape("answer", exactly({"word": {"type": "string", "enum": ["yes"]}, "list": {"type": "array", "items": {"type": "integer"}, "minItems": 1}}))  # fmt: skip # noqa: E501
FITS = {"word": "yes", "list": [1]}
OPTIONS = Options(max_tokens=100, seed=5, shape=SHAPE)
PROMPT = (Message("user", "Answer."),)


def config(server: HTTPServer, **settings: Any) -> ModelConfig:
    return ModelConfig(name="openai/m", base_url=server.url_for("/v1"), retries=0, **settings)


def asked(
    server: HTTPServer,
    handler: Handler,
    *,
    times: int = 1,
    options: Options = OPTIONS,
    store: CompletionStore | None = None,
    **settings: Any,
) -> tuple[list[Completion], dict[str, Any]]:
    """Ask at once, so often; the answers, and what is recorded of the endpoint."""
    server.expect_request(PATH).respond_with_handler(behaving(handler))

    async def main() -> tuple[list[Completion], dict[str, Any]]:
        wanted, ladders = config(server, **settings), Ladders(store)
        model = OpenAIModel(wanted, 4, ladder=ladders.of(wanted))
        try:
            found = await asyncio.gather(*(model.complete(PROMPT, options) for _ in range(times)))
        finally:
            await model.aclose()
        (facts,) = model.endpoints()
        return found, json.loads(json.dumps(facts.structured))

    return asyncio.run(main())


def bodies(server: HTTPServer, *, probes: bool = False) -> list[dict[str, Any]]:
    """What was sent: requests, or what was asked to learn about the endpoint."""
    sent = [request.get_json() for request, _ in server.log]
    return [body for body in sent if (body["messages"][0]["content"] == MESSAGES[0].content) == probes]


@pytest.mark.parametrize(
    ("handler", "rung", "findings"),
    [
        (vllm, "json_schema", ["enforced"]),
        (llama_cpp_python, "json_object", ["refused", "enforced"]),
        (gateway, "tool", ["ignored", "ignored", "enforced"]),
        (strict, "json_schema", ["enforced"]),
        (deaf, "text", ["ignored", "ignored", "ignored"]),
        (formless, "text", ["refused", "refused", "refused"]),
        (router, "text", ["refused", "refused", "refused"]),
    ],
)
def test_an_endpoint_is_asked_in_the_strictest_way_that_it_enforces(
    httpserver: HTTPServer, handler: Handler, rung: str, findings: list[str]
) -> None:
    """Accepting a schema is not enough; all requests wait for the one probe, which costs at most four answers."""
    found, told = asked(httpserver, handler, times=6)
    assert (told["rung"], told["by"]) == (rung, "probe")
    assert [probe["finding"] for probe in told["probes"]] == findings
    expected = BY_ITSELF if rung == "text" else json.dumps(FITS)
    assert [json.loads(completion.text) for completion in found] == [json.loads(expected)] * 6
    probes = bodies(httpserver, probes=True)
    answered = sum(response.status_code == 200 for _, response in httpserver.log) - 6
    assert answered <= 4
    assert len(probes) <= 4 + len(told.get("changes", ()))
    assert len(bodies(httpserver)) == 6


def test_how_each_rung_asks(httpserver: HTTPServer) -> None:
    """A configuration that names a rung is taken at its word: nothing is tried, and the body has that form."""
    schema = SHAPE.schema
    expected = {
        "json_schema": {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "schema": schema, "strict": True},
            }
        },
        "json_object": {"response_format": {"type": "json_object", "schema": schema}},
        "text": {},
    }
    plain = {
        "model": "m",
        "messages": [{"role": "user", "content": "Answer."}],
        "temperature": 0.7,
        "max_tokens": 100,
        "seed": 5,
    }
    for rung, added in expected.items():
        httpserver.clear()
        _, told = asked(httpserver, deaf, structured=rung)
        assert [request.get_json() for request, _ in httpserver.log] == [plain | added]
        assert told == {"rung": rung, "by": "configuration"}
    httpserver.clear()
    (found,), _ = asked(httpserver, gateway, structured="tool")
    ((request, _),) = httpserver.log
    tool, choice = request.get_json()["tools"][0], request.get_json()["tool_choice"]
    assert (tool["type"], tool["function"]["parameters"]) == ("function", schema)
    assert choice == {"type": "function", "function": {"name": tool["function"]["name"]}}
    assert json.loads(found.text) == FITS


def test_what_has_no_form_is_asked_as_it_is(httpserver: HTTPServer) -> None:
    """Nothing is tried for it, and nothing added."""
    _, told = asked(httpserver, vllm, options=Options())
    assert told == {"rung": "", "by": "nobody"}
    assert not {"response_format", "tools", "seed"} & set(httpserver.log[0][0].get_json())


def test_a_refused_form_costs_its_request_a_rung_and_the_rung_in_the_end(httpserver: HTTPServer) -> None:
    """A schema that a compiler does not take falls to the next way; a rung that never holds is left for good."""

    def picky(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        asked = body.get("response_format", {})
        schema = asked.get("json_schema", {}).get("schema", {})
        if "schema" in asked:
            return 400, error("Unknown parameter: 'response_format.schema'.")
        if "word" in schema.get("properties", {}):
            return 400, error("Invalid schema for response_format 'answer': it is too complex")
        return 200, called(body) if "tools" in body else answer(fitting(schema) if schema else BY_ITSELF)

    httpserver.expect_request(PATH).respond_with_handler(behaving(picky))

    async def main() -> Ladder:
        ladder = Ladder("auto")
        model = OpenAIModel(config(httpserver), 4, ladder=ladder)
        for number in range(FAILURES + 2):
            httpserver.log.clear()
            completion = await model.complete(PROMPT, OPTIONS)
            assert json.loads(completion.text) == FITS
            tried = ["tools" in body or body["response_format"]["type"] for body in bodies(httpserver)]
            assert tried == (["json_schema", "json_object", True] if number < FAILURES else [True])
        await model.aclose()
        return ladder

    told = asyncio.run(main()).told
    assert told.fell == {"json_schema": FAILURES, "json_object": FAILURES}
    assert set(told.left) == {"json_schema", "json_object"}
    assert told.rung == "tool"
    assert [probe.rung for probe in told.probes] == ["json_schema"]


def test_a_refusal_of_the_prompt_is_no_refusal_of_the_form(httpserver: HTTPServer) -> None:
    """Too long, filtered: it concerns this prompt, and no rung is blamed for what the last one refuses as well."""
    for said in ("This model's maximum context length is 10 tokens (tools included)", "the prompt was filtered"):
        httpserver.clear()
        with pytest.raises(ModelRefused, match=said[:10]):
            asked(httpserver, lambda _, said=said: (400, error(said)), structured="json_schema")  # type: ignore[misc]
        assert len(httpserver.log) == 1
    httpserver.clear()
    ladder = Ladder("json_schema")
    httpserver.expect_request(PATH).respond_with_handler(behaving(lambda _: (400, error("bad tool in your prompt"))))

    async def main() -> None:
        model = OpenAIModel(config(httpserver), 1, ladder=ladder)
        for _ in range(FAILURES + 1):
            with pytest.raises(ModelRefused):
                await model.complete(PROMPT, OPTIONS)
        await model.aclose()

    asyncio.run(main())
    assert (ladder.told.rung, ladder.told.left) == ("json_schema", ())


def test_a_server_that_refuses_everything_teaches_nothing(httpserver: HTTPServer) -> None:
    """What is no fault of the form is raised, and the next request tries anew."""
    with pytest.raises(ModelRefused, match="quite wrong"):
        asked(httpserver, lambda _: (400, error("quite wrong")))
    assert len(httpserver.log) == 4
    httpserver.clear()
    with pytest.raises(ModelUnavailable, match="valid key"):
        asked(httpserver, lambda _: (401, error("who are you")))


def test_parameters_that_an_endpoint_refuses_are_said_otherwise_from_then_on(httpserver: HTTPServer) -> None:
    """A refusal costs one try once, not one a request, and is recorded."""
    found, told = asked(httpserver, strict, times=5)
    assert told["changes"] == ["max_completion_tokens for max_tokens", "no temperature", "no seed"]
    assert [json.loads(completion.text) for completion in found] == [FITS] * 5
    last = bodies(httpserver)[-1]
    assert last["max_completion_tokens"] == 100
    assert not {"max_tokens", "temperature", "seed"} & set(last)
    refused = sum(response.status_code == 400 for _, response in httpserver.log)
    assert refused == 3, "all of them in the probe"


@pytest.mark.parametrize(
    ("said", "change"),
    [
        ("'temperature' does not support 0.7. Only the default (1) value is supported.", "no temperature"),
        ("[{'type': 'extra_forbidden', 'loc': ['body', 'seed'], 'msg': 'Extra inputs are not permitted'}]", "no seed"),
        ("invalid temperature: only 1 is allowed for this model", "no temperature"),
        ("`temperature` is deprecated for this model.", "no temperature"),
        ("response_format: keyword 'minItems' is not supported", "no minItems in schemas"),
    ],
)  # fmt: skip
def test_refusals_are_understood_in_the_words_of_several_servers(
    httpserver: HTTPServer, said: str, change: str
) -> None:
    """By the parameter that is named, beside words that say that it is not known."""
    word = change.split()[1]

    def once(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return (422, {"detail": said}) if f'"{word}"' in json.dumps(body) else vllm(body)

    _, told = asked(httpserver, once, structured="json_schema")
    assert told["changes"] == [change]
    assert not told.get("fell")


@pytest.mark.parametrize(
    ("said", "param"),
    [
        ("Invalid 'temperature': decimal above maximum value. Expected a value <= 1, but got 1.5", "temperature"),
        ("Invalid temperature value, the valid range of temperature is [0, 1]", None),
        ("temperature: Input should be less than or equal to 1", None),
        ("temperature must be non-negative, got -1.0.", "temperature"),
        ("Unsupported value: 'temperature' must be between 0 and 1", "temperature"),
    ],
)
def test_a_temperature_out_of_range_ends_the_run_with_the_server_s_words(
    httpserver: HTTPServer, said: str, param: str | None
) -> None:
    """OpenAI, DeepSeek, Anthropic, vLLM: without it other data would be generated, and every request has it."""

    def narrow(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return (400, error(said, param)) if body.get("temperature", 0) > 1 else vllm(body)

    with pytest.raises(ModelUnavailable, match=r"; set generation\.temperature to a value that the model") as caught:
        asked(httpserver, narrow, options=msgspec.structs.replace(OPTIONS, temperature=1.5))
    assert said.rstrip(".") in str(caught.value)
    assert all("temperature" in body for body in bodies(httpserver))


def test_a_seed_out_of_range_refuses_its_request_alone(httpserver: HTTPServer) -> None:
    """Each request has its own."""
    said = "Invalid 'seed': integer above maximum value. Expected a value <= 3, but got 5 instead."

    def narrow(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return (400, error(said, "seed")) if body.get("seed", 0) > 3 else vllm(body)

    with pytest.raises(ModelRefused, match="above maximum value"):
        asked(httpserver, narrow)


def test_a_sampling_parameter_that_is_dropped_is_reported_once(
    httpserver: HTTPServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Data generated without it differ from what the configuration promises."""
    asked(httpserver, strict, times=3)
    assert [record.getMessage() for record in caplog.records if record.name.startswith("apigen")] == [
        "openai/m does not accept temperature; its requests are sent without it",
        "openai/m does not accept seed; its requests are sent without it",
    ]


def test_too_many_tokens_are_no_unknown_parameter(httpserver: HTTPServer) -> None:
    """vLLM names ``max_tokens`` when the prompt leaves no room for so many; another name for them would not help."""
    said = "'max_tokens' or 'max_completion_tokens' is too large: 4000. This model's maximum context length is 4096."
    with pytest.raises(
        ModelRefused, match=r"too small for this prompt and max_tokens together; lower generation\.max_tokens"
    ):
        asked(httpserver, lambda _: (400, error(said, "max_tokens")), structured="json_schema")
    assert len(httpserver.log) == 1


@pytest.mark.parametrize(
    "said",
    [
        "'max_tokens' or 'max_completion_tokens' is too large: 4096. This model's maximum context length is 4096.",
        "The maximum context length is 4096. You requested 5000 tokens (904 in the messages, 4096 in the completion).",
        "max_tokens is too large: 4096. This model supports at most 2048 completion tokens, whereas you provided 4096.",
        "Invalid max_tokens value, the valid range of max_tokens is [1, 2048]",
    ],
)
def test_max_tokens_that_no_prompt_leaves_room_for_end_the_run_at_the_first(httpserver: HTTPServer, said: str) -> None:
    """vLLM, OpenAI (two ways), DeepSeek: every prompt would meet it again, so one line says what to lower."""
    httpserver.expect_request(PATH).respond_with_handler(behaving(lambda _: (400, error(said, "max_tokens"))))

    async def main() -> None:
        model = OpenAIModel(config(httpserver, structured="json_schema"), 4)
        for _ in range(3):
            with pytest.raises(ModelUnavailable, match=r"; lower generation\.max_tokens or judging"):
                await model.complete(PROMPT, OPTIONS)
        await model.aclose()

    asyncio.run(main())
    assert len(httpserver.log) == 1


@pytest.mark.parametrize(
    ("status", "said", "param"),
    [
        (400, "System role not supported", None),
        (500, "Jinja Exception: System role not supported", None),
        (400, "Conversation roles must alternate user/assistant/user/assistant/...", None),
        (400, "Developer instruction is not enabled for models/gemma-3-27b-it", None),
        (400, "Unsupported value: 'messages[0].role' does not support 'system' with this model.", "messages[0].role"),
    ],
)
def test_a_system_message_goes_into_the_users_where_a_template_knows_none(
    httpserver: HTTPServer, status: int, said: str, param: str | None
) -> None:
    """vLLM with Gemma, llama.cpp, Mistral's first template, Google, OpenAI's o1-mini: learned once, and recorded."""

    def gemma(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if any(message["role"] == "system" for message in body["messages"]):
            return status, error(said, param)
        return vllm(body)

    httpserver.expect_request(PATH).respond_with_handler(behaving(gemma))
    prompt = (Message("system", "Be brief."), Message("user", "Answer."))

    async def main() -> Ladder:
        ladder = Ladder("auto")
        model = OpenAIModel(config(httpserver), 4, ladder=ladder)
        for _ in range(3):
            assert json.loads((await model.complete(prompt, OPTIONS)).text) == FITS
        await model.aclose()
        return ladder

    assert asyncio.run(main()).told.changes == ("system message in the user message",)
    refused = [request.get_json() for request, response in httpserver.log if response.status_code == status]
    assert len(refused) == 1
    last = httpserver.log[-1][0].get_json()
    assert last["messages"] == [{"role": "user", "content": "Be brief.\n\nAnswer."}]


def test_the_users_own_additions_come_last(httpserver: HTTPServer) -> None:
    """They may override what would be sent, and are sent with probes as well."""
    asked(httpserver, vllm, extra={"reasoning_effort": "low", "temperature": 1})
    for request, _ in httpserver.log:
        assert request.get_json()["reasoning_effort"] == "low"
        assert request.get_json()["temperature"] == 1


def test_what_was_learned_is_kept_and_what_it_cost_is_counted(httpserver: HTTPServer, tmp_path: Path) -> None:
    """A resumed run does not try again; another address or another addition is another endpoint."""
    store = CompletionStore(tmp_path / "completions.sqlite")
    _, told = asked(httpserver, gateway, store=store)
    ((usage,)) = [row for row in store.usage() if row["role"] == "probe"]
    assert (usage["model"], usage["requests"], usage["prompt_tokens"]) == ("openai/m", 3, 21)
    store.close()
    httpserver.clear()
    store = CompletionStore(tmp_path / "completions.sqlite")
    assert asked(httpserver, gateway, store=store)[1] == told
    assert bodies(httpserver, probes=True) == []
    asked(httpserver, gateway, store=store, extra={"top_k": 3})
    assert len(bodies(httpserver, probes=True)) == 3
    store.close()


def test_a_probe_that_is_asked_again_is_counted_again(tmp_path: Path) -> None:
    """A session that was killed before it noted what it learned was paid all the same."""
    store = CompletionStore(tmp_path / "completions.sqlite")
    for _ in range(2):
        store.notes(b"who", unpaid).paid("json_schema", Completion("{}", "openai/x", 10, 2))
    (row,) = store.usage()
    assert (row["role"], row["requests"], row["prompt_tokens"]) == ("probe", 2, 20)
    store.close()


def test_those_who_ask_the_same_endpoint_share_one_ladder() -> None:
    """A writer that judges as well is tried once."""
    ladders = Ladders()
    one = ModelConfig(name="openai/m", base_url="http://127.0.0.1:9/v1")
    assert ladders.of(one) is ladders.of(one.model_copy(update={"weight": 2.0, "retries": 1}))
    assert ladders.of(one) is not ladders.of(one.model_copy(update={"base_url": "http://127.0.0.1:10/v1"}))


def test_endpoints_of_one_model_are_asked_in_one_way_and_say_so(httpserver: HTTPServer) -> None:
    """One ladder for all, tried once at whichever was free: the record has it at each, and by how many it is shared."""
    httpserver.expect_request(PATH).respond_with_handler(behaving(vllm))
    httpserver.expect_request("/other" + PATH).respond_with_handler(behaving(vllm))
    one = config(httpserver)
    other = one.model_copy(update={"base_url": httpserver.url_for("/other/v1")})

    async def main() -> list[dict[str, Any]]:
        model = ModelTable(4).models([one, other])["openai/m"].model
        await asyncio.gather(*(model.complete(PROMPT, OPTIONS) for _ in range(8)))
        await model.aclose()
        return [dict(facts.structured) for facts in model.endpoints()]

    first, second = asyncio.run(main())
    assert first == second
    assert (first["rung"], first["shared_by"]) == ("json_schema", 2)
    assert len(bodies(httpserver, probes=True)) == 1


def test_a_model_that_thinks_too_long_for_the_probe_is_taken_at_its_word(httpserver: HTTPServer) -> None:
    """Where nothing was seen to hold, a way that was accepted and not seen to be ignored comes before plain text."""

    def ponders(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        asked = body.get("response_format", {})
        if body["messages"][0]["content"] == MESSAGES[0].content:
            return 200, answer(None, "length", reasoning_content="hm " * 50)
        return 200, answer(fitting(asked["json_schema"]["schema"]))

    (found,), told = asked(httpserver, ponders)
    assert [probe["finding"] for probe in told["probes"]] == ["unclear"] * 3
    assert told["rung"] == "json_schema"
    assert json.loads(found.text) == FITS


def test_a_forced_call_that_was_cut_off_says_so(httpserver: HTTPServer) -> None:
    """llama-cpp-python calls it ``tool_calls``; the number of tokens tells."""

    def cut(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        call = {"function": {"name": "answer", "arguments": '{"word": "ye'}}
        return 200, answer(None, "tool_calls", {"prompt_tokens": 1, "completion_tokens": 100}, tool_calls=[call])

    (found,), _ = asked(httpserver, cut, structured="tool")
    assert (found.text, found.finish_reason) == ('{"word": "ye', "length")


def test_a_probe_that_an_error_answers_teaches_nothing(httpserver: HTTPServer) -> None:
    """OpenRouter ends an answer with an error inside its choice: the next try of the same rung decides."""
    left = [1]

    def fails_once(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if left:
            left.clear()
            failed = {
                "message": {"content": BY_ITSELF},
                "finish_reason": "error",
                "error": {"code": 502, "message": "x"},
            }
            return 200, {"choices": [failed]}
        return vllm(body)

    httpserver.expect_request(PATH).respond_with_handler(behaving(fails_once))
    wanted = config(httpserver).model_copy(update={"retries": 1})
    ladder = Ladder("auto")

    async def main() -> None:
        model = OpenAIModel(wanted, 1, Client([wanted], 1, Patience(first_s=0.01)), ladder)
        await model.complete(PROMPT, OPTIONS)
        await model.aclose()

    asyncio.run(main())
    assert [(probe.rung, probe.finding) for probe in ladder.told.probes] == [("json_schema", "enforced")]


def test_whoever_waits_for_a_probe_has_sent_nothing_and_is_told_at_once_when_everything_stops() -> None:
    """Only the probe itself is awaited; the others raise, also those that come later."""

    async def main() -> None:
        ladder, sent, answered = Ladder("auto"), list[str](), asyncio.Event()

        async def ask(rung: Rung) -> Completion:
            sent.append(rung.name)
            await answered.wait()
            return Completion(fitting(SHAPE.schema), "openai/m")

        tasks = [asyncio.ensure_future(ladder.top(ask)) for _ in range(33)]
        await asyncio.sleep(0)
        ladder.stop()
        for _ in range(3):
            await asyncio.sleep(0)
        assert [task.done() for task in tasks] == [False] + [True] * 32
        assert {type(task.exception()) for task in tasks[1:]} == {ModelUnavailable}
        with pytest.raises(ModelUnavailable, match="because the run is ending"):
            await ladder.top(ask)
        assert sent == ["json_schema"]
        tasks[0].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(main())
