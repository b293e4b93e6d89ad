"""The rule judge on options, units, refusals and requests that a call passes over, with the starter's tools."""

import asyncio
from typing import Any

import pytest

from apigen.records import Call, Candidate, Outcome, Reason, Tool, Verdict
from apigen.verify.grounding import ungrounded
from apigen.verify.rules import RuleJudge
from starter_library import starter_tools

Given = tuple[tuple[str, dict[str, Any]], ...]


def answer(query: str, calls: Given, *idle: str) -> Candidate:
    names = dict.fromkeys((*(name for name, _ in calls), *idle))
    return Candidate(query, tuple(Call(*call) for call in calls), tuple(starter_tools()[name] for name in names))


def judge(query: str, calls: Given, *idle: str) -> Verdict:
    return asyncio.run(RuleJudge().judge(answer(query, calls, *idle), ()))


def flight(origin: str = "LHR", destination: str = "JFK", **more: Any) -> tuple[str, dict[str, Any]]:
    return "airport_distance", {"origin": origin, "destination": destination, **more}


SAVINGS = ("compound_interest_balance", {"deposit": 5000, "annual_rate_percent": 4, "years": 3})
DRIVE = ("road_trip_fuel_cost", {"distance_km": 300, "liters_per_100_km": 6, "price_per_liter": 1.8})
EASTER = ("easter_sunday_date", {"year": 2026})
BMI = ("body_mass_index", {"weight_kg": 80, "height_cm": 180})
ENERGY = ("daily_energy_needs", {"sex": "male", "age_years": 30, "weight_kg": 80, "height_cm": 180})

NAMED = [
    ("LHR to JFK in miles", flight(), "unit"),
    ("LHR to JFK in miles, not kilometers", flight(), "unit"),
    ("HbA1c 6.5 to mmol/L", ("average_glucose_from_hba1c", {"hba1c_percent": 6.5}), "unit"),
    ("5000 at 4% for 3 years, compounded quarterly", SAVINGS, "compounding"),
    ("5000 at 4% for 3 yrs, compunded quaterly", SAVINGS, "compounding"),
    ("orthodox Easter 2026", EASTER, "church"),
    ("sha1 of 'hello'", ("text_checksum", {"text": "hello"}), "algorithm"),
    ("heart rate for a vigorous workout at age 40", ("heart_rate_training_zone", {"age_years": 40}), "intensity"),
    ("energy needs of a very active man, 30, 80 kg, 180 cm", ENERGY, "activity"),
    ("Round trip of 300 km, 6 liters per 100 km, at 1.8 a liter: what does it cost?", DRIVE, "round_trip"),
    ("roundtrip of 300 km, 6 liters per 100 km, at 1.8 a liter: what does it cost?", DRIVE, "round_trip"),
    ("size of A4 in landscape", ("iso_paper_dimensions", {"size": "A4"}), "landscape"),
    (
        "size of 65 seconds of sound at 22.05 kHz, 24 bit",
        ("uncompressed_audio_size", {"duration_seconds": 65, "sample_rate_khz": 22.05}),
        "bit_depth",
    ),
]


@pytest.mark.parametrize(("query", "call", "parameter"), NAMED)
def test_named_option_must_be_set(query: str, call: tuple[str, dict[str, Any]], parameter: str) -> None:
    """A choice that the query names and no call makes is unanswered, and the detail names the parameter."""
    verdict = judge(query, (call,))
    assert (verdict.outcome, verdict.reason) == (Outcome.REJECT, Reason.UNANSWERED_REQUEST)
    assert parameter in verdict.detail


def test_contradicted_default_is_ungrounded() -> None:
    """A default that is given although the query names another choice is ungrounded."""
    verdict = judge("LHR to JFK in miles", (flight(unit="kilometers"),))
    assert verdict.reason == Reason.UNGROUNDED
    assert "unit is 'kilometers'" in verdict.detail


@pytest.mark.parametrize(
    ("query", "calls"),
    [
        ("LHR to JFK in km, not miles", (flight(),)),
        ("I drove 26 miles today; how far is LHR to JFK?", (flight(),)),
        ("LHR to JFK, and CDG to JFK in miles", (flight(), flight("CDG", unit="miles"))),
        ("western Easter 2026, not the orthodox one", (EASTER,)),
        ("5000 at 4% for 3 years", (SAVINGS,)),
        ("5000 at 4% for 3 years compounded annually", (SAVINGS,)),
        ("300 km, 6 liters per 100 km, at 1.8 a liter, no round trip: what does it cost?", (DRIVE,)),
        ("checksum of 'sha1 or md5'", (("text_checksum", {"text": "sha1 or md5"}),)),
    ],
)
def test_words_used_otherwise_name_no_option(query: str, calls: Given) -> None:
    """A choice is not named where it is turned down, another value's unit, a sibling's, quoted or the default."""
    assert judge(query, calls).outcome == Outcome.PASS


def test_choice_for_every_call() -> None:
    """A choice named before all values holds for each call."""
    query = "Which is longer in miles, LHR to JFK or CDG to SFO?"
    both = (flight(unit="miles"), flight("CDG", "SFO", unit="miles"))
    assert judge(query, both).outcome == Outcome.PASS
    assert judge(query, (both[0], flight("CDG", "SFO"))).reason == Reason.UNANSWERED_REQUEST


def test_choice_for_one_sentence() -> None:
    """A choice named for a call in one sentence says nothing about the call in the next."""
    query = "How many miles is LHR to JFK? And then I'd like to know CDG to SFO."
    assert judge(query, (flight(unit="miles"), flight("CDG", "SFO"))).outcome == Outcome.PASS


