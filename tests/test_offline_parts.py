"""The parts of the offline model: numbers, dates, slots, articles and wording."""

import re
from datetime import date
from random import Random
from typing import Any
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigen.models.offline.calendar import DATE_FORMS
from apigen.models.offline.combine import combine
from apigen.models.offline.draft import Draft, agreeing, begins_with_vowel, mark
from apigen.models.offline.hints import stated_bounds
from apigen.models.offline.invent import invent
from apigen.models.offline.locate import locate
from apigen.models.offline.numerals import find_numerals, in_words, ordinal_suffix
from apigen.models.offline.prompt import Example
from apigen.models.offline.rewrite import rewrite
from apigen.models.offline.sentences import read_ask, reask
from apigen.models.offline.wording import bare, manner, misspelled
from apigen.records import Call, Tool, Wording

NUMBER = {"type": "number"}
TEXT: dict[str, Any] = {"type": "string"}
UNITS = ("grams", "ounces", "kilograms")


def rewritten(
    query: str, arguments: dict[str, Any], schemas: dict[str, Any], seed: int = 0
) -> tuple[str, dict[str, Any]]:
    tool = Tool("f", "", {"type": "object", "properties": schemas})
    draft = rewrite(Random(seed), Example(query, (Call("f", arguments),)), {"f": tool}, {})
    return draft.filled(), draft.answers[0].arguments


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a loan of $72k", 72000),
        ("1.2 million people", 1_200_000),
        ("about 1,250.50 euros", 1250.5),
        ("twenty-five guests", 25),
        ("two hundred pages", 200),
        ("the 3rd floor", 3),
        ("it was -4.5 degrees", -4.5),
        ("minus 12", -12),
        (".5 liters", 0.5),
    ],
)
def test_numbers_are_read_in_every_common_form(text: str, value: float) -> None:
    """Digits, separators, magnitudes, words, ordinals and signs."""
    assert [numeral.value for numeral in find_numerals(text)] == [value]


@given(st.integers(0, 999_999))
def test_number_words_round_trip(number: int) -> None:
    """A number in words is read as that number."""
    assert [numeral.value for numeral in find_numerals(in_words(number))] == [number]


@pytest.mark.parametrize(
    ("text", "values"),
    [("fit it inside 400x300", [400, 300]), ("a 3x4 grid", [3, 4]), ("scale by 2x", [2])],
)
def test_both_numbers_of_a_size_are_found(text: str, values: list[int]) -> None:
    """So that equal ones are changed together."""
    assert [numeral.value for numeral in find_numerals(text)] == values


@given(st.integers(1, 400))
def test_ordinals_end_as_they_are_spoken(number: int) -> None:
    """11th to 13th are the exceptions."""
    expected = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    assert ordinal_suffix(number) == expected


@given(st.dates(date(1990, 1, 1), date(2040, 12, 31)), st.integers(0, len(DATE_FORMS) - 1), st.integers(0, 99))
def test_dates_keep_their_form(day: date, form: int, seed: int) -> None:
    """A date is found in every form, and its replacement is written the same way."""
    query = f"When is rent due if I moved in on {DATE_FORMS[form](day)}?"
    text, arguments = rewritten(query, {"start": day.isoformat()}, {"start": TEXT}, seed)
    new = date.fromisoformat(arguments["start"])
    assert new != day
    assert any(write(new) in text for write in DATE_FORMS)


@given(st.integers(0, 500))
def test_order_and_surface_survive(seed: int) -> None:
    """What was smaller stays smaller; currency, separators and percent signs stay where they were."""
    schemas = {"low": NUMBER, "high": NUMBER, "rate": NUMBER}
    text, new = rewritten("From $1,200 to $1,500 at 5%", {"low": 1200, "high": 1500, "rate": 0.05}, schemas, seed)
    assert new["low"] < new["high"]
    assert f"${new['low']:,}" in text
    assert f"${new['high']:,}" in text
    assert text.endswith("%")
    assert f"at {round(new['rate'] * 100, 6):g}%" in text


