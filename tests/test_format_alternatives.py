"""Schemas that are small and stand for much."""

import json
from typing import Any

import pytest

from apigen.records import Reason, Tool
from apigen.verify.format import FormatCheck
from apigen.verify.format.alternatives import CHECKED, TOLD, breadth


def bomb(doublings: int) -> dict[str, Any]:
    """Two to the power of so many alternatives, each for a text."""
    parts: dict[str, Any] = {"a0": {"type": "string"}}
    for level in range(1, doublings + 1):
        below = {"$ref": f"#/$defs/a{level - 1}"}
        parts[f"a{level}"] = {"anyOf": [below, below]}
    value = {"$ref": f"#/$defs/a{doublings}"}
    return {"type": "object", "properties": {"s": value}, "required": ["s"], "$defs": parts}


def faults(schema: dict[str, Any], arguments: Any) -> list[tuple[Reason, str]]:
    """What stage 1 finds in one call of a tool with that schema."""
    calls = [{"name": "f", "arguments": arguments}]
    _, found = FormatCheck().read_row("do it", calls, [Tool("f", "", schema)])
    return [(fault.reason, fault.detail) for fault in found]


@pytest.mark.parametrize("doublings", [0, 5, 11])
def test_alternatives_are_counted(doublings: int) -> None:
    """Exactly, in time that grows with the schema's length."""
    assert breadth(bomb(doublings)).alternatives == 2**doublings


def test_few_alternatives_say_what_is_due() -> None:
    """As ever."""
    assert faults(bomb(3), {"s": 7}) == [(Reason.WRONG_TYPE, "calls[0].s is an integer, 7, but a string is expected")]
    assert faults(bomb(3), {"s": "x"}) == []


def test_many_alternatives_are_checked_without_a_reason() -> None:
    """Nobody reads a million errors, and no memory holds them."""
    ((reason, detail),) = faults(bomb(18), {"s": 7})
    assert reason is Reason.SCHEMA_VIOLATION
    assert detail == f"calls[0] matches none of {2**18:,} alternatives, too many to list the reasons"
    assert TOLD < 2**18
    assert faults(bomb(18), {"s": "x"}) == []


def test_a_schema_without_end_is_no_schema() -> None:
    """It is told when the tool is read, whatever is called."""
    ((reason, detail),) = faults(bomb(60), {"s": "x"})
    assert reason is Reason.BAD_TOOL
    assert f"expands to {2**60:,} alternatives" in detail
    assert CHECKED < 2**60


TREE = {
    "type": "object",
    "properties": {"node": {"$ref": "#/$defs/node"}},
    "$defs": {
        "node": {
            "oneOf": [
                {"type": "object", "properties": {"left": {"$ref": "#/$defs/node"}}, "required": ["left"]},
                {"type": "object", "properties": {"left": {"$ref": "#/$defs/node"}}, "required": ["right"]},
                {"type": "null"},
            ]
        }
    },
}


def nested(depth: int) -> dict[str, Any]:
    value: Any = None
    for _ in range(depth):
        value = {"left": value}
    return {"node": value}


def test_a_schema_that_refers_to_itself_bounds_how_deep_a_value_may_be() -> None:
    """Each level meets the alternatives again; a value of usual depth is checked in full."""
    assert faults(TREE, nested(5)) == []
    ((reason, detail),) = faults(TREE, nested(40))
    assert (reason, detail) == (
        Reason.SCHEMA_VIOLATION,
        "calls[0]: nested too deeply for a schema with this many alternatives",
    )


@pytest.mark.parametrize("number", ["1e3", "1e15", "1e16", "1e300"])
def test_a_float_is_no_integer_whatever_its_size(number: str) -> None:
    """Also where floats are too far apart for a half."""
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    ((reason, _),) = faults(schema, {"n": json.loads(number)})
    assert reason is Reason.WRONG_TYPE
