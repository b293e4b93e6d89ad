"""Days that lie within what the query names: weekdays of a week, dates between two dates."""

import re

from apigen.verify.grounding.dates import WEEKDAYS, Moment, read_moment
from apigen.verify.grounding.leaves import Leaf
from apigen.verify.grounding.reading import Reading
from apigen.verify.grounding.relative import whole_day
from apigen.verify.grounding.scalars import Evidence
from apigen.verify.grounding.strings import string_evidence

_SUNDAY = 7
_PAIR = 2
_TO = re.compile(r"\s?(?:-|to|until)\s?")
_SETS = (
    (re.compile(r"\b(?:week ?days?|(?:working|business|work) ?days?)\b", re.IGNORECASE), range(1, 6)),
    (re.compile(r"\bweek-?ends?\b", re.IGNORECASE), range(6, 8)),
    (
        re.compile(
            r"\b(?:every ?day|each day|daily|all (?:week|days)|(?:whole|entire) week|(?:7|seven) days)\b", re.IGNORECASE
        ),
        range(1, 8),
    ),
)
_NAME = rf"({'|'.join(sorted(WEEKDAYS, key=len, reverse=True))})s?"
_FROM_TO = re.compile(rf"\b{_NAME}\.?\s?(?:-|to|through|thru|until|till)\s?{_NAME}\b", re.IGNORECASE)


def weekday_within(reading: Reading, leaf: Leaf, value: str) -> Evidence:
    """ "Tuesday" for "weekdays", "daily", or "Monday to Friday"."""
    day = WEEKDAYS.get(value.strip().lower())
    if day is None:
        return None
    spans = [match.span() for pattern, days in _SETS if day in days for match in pattern.finditer(reading.text)]
    for match in _FROM_TO.finditer(reading.text):
        first, last = WEEKDAYS[match[1].lower()], WEEKDAYS[match[2].lower()]
        if (day - first) % _SUNDAY <= (last - first) % _SUNDAY:
            spans.append(match.span())
    return tuple(spans) or None


def day_between(reading: Reading, leaf: Leaf, value: str) -> Evidence:
    """An item of a list of days, between the first and the last that the query names."""
    moment = read_moment(value) if leaf.path.endswith("]") else None
    day = whole_day(moment) if moment else None
    if day is None:
        return None
    found = [(whole_day(Moment(*mention.readings[0])), (mention.start, mention.end)) for mention in reading.dates]
    days = sorted((stated, span) for stated, span in found if stated is not None)
    if len(days) < _PAIR or not days[0][0] < day < days[-1][0]:
        return None
    return days[0][1], days[-1][1]


def hours_between(reading: Reading, leaf: Leaf, value: str) -> Evidence:
    """ "08:00-17:00" for "from 8 am to 5 pm": two times of day in one text."""
    ends = [
        string_evidence(reading, leaf._replace(schema={}), end) for end in _TO.split(value.strip()) if read_moment(end)
    ]
    return (*ends[0], *ends[1]) if len(ends) == _PAIR and ends[0] and ends[1] else None
