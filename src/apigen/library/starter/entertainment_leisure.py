"""Entertainment: listening, word games and film charts."""

from collections import Counter
from typing import Annotated

from pydantic import Field

CATEGORY = "Entertainment"


def playback_time_at_speed(
    hours: Annotated[int, Field(ge=0, le=10_000)],
    speed: Annotated[float, Field(ge=0.25, le=10)],
    minutes: Annotated[int, Field(ge=0, le=59)] = 0,
) -> dict[str, str]:
    """How long an audiobook, podcast or lecture takes when it is played faster or slower than recorded.

    Args:
        hours: Whole hours of its length.
        speed: Playback speed, such as 1.25 (times the recorded speed).
        minutes: Minutes of its length on top of the hours.

    Returns:
        ``duration`` and time ``saved`` (negative when played slower), each as hours:minutes.

    Raises:
        ValueError: It has no length.

    Source: time is length divided by speed; rounded to the minute.
    """
    total = hours * 60 + minutes
    if not total:
        raise ValueError("give a length of at least one minute")
    played = round(total / speed)
    return {"duration": _clock(played), "saved": _clock(total - played)}


def anagrams_of_letters(
    letters: Annotated[str, Field(min_length=2, max_length=40)],
    words: Annotated[list[str], Field(min_length=1, max_length=100)],
    leftovers_allowed: bool = False,
) -> list[str]:
    """Pick the words that can be formed from a set of letters, for anagrams and word puzzles.

    Args:
        letters: The letters at hand, or the word to rearrange.
        words: The words to try.
        leftovers_allowed: Whether some of the letters may be left over; a true anagram uses every one.

    Returns:
        The words that can be formed, in the order given; the same word again does not count.

    Raises:
        ValueError: There are no letters.

    Source: an anagram uses each letter as often as it is given (Merriam-Webster, "anagram").
    """
    supply = _letters(letters)
    if not supply:
        raise ValueError(f"{letters!r} has no letters")
    plain = letters.strip().casefold()
    candidates = [word for word in words if word.strip().casefold() != plain and _letters(word)]
    if leftovers_allowed:
        return [word for word in candidates if _letters(word) <= supply]
    return [word for word in candidates if _letters(word) == supply]


def top_list_rating(
    average_rating: Annotated[float, Field(ge=1, le=10)],
    votes: Annotated[int, Field(ge=0, le=10**9)],
    minimum_votes: Annotated[int, Field(ge=1, le=10**9)] = 25_000,
    overall_average: Annotated[float, Field(ge=1, le=10)] = 7.0,
) -> float:
    """Compute the weighted rating by which film charts rank a film, so that few enthusiasts cannot lift it to the top.

    Args:
        average_rating: Average rating of the film, from 1 to 10.
        votes: Number of votes that it got.
        minimum_votes: Number of votes that the chart asks for.
        overall_average: Average rating of all films of the chart.

    Returns:
        The weighted rating, closer to the overall average the fewer votes there are.

    Source: IMDb, "Weighted average ratings" (Bayesian estimate of the Top 250).
    """
    weighted = (votes * average_rating + minimum_votes * overall_average) / (votes + minimum_votes)
    return round(weighted, 2)


def _clock(minutes: int) -> str:
    sign = "-" if minutes < 0 else ""
    return f"{sign}{abs(minutes) // 60}:{abs(minutes) % 60:02d}"


def _letters(text: str) -> Counter[str]:
    return Counter(character for character in text.casefold() if character.isalpha())
