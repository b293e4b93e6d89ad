"""Results of starter functions against published tables, worked examples and values computed by hand."""

import asyncio
from collections.abc import Sequence

import pytest

from apigen.execute.python import PythonExecutor
from apigen.records import Call, Execution, Json, Tool
from starter_library import starter_tools

KNOWN: tuple[tuple[str, dict[str, Json], Json], ...] = (
    # -ln(1 - 0.015 * 30) / ln(1.015) = 40.2, so the 41st payment of 3000 at 18% is the last.
    ("debt_payoff_time", {"balance": 3000, "annual_rate_percent": 18, "monthly_payment": 100}, {"months": 41}),
    # 100 a month at 0.5% for a year make 100 * (1.005**12 - 1) / 0.005 = 1233.56.
    ("monthly_saving_for_goal", {"goal": 1233.56, "months": 12, "annual_rate_percent": 6}, 100.01),
    # 26 U.S.C. 1 for a single filer in 2024 (Rev. Proc. 2023-34): 1160 + 4266 + 22% of 2850 on 50,000.
    (
        "progressive_income_tax",
        {
            "taxable_income": 50_000,
            "brackets": [
                {"above": 0, "rate_percent": 10},
                {"above": 11_600, "rate_percent": 12},
                {"above": 47_150, "rate_percent": 22},
            ],
        },
        {"tax": 6053, "marginal_rate_percent": 22},
    ),
    # Points on y = 2 + 3 x.
    (
        "fit_straight_line",
        {"points": [{"x": 1, "y": 5}, {"x": 2, "y": 8}, {"x": 4, "y": 14}], "predict_at": 10},
        {"slope": 3, "intercept": 2, "r_squared": 1, "predicted": 32},
    ),
    ("percentile_of_data", {"values": [15, 20, 35, 40, 50], "percentile": 40}, 29),
    # X, 7/, 9-, X, -8, 8/, -6, X, X, X81, added up by hand; and the perfect game.
    (
        "bowling_game_score",
        {"pins": [10, 7, 3, 9, 0, 10, 0, 8, 8, 2, 0, 6, 10, 10, 10, 8, 1]},
        {"score": 167, "after_each_frame": [20, 39, 48, 66, 74, 84, 90, 120, 148, 167]},
    ),
    ("bowling_game_score", {"pins": [10] * 12}, {"score": 300}),
    # A marathon in two hours: 42.195 km at 21.1 km/h, 2:51 a kilometer and 4:35 a mile.
    (
        "running_pace",
        {"distance": 42.195, "minutes": 120},
        {"pace_per_km": "2:51", "pace_per_mile": "4:35", "speed_km_h": 21.1},
    ),
    # Regulation (EC) No 261/2004, article 7 (1) and (2) (c).
    ("flight_delay_compensation", {"distance_km": 1500, "delay_hours": 3}, 250),
    ("flight_delay_compensation", {"distance_km": 3501, "delay_hours": 3.9}, 300),
    ("flight_delay_compensation", {"distance_km": 3501, "delay_hours": 4}, 600),
    ("flight_delay_compensation", {"distance_km": 3900, "delay_hours": 8, "both_airports_in_eu": True}, 400),
    # "Site Reliability Engineering", appendix A: 99.9% leaves 8.76 hours a year and 43.2 minutes a month.
    ("allowed_downtime", {"availability_percent": 99.9}, {"hours": 8.76}),
    ("allowed_downtime", {"availability_percent": 99.9, "period": "month"}, {"minutes": 43.2}),
    # IEC 60062: red, violet, green are 275, brown is a zero, and a last brown 1%.
    (
        "resistor_color_value",
        {
            "first_digit": "red",
            "second_digit": "violet",
            "third_digit": "green",
            "multiplier": "brown",
            "tolerance": "brown",
        },
        {"ohms": 2750, "tolerance_percent": 1},
    ),
    # The vote on Tennessee's capital: the runoff elects Knoxville, which is ahead in no first choice.
    (
        "instant_runoff_winner",
        {
            "ballots": [
                {"ranking": ["Memphis", "Nashville", "Chattanooga", "Knoxville"], "votes": 42},
                {"ranking": ["Nashville", "Chattanooga", "Knoxville", "Memphis"], "votes": 26},
                {"ranking": ["Chattanooga", "Knoxville", "Nashville", "Memphis"], "votes": 15},
                {"ranking": ["Knoxville", "Chattanooga", "Nashville", "Memphis"], "votes": 17},
            ]
        },
        {"winner": "Knoxville"},
    ),
    ("family_relationship", {"my_generations": 3, "their_generations": 1}, "great-aunt or uncle"),
    ("family_relationship", {"my_generations": 2, "their_generations": 3}, "first cousin once removed"),
    # Pascal's triangle: 10 choose 3 is 120, of 1024.
    ("binomial_probability", {"trials": 10, "success_percent": 50, "successes": 3}, 0.117188),
    # Four of three cannot come true, and at most four of three always do.
    ("binomial_probability", {"trials": 3, "success_percent": 5, "successes": 4}, 0),
    ("binomial_probability", {"trials": 3, "success_percent": 5, "successes": 4, "comparison": "at_most"}, 1),
    # January 2020 has 23 weekdays, from Wednesday to Friday, one of which is New Year's Day.
    (
        "working_days_between",
        {"start_date": "2020-01-01", "end_date": "2020-01-31", "holidays": ["2020-01-01"]},
        22,
    ),
    # Environment Canada's table of wind chill: -20 for -10 degrees at 30 km/h, -7 for 0 degrees at 40 km/h.
    ("wind_chill_temperature", {"temperature_celsius": -10, "wind_speed_km_h": 30}, -19.5),
    ("wind_chill_temperature", {"temperature_celsius": 0, "wind_speed_km_h": 40}, -7.4),
    # Saturated air is at its dew point.
    ("dew_point_temperature", {"temperature_celsius": 20, "relative_humidity_percent": 100}, 20),
    # Suetonius' shift of three, and ROT13 by its own rule.
    ("caesar_cipher", {"text": "veni, vidi, vici", "shift": 3}, "yhql, ylgl, ylfl"),
    ("number_in_words", {"number": 1001, "style": "British"}, "one thousand and one"),
    ("number_in_words", {"number": 999_999}, "nine hundred ninety-nine thousand nine hundred ninety-nine"),
    ("vanity_number_digits", {"vanity_number": "1-800-FLOWERS"}, "1-800-3569377"),
    # Regulation (EU) No 1169/2011: a gram of each gives 4, 4, 9, 2 and 7 kcal.
    (
        "food_energy",
        {"carbohydrate_g": 1, "protein_g": 1, "fat_g": 1, "fiber_g": 1, "alcohol_g": 1},
        {"kcal": 26, "kj": 108},
    ),
    # Thanksgiving of 2024 and Memorial Day of 2025 in the United States.
    (
        "nth_weekday_of_month",
        {"year": 2024, "month": "November", "weekday": "Thursday", "occurrence": "fourth"},
        "2024-11-28",
    ),
    (
        "nth_weekday_of_month",
        {"year": 2025, "month": "May", "weekday": "Monday", "occurrence": "last"},
        "2025-05-26",
    ),
    # The week of 1 January 2027, a Friday, belongs to the 53 weeks of 2026.
    ("weekday_of_date", {"date": "2027-01-01"}, {"weekday": "Friday", "iso_week": "2026-W53"}),
    ("roman_numeral", {"number": 3888}, "MMMDCCCLXXXVIII"),
    # Eclipses of the Sun are at new moon, those of the Moon at full moon.
    ("moon_phase_on_date", {"date": "1999-08-11"}, {"phase": "new moon"}),
    ("moon_phase_on_date", {"date": "2024-04-08"}, {"phase": "new moon"}),
    ("moon_phase_on_date", {"date": "2018-07-27"}, {"phase": "full moon"}),
    ("moon_phase_on_date", {"date": "2025-03-14"}, {"phase": "full moon"}),
    # A kilogram of water by a kelvin is 4.18 kJ; 100 W give it in 41.8 seconds.
    (
        "heating_energy",
        {"substance": "water", "mass_kg": 1, "from_celsius": 20, "to_celsius": 21, "heater_watts": 100},
        {"kilojoules": 4.18, "minutes": 0.7},
    ),
    # Two resistors of 6 ohms are 12 in series and 3 in parallel.
    ("resistor_circuit", {"voltage": 12, "resistances": [6, 6]}, {"ohms": 12, "amperes": 1, "watts": 12}),
    (
        "resistor_circuit",
        {"voltage": 12, "resistances": [6, 6], "connection": "parallel"},
        {"ohms": 3, "amperes": 4, "watts": 48},
    ),
    # Open strings of a guitar: the fifth is A2 at 110 Hz, the first E4 at 329.63 Hz.
    ("guitar_fret_note", {"string": 5, "fret": 0}, {"note": "A", "octave": 2, "hertz": 110}),
    ("guitar_fret_note", {"string": 1, "fret": 0}, {"note": "E", "octave": 4, "hertz": 329.63}),
    # The tritone is an augmented fourth upwards from F and a diminished fifth upwards from B.
    ("interval_between_notes", {"lower": "F", "upper": "B"}, {"interval": "augmented fourth", "semitones": 6}),
    ("interval_between_notes", {"lower": "B", "upper": "F"}, {"interval": "diminished fifth", "semitones": 6}),
    # The turns backwards, each the other way round.
    ("reverse_cube_moves", {"moves": "R U R' U'"}, "U R U' R'"),
)

