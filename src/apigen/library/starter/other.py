"""Other: calendars, paper, names, libraries, vehicles and braille."""

import calendar
import datetime
import re
from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Other"

# National Archives (United States), "Soundex System": letters that sound alike share a digit.
_SOUNDEX = {
    letter: digit
    for digit, letters in {"1": "BFPV", "2": "CGJKQSXZ", "3": "DT", "4": "L", "5": "MN", "6": "R"}.items()
    for letter in letters
}

# OCLC, "Dewey Decimal Classification summaries", first summary.
_DEWEY_CLASSES = (
    "Computer science, information and general works", "Philosophy and psychology", "Religion", "Social sciences",
    "Language", "Science", "Technology", "Arts and recreation", "Literature", "History and geography",
)  # fmt: skip

# 49 CFR part 565, "Vehicle Identification Number Requirements": values of the letters and weights of the positions.
_VIN_VALUES = {str(digit): digit for digit in range(10)} | dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)
)
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN_CHECK_POSITION = 8

# "The Rules of Unified English Braille" (International Council on English Braille): dots of the letters a to j; the
# next ten add dot 3, the last ones dots 3 and 6, except w. As in the Unicode block, dot n is bit n - 1.
_FIRST_DECADE = ("1", "12", "14", "145", "15", "124", "1245", "125", "24", "245")
_BRAILLE_DOTS = (
    dict(zip("abcdefghij", _FIRST_DECADE, strict=True))
    | dict(zip("klmnopqrst", (f"{dots}3" for dots in _FIRST_DECADE), strict=True))
    | dict(zip("uvxyz", (f"{dots}36" for dots in _FIRST_DECADE[:5]), strict=True))
    | {"w": "2456", ",": "2", ";": "23", ":": "25", ".": "256", "!": "235", "?": "236", "'": "3", "-": "36"}
)
_BRAILLE_DIGITS = dict(zip("1234567890", _FIRST_DECADE, strict=True))
_NUMBER_SIGN, _CAPITAL_SIGN, _LETTER_SIGN = "3456", "6", "56"


def easter_sunday_date(
    year: Annotated[int, Field(ge=1583, le=4099)], church: Literal["western", "orthodox"] = "western"
) -> str:
    """Find the date of Easter Sunday in a year.

    Args:
        year: The year.
        church: western (Catholic and Protestant) or orthodox (reckoned in the Julian calendar).

    Returns:
        The date in the Gregorian calendar, as an ISO date.

    Source: Meeus, "Astronomical Algorithms", chapter 8.
    """
    if church == "orthodox":
        golden = (19 * (year % 19) + 15) % 30
        weekday = (2 * (year % 4) + 4 * (year % 7) - golden + 34) % 7
        month, day = divmod(golden + weekday + 114, 31)
        julian_lag = year // 100 - year // 400 - 2
        return (datetime.date(year, month, day + 1) + datetime.timedelta(days=julian_lag)).isoformat()
    golden, century, rest = year % 19, year // 100, year % 100
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    correction = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * correction + 114, 31)
    return datetime.date(year, month, day + 1).isoformat()


def exact_age_on_date(birth_date: datetime.date, on_date: datetime.date) -> dict[str, int]:
    """Work out how old somebody or something is on a certain day, in years, months and days.

    Args:
        birth_date: Date of birth, or of founding or purchase.
        on_date: The day for which the age is wanted.

    Returns:
        ``years``, ``months`` and ``days`` completed, and ``total_days``.

    Raises:
        ValueError: The day lies before the birth.

    Source: ISO 8601-1:2019 calendar; a birthday on the 29th, 30th or 31st falls on the last day of a shorter month.
    """
    if on_date < birth_date:
        raise ValueError(f"on_date {on_date} lies before birth_date {birth_date}")
    months = (on_date.year - birth_date.year) * 12 + on_date.month - birth_date.month
    anniversary = _same_day_after(birth_date, months)
    if anniversary > on_date:
        months -= 1
        anniversary = _same_day_after(birth_date, months)
    return {
        "years": months // 12,
        "months": months % 12,
        "days": (on_date - anniversary).days,
        "total_days": (on_date - birth_date).days,
    }


def iso_paper_dimensions(
    size: Literal[
        "A0",
        "A1",
        "A2",
        "A3",
        "A4",
        "A5",
        "A6",
        "A7",
        "A8",
        "A9",
        "A10",
        "B0",
        "B1",
        "B2",
        "B3",
        "B4",
        "B5",
        "B6",
        "B7",
        "B8",
        "B9",
        "B10",
    ],
    unit: Literal["millimeters", "centimeters", "inches"] = "millimeters",
    landscape: bool = False,
) -> dict[str, float]:
    """Look up the width and height of an international paper size such as A4 or B5.

    Args:
        size: Name of the paper size.
        unit: Unit of the result.
        landscape: Whether the sheet lies on its long side (landscape) instead of standing upright.

    Returns:
        ``width`` and ``height`` of the sheet.

    Source: ISO 216, A and B series.
    """
    width, height = (841, 1189) if size[0] == "A" else (1000, 1414)
    for _ in range(int(size[1:])):
        width, height = height // 2, width
    if landscape:
        width, height = height, width
    per_unit = {"millimeters": 1, "centimeters": 10, "inches": 25.4}[unit]
    return {"width": round(width / per_unit, 2), "height": round(height / per_unit, 2)}


