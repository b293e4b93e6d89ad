"""Business: working days, free slots for meetings and decisions."""

import datetime
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

CATEGORY = "Business"

_LAST_WORKDAY = 4  # Friday, in the numbering of datetime.date.weekday


@dataclass(frozen=True)
class _Appointment:
    """A time in which somebody is busy."""

    start: Annotated[datetime.time, Field(description="When it starts, as HH:MM.")]
    end: Annotated[datetime.time, Field(description="When it ends, as HH:MM.")]


@dataclass(frozen=True)
class _Criterion:
    """What matters in a decision, and how much."""

    name: Annotated[
        str,
        Field(
            description="What matters.",
            examples=["price", "quality", "support", "location", "delivery time", "design", "warranty"],
        ),
    ]
    weight: Annotated[float, Field(gt=0, le=1000, description="How much it matters, compared with the others.")]


@dataclass(frozen=True)
class _Choice:
    """One of the things to choose from."""

    name: Annotated[
        str, Field(description="Name of the choice.", examples=["Acme", "Nordwind", "Office A", "Vendor B", "Solaris"])
    ]
    scores: Annotated[
        list[Annotated[float, Field(ge=0, le=100)]],
        Field(min_length=1, max_length=20, description="Its score for each criterion, in the order of the criteria."),
    ]


def working_days_between(
    start_date: datetime.date,
    end_date: datetime.date,
    holidays: Annotated[list[datetime.date], Field(max_length=100)] | None = None,
) -> int:
    """Count the working days from one date to another, both included, as for a deadline, a project or leave.

    Args:
        start_date: First day.
        end_date: Last day.
        holidays: Public holidays on which nobody works.

    Returns:
        The days from Monday to Friday that are no holidays.

    Raises:
        ValueError: The last day lies before the first, or more than 100 years after it.

    Source: counts as NETWORKDAYS of OpenFormula (ISO/IEC 26300-2) does.
    """
    span = (end_date - start_date).days
    if not 0 <= span <= 36_525:
        raise ValueError(f"end_date {end_date} must lie between start_date {start_date} and 100 years later")
    closed = set(holidays or ())
    days = (start_date + datetime.timedelta(days=after) for after in range(span + 1))
    return sum(1 for day in days if day.weekday() <= _LAST_WORKDAY and day not in closed)


def find_meeting_slots(
    busy: Annotated[list[_Appointment], Field(min_length=1, max_length=100)],
    minutes: Annotated[int, Field(ge=5, le=720)],
    day_starts: datetime.time = datetime.time(9),
    day_ends: datetime.time = datetime.time(17),
) -> list[dict[str, str]]:
    """Find the gaps in a day's calendar that are long enough for a meeting.

    Args:
        busy: The appointments of everybody who should come, in any order.
        minutes: How long the meeting takes in minutes.
        day_starts: When the working day starts, as HH:MM.
        day_ends: When the working day ends, as HH:MM.

    Returns:
        The free times as ``from`` and ``to``, in order; an empty list where the meeting fits nowhere.

    Raises:
        ValueError: An appointment or the working day ends before it starts.

    Source: plain clock arithmetic.
    """
    opens, closes = _minute(day_starts), _minute(day_ends)
    taken = sorted((_minute(one.start), _minute(one.end)) for one in busy)
    if closes <= opens or any(end <= start for start, end in taken):
        raise ValueError("the working day and every appointment must end after they start, on the same day")
    gaps, free_from = [], opens
    for start, end in [*taken, (closes, closes)]:
        if min(start, closes) - free_from >= minutes:
            gaps.append({"from": _clock(free_from), "to": _clock(min(start, closes))})
        free_from = max(free_from, end)
    return gaps


def weighted_decision(
    criteria: Annotated[list[_Criterion], Field(min_length=1, max_length=20)],
    choices: Annotated[list[_Choice], Field(min_length=2, max_length=30)],
) -> list[dict[str, Any]]:
    """Compare suppliers, offices or other choices by weighted criteria (decision matrix) and rank them.

    Args:
        criteria: What matters, each with its weight.
        choices: What there is to choose from, each scored on every criterion.

    Returns:
        The choices, best first, with ``name`` and ``score``, the weighted average of their scores.

    Raises:
        ValueError: A choice does not have one score for each criterion.

    Source: weighted sum model; Triantaphyllou, "Multi-Criteria Decision Making Methods" (2000), chapter 2.
    """
    weights = [criterion.weight for criterion in criteria]
    totals: dict[str, float] = {}
    for choice in choices:
        if len(choice.scores) != len(weights):
            raise ValueError(f"{choice.name} has {len(choice.scores)} scores for {len(weights)} criteria")
        totals[choice.name] = sum(weight * score for weight, score in zip(weights, choice.scores, strict=True))
    best_first = sorted(totals, key=lambda name: totals[name], reverse=True)
    return [{"name": name, "score": round(totals[name] / sum(weights), 3)} for name in best_first]


def _minute(time: datetime.time) -> int:
    return time.hour * 60 + time.minute


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
