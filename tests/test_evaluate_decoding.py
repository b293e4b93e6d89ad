"""From what a model wrote to calls."""

import pytest

from apigen.evaluate.base import Answer
from apigen.evaluate.decoding import decode_calls, decode_text
from apigen.records import Call, Json

F1 = (Call("f", {"a": 1}),)


@pytest.mark.parametrize(
    "text",
    [
        "[f(a=1)]",
        "f(a=1)",
        "```\n[f(a=1)]\n```",
        "[f(9, a=1)]",
        '[{"name": "f", "arguments": {"a": 1}}]',
        '{"name": "f", "arguments": {"a": 1}}',
        '```json\n{"tool_calls": [{"id": "x", "function": {"name": "f", "arguments": "{\\"a\\": 1}"}}]}\n```',
    ],
)
def test_the_same_call_in_many_spellings(text: str) -> None:
    """Python's and JSON's; what stands without a name in Python text is not looked at."""
    assert decode_text(text) == Answer(F1)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("-2.5", -2.5),
        ("+2", 2),
        ("60 * 5 + 2 ** 3", 308),
        ("'a' + \"b\"", "ab"),
        ("None", None),
        ("[1, (2, 3)]", [1, (2, 3)]),
        ("{'k': {'l': True}}", {"k": {"l": True}}),
        ("true", "true"),
        ("...", "..."),
        ("today()", "today()"),
        ("g(b=1)", {"g": {"b": 1}}),
        ("rows[0]", "rows[0]"),
    ],
)
def test_values_of_python_text(written: str, value: Json) -> None:
    """Literals, sums, tuples as they are; names and calls as BFCL's decoder takes them."""
    (call,) = decode_text(f"[a.b(x={written})]").calls
    assert (call.name, repr(call.arguments["x"])) == ("a.b", repr(value))


@pytest.mark.parametrize(
    "text",
    [
        "I cannot do that.",
        "42",
        "f",
        "[f(a=1",
        "[f(a=1)], [g()]",
        "{f(a=1)}",
        "[f(a=x.y)]",
        "[f(a=[*b])]",
        "[f(a={1, 2})]",
        "[f(a={[1]: 2})]",
        "[f(a=b + 1)]",
        "[f(a=__import__('os').system('true') + 1)]",
        "[f(a=9 ** 9 ** 9)]",
        "[f(a='a' * 999999999)]",
        "[f(a=1 / 0)]",
        pytest.param("[f(a=" + "(" * 5000 + "1" + ")" * 5000 + ")]", id="brackets"),
        pytest.param("[f(a=" + "-" * 20000 + "1)]", id="signs"),
        pytest.param("f(a=1)" + " " * 1_000_001 + "x", id="long"),
        '[{"name": 3}]',
        '[{"name": "f", "arguments": [1]}]',
        '[{"name": "f", "arguments": "{"}]',
        '[["f"]]',
        '{"answer": 42}',
        '{"tool_calls": "f"}',
    ],
)
def test_what_is_no_list_of_calls_says_so(text: str) -> None:
    """In one line of bounded length; nothing is evaluated, and nothing takes long."""
    answer = decode_text(text)
    assert answer.calls == ()
    assert answer.undecodable
    assert len(answer.undecodable) < 400


def test_no_calls_are_an_answer() -> None:
    """Of text, and as servers write it."""
    empty = (decode_text(""), decode_text("[]"), decode_calls([]), decode_calls({"tool_calls": None}))
    assert set(map(repr, empty)) == {repr(Answer())}


def test_what_is_unpacked_is_an_argument_that_no_tool_has() -> None:
    """The call counts as made, and its argument as unknown."""
    (call,) = decode_text("[f(**{'a': 1})]").calls
    assert call.arguments == {"**": {"a": 1}}