def soundex_name_code(
    surname: Annotated[
        str,
        Field(
            min_length=1,
            max_length=60,
            examples=[
                "Robert",
                "Washington",
                "Tymczak",
                "Gutierrez",
                "O'Hara",
                "Schmidt",
                "Nakamura",
                "Lee",
                "Van Horn",
            ],
        ),
    ],
) -> str:
    """Code a surname by its sound (Soundex), to find its different spellings in census and family records.

    Args:
        surname: The surname in Latin letters.

    Returns:
        A letter and three digits, such as W252.

    Raises:
        ValueError: The name has no letter from A to Z.

    Source: National Archives (United States), "Soundex System".
    """
    letters = re.sub(r"[^A-Z]", "", surname.upper())
    if not letters:
        raise ValueError(f"{surname!r} has no letter from A to Z")
    digits, previous = "", _SOUNDEX.get(letters[0], "")
    for letter in letters[1:]:
        if letter in "HW":  # equal codes on both sides of H or W count once
            continue
        digit = _SOUNDEX.get(letter, "")
        if digit != previous:
            digits += digit
        previous = digit
    return f"{letters[0]}{digits[:3]:0<3}"


def dewey_class_of_number(call_number: Annotated[float, Field(ge=0, lt=1000)]) -> dict[str, str]:
    """Tell what subject a library's Dewey Decimal number stands for, so that a book's shelf can be found.

    Args:
        call_number: The number on the book's spine, such as 641.5.

    Returns:
        ``main_class`` (the subject) and the ``range`` of numbers it covers.

    Source: OCLC, "Dewey Decimal Classification summaries".
    """
    hundred = int(call_number // 100)
    return {"main_class": _DEWEY_CLASSES[hundred], "range": f"{hundred}00-{hundred}99"}


def vehicle_vin_check(
    vin: Annotated[
        str,
        Field(
            pattern=r"^[A-HJ-NPR-Za-hj-npr-z0-9]{17}$",
            examples=["1M8GDM9AXKP042788", "1HGCM82633A004352", "5YJ3E1EA2KF317000", "JH4KA7561PC008269"],
        ),
    ],
) -> dict[str, bool | str]:
    """Check whether a car's vehicle identification number (VIN), as used in North America, can be right (check digit).

    Args:
        vin: The 17 characters of the number; the letters I, O and Q do not occur.

    Returns:
        ``valid``, the check digit ``found`` in the number and the one ``expected``.

    Raises:
        ValueError: The number is of the European kind, which has no check digit.

    Source: 49 CFR part 565 (check digit of North American vehicles); ISO 3779.
    """
    characters = vin.upper()
    found = characters[_VIN_CHECK_POSITION]
    if characters[3:6] == "ZZZ" or found not in "0123456789X":
        raise ValueError(f"{vin} is a number without check digit, as makers use outside North America")
    total = sum(_VIN_VALUES[character] * weight for character, weight in zip(characters, _VIN_WEIGHTS, strict=True))
    expected = "0123456789X"[total % 11]
    return {"valid": found == expected, "found": found, "expected": expected}


def text_to_braille(
    text: Annotated[
        str,
        Field(
            min_length=1,
            max_length=500,
            examples=["Push to open", "Room 204", "Happy birthday, Mum!", "Exit", "Oregano", "Do not touch", "Floor 3"],
        ),
    ],
) -> str:
    """Write a text in uncontracted (grade 1) braille, for a sign or label.

    Args:
        text: Latin letters, digits, spaces and common punctuation.

    Returns:
        The text in Unicode braille characters.

    Raises:
        ValueError: A character has no braille form here.

    Source: International Council on English Braille, "The Rules of Unified English Braille".
    """
    cells: list[str] = []
    in_number = False
    for match in re.finditer(r"[A-Z]{2,}(?![a-z])|.", text, re.DOTALL):
        piece = match.group()
        if len(piece) > 1:  # a word in capitals gets the sign twice
            cells += [_CAPITAL_SIGN, _CAPITAL_SIGN, *(_BRAILLE_DOTS[letter] for letter in piece.lower())]
            in_number = False
        elif piece in _BRAILLE_DIGITS:
            cells += [_BRAILLE_DIGITS[piece]] if in_number else [_NUMBER_SIGN, _BRAILLE_DIGITS[piece]]
            in_number = True
        elif piece.isspace():
            cells.append("")
            in_number = False
        elif (dots := _BRAILLE_DOTS.get(piece.lower())) is not None:
            signs = (
                [_CAPITAL_SIGN] if piece.isupper() else [_LETTER_SIGN] if in_number and piece in "abcdefghij" else []
            )
            cells += [*signs, dots]
            in_number = in_number and piece in ".,"
        else:
            raise ValueError(f"no braille form for {piece!r}")
    return "".join(chr(0x2800 + sum(1 << int(dot) - 1 for dot in dots)) for dots in cells)


def _same_day_after(start: datetime.date, months: int) -> datetime.date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return datetime.date(year, month + 1, min(start.day, last))
