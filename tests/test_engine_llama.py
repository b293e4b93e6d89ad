"""What a real inference engine understands of each way to constrain an answer; docs/engines.md tells it to people.

Whoever asks an engine for constrained output relies on this: what works, what is ignored in silence, what is an error.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from llama_server import LlamaServer, llama_serving, require_engine

pytestmark = pytest.mark.slow

SCHEMA = {
    "type": "object",
    "properties": {
        "colour": {"enum": ["red", "green"]},
        "count": {"type": "integer", "minimum": 1, "maximum": 9},
        "urgent": {"type": "boolean"},
    },
    "required": ["colour", "count", "urgent"],
    "additionalProperties": False,
}
FITTING = re.compile(
    r'\{\s*"colour"\s*:\s*"(red|green)"\s*,\s*"count"\s*:\s*(-?\d+)\s*,\s*"urgent"\s*:\s*(true|false)\s*\}\s*'
)
"""What fits the schema but for the bounds, however it is spaced."""
TOOL = {"type": "function", "function": {"name": "order", "description": "Order.", "parameters": SCHEMA}}
FORCED = {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "order"}}}
CONSTRAINED = {"response_format": {"type": "json_object", "schema": SCHEMA}}
TEXT = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
SEEDS = range(12)
ENOUGH = 400
"""Tokens in which every answer that fits the schema has ended."""
SMALL_CONTEXT = 512


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    require_engine()
    with llama_serving(tmp_path_factory.mktemp("llama"), SMALL_CONTEXT) as serving:
        yield serving


def answer(server: LlamaServer, **body: Any) -> tuple[dict[str, Any], str]:
    """The message of an answer, and why it ended."""
    status, answered = server.chat(**body)
    assert status == 200, answered
    (choice,) = answered["choices"]
    return choice["message"], choice["finish_reason"]


def error(server: LlamaServer, **body: Any) -> tuple[int, str]:
    """The status of an answer that is an error, and what it says."""
    status, answered = server.chat(**body)
    assert status != 200, answered
    return status, answered["error"]["message"]


def is_json(text: str) -> bool:
    """Whether it is an object or a list; a digit by chance is none."""
    try:
        return isinstance(json.loads(text), dict | list)
    except ValueError:
        return False


def test_without_a_constraint_it_babbles(server: LlamaServer) -> None:
    """Random weights write noise, mostly to the last token that they are given."""
    answers = [answer(server, max_tokens=40, seed=seed) for seed in SEEDS]
    assert "length" in {ended for _, ended in answers}
    assert not any(is_json(message["content"]) for message, _ in answers)


def test_the_same_seed_gives_the_same_answer(server: LlamaServer) -> None:
    """And another seed another one."""
    first, again, other = (answer(server, max_tokens=40, seed=seed)[0] for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_json_schema_is_refused_as_if_the_server_had_failed(server: LlamaServer) -> None:
    """OpenAI's own form is an invalid request here, but the status is 500: trying it again does not help."""
    wanted = {"type": "json_schema", "json_schema": {"name": "order", "strict": True, "schema": SCHEMA}}
    status, said = error(server, response_format=wanted, max_tokens=40)
    assert status == 500
    assert "Input should be 'text' or 'json_object'" in said


def test_a_schema_beside_json_object_is_kept_but_for_bounds(server: LlamaServer) -> None:
    """Keys in order, types and enums always; minimum and maximum of an integer not."""
    answers = [answer(server, **CONSTRAINED, max_tokens=ENOUGH, seed=seed) for seed in SEEDS]
    assert {ended for _, ended in answers} == {"stop"}
    counts = [int(found[2]) for message, _ in answers if (found := FITTING.fullmatch(message["content"]))]
    assert len(counts) == len(SEEDS)
    assert not all(1 <= count <= 9 for count in counts)


def test_what_is_cut_off_says_so(server: LlamaServer) -> None:
    """A constrained answer that meets the limit of tokens ends with `length`, and is no JSON."""
    message, ended = answer(server, **CONSTRAINED, max_tokens=8)
    assert ended == "length"
    assert not is_json(message["content"])


def test_json_object_alone_is_any_object(server: LlamaServer) -> None:
    """No schema, so the simplest object is one."""
    message, ended = answer(server, response_format={"type": "json_object"}, max_tokens=ENOUGH, seed=1)
    assert ended == "length" or isinstance(json.loads(message["content"], strict=False), dict)
    assert message["content"].startswith("{")


@pytest.mark.parametrize("schema", [{"type": "nonsense"}, {"$ref": "#/$defs/missing"}])
def test_a_schema_that_it_cannot_use_is_dropped_in_silence(server: LlamaServer, schema: dict[str, Any]) -> None:
    """It answers with any object, as if no schema had been given: only a look at the answer tells."""
    answers = [
        answer(server, response_format={"type": "json_object", "schema": schema}, max_tokens=ENOUGH, seed=seed)
        for seed in SEEDS
    ]
    assert all(message["content"].startswith("{") for message, _ in answers)


