"""Other: weekdays, calendar weeks and Roman numerals."""

import calendar
import datetime
from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Other"

_Month = Literal[
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
]  # fmt: skip
_Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

_MONTHS = tuple(calendar.month_name)
_WEEKDAYS = tuple(calendar.day_name)
_OCCURRENCES = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}

_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"),
    (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip


def weekday_of_date(date: datetime.date) -> dict[str, str | int | bool]:
    """Tell on which day of the week a date falls, and in which calendar week.

    Args:
        date: The date.

    Returns:
        ``weekday``, ``iso_week`` (such as 2026-W05), ``day_of_year``, and whether it lies in a ``leap_year``.

    Source: ISO 8601-1:2019 (week dates).
    """
    year, week, _ = date.isocalendar()
    return {
        "weekday": _WEEKDAYS[date.weekday()],
        "iso_week": f"{year}-W{week:02d}",
        "day_of_year": date.timetuple().tm_yday,
        "leap_year": calendar.isleap(date.year),
    }


def nth_weekday_of_month(
    year: Annotated[int, Field(ge=1583, le=9999)],
    month: _Month,
    weekday: _Weekday,
    occurrence: Literal["first", "second", "third", "fourth", "last"],
) -> str:
    """Find the date of a certain weekday in a month, such as the fourth Thursday in November or the last Monday in May.

    Args:
        year: The year.
        month: The month.
        weekday: The day of the week.
        occurrence: Which of the month's such weekdays is meant, from the first to the fourth, or the last one.

    Returns:
        The date, as an ISO date.

    Source: Gregorian calendar, as in ISO 8601-1:2019.
    """
    month_number, weekday_number = _MONTHS.index(month), _WEEKDAYS.index(weekday)
    length = calendar.monthrange(year, month_number)[1]
    days = [datetime.date(year, month_number, day) for day in range(1, length + 1)]
    found = [day for day in days if day.weekday() == weekday_number]
    return found[_OCCURRENCES[occurrence]].isoformat()


def roman_numeral(number: Annotated[int, Field(ge=1, le=3999)]) -> str:
    """Write a number or year in Roman numerals, as on a clock face, a monument or in film credits.

    Args:
        number: The number, from 1 to 3999.

    Returns:
        The Roman numeral, such as MMXXVI.

    Source: Encyclopaedia Britannica, "Roman numeral" (standard subtractive form).
    """
    numeral = ""
    for value, letters in _ROMAN:
        count, number = divmod(number, value)
        numeral += letters * count
    return numeral
