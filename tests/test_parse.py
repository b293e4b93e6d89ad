"""Reading pairs out of what models really return."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigen.generate.parse import CUT_OFF, parse_pairs
from apigen.records import Completion

PAIR = {"query": "add 1 and 2", "answers": [{"name": "add", "arguments": {"a": 1, "b": 2}}]}
TEXT = msgspec.json.encode(PAIR).decode()


def completion(text: str, finish_reason: str = "stop") -> Completion:
    return Completion(text, "test", finish_reason=finish_reason)


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        (f"[{TEXT}]", ()),
        (f"```json\n[{TEXT}]\n```", ("code_fence",)),
        (f"```\n[{TEXT}]\n```\nHope this helps!", ("code_fence", "prose")),
        (f"Sure! Here are the pairs:\n[{TEXT}]", ("prose",)),
        (f"[{TEXT}]\nLet me know if you need more.", ("prose",)),
        (f"I have [1] idea: [{TEXT}]", ("prose",)),
        (f"[{TEXT},]", ("broken_json",)),
        (f"```json\n[{TEXT},]\n```\nHope it helps!", ("code_fence", "prose", "broken_json")),
        (f'Tools: {{"name": "add"}}\n```json\n[{TEXT}]\n```', ("code_fence", "prose")),
        (f'{{"pairs": [{TEXT}]}}', ()),
        (f'{{"pairs": [{TEXT}', ("unclosed_list",)),
        (f'{{"pairs": [{TEXT}]', ("unclosed_list",)),
        (f'{{"pairs": [{TEXT}],', ("unclosed_list",)),
        (f'{{"pairs": [{TEXT},]}}', ("broken_json",)),
        (f'{{"generated": [{TEXT}]}}', ("wrapped",)),
        (f"[{TEXT}", ("unclosed_list",)),
        (f"[{TEXT},", ("unclosed_list",)),
        (f"[[{TEXT}]]", ("wrapped",)),
        (TEXT, ("single_object",)),
        (f"<think>maybe [{{}}]?</think>\n[{TEXT}]", ("thinking_block",)),
        (f"maybe?</think>\n[{TEXT}]", ("thinking_block",)),
    ],
)
def test_reads_what_models_return_and_names_the_repair(text: str, repaired: tuple[str, ...]) -> None:
    """Whatever stands around or inside the list, the pair comes out, and what was mended is named."""
    (draft,) = parse_pairs(completion(text))
    assert draft.value == PAIR
    assert draft.repaired == repaired


def test_every_pair_of_a_completion_is_used() -> None:
    """Several pairs give several drafts, and a malformed one does not void the others."""
    drafts = parse_pairs(completion(f'[{TEXT}, "not a pair", {TEXT}]'))
    assert [draft.value for draft in drafts] == [PAIR, "not a pair", PAIR]


@pytest.mark.parametrize(
    "text",
    [
        f"{TEXT}\n{TEXT}",
        f"1. {TEXT}\n2. {TEXT}",
        f"- {TEXT}\n- {TEXT}",
        f"{TEXT},\n{TEXT},",
        f"```json\n{TEXT}\n```\n```json\n{TEXT}\n```",
        f"[{TEXT}]\n[{TEXT}]",
    ],
)
def test_pairs_written_one_after_the_other_are_all_used(text: str) -> None:
    """JSON Lines, numbered objects, several fenced blocks: none of the pairs is lost."""
    drafts = parse_pairs(completion(text))
    assert [draft.value for draft in drafts] == [PAIR, PAIR]
    assert "several_lists" in drafts[0].repaired


def test_a_query_may_hold_a_thinking_tag() -> None:
    """Only what stands before the answer is thinking."""
    for query in ("what does <think>hard</think> mean?", "close it with </think>"):
        pair: dict[str, object] = {"query": query, "answers": []}
        for before in ("", "<think>hm</think>\n", "hm</think>\n"):
            (draft,) = parse_pairs(completion(f"{before}[{json.dumps(pair)}]"))
            assert draft.value == pair, before


def test_a_query_may_hold_a_fence() -> None:
    """Three backticks inside a string end nothing."""
    pair: dict[str, object] = {"query": "format ```x = 1``` for me", "answers": []}
    (draft,) = parse_pairs(completion(f"```json\n[{json.dumps(pair)}]\n```"))
    assert draft.value == pair


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ('"\\ud83d 7"', "a lone surrogate"),
        ("1e400", "a number that is not valid JSON"),
        ("1" * 40, "more than 64 bits"),
        ("[" * 100 + "]" * 100, "nested deeper"),
        ("[" * 100_000, ""),
        ('{"a":' * 5000 + "1," + "}" * 5000, ""),
    ],
)
def test_what_could_not_be_written_again_costs_its_pair_only(value: str, problem: str) -> None:
    """A hostile or broken value is accounted for, and nothing that follows can trip over it."""
    for text in (f'[{{"query": {value}}}, {TEXT}]', f'Here: [{{"query": {value}}}, {TEXT},]'):
        drafts = parse_pairs(completion(text))
        msgspec.json.encode(drafts)
        if problem:
            assert any(problem in draft.problem for draft in drafts)
            assert drafts[-1].value == PAIR


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the completion is empty"),
        ("   \n", "the completion is empty"),
        ("I cannot help with that.", "no JSON list found"),
        ("[]", "the list is empty"),
        ("[1", "no JSON list found"),
    ],
)
def test_an_unreadable_completion_is_accounted_for(text: str, problem: str) -> None:
    """Nothing readable gives one draft with the reason and the text."""
    (draft,) = parse_pairs(completion(text))
    assert draft.problem == problem
    assert draft.text == text


@pytest.mark.parametrize("finish_reason", ["length", "stop"])
def test_half_a_pair_at_the_end_is_never_completed(finish_reason: str) -> None:
    """A completion cut in the middle of a value keeps the whole pairs and drops the half one, whatever was reported."""
    text = f'[{TEXT}, {{"query": "pay 1250", "answers": [{{"name": "pay", "arguments": {{"amount": 12'
    first, second = parse_pairs(completion(text, finish_reason))
    assert first.value == PAIR
    assert second.value is None
    assert second.problem == CUT_OFF


def test_raw_control_characters_inside_strings_are_let_through() -> None:
    """Servers with constrained output write raw newlines into strings."""
    (draft,) = parse_pairs(completion('[{"query": "a\nb", "answers": []}]'))
    assert draft.value == {"query": "a\nb", "answers": []}


def test_not_a_number_is_not_let_in() -> None:
    """NaN is no JSON; a pair that holds it cannot be written again."""
    drafts = parse_pairs(completion('[{"query": "x", "answers": [{"name": "f", "arguments": {"a": NaN}}]}]'))
    msgspec.json.encode([draft.value for draft in drafts])
    assert all(b"NaN" not in msgspec.json.encode(draft.value) or draft.repaired for draft in drafts)


@given(st.text(max_size=200))
def test_any_text_gives_at_least_one_draft_that_can_be_written(text: str) -> None:
    """Nothing a model writes can crash the reader or vanish."""
    drafts = parse_pairs(completion(text))
    assert drafts
    for draft in drafts:
        msgspec.json.encode(draft.value)
        assert draft.value is not None or draft.problem
