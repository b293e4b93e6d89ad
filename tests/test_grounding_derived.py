"""Values that follow from the query by a stated conversion, or from what was said before it; strict and lenient."""

import asyncio
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apigen.config import Config
from apigen.dataset.duplicates import SeenQueries
from apigen.pipeline import recipe
from apigen.records import Call, Candidate, Json, Outcome, Reason, Stage, Tool
from apigen.verify.grounding import check, invented, ungrounded
from apigen.verify.grounding.places import regions_named, regions_of
from apigen.verify.grounding.synonyms import synonyms
from apigen.verify.grounding.units import UNITS
from apigen.verify.stages import Examined, grounding

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parent / "data/grounding_derived.jsonl").read_text("utf-8").splitlines()
]
TEXT = {"type": "string"}
NUMBER = {"type": "number"}


def candidate(
    query: str, name: str, value: Json, schema: dict[str, Any] | None = None, context: tuple[str, ...] = ()
) -> Candidate:
    tool = Tool("tool", "", {"type": "object", "properties": {name: schema or {}}})
    return Candidate(query, (Call("tool", {name: value}),), (tool,), context=context)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['query']} -> {row['name']}={row['value']}")
def test_derived(row: dict[str, Any]) -> None:
    """Each conversion in the table is seen as it is labelled."""
    checked = candidate(row["query"], row["name"], row["value"], row["schema"])
    assert (not ungrounded(checked)) == row["grounded"]


@pytest.mark.parametrize(
    ("context", "value", "grounded"),
    [
        (("Our flight is BX 201.",), "BX 201", True),
        (('{"order": {"id": "A-77", "total": 81.5}}',), "A-77", True),
        (('{"order": {"id": "A-77", "total": 81.5}}',), 81.5, True),
        (('{"order": {"id": "A-77", "total": 81.5}}',), 81, False),
        (('[{"city": "Oslo"}]',), "Bergen", False),
        ((), "BX 201", False),
    ],
)
def test_context(context: tuple[str, ...], value: Json, grounded: bool) -> None:
    """An earlier turn grounds a value in any form; a JSON result grounds it exactly."""
    checked = candidate("and now cancel it", "value", value, context=context)
    assert (not ungrounded(checked)) == grounded


def test_today_may_be_stated_in_the_context() -> None:
    """ "Tomorrow" counts from a day that was named before the query."""
    said = ("The current date is 2024/12/31.",)
    assert not ungrounded(candidate("weather tomorrow", "day", "2025-01-01", TEXT, said))
    assert ungrounded(candidate("weather tomorrow", "day", "2025-01-02", TEXT, said))


@pytest.mark.parametrize(
    ("query", "value", "schema", "strict", "lenient"),
    [
        ("two cards of 52", 17, NUMBER, False, False),
        ("two cards of 52", 26, NUMBER, False, True),
        ("a long walk", 4.5, NUMBER, False, True),
        ("some good hotels", 873, NUMBER, False, False),
        ("add 12 and 30", 42, NUMBER, False, True),
        ("shares of Telenor", "TELN", TEXT, False, True),
        ("shares of Telenor", "Volkswagen", TEXT, False, False),
        ("close the browser", "kill browser.exe", TEXT, False, True),
        ("weather tomorrow", "2025-01-02", TEXT, False, True),
        ("the weather on May 4, 2025", "2025-05-05", TEXT, False, False),
        ("a light meal", "salad", {"enum": ["salad", "steak"]}, False, True),
        ("I want steak", "salad", {"enum": ["salad", "steak"]}, False, False),
        ("what is it", True, {"type": "boolean"}, False, True),
        ("das Wetter in München", "Munich", TEXT, True, True),
        ("das Wetter in München", "Berlin", TEXT, False, False),
        ("東京の天気を教えてください", "Tokyo", TEXT, True, True),
        ("熊谷の天気を教えてください", "Kumagaya", TEXT, False, True),
    ],
)
def test_levels(query: str, value: Json, schema: dict[str, Any], strict: bool, lenient: bool) -> None:
    """Lenient passes what may be known or reasoned, and rejects what nothing in the query comes near."""
    checked = candidate(query, "value", value, schema)
    assert (not ungrounded(checked), not invented(checked)) == (strict, lenient)