def test_one_loose_word_names_no_other_tool() -> None:
    """ "Phones" alone does not make a question about text messages one about phone numbers."""
    message = "Running late, start without me"
    verdict = judge(
        f'Will "{message}" go through in one piece on people\'s phones?',
        (("sms_message_segments", {"message": message}),),
        "phone_number_international",
        "text_to_morse",
        "spell_phonetic_alphabet",
        "text_readability_grade",
    )
    assert verdict.outcome == Outcome.PASS


@pytest.mark.parametrize(
    ("query", "year", "passes"),
    [
        ("easter 2026 please, not 2025", 2025, False),
        ("easter 2026 please, not 2025", 2026, True),
        ("easter in 2026 instead of 2025", 2025, False),
        ("easter in 2026 instead of 2025", 2026, True),
        ("easter in 2026 rather than in 2025", 2025, False),
        ("why not 2025? when is easter?", 2025, True),
    ],
)
def test_refused_values_are_not_asked_for(query: str, year: int, passes: bool) -> None:
    """A value that the query only turns down is not grounded; the one wanted in its place is."""
    assert (judge(query, (("easter_sunday_date", {"year": year}),)).outcome == Outcome.PASS) == passes


def test_refused_name_is_not_grounded() -> None:
    """Grounding alone already sees "not" before a value, but not "or not"."""
    tool = Tool("weather", "", {"type": "object", "properties": {"city": {"type": "string"}}})
    calls = (Call("weather", {"city": "Paris"}),)
    assert ungrounded(Candidate("weather in Rome, not in Paris", calls, (tool,)))
    assert not ungrounded(Candidate("rain or not, Paris?", calls, (tool,)))
    assert not ungrounded(Candidate("is it raining or not Paris wise", calls, (tool,)))


LOAN = ("loan_monthly_payment", {"principal": 200000, "annual_rate_percent": 5, "term_months": 30})


@pytest.mark.parametrize(
    ("query", "call", "passes"),
    [
        ("payment on 200000 at 5% over 30 years", LOAN, False),
        ("payment on 200000 at 5% over thirty years", LOAN, False),
        ("payment on 200000 at 5% over 30 months", LOAN, True),
        ("payment on 200000 at 5%, 30 installments", LOAN, True),
        ("payment on 200000 at 5%, 30 months, and the house is 30 years old", LOAN, True),
        ("bmi for 80 lb and 180 cm", BMI, False),
        ("bmi for 80 kilos and 180 cm", BMI, True),
        ("bmi for 80 kg and 1.8 m", ("body_mass_index", {"weight_kg": 80, "height_cm": 1.8}), False),
        ("cost of 300 miles with 6 liters per 100 km at 1.8 a liter", DRIVE, False),
        (
            "dog of 7 months: its human age?",
            ("dog_age_in_human_years", {"dog_age_years": 7}),
            False,
        ),
    ],
)
def test_units_are_the_parameters(query: str, call: tuple[str, dict[str, Any]], passes: bool) -> None:
    """A number in another unit of the parameter's kind does not ground it, unless it is also said otherwise."""
    verdict = judge(query, (call,))
    assert (verdict.outcome == Outcome.PASS) == passes, verdict.detail
    assert passes or verdict.reason == Reason.UNGROUNDED


def test_initials_name_a_tool() -> None:
    """ "bmi" names ``body_mass_index``, so a tool that no word speaks of is the wrong one."""
    wrong = ("dilution_volumes", {"stock_concentration": 180, "target_concentration": 80, "final_volume_ml": 180})
    query = "bmi for 80 and 180"
    verdict = judge(query, (wrong,), "body_mass_index")
    assert (verdict.reason, "body_mass_index" in verdict.detail) == (Reason.TOOL_MISMATCH, True)
    assert judge(query, (BMI,), "dilution_volumes").outcome == Outcome.PASS


@pytest.mark.parametrize(
    ("query", "passes"),
    [
        ("What's the weather in Paris tomorrow? And bmi for 80 kg and 180 cm", False),
        ("bmi for 80 kg and 180 cm, and also book a table at Luigi's for Friday", False),
        ("bmi for 80 kg and 180 cm. Tell me a joke!", False),
        ("My bmi with 80 kg and 180 cm? What should I make of it?", True),
        ("Could you help me, please? I see Dr. Miller on Friday. What's my bmi with 80 kg and 180 cm?", True),
        ("Who can settle this? bmi for 80 kg and 180 cm", True),
    ],
)
def test_strange_requests_are_not_passed_over(query: str, passes: bool) -> None:
    """A request that no called tool knows of is unanswered; small talk is none."""
    verdict = judge(query, (BMI,))
    assert (verdict.outcome == Outcome.PASS) == passes, verdict.detail
    assert passes or verdict.reason == Reason.UNANSWERED_REQUEST


def test_slips_count_as_signs_of_several() -> None:
    """ "comapre ... with ..." asks for two things, spelled or misspelled."""
    seconds = ({"duration_seconds": 50, "sample_rate_khz": 88.2}, {"duration_seconds": 65, "channels": "mono"})
    query = "comapre the uncompressed size of a 50 second jingle at 88.2 kHz wiht that of a 65 second mono one"
    assert judge(query, tuple(("uncompressed_audio_size", given) for given in seconds)).outcome == Outcome.PASS


def test_what_the_whole_thing_takes_is_no_request_of_its_own() -> None:
    """ "How long will the entire thing take" speaks of what the rest of the query describes."""
    query = "Painting takes 3 days, and moving in 1 day after it. How long will the entire thing take?"
    tasks = [{"name": "painting", "days": 3}, {"name": "moving in", "days": 1, "depends_on": ["painting"]}]
    assert judge(query, (("project_critical_path", {"tasks": tasks}),), "task_duration_estimate").outcome == "pass"
