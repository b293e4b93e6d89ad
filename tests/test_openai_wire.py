"""What a server's answer says, read whatever server it is: text, thoughts, counts and costs kept apart."""

import json
from typing import Any

import pytest

from apigen.generate.parse import parse_pairs
from apigen.models.openai.wire import NoCompletion, read_completion
from apigen.records import Completion

PAIRS = '{"pairs": [{"query": "q", "answers": []}]}'


def read(message: dict[str, Any], ended: str = "stop", **usage: Any) -> Completion:
    said = {"choices": [{"message": {"role": "assistant", **message}, "finish_reason": ended}], "usage": usage}
    return read_completion(json.dumps(said).encode(), "openai/m")


@pytest.mark.parametrize(
    "message",
    [
        {"content": PAIRS, "reasoning_content": "hm [1]"},
        {"content": PAIRS, "reasoning": "hm [1]"},
        {"content": PAIRS, "reasoning": "hm [1]", "reasoning_content": "hm [1]"},
        {"content": PAIRS, "reasoning_details": [{"type": "reasoning.text", "text": "hm [1]"}]},
        {"content": f"<think>\nhm [1]\n</think>\n\n{PAIRS}"},
        {"content": f"<THINKING>hm [1]</THINKING>{PAIRS}"},
        {"content": f"hm [1]\n</think>\n{PAIRS}"},
        {"content": f"[THINK]hm [1][/THINK]{PAIRS}"},
        {"content": [{"type": "thinking", "thinking": "hm [1]"}, {"type": "text", "text": PAIRS}]},
        {
            "content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "hm [1]"}]},
                {"type": "text", "text": PAIRS[:9]},
                {"type": "text", "text": PAIRS[9:]},
            ]
        },
        {"content": [{"type": "reasoning", "summary": [{"text": "hm [1]"}]}, {"type": "output_text", "text": PAIRS}]},
        {"content": f"</think>{PAIRS}", "reasoning_content": "hm [1]"},
        {"content": f"<seed:think>hm [1]</seed:think>{PAIRS}"},
        {"content": f"◁think▷hm [1]◁/think▷{PAIRS}"},
        {"content": f"<|channel|>analysis<|message|>hm [1]<|end|><|start|>assistant<|channel|>final<|message|>{PAIRS}"},
        {
            "content": "<|start|>assistant<|channel|>analysis<|message|>hm [1]<|end|><|start|>assistant"
            f"<|channel|>final <|constrain|>json<|message|>{PAIRS}<|return|>"
        },
        {"content": f"<|channel|>final<|message|>{PAIRS}", "reasoning": "hm [1]"},
    ],
)
def test_thoughts_are_kept_apart_from_the_answer(message: dict[str, Any]) -> None:
    """In fields of their own, in tags with and without the first one, in typed parts: never read as the answer."""
    completion = read(message)
    assert (completion.text, completion.thinking) == (PAIRS, "hm [1]")
    (draft,) = parse_pairs(completion)
    assert draft.value == {"query": "q", "answers": []}
    assert draft.repaired == ()


def test_a_tag_inside_the_answer_belongs_to_it() -> None:
    """A query may speak of one; and where several closing tags stand without an opening one, readers decide."""
    for text in ('{"query": "what is <think>x</think>?"}', "```json\n[]\n```</think>", "a</think>b</think>[]"):
        assert read({"content": text}).text == text


def test_several_blocks_of_thoughts_are_all_taken_off() -> None:
    """Some models think, say nothing, and think again."""
    completion = read({"content": f"<think>a</think>\n<think>b</think>\n{PAIRS}"})
    assert (completion.text, completion.thinking) == (PAIRS, "a\nb")


@pytest.mark.parametrize(
    ("message", "ended", "usage", "said"),
    [
        (
            {"content": None, "reasoning_content": "so long"},
            "length",
            {"completion_tokens": 4096},
            "all 4096 tokens were used up by thinking before an answer came",
        ),
        ({"content": "<think>so long"}, "length", {}, "its tokens were used up by thinking before an answer came"),
        (
            {"content": ""},
            "length",
            {"completion_tokens": 64, "completion_tokens_details": {"reasoning_tokens": 64}},
            "all 64 tokens were used up by thinking before an answer came",
        ),
        ({"content": ""}, "length", {"completion_tokens": 9}, "all 9 tokens were used up before an answer came"),
        ({"content": "<think>so long</think>"}, "stop", {}, "there is thinking and no answer"),
        ({"content": ""}, "stop", {}, "the completion is empty"),
        ({}, "stop", {}, "the completion is empty"),
    ],
)
def test_an_answer_that_thinking_left_no_room_for_says_so(
    message: dict[str, Any], ended: str, usage: dict[str, Any], said: str
) -> None:
    """An empty completion is accounted for with its cause, so that somebody raises ``max_tokens``."""
    (draft,) = parse_pairs(read(message, ended, **usage))
    assert draft.problem == said