@given(st.integers(0, 200))
def test_parts_of_a_whole_stay(seed: int) -> None:
    """Weights that add up to 100 are left alone."""
    weights = [20, 30, 50]
    _, new = rewritten("weights 20, 30 and 50", {"weights": weights}, {"weights": {"type": "array"}}, seed)
    assert new["weights"] == weights or sum(new["weights"]) == 100


@given(st.integers(0, 200))
def test_a_value_said_twice_changes_twice(seed: int) -> None:
    """No trace of the old word is left."""
    text, new = rewritten(
        'Is "racecar" a palindrome? I think "racecar" is one.', {"word": "racecar"}, {"word": TEXT}, seed
    )
    assert "racecar" not in text
    assert text.count(f'"{new["word"]}"') == 2


def test_a_value_whose_place_is_not_certain_is_kept() -> None:
    """Two places and one argument: neither is touched."""
    tool = Tool("f", "", {"type": "object", "properties": {"people": NUMBER}})
    located = locate(Example("4 of us share 4 pizzas", (Call("f", {"people": 4}),)), {"f": tool})
    assert not located.slots
    assert [leaf.value for leaf in located.kept] == [4]


@pytest.mark.parametrize(
    ("surface", "vowel"),
    [("8", True), ("80", True), ("18", True), ("11", True), ("110", False), ("1800", False), ("5", False),
     ("annual", True), ("unit", False), ("hourly", True), ("MP3", True), ("USD", False)],
)  # fmt: skip
def test_articles_follow_the_sound(surface: str, vowel: bool) -> None:
    """ "an 8% tip" but "a 110% gain"."""
    assert begins_with_vowel(surface) is vowel
    assert agreeing("A", surface) == ("An" if vowel else "A")


@given(st.integers(0, 100))
def test_articles_change_with_their_value_only(seed: int) -> None:
    """An article that belongs to a value agrees with the new one; a slip that looks like one stays."""
    text, new = rewritten("Run an 8 km loop", {"km": 8}, {"km": {"type": "integer"}}, seed)
    assert text == f"Run {agreeing('a', str(new['km']))} {new['km']} km loop"
    text, _ = rewritten("it is 2 cm thick an 17 meters high", {"h": 17}, {"h": NUMBER}, seed)
    assert "thick an " in text


@given(st.integers(0, 100))
def test_units_stay(seed: int) -> None:
    """The amount beside a unit was chosen for it, so neither an enum's unit nor a free one is replaced."""
    schemas = {
        "amount": NUMBER,
        "unit": {"type": "string", "examples": ["g", "kg", "cups"]},
        "to": {"enum": list(UNITS)},
    }
    text, new = rewritten("400 g flour in ounces", {"amount": 400, "unit": "g", "to": "ounces"}, schemas, seed)
    assert (new["unit"], new["to"]) == ("g", "ounces")
    assert text.endswith(" g flour in ounces")


@given(st.integers(0, 200))
def test_distinct_people_stay_distinct(seed: int) -> None:
    """A new name is none that the query already says, in a call or beside it."""
    people = {"type": "array", "items": TEXT | {"examples": ["Anna", "Marco", "Priya", "Tom", "Liam"]}}
    query = "Marco paid 30, Tom paid 85 and Priya keeps the list."
    text, new = rewritten(query, {"people": ["Marco", "Tom"]}, {"people": people}, seed)
    assert len({*new["people"], "Priya"}) == 3
    assert all(text.count(name) == 1 for name in new["people"])


@given(st.integers(0, 200), st.sampled_from([Wording.PLAIN, Wording.CHATTY, Wording.INDIRECT]))
def test_requests_join_without_breaking_names(seed: int, wording: Wording) -> None:
    """After an opening an ordinary word loses its capital, and a word that may be a name begins its own sentence."""
    drafts = [
        Draft(text, (), ()) for text in ("How far is Rome?", "Payroll and I get 5 instead of 6.", "Count my 7 jars.")
    ]
    text = combine(Random(seed), drafts, wording).text
    assert re.search(r"\? (Also, |And |And lastly, )?Payroll", text) is None or "? Payroll" in text
    assert not re.search(r"(And|Also,|lastly,) [A-Z]", text)