def test_an_array_can_be_asked_for(server: LlamaServer) -> None:
    """The top of a schema need not be an object, and the number of items is kept."""
    items = {"type": "object", "properties": {"on": {"type": "boolean"}}, "required": ["on"]}
    schema = {"type": "array", "items": items, "minItems": 2, "maxItems": 2}
    for seed in SEEDS:
        message, ended = answer(
            server, response_format={"type": "json_object", "schema": schema}, max_tokens=ENOUGH, seed=seed
        )
        assert ended == "stop"
        assert len(json.loads(message["content"])) == 2


def test_control_characters_stand_raw_in_strings(server: LlamaServer) -> None:
    """A string of a constrained answer may hold what JSON wants escaped, so a strict reader refuses it."""
    answers = [
        answer(server, response_format={"type": "json_object", "schema": TEXT}, max_tokens=ENOUGH, seed=seed)
        for seed in SEEDS
    ]
    whole = [message["content"] for message, ended in answers if ended == "stop"]
    assert not all(is_json(text) for text in whole)
    assert all(isinstance(json.loads(text, strict=False)["text"], str) for text in whole)


def test_a_forced_call_is_kept_to_its_parameters(server: LlamaServer) -> None:
    """The arguments are JSON text in `tool_calls`, there is no content, and the older `function_call` says the same."""
    for seed in SEEDS:
        message, ended = answer(server, **FORCED, max_tokens=ENOUGH, seed=seed)
        (call,) = message["tool_calls"]
        assert (ended, message["content"], call["type"]) == ("tool_calls", None, "function")
        assert call["function"]["name"] == "order"
        assert FITTING.fullmatch(call["function"]["arguments"])
        assert message["function_call"] == call["function"]


def test_a_forced_call_that_is_cut_off_does_not_say_so(server: LlamaServer) -> None:
    """It ends with `tool_calls` all the same: only the number of tokens and the broken arguments tell."""
    status, answered = server.chat(**FORCED, max_tokens=8)
    (choice,) = answered["choices"]
    assert (status, choice["finish_reason"]) == (200, "tool_calls")
    assert not is_json(choice["message"]["tool_calls"][0]["function"]["arguments"])
    assert answered["usage"]["completion_tokens"] == 8


@pytest.mark.parametrize("choice", ["required", "auto"])
def test_a_call_that_is_not_named_is_not_forced(server: LlamaServer, choice: str) -> None:
    """`required` is ignored like `auto`: the answer is text."""
    message, _ = answer(server, tools=[TOOL], tool_choice=choice, max_tokens=40, seed=1)
    assert message["content"] == answer(server, max_tokens=40, seed=1)[0]["content"]
    assert not message.get("tool_calls")


def test_a_forced_call_of_no_tool_is_an_error_of_the_server(server: LlamaServer) -> None:
    """Again 500, where the request is wrong."""
    choice = {"type": "function", "function": {"name": "missing"}}
    assert error(server, tools=[TOOL], tool_choice=choice) == (500, "Tool choice 'missing' not found in tools.")


def test_what_it_does_not_know_is_ignored(server: LlamaServer) -> None:
    """Other engines' fields change nothing, nor does the model's name."""
    unknown = {"guided_json": SCHEMA, "structured_outputs": {"json": SCHEMA}, "model": "another"}
    assert answer(server, **unknown, max_tokens=40, seed=1) == answer(server, max_tokens=40, seed=1)


def test_a_prompt_that_does_not_fit_is_a_wrong_request(server: LlamaServer) -> None:
    """Status 400, with the numbers."""
    long = [{"role": "user", "content": "x" * 2 * SMALL_CONTEXT}]
    status, said = error(server, messages=long, max_tokens=4)
    assert status == 400
    assert said.startswith(f"This model's maximum context length is {SMALL_CONTEXT} tokens.")


def test_an_answer_that_meets_the_end_of_the_context_ends_there(server: LlamaServer) -> None:
    """It ends with `length`; in the middle of a character of several bytes, with an error 500 that loses the answer."""
    near = [{"role": "user", "content": "x" * (SMALL_CONTEXT - 62)}]
    found = [server.chat(messages=near, max_tokens=4 * SMALL_CONTEXT, seed=seed) for seed in SEEDS]
    said = {answered["error"]["message"] for status, answered in found if status == 500}
    ended = [answered for status, answered in found if status == 200]
    assert said <= {"llama_decode returned 1"}
    totals = [one["usage"]["total_tokens"] for one in ended if one["choices"][0]["finish_reason"] == "length"]
    assert totals
    assert min(totals) >= SMALL_CONTEXT
