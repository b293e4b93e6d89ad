"""Requests for tools without examples: whatever a library's functions say about themselves is used."""

import asyncio
import json
import re
from random import Random
from typing import Any

import pytest

from apigen.generate.prompts import generation_messages
from apigen.models.base import Options
from apigen.models.offline import OfflineModel
from apigen.models.offline.compose import compose
from apigen.models.offline.subject import subject
from apigen.records import Call, Request, Seed, Style, Tool, Wording

DATE = {"type": "string", "format": "date"}
LINES = {
    "type": "array",
    "description": "The products ordered: oak table, pine shelf or armchair.",
    "items": {
        "type": "object",
        "properties": {"product": {"type": "string"}, "quantity": {"type": "integer", "default": 1}},
        "required": ["product"],
    },
}


def tool(description: str, properties: dict[str, Any], required: tuple[str, ...] = ()) -> Tool:
    return Tool(
        "f", description, {"type": "object", "properties": properties, "required": list(required or properties)}
    )


def composed(described: Tool, seed: int, wording: Wording = Wording.TERSE) -> tuple[str, dict[str, Any]]:
    draft = compose(Random(seed), Random(seed), described, wording)
    return draft.filled(), draft.answers[0].arguments


@pytest.mark.parametrize(
    ("description", "core"),
    [
        ("How many pieces of a product are in stock.", "how many pieces of a product are in stock"),
        ("Tell when an invoice has to be paid.", "when an invoice has to be paid"),
        ("Return the (sample) mean of data.", "the mean of data"),
        ("The total of an order.", "the total of an order"),
        ("Average speed in km/h.", "the average speed in km/h"),
        ("Looking up where a shipment is.", "look up where a shipment is"),
        ("Raises the priority of a ticket.", "raise the priority of a ticket"),
        ("Whether a day is a holiday.", "check whether a day is a holiday"),
        ("Format bytes like a filesize (e.g. 10 kB). Or not.", "format bytes like a filesize"),
        ("Convert data to floats and compute the mean.", "the mean"),
        ("Find the day on which an order arrives, counting working days only.", "the day on which an order arrives"),
    ],
)
def test_a_description_says_what_is_asked_for(description: str, core: str) -> None:
    """Questions stay questions, and what is in brackets or explains is left out."""
    assert subject(tool(description, {}))[1] == core


@pytest.mark.parametrize(
    ("description", "name", "written"),
    [
        ("Where a parcel is.", "id", "where parcel {} is"),
        ("Where a parcel is.", "parcel_id", "where parcel {} is"),
        ("How many pieces of a product are in stock.", "id", "how many pieces of product {} are in stock"),
        ("Delete a blog post by id.", "id", "delete a blog post by {}"),
        ("Get a list of orders.", "id", "list of orders for {}"),
    ],
)
def test_a_code_stands_beside_the_thing_it_names(description: str, name: str, written: str) -> None:
    """A parameter called "id" alone belongs to the one thing that the description speaks of, if there is one."""
    query, arguments = composed(tool(description, {name: {"type": "string"}}), 3)
    assert query == written.format(arguments[name])


@pytest.mark.parametrize(
    ("description", "written"),
    [
        ("Square of a number.", "square of {}"),
        ("Check whether a number is prime.", "check whether {} is prime"),
        ("Write a number in words.", "write {} in words"),
    ],
)
def test_a_number_stands_for_itself(description: str, written: str) -> None:
    """A parameter that is called "number" is not a property of a number."""
    query, arguments = composed(tool(description, {"number": {"type": "integer"}}), 5)
    assert query == written.format(arguments["number"])


@pytest.mark.parametrize("seed", range(10))
def test_values_stand_where_the_description_names_them(seed: int) -> None:
    """ "A customer" becomes the customer, "an invoice" gets its date, "a surface" its state."""
    customer = {"type": "string", "description": "Name of the customer, such as Anna Keller or Tom Berg."}
    query, new = composed(tool("Look up the order numbers of a customer.", {"customer": customer}), seed)
    assert query == f"look up the order numbers of {new['customer']}"
    assert new["customer"] in ("Anna Keller", "Tom Berg")
    query, _ = composed(tool("Tell when an invoice has to be paid.", {"invoice_date": DATE}), seed)
    assert re.search(r"an invoice dated .*\d has to be paid", query)
    wood = tool("Estimate the varnish for a wooden surface.", {"surface": {"enum": ["oiled"]}})
    assert composed(wood, seed)[0] == "varnish for an oiled wooden surface"