REFUSED: tuple[tuple[str, dict[str, Json], str], ...] = (
    (
        "debt_payoff_time",
        {"balance": 10_000, "annual_rate_percent": 24, "monthly_payment": 200},
        "must exceed the month's interest of 200.00",
    ),
    ("fit_straight_line", {"points": [{"x": 2, "y": 1}, {"x": 2, "y": 5}]}, "all points have x = 2"),
    ("bowling_game_score", {"pins": [7, 4, *[1] * 18]}, "frame 1 has more than ten pins: 7 and 4"),
    ("bowling_game_score", {"pins": [1] * 19}, "the game ends in frame 10"),
    ("bowling_game_score", {"pins": [1] * 21}, "the game is over after 20 balls, but 21 are listed"),
    ("medal_table", {"medals": [{"team": "Fiji", "gold": 1}, {"team": "Fiji"}]}, "listed twice"),
    (
        "instant_runoff_winner",
        {"ballots": [{"ranking": ["tea"]}, {"ranking": ["cocoa"]}]},
        "tea and cocoa are tied for the last place",
    ),
    (
        "next_birthdays",
        {"people": [{"name": "Mei", "born_on": "2030-01-01"}], "today": "2026-01-01"},
        "Mei is born on 2030-01-01, after 2026-01-01",
    ),
    ("timelapse_interval", {"event_minutes": 1, "clip_seconds": 60}, "must be shorter than the event"),
    (
        "convert_number_base",
        {"digits": "129", "from_base": "binary", "to_base": "decimal"},
        "'129' is no binary number",
    ),
    ("board_cutting_plan", {"board_length_cm": 200, "pieces": [{"length_cm": 201}]}, "a piece of 201 cm does not fit"),
    (
        "working_days_between",
        {"start_date": "2026-02-02", "end_date": "2026-02-01"},
        "end_date 2026-02-01 must lie between start_date 2026-02-02",
    ),
    (
        "find_meeting_slots",
        {"busy": [{"start": "12:00", "end": "11:00"}], "minutes": 30},
        "every appointment must end after they start",
    ),
    (
        "weighted_decision",
        {
            "criteria": [{"name": "price", "weight": 1}],
            "choices": [{"name": "Acme", "scores": [1, 2]}, {"name": "Nord", "scores": [1]}],
        },
        "Acme has 2 scores for 1 criteria",
    ),
    ("reverse_cube_moves", {"moves": "R Q'"}, '"Q\'" is no turn'),
    (
        "multibuy_offer_price",
        {"unit_price": 1, "quantity": 6, "offer_items": 2, "paid_items": 2},
        "2 for 2 saves nothing",
    ),
    ("multiple_choice_score", {"answer_key": "ABCD", "answers": "ABC"}, "3 answers to 4 questions"),
    ("paint_for_walls", {"walls": [{"width_m": 2, "height_m": 2}], "openings_m2": 4}, "leaves no wall to paint"),
    ("convert_oven_temperature", {"temperature": 2.5, "scale": "gas_mark"}, "there is no 2.5"),
    (
        "heating_energy",
        {"substance": "water", "mass_kg": 1, "from_celsius": 20, "to_celsius": 120},
        "water changes its state before 120 degrees",
    ),
)