def test_few_words_join_with_semicolons() -> None:
    """Search-box requests are no sentences, so no opening stands before them."""
    drafts = [Draft(text, (), ()) for text in ("pace 10 km, 48 minutes", "marathon time, half 1:45")]
    for seed in range(20):
        assert combine(Random(seed), drafts, Wording.PLAIN).text == "pace 10 km, 48 minutes; marathon time, half 1:45"


@given(st.integers(0, 300))
def test_typos_spare_values_and_quotes(seed: int) -> None:
    """A hasty typist still gets the values right."""
    text = misspelled(Random(seed), f'Please calculate the monthly payment for {mark(0)} with "keep this text" there')
    assert mark(0) in text
    assert '"keep this text"' in text


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("monthly payment 245,000 mortgage 6.25% 360 months", Wording.TERSE),
        ("What would I pay each month on 18,500 euros at 4.9%?", Wording.PLAIN),
        ("Hey! Could you tell me how long 5 km takes at 12 km/h? Thanks!", Wording.CHATTY),
        ("The bank wants to see at what volume our shop covers itself.", Wording.INDIRECT),
        ("wats teh best quantitiy if we sell 7300 tires", Wording.MISSPELLED),
    ],
)
def test_wording_is_estimated_from_the_text(text: str, wording: Wording) -> None:
    """Prompts do not label their examples."""
    assert manner(text) is wording


@pytest.mark.parametrize(
    ("sentence", "doing", "what"),
    [
        ("Could you please convert 5 km to miles?", True, "convert 5 km to miles"),
        ("What's the area of a 3 by 4 room?", False, "the area of a 3 by 4 room"),
        ("How many jars must I sell?", False, "how many jars I must sell"),
    ],
)
def test_requests_are_taken_apart(sentence: str, doing: bool, what: str) -> None:
    """Politeness and word order are form, not content."""
    ask = read_ask(sentence)
    assert ask is not None
    assert (ask.doing, ask.what) == (doing, what)


def test_own_ways_in_and_out_do_not_pile_up() -> None:
    """Accepted samples become examples; what was put around them comes off first."""
    assert bare("Hey! Morning! How far is 5 km? Thanks! No rush.") == "How far is 5 km?"


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("From 1 (cosmetic) to 5 (outage).", {"minimum": 1, "maximum": 5}),
        ("1 (cosmetic) to 5 (outage)", {"minimum": 1, "maximum": 5}),
        ("A number between 1 and 10", {"minimum": 1, "maximum": 10}),
        ("Brightness from 0 to 100.", {"minimum": 0, "maximum": 100}),
        ("Rating, 1-5", {"minimum": 1, "maximum": 5}),
        ("Opacity in 0..1", {"minimum": 0, "maximum": 1}),
        ("Share in [0, 1)", {"minimum": 0, "exclusiveMaximum": 1}),
        ("On a scale of 1 to 5", {"minimum": 1, "maximum": 5}),
        ("Chance, 0 < p <= 1", {"exclusiveMinimum": 0, "maximum": 1}),
        ("Percentage (0-100)", {"minimum": 0, "maximum": 100}),
        ("Degrees from -90 to 90", {"minimum": -90, "maximum": 90}),
        ("Tries, at most 20; must be positive", {"maximum": 20, "exclusiveMinimum": 0}),
        ("At least 1,000 and no more than 5,000", {"minimum": 1000, "maximum": 5000}),
        ("A non-negative integer", {"minimum": 0}),
        ("Released on 2024-01-15, positive or negative", {}),
        ("At most 5 items are kept", {}),
    ],
)
def test_bounds_in_words_are_read(text: str, bounds: dict[str, float]) -> None:
    """A description that states a range bounds the value as a schema would."""
    assert stated_bounds(text) == bounds