def test_lenient_names_no_more_than_strict() -> None:
    """What lenient rejects, strict rejects too, with the same paths."""
    for row in ROWS:
        checked = candidate(row["query"], row["name"], row["value"], row["schema"])
        assert set(invented(checked)) <= set(ungrounded(checked))


def test_verdict_names_the_arguments() -> None:
    """A reject carries each argument's path, also in lists."""
    schema = {"type": "array", "items": {"type": "string"}}
    verdict = check(candidate("from Oslo to Bergen", "stops", ["Oslo", "Narvik", "Lagos"], schema))
    assert (verdict.stage, verdict.outcome, verdict.reason) == (Stage.GROUNDING, Outcome.REJECT, Reason.UNGROUNDED)
    assert verdict.arguments == ("calls[0].stops[1]", "calls[0].stops[2]")
    assert verdict.detail.startswith("calls[0].stops[1]: ")
    assert check(candidate("a long walk", "distance", 4.5, NUMBER), "lenient").outcome is Outcome.PASS


@pytest.mark.parametrize(("level", "outcome"), [("strict", Outcome.REJECT), ("lenient", Outcome.PASS), ("off", None)])
def test_the_configured_level_is_what_runs(level: str, outcome: Outcome | None) -> None:
    """The recipe holds grounding at the level that the configuration names, or not at all."""
    stages = dict(recipe(Config(library=("starter",), grounding=level), SeenQueries(), None, ()))  # type: ignore[arg-type]
    examined = Examined(candidate("a long walk", "distance", 4.5, NUMBER))
    if outcome is None:
        assert Stage.GROUNDING not in stages
        return

    async def both() -> tuple[Outcome, Outcome]:
        return (await stages[Stage.GROUNDING](examined)).outcome, (await grounding(examined)).outcome

    assert asyncio.run(both()) == (outcome, Outcome.REJECT)


def test_tables_are_sound() -> None:
    """Codes are found by their names and the other way round, cities by their regions, units by their kinds."""
    assert any(member.exact == "KE" for member in synonyms("Kenya"))
    assert regions_named("TX") == regions_named("Texas")
    assert regions_of("Nairobi") == regions_named("KE")
    assert not regions_of("Nairobi") & regions_named("US")
    assert len(UNITS["pound"]) == 2
    assert all(unit.factor > 0 for units in UNITS.values() for unit in units)


@given(hours=st.integers(1, 400), minutes=st.integers(1, 59))
def test_durations_add_up(hours: int, minutes: int) -> None:
    """Hours and minutes ground their sum in minutes and in seconds, and no other one."""
    query = f"a break of {hours} hours and {minutes} minutes"
    total = hours * 60 + minutes
    assert not ungrounded(candidate(query, "minutes", total, NUMBER))
    assert not ungrounded(candidate(query, "seconds", total * 60, NUMBER))
    assert ungrounded(candidate(query, "seconds", total * 60 + 10**7, NUMBER))


@example(start=date(2000, 6, 7), nights=14)  # 7 June, never 6 July
@given(start=st.dates(), nights=st.integers(2, 25))
def test_the_end_of_a_stay(start: Any, nights: int) -> None:
    """A first day and a number of nights ground the last day and not the one after it."""
    if start.year < 1000 or start.year > 9000:
        return
    query = f"{nights} nights from {start.isoformat()}"
    end = type(start).fromordinal(start.toordinal() + nights)
    after = type(start).fromordinal(end.toordinal() + 1)
    assert not ungrounded(candidate(query, "end", end.isoformat(), TEXT))
    assert ungrounded(candidate(query, "end", after.isoformat(), TEXT))
