"""Property names that no schema describes: which are the shape of a value, and which are data to be traced."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from apigen.dataset.export.xlam import rows
from apigen.dataset.read import xlam
from apigen.dataset.read.base import Item
from apigen.records import Call, Candidate, Json, Provenance, Sample, Style, Tool, Wording
from apigen.verify.grounding import invented, ungrounded
from starter_library import starter, starter_tools

AGES = "Ann is 3, Bob 5"
OBJECT: dict[str, Any] = {"type": "object"}
OBJECTS: dict[str, Any] = {"type": "array", "items": OBJECT}
NUMBERS_BY_NAME: dict[str, Any] = {"type": "object", "additionalProperties": {"type": "integer"}}
NAMED: dict[str, Any] = {"type": "object", "properties": {"age": {"type": "integer"}}}


def candidate(value: Json, schema: dict[str, Any], query: str = AGES) -> Candidate:
    tool = Tool("tool", "", {"type": "object", "properties": {"people": schema}})
    return Candidate(query, (Call("tool", {"people": value}),), (tool,))


def strict(value: Json, schema: dict[str, Any]) -> list[str]:
    return [finding.path for finding in ungrounded(candidate(value, schema))]


@pytest.mark.parametrize("schema", [OBJECTS, {"type": "array"}, {}])
def test_a_records_names_are_its_shape(schema: dict[str, Any]) -> None:
    """Names that several items share, or with values of several types, are no values; what they name is."""
    assert strict([{"name": "Ann", "age": 3}, {"name": "Bob", "age": 5}], schema) == []
    assert strict([{"name": "Ann", "age": 3}], schema) == []
    assert strict([{"name": "Ann"}, {"name": "Bob"}], schema) == []
    assert strict([{"name": "Cid", "age": 3}, {"name": "Bob", "age": 7}], schema) == [
        "people[0].name",
        "people[1].age",
    ]


@pytest.mark.parametrize("schema", [OBJECT, NUMBERS_BY_NAME, {}])
def test_a_mappings_names_are_data(schema: dict[str, Any]) -> None:
    """A name with values of one type beside it must be in the query."""
    assert strict({"Ann": 3, "Bob": 5}, schema) == []
    assert strict({"Ann": 3, "Cid": 5}, schema) == ["people.Cid"]


def test_names_of_a_mapping_of_records() -> None:
    """Records under names that are data share their own names; each item of a list may be a mapping."""
    assert strict({"Ann": {"age": 3}, "Cid": {"age": 5}}, OBJECT) == ["people.Cid"]
    assert strict([{"Ann": 3}, {"Cid": 5}], OBJECTS) == ["people[1].Cid"]


def test_no_shape_where_no_object_is_due() -> None:
    """Names of an object that the schema does not allow are told, at either level where nothing comes near."""
    guests = {"type": "array", "items": {"type": "string"}}
    assert strict([{"guest": "Ann", "zeal": 3}], guests) == ["people[0].guest", "people[0].zeal"]
    assert invented(candidate([{"guest": "Ann", "zeal": 3}], guests)) != ()


def test_names_that_only_programs_have() -> None:
    """One name such as ``max_age`` makes an object a record; ordinary words alone do not."""
    assert strict({"max_age": 5, "least": 3}, OBJECT) == []
    assert strict({"maxAge": 5, "least": 3}, OBJECT) == []
    assert strict({"oldest": 5, "least": 3}, OBJECT) == ["people.oldest", "people.least"]


def test_names_that_the_description_tells() -> None:
    """A name whose words the description has is described."""
    told = {**OBJECT, "description": "The least and the oldest age."}
    assert strict({"oldest": 5, "least": 3}, told) == []


def test_lenient_asks_no_name_that_no_schema_describes() -> None:
    """Of a ``dict`` lenient holds only the values to the query; names too where they are data."""
    assert invented(candidate({"oldest": 5, "least": 3}, OBJECT)) == ()
    assert [finding.path for finding in invented(candidate([{"guest": "Zeno"}], OBJECTS))] == ["people[0].guest"]
    for schema in (NUMBERS_BY_NAME, NAMED):
        assert [finding.path for finding in invented(candidate({"Zeno": 5}, schema))] == ["people.Zeno"]


@pytest.mark.parametrize("level", [ungrounded, invented])
def test_what_we_export_passes(level: Any) -> None:
    """Every starter seed in xlam's shape, which describes no nested object, is grounded; strict doubts a few names."""
    tools = starter_tools()
    provenance = Provenance("", "", False, 0, Style.SIMPLE, Wording.PLAIN, (), ())
    samples = [
        Sample(number, seed.query, tuple(tools[name].offered() for name in seed.tool_names), seed.calls, (), provenance)
        for number, seed in enumerate(starter().seeds)
    ]
    read = xlam.reader(Path())
    doubted = []
    for number, row in enumerate(rows(samples), 1):
        (shown,) = read(Item(number, row))
        found = level(Candidate(shown.query, msgspec.convert(shown.calls, tuple[Call, ...]), shown.tools))
        doubted += [found] if found else []
    assert all("is not named" in finding.why for found in doubted for finding in found)
    assert len(doubted) <= (0.01 * len(samples) if level is ungrounded else 0)