@given(st.integers(0, 400))
def test_invented_numbers_keep_to_the_range_in_words(seed: int) -> None:
    """For a number, for each number of a list, and where only the tool's description states the range."""
    whole = {"type": "integer", "description": "From 1 (cosmetic) to 5 (outage)."}
    scores = {"type": "array", "items": {"type": "integer"}, "description": "Marks, each between 30 and 35"}
    salary = {"type": "number", "description": "Between 40000 and 50000"}
    told = {"description": "Rank by severity from 1 to 3, then by age."}
    assert 1 <= invent(Random(seed), "severity", whole, {}, 5).value <= 5
    assert all(30 <= each <= 35 for each in invent(Random(seed), "scores", scores, {}, 5).value)
    assert 40000 <= invent(Random(seed), "salary", salary, {}, 5).value <= 50000
    assert 1 <= invent(Random(seed), "severity", {"type": "integer"}, told, 5).value <= 3
    assert invent(Random(seed), "loss", {"type": "integer", "description": "Must be negative"}, {}, 5).value < 0


@pytest.mark.parametrize(
    ("name", "description"),
    [
        ("sku", ""), ("coupon_code", ""), ("customer_id", ""), ("order_number", ""), ("part_number", ""),
        ("identifier", "Identifier of the device"), ("customer", "Customer ID"), ("shipment", "Tracking number"),
        ("isbn", ""), ("tag", ""), ("label", ""), ("slug", ""), ("version", ""), ("hostname", ""), ("host_name", ""),
        ("username", ""), ("user_name", ""), ("file_name", ""), ("path", ""), ("url", ""), ("hex_value", ""),
        ("barcode", ""), ("plate", "Licence plate"), ("key", ""), ("ticket", ""), ("productCode", ""),
    ],
)  # fmt: skip
def test_codes_are_single_tokens(name: str, description: str) -> None:
    """A string that is a code by its name or description is no sentence, alone or in the lines of an order."""
    field = {"type": "string", "description": description}
    line = {"type": "object", "properties": {name: field, "quantity": {"type": "integer"}}}
    for seed in range(20):
        alone = invent(Random(seed), name, field, {}, 5)
        lines = invent(Random(seed), "lines", {"type": "array", "items": line, "description": "The order."}, {}, 5)
        assert all(" " not in value for value in [alone.value, *(each[name] for each in lines.value)])


def test_texts_are_still_sentences() -> None:
    """What is a message, a comment or a description is several words long; an unnamed string is one word."""
    for name in ("text", "message", "comment", "description", "content", "body", "title", "paragraph", "note"):
        said = {invent(Random(seed), name, TEXT, {}, 5).value for seed in range(20)}
        assert all(" " in value for value in said)
    assert " " not in invent(Random(0), "flavour", TEXT, {}, 5).value


def test_a_choice_that_is_no_word_is_never_drawn() -> None:
    """Nobody sorts by ``-price`` in a sentence."""
    sorts = {"type": "string", "enum": ["name", "price", "-price", "rating"]}
    drawn = {
        rewritten("List the tents, sorted by price.", {"sort": "price"}, {"sort": sorts}, seed)[1]["sort"]
        for seed in range(40)
    }
    assert {"name", "rating"} <= drawn
    assert "-price" not in drawn


def test_what_is_to_be_shown_is_not_worked_out() -> None:
    """ "Show me the last 3 commits" stays a wish to see them, in every wording."""
    for wording in (Wording.PLAIN, Wording.CHATTY, Wording.INDIRECT):
        for seed in range(20):
            asked = reask(Random(seed), "Show me the last 3 commits.", wording)
            assert "the last 3 commits" in asked
            assert not re.search(r"work out|figure out|tell me|know|sure", asked)


def test_another_time_zone_is_one_that_exists() -> None:
    """It is drawn from those that are known, also where no other example names one."""
    schema = {"timezone": {"type": "string", "description": "IANA timezone name"}}
    query = "What time is it in Asia/Tokyo?"
    written = [rewritten(query, {"timezone": "Asia/Tokyo"}, schema, seed) for seed in range(20)]
    assert all(arguments["timezone"] in said for said, arguments in written)
    drawn = {arguments["timezone"] for _, arguments in written}
    assert len(drawn) > 5
    assert drawn <= available_timezones()
