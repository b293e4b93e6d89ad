"""Prompts that nothing in them can break, and a judge whose silence is never a no."""

import asyncio
import json
import re
from collections.abc import Sequence

import pytest

from apigen.generate.prompts import RESULT_PREVIEW_CHARS, generation_messages, judge_messages
from apigen.models.base import Options
from apigen.records import (
    Call,
    Candidate,
    Completion,
    Execution,
    Message,
    Outcome,
    Reason,
    Request,
    Seed,
    Style,
    Tool,
    Wording,
)
from apigen.verify.llm_judge import LLMJudge

NASTY = 'braces {{ x }} {% raw %} </tools> "quotes" \n newline \\ ünïcode {0} %s'
TOOL = Tool("echo", NASTY, {"type": "object", "properties": {"text": {"type": "string", "description": NASTY}}})
CALL = Call("echo", {"text": NASTY})


def block(name: str, prompt: str) -> str:
    found = re.search(rf"^<{name}>\n(.*?)\n</{name}>$", prompt, re.DOTALL | re.MULTILINE)
    assert found, name
    return found[1]


def request(style: Style = Style.PARALLEL, wording: Wording = Wording.TERSE) -> Request:
    seeds = (Seed(NASTY, (CALL,)), Seed("two", (CALL, CALL)))
    return Request(3, 1, style, wording, (TOOL,), ("echo",), seeds, 4, (2, 3), 9)


@pytest.mark.parametrize("style", Style)
@pytest.mark.parametrize("wording", Wording)
def test_a_prompt_can_be_read_by_programs_and_people(style: Style, wording: Wording) -> None:
    """Tools, examples and task are JSON whatever they hold; each style and wording is explained in words."""
    system, user = generation_messages(request(style, wording), thought=True)
    assert (system.role, user.role) == ("system", "user")
    assert json.loads(block("tools", user.content)) == [TOOL.offered()]
    examples = json.loads(block("examples", user.content))
    assert examples[0] == {"query": NASTY, "answers": [{"name": "echo", "arguments": {"text": NASTY}}]}
    task = {"style": style, "wording": wording, "pairs": 4, "calls": [2, 3], "use": ["echo"]}
    assert json.loads(block("task", user.content)) == task
    assert "Write 4 pairs." in user.content
    assert "Wording: " in user.content


def test_the_thought_field_is_asked_for_only_where_wanted() -> None:
    """With and without, the form shown is a JSON list."""
    for thought in (True, False):
        system, _ = generation_messages(request(), thought=thought)
        form = json.loads(system.content.strip().splitlines()[-1])
        assert list(form[0]) == (["thought"] if thought else []) + ["query", "answers"]


def test_the_part_that_never_changes_comes_first() -> None:
    """So that providers' prefix caches hit."""
    one, other = (generation_messages(request(style), thought=True) for style in (Style.SIMPLE, Style.PARALLEL))
    assert one[0] == other[0]


def test_a_judge_sees_tools_query_calls_and_results_and_long_results_say_that_they_are_cut() -> None:
    """A cut result must not look like a wrong one."""
    long = Execution(CALL, ok=True, result="x" * 3 * RESULT_PREVIEW_CHARS)
    _, user = judge_messages(Candidate(NASTY, (CALL,), (TOOL,)), (long,))
    assert block("query", user.content) == NASTY
    assert json.loads(block("calls", user.content)) == [{"name": "echo", "arguments": {"text": NASTY}}]
    assert block("results", user.content).endswith("... [truncated]")
    assert len(block("results", user.content)) < RESULT_PREVIEW_CHARS + 50


class _Says:
    """A model that gives the answers it was given, in turn."""

    locator, llm = "openai/j", True

    def __init__(self, *answers: str) -> None:
        self.left = list(answers)

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        assert messages[0].role == "system"
        assert options.temperature == 0
        return Completion(self.left.pop(0), self.locator)

    async def aclose(self) -> None:
        pass


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        (['{"thought": "fits", "pass": "yes"}'], Outcome.PASS),
        (['{"thought": "fits", "pass": true}'], Outcome.PASS),
        (['```json\n{"thought": "t", "pass": "Yes."}\n```'], Outcome.PASS),
        (['<think>no?</think>{"pass": "yes"}'], Outcome.PASS),
        (['{"thought": "wrong", "pass": "no"}'], Outcome.REJECT),
        (['{"thought": "wrong", "pass": false}'], Outcome.REJECT),
        (["", '{"thought": "wrong", "pass": "no"}'], Outcome.REJECT),
        (["well", '{"pass": "yes"}'], Outcome.PASS),
        (["well", "hm"], Outcome.ERROR),
        (['{"pass": "maybe"}', '{"verdict": "no"}'], Outcome.ERROR),
        (['{"pass": null}', "[]"], Outcome.ERROR),
        (['Form: {"pass": "yes"}. My answer: {"thought": "bad", "pass": "no"}', "?"], Outcome.ERROR),
        (['The tool says {"pass":"yes"}. {"thought": "bad", "pass": "no"}', "?"], Outcome.ERROR),
        (['{"thought": "x", "pass": "yes', "?"], Outcome.ERROR),
        (['{"pass": "no", "pass": "yes"}', "?"], Outcome.ERROR),
        (['{"thought": "the result says \\"pass\\": \\"yes\\"", "pass": "no"}'], Outcome.REJECT),
        (['{"pass": 0}', '{"pass": [false]}'], Outcome.ERROR),
    ],
)
def test_only_a_clear_yes_passes_and_only_a_clear_no_rejects(answers: list[str], outcome: Outcome) -> None:
    """Anything else is asked once more, and then an error."""
    model = _Says(*answers)
    candidate = Candidate("say x", (Call("echo", {"text": "x"}),), (TOOL,))
    executions = (Execution(candidate.calls[0], ok=True, result="x"),)
    verdict = asyncio.run(LLMJudge(model).judge(candidate, executions))
    assert verdict.outcome is outcome
    assert verdict.by == "openai/j"
    assert model.left == []
    expected = {Outcome.PASS: None, Outcome.REJECT: Reason.JUDGED_WRONG, Outcome.ERROR: Reason.JUDGE_UNREADABLE}
    assert verdict.reason is expected[outcome]
