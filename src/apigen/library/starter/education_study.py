"""Education: attendance, reading plans and tests."""

import datetime
import math
from typing import Annotated, Any

from pydantic import Field

CATEGORY = "Education"

_Answers = Annotated[str, Field(pattern=r"^[A-Ea-e-]{1,200}$")]


def absences_still_allowed(
    total_classes: Annotated[int, Field(ge=1, le=1000)],
    minimum_attendance_percent: Annotated[float, Field(ge=0, le=100)],
    missed_so_far: Annotated[int, Field(ge=0, le=1000)] = 0,
) -> dict[str, int | bool]:
    """How many more classes of a course a student may miss without falling below the required attendance.

    Args:
        total_classes: Number of classes in the whole course.
        minimum_attendance_percent: Share of the classes that must be attended in percent.
        missed_so_far: Number of classes missed already.

    Returns:
        ``left``, the absences still allowed, ``must_attend``, the classes required in all, and whether the requirement
        can be met at all (``possible``).

    Raises:
        ValueError: More classes were missed than there are.

    Source: attendance is classes attended divided by classes held; the requirement is rounded up to whole classes.
    """
    if missed_so_far > total_classes:
        raise ValueError(f"missed_so_far {missed_so_far} exceeds the {total_classes} classes of the course")
    must_attend = math.ceil(round(total_classes * minimum_attendance_percent / 100, 9))
    left = total_classes - must_attend - missed_so_far
    return {"left": max(0, left), "must_attend": must_attend, "possible": left >= 0}


def reading_plan(
    pages: Annotated[int, Field(ge=1, le=100_000)],
    start_date: datetime.date,
    finish_date: datetime.date,
    pages_read: Annotated[int, Field(ge=0, le=100_000)] = 0,
) -> dict[str, int]:
    """Work out how many pages of a book to read each day so as to be finished by a certain date.

    Args:
        pages: Number of pages of the book.
        start_date: First day of reading.
        finish_date: Last day of reading.
        pages_read: Pages that were read before.

    Returns:
        ``pages_per_day`` (rounded up), ``days`` and ``pages_on_last_day``.

    Raises:
        ValueError: The last day lies before the first, or the book is read already.

    Source: plain calendar arithmetic, with the first and the last day included.
    """
    days = (finish_date - start_date).days + 1
    left = pages - pages_read
    if days < 1:
        raise ValueError(f"finish_date {finish_date} lies before start_date {start_date}")
    if left < 1:
        raise ValueError(f"nothing is left of the {pages} pages after {pages_read}")
    per_day = math.ceil(left / days)
    needed = math.ceil(left / per_day)
    return {"pages_per_day": per_day, "days": needed, "pages_on_last_day": left - per_day * (needed - 1)}


def multiple_choice_score(
    answer_key: _Answers, answers: _Answers, wrong_penalty: Annotated[float, Field(ge=0, le=1)] = 0
) -> dict[str, Any]:
    """Grade a multiple-choice test by comparing a student's answers with the answer key.

    Args:
        answer_key: The right answers as one string of letters from A to E.
        answers: The student's answers in the same order; a hyphen stands for a question left out.
        wrong_penalty: Points taken off for each wrong answer (formula scoring); a right one gives 1.

    Returns:
        Number of ``right``, ``wrong`` and ``omitted`` answers, ``score``, its ``percent``, and ``wrong_questions``.

    Raises:
        ValueError: There are more or fewer answers than questions, or the key leaves a question open.

    Source: formula scoring; Frary, "Formula scoring of multiple-choice tests" (1988).
    """
    key, given = answer_key.upper(), answers.upper()
    if len(key) != len(given):
        raise ValueError(f"there are {len(given)} answers to {len(key)} questions: put a hyphen for one left out")
    if "-" in key:
        raise ValueError(f"answer_key {answer_key!r} leaves a question open")
    right = sum(one == other for one, other in zip(key, given, strict=True))
    omitted = given.count("-")
    wrong = [number for number, one in enumerate(given, start=1) if one not in (key[number - 1], "-")]
    score = right - wrong_penalty * len(wrong)
    return {
        "right": right,
        "wrong": len(wrong),
        "omitted": omitted,
        "score": round(score, 2),
        "percent": round(100 * score / len(key), 1),
        "wrong_questions": wrong,
    }