@pytest.mark.parametrize("seed", range(10))
def test_units_in_names_and_descriptions_are_spoken(seed: int) -> None:
    """``weight_kg`` is a weight in kg, ``working_days`` are days, and pieces are shorter than their board."""
    query, new = composed(
        tool("Quote a price.", {"weight_kg": {"type": "number"}, "working_days": {"type": "integer"}}), seed
    )
    assert f"a weight of {new['weight_kg']:g} kg" in query
    assert f"{new['working_days']} working days" in query
    lengths = {"type": "array", "items": {"type": "integer"}}
    query, new = composed(tool("Cut some pieces.", {"board_mm": {"type": "integer"}, "pieces_mm": lengths}), seed)
    assert max(new["pieces_mm"]) < new["board_mm"]
    assert " mm with a board of " in query


@pytest.mark.parametrize("seed", range(10))
def test_nested_records_and_shares_are_filled_sensibly(seed: int) -> None:
    """The pool of a list's description serves its items' strings; shares by name go to people."""
    query, new = composed(tool("Add up an order.", {"lines": LINES}), seed)
    assert {line["product"] for line in new["lines"]} <= {"oak table", "pine shelf", "armchair"}
    assert all(f"{line['quantity']} x {line['product']}" in query for line in new["lines"]) or "pine" not in query
    shares = {"type": "object", "additionalProperties": {"type": "number"}, "description": "each colleague's share"}
    query, new = composed(tool("Split a sum.", {"shares": shares}), seed)
    assert all(name.istitle() and f"{name} {share:g}" in query for name, share in new["shares"].items())


@pytest.mark.parametrize("seed", range(10))
def test_strings_are_plausible_or_left_out(seed: int) -> None:
    """Codes look like the one described, a title is a title, and nobody asks for an unknown format."""
    code = {"type": "string", "description": 'The number on the slip, such as "TRK-20931".'}
    query, new = composed(tool("Look up a parcel.", {"tracking_number": code}), seed)
    assert re.fullmatch(r"TRK-\d{5}", new["tracking_number"])
    assert new["tracking_number"] in query
    layout = {"type": "string", "default": "%b %d"}
    _, new = composed(tool("Show a day.", {"day": DATE, "layout": layout}, ("day",)), seed)
    assert new.keys() == {"day"}
    either = {"type": "string", "description": 'Accepts either "male" or "female".'}
    assert composed(tool("Choose a word.", {"gender": either}), seed)[1]["gender"] in ("male", "female")


@pytest.mark.parametrize("seed", range(10))
def test_values_replace_what_stands_for_anything(seed: int) -> None:
    """ "An integer", "a number of bytes" and "a ticket" become the value itself."""
    whole = {"anyOf": [{"type": "string"}, {"type": "number"}], "description": "Integer to convert."}
    query, new = composed(tool("Converts an integer to its ordinal.", {"value": whole}), seed)
    assert query == f"convert {new['value']} to its ordinal"
    query, new = composed(tool("Format a number of bytes for people.", {"value": {"type": "integer"}}), seed)
    assert query == f"format {new['value']} bytes for people"
    ticket = {"ticket_id": {"type": "integer"}, "priority": {"enum": ["low", "high"]}}
    query, new = composed(tool("Raises the priority of a ticket.", ticket), seed)
    assert query == f"raise the priority of ticket {new['ticket_id']} to {new['priority']}"
    limits = {"floor": {"type": "number"}, "ceil": {"type": "number"}}
    _, new = composed(tool("Clamp between floor and ceil.", limits), seed)
    assert new["floor"] <= new["ceil"]


@pytest.mark.parametrize("style", [Style.SIMPLE, Style.PARALLEL])
@pytest.mark.parametrize("wording", list(Wording))
def test_examples_come_before_the_description(style: Style, wording: Wording) -> None:
    """A tool with a single example is written from it, for several calls too."""
    power = tool("Compute turbine_power_from_schema for a rotor.", {"rotor": {"type": "number"}})
    seed = Seed("How much does a windmill with blades spanning 56 meters yield?", (Call("f", {"rotor": 56}),))
    calls = (2, 3) if style is Style.PARALLEL else (1, 1)
    asked = Request(0, 0, style, wording, (power,), ("f",), (seed,), 3, calls, 1)
    completion = asyncio.run(OfflineModel().complete(generation_messages(asked, thought=False), Options(seed=1)))
    pairs = json.loads(completion.text)
    assert pairs
    assert all("turbine" not in pair["query"] for pair in pairs)
