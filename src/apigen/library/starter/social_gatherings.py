"""Social: votes, birthdays and relatives."""

import datetime
from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

CATEGORY = "Social"


@dataclass(frozen=True)
class _Ballot:
    """One way in which some voters ranked the choices."""

    ranking: Annotated[
        list[Annotated[str, Field(examples=["pizza", "sushi", "tacos", "Lisbon", "Oslo", "Mara", "Devin", "bowling"])]],
        Field(min_length=1, max_length=20, description="The choices in order of preference, the favorite first."),
    ]
    votes: Annotated[int, Field(ge=1, le=1_000_000, description="How many voters ranked them so.")] = 1


@dataclass(frozen=True)
class _Birthday:
    """Somebody's date of birth."""

    name: Annotated[
        str,
        Field(
            description="Whose birthday it is.",
            examples=["Amara", "Jonas", "Mei", "Priya", "Tomás", "Olivia", "Kwame", "Ingrid"],
        ),
    ]
    born_on: Annotated[datetime.date, Field(description="Date of birth.")]


def instant_runoff_winner(ballots: Annotated[list[_Ballot], Field(min_length=1, max_length=500)]) -> dict[str, Any]:
    """Find the winner of a ranked-choice vote (instant runoff), where a group ranked the choices by preference.

    Args:
        ballots: The rankings that were handed in, each with the number of voters who chose it.

    Returns:
        ``winner`` and ``rounds``, the votes of the choices still in the race in each round.

    Raises:
        ValueError: A ballot names a choice twice, or a tie for the last place leaves open whom to drop.

    Source: Robert's Rules of Order Newly Revised, section 45 (preferential voting).
    """
    for ballot in ballots:
        if len(set(ballot.ranking)) != len(ballot.ranking):
            raise ValueError(f"a ballot names a choice twice: {', '.join(ballot.ranking)}")
    left = dict.fromkeys(choice for ballot in ballots for choice in ballot.ranking)
    rounds: list[dict[str, int]] = []
    while True:
        count: Counter[str] = Counter(dict.fromkeys(left, 0))
        for ballot in ballots:
            if favorite := next((choice for choice in ballot.ranking if choice in left), None):
                count[favorite] += ballot.votes
        rounds.append(dict(count.most_common()))
        winner, most = count.most_common(1)[0]
        if 2 * most > count.total():
            return {"winner": winner, "rounds": rounds}
        fewest = [choice for choice, votes in count.items() if votes == min(count.values())]
        if len(fewest) > 1 and count[fewest[0]]:
            raise ValueError(f"{' and '.join(fewest)} are tied for the last place: the vote needs a tie-break")
        for choice in fewest:
            del left[choice]


def next_birthdays(
    people: Annotated[list[_Birthday], Field(min_length=1, max_length=200)], today: datetime.date
) -> list[dict[str, Any]]:
    """List whose birthday comes next after a day among friends or family, how old they turn and how long it is to it.

    Args:
        people: The people with their dates of birth.
        today: The day from which to look; a birthday on that day counts.

    Returns:
        One row a person, the next birthday first, with ``name``, ``date``, ``turns`` and ``days_left``. Who was born on
        29 February celebrates on 28 February in common years.

    Raises:
        ValueError: Somebody is born after the day given.

    Source: ISO 8601-1:2019 calendar.
    """
    rows = []
    for person in people:
        if person.born_on > today:
            raise ValueError(f"{person.name} is born on {person.born_on}, after {today}")
        date = _birthday_in(person.born_on, today.year)
        if date < today:
            date = _birthday_in(person.born_on, today.year + 1)
        turns = date.year - person.born_on.year
        rows.append((date, {"name": person.name, "date": date.isoformat(), "turns": turns}))
    rows.sort(key=lambda row: row[0])
    return [row | {"days_left": (date - today).days} for date, row in rows]


def family_relationship(
    my_generations: Annotated[int, Field(ge=1, le=20)], their_generations: Annotated[int, Field(ge=1, le=20)]
) -> str:
    """Name how two relatives are related (second cousin once removed, great-aunt ...) by way of a common ancestor.

    Args:
        my_generations: Generations from me up to the common ancestor: 1 for a parent, 2 for a grandparent, and so on.
        their_generations: Generations from the other person up to the same ancestor.

    Returns:
        What the other person is to me.

    Source: Oxford English Dictionary, "cousin" (first, second, ... cousin; once, twice, ... removed).
    """
    degree, removed = min(my_generations, their_generations) - 1, abs(my_generations - their_generations)
    if degree == 0:
        if not removed:
            return "sibling"
        greats = "great-" * (removed - 1)
        return f"{greats}aunt or uncle" if my_generations > their_generations else f"{greats}niece or nephew"
    cousin = f"{_ordinal(degree)} cousin"
    if not removed:
        return cousin
    times = {1: "once", 2: "twice", 3: "three times"}.get(removed, f"{removed} times")
    return f"{cousin} {times} removed"


def _birthday_in(born_on: datetime.date, year: int) -> datetime.date:
    try:
        return born_on.replace(year=year)
    except ValueError:
        return datetime.date(year, 2, 28)


def _ordinal(number: int) -> str:
    words = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
    return words[number - 1] if number <= len(words) else f"{number}th"