def test_all_that_a_provider_counts_is_counted() -> None:
    """Cached and thinking tokens, and the price where the provider says it; two spellings of the cache."""
    usage: dict[str, Any] = {
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "prompt_tokens_details": {"cached_tokens": 64, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 40},
        "cost": 0.00125,
        "cost_details": {"upstream_inference_cost": None},
    }
    completion = read({"content": "x"}, **usage)
    counts = (completion.prompt_tokens, completion.cached_tokens, completion.completion_tokens)
    assert counts == (100, 64, 50)
    assert (completion.thinking_tokens, completion.cost_usd) == (40, 0.00125)
    assert read({"content": "x"}, prompt_tokens=9, prompt_cache_hit_tokens=8).cached_tokens == 8


@pytest.mark.parametrize(
    ("usage", "completion", "thinking"),
    [
        ({"prompt_tokens": 20, "completion_tokens": 198, "total_tokens": 623}, 603, 405),
        ({"prompt_tokens": 20, "completion_tokens": 198, "total_tokens": 218}, 198, 0),
        ({"prompt_tokens": 20, "completion_tokens": 198, "total_tokens": 0}, 198, 0),
        ({"prompt_tokens": 20, "completion_tokens": 198, "total_tokens": 100}, 198, 0),
        ({"prompt_tokens": 20, "completion_tokens": 198, "total_tokens": None}, 198, 0),
        ({"prompt_tokens": 20, "total_tokens": 30}, 10, 10),
        ({"completion_tokens": 198, "total_tokens": 623}, 198, 0),
        (
            {
                "prompt_tokens": 20,
                "completion_tokens": 198,
                "total_tokens": 218,
                "completion_tokens_details": {"reasoning_tokens": 150},
            },
            198,
            150,
        ),
    ],
)
def test_tokens_that_stand_in_the_total_alone_are_counted(
    usage: dict[str, Any], completion: int, thinking: int
) -> None:
    """Google's endpoint leaves what was thought out of the completion, and bills it; a total that is less is wrong."""
    found = read({"content": "x"}, **usage)
    assert (found.completion_tokens, found.thinking_tokens) == (completion, thinking)


@pytest.mark.parametrize("odd", [None, -1, "many", 2.0**80, True, {"tokens": 3}, [1]])
def test_counts_that_are_none_cost_no_answer(odd: Any) -> None:
    """Whatever stands there, the answer that was paid for is kept."""
    completion = read({"content": "x"}, prompt_tokens=odd, completion_tokens_details=odd, cost=odd)
    assert completion == Completion("x", "openai/m", finish_reason="stop")


def test_a_tool_calls_arguments_are_text_or_an_object() -> None:
    """Both are told as text; a message without a call has none."""
    for arguments in ('{"a": 1}', {"a": 1}):
        message = {"content": None, "tool_calls": [{"function": {"name": "f", "arguments": arguments}}]}
        said = json.dumps({"choices": [{"message": message}]}).encode()
        assert json.loads(read_completion(said, "m", lambda reply: reply.arguments).text) == {"a": 1}
    none: list[Any] = [None, [], [None], [{"function": None}], {}]
    for calls in none:
        said = json.dumps({"choices": [{"message": {"content": "x", "tool_calls": calls}}]}).encode()
        assert read_completion(said, "m", lambda reply: f"{reply.text}{reply.arguments}").text == "x"


def test_an_error_in_the_place_of_an_answer_is_none() -> None:
    """Gateways answer 200 and say in it that their provider failed."""
    said = json.dumps({"error": {"message": "Provider returned error", "code": 502}}).encode()
    with pytest.raises(NoCompletion, match="the answer is an error: Provider returned error"):
        read_completion(said, "m")
