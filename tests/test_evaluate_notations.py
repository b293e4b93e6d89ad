"""Calls in what a model wrote, in the notations of chat templates."""

from typing import Any

import pytest

from apigen.evaluate.asking.notations import bare, calls_in
from apigen.evaluate.decoding import decode_calls, decode_text
from apigen.records import Call

F = Call("f", {"a": 1})
G = Call("g.h", {"b": "x"})
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "f",
            "parameters": {"type": "object", "properties": {"a": {"type": "integer"}, "t": {"type": "string"}}},
        },
    }
]


def read(text: str) -> Any:
    found = calls_in(text, TOOLS)
    return decode_text(found) if isinstance(found, str) else decode_calls(found)


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ('<tool_call>\n{"name": "f", "arguments": {"a": 1}}\n</tool_call>', (F,)),
        (
            (
                'Well.\n<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>\n'
                '<tool_call>{"name": "g.h", "arguments": {"b": "x"}}</tool_call>'
            ),
            (F, G),
        ),
        ('<tool_call>{"name": "f", "arguments": {"a": 1}}', (F,)),
        ('<tool_call>[{"name": "f", "arguments": "{\\"a\\": 1}"}]</tool_call>', (F,)),
        (
            (
                "<tool_call>\n<function=f>\n<parameter=a>\n1\n</parameter>\n<parameter=t>\n1\n</parameter>\n</function>\n"
                "</tool_call>"
            ),
            (Call("f", {"a": 1, "t": "1"}),),
        ),
        ("<function=f><parameter=z>null</parameter></function>", (Call("f", {"z": None}),)),
        ('[TOOL_CALLS][{"name": "f", "arguments": {"a": 1}}]', (F,)),
        ('[TOOL_CALLS]f[ARGS]{"a": 1}[TOOL_CALLS]g.h{"b": "x"}', (F, G)),
        ('<|python_tag|>{"name": "f", "parameters": {"a": 1}}', (F,)),
        ('{"name": "f", "parameters": {"a": 1}}; {"name": "g.h", "parameters": {"b": "x"}}', (F, G)),
        ('{"name": "f", "arguments": {"a": 1}}', (F,)),
        ('{"tool_calls": [{"name": "f", "arguments": {"a": 1}}]}', (F,)),
        ('{"tool_calls": null}', ()),
        ('Sure:\n```json\n[{"name": "f", "arguments": {"a": 1}}]\n```\nDone.', (F,)),
        ("[f(a=1), g.h(b='x')]", (F, G)),
        (
            '<tool_call>{"name": "f", "arguments": {"t": "```py\\nx\\n```"}}</tool_call>',
            (Call("f", {"t": "```py\nx\n```"}),),
        ),
        ("<think>f(a=2)?</think>\n\nf(a=1)", (F,)),
        ("I cannot do that.", ()),
        ("", ()),
        ("[]", ()),
        ("<think>So long", ()),
    ],
)
def test_calls_are_found_in_each_notation(text: str, calls: tuple[Call, ...]) -> None:
    """Thoughts before and a fence around them are no part of the answer; prose makes no call."""
    assert read(text).calls == calls
    assert read(text).undecodable == ""


@pytest.mark.parametrize(
    "text",
    [
        "<tool_call>{'name'}</tool_call>",
        '<tool_call>{"name": "f", "arguments": {"a": 1}',
        '<tool_call>{"name": "f", "arguments": [1]}</tool_call>',
        "[TOOL_CALLS]f(a=1)",
        '{"name": "f", "arguments": {"a":',
        "[1, 2]",
        "[f(a=1",
    ],
)
def test_a_call_that_is_broken_is_undecodable_and_not_no_call(text: str) -> None:
    """Who tried to call is told apart from who did not."""
    assert read(text).undecodable
    assert read(text).calls == ()


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("```\nf()\n```", "f()"),
        ("```json\n{}\n``` and\n```\n[]\n```", "```json\n{}\n``` and\n```\n[]\n```"),
        ("<thinking>a</thinking> f() ", "f()"),
        ("f()", "f()"),
        ('{"code": "```py\\nx = 1\\n```"}', '{"code": "```py\\nx = 1\\n```"}'),
        ('Here:\n```json\n{"code": "```py\\nx\\n```"}\n```', '{"code": "```py\\nx\\n```"}'),
    ],
)
def test_one_fence_is_taken_off_and_of_several_none(text: str, answer: str) -> None:
    """Where there are several nobody can say which one is the answer."""
    assert bare(text) == answer