@pytest.fixture(scope="module")
def tools() -> dict[str, Tool]:
    return starter_tools()


def _executed(pairs: Sequence[tuple[Tool, Call]]) -> list[Execution]:
    async def main() -> list[Execution]:
        executor = PythonExecutor()
        try:
            return await executor.execute_many(pairs)
        finally:
            await executor.aclose()

    return asyncio.run(main())


def test_results_agree_with_independently_worked_values(tools: dict[str, Tool]) -> None:
    """Each known answer comes out of the sandbox, an object at least in the members that are known."""
    executions = _executed([(tools[name], Call(name, arguments)) for name, arguments, _ in KNOWN])
    for (name, arguments, known), execution in zip(KNOWN, executions, strict=True):
        found = execution.result
        if isinstance(known, dict) and isinstance(found, dict):
            found = {key: found.get(key) for key in known}
        assert found == known, f"{name} {arguments}: {execution.detail or found}"


def test_nonsense_is_refused_with_a_message_that_says_what_is_wrong(tools: dict[str, Tool]) -> None:
    """What no schema can forbid raises a ValueError whose message names the value."""
    executions = _executed([(tools[name], Call(name, arguments)) for name, arguments, _ in REFUSED])
    for (name, _, message), execution in zip(REFUSED, executions, strict=True):
        assert not execution.ok, f"{name} returned {execution.result}"
        assert message in execution.detail, f"{name}: {execution.detail}"
