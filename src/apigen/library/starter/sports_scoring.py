"""Sports: score sheets, paces and medal tables."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Sports"

_FRAMES, _PINS = 10, 10
_KM_PER_MILE = 1.609344


@dataclass(frozen=True)
class _Medals:
    """The medals of one country or club."""

    team: Annotated[
        str,
        Field(
            description="Name of the country or club.",
            examples=["Norway", "Kenya", "Japan", "Brazil", "Italy", "Canada", "Jamaica", "Hungary"],
        ),
    ]
    gold: Annotated[int, Field(ge=0, le=1000, description="Number of gold medals.")] = 0
    silver: Annotated[int, Field(ge=0, le=1000, description="Number of silver medals.")] = 0
    bronze: Annotated[int, Field(ge=0, le=1000, description="Number of bronze medals.")] = 0


def bowling_game_score(
    pins: Annotated[list[Annotated[int, Field(ge=0, le=10)]], Field(min_length=11, max_length=21)],
) -> dict[str, object]:
    """Score a finished game of ten-pin bowling from the pins that each ball knocked down.

    Args:
        pins: Pins knocked down by each ball of the whole game in order, 10 for a strike.

    Returns:
        ``score`` and ``after_each_frame``, the running total.

    Raises:
        ValueError: The balls do not make a whole game, or a frame has more than ten pins.

    Source: United States Bowling Congress, "Playing Rules", rule 2 (scoring).
    """
    totals: list[int] = []
    ball = score = 0
    for frame in range(1, _FRAMES + 1):
        strike = pins[ball : ball + 1] == [_PINS]
        if not strike and sum(pins[ball : ball + 2]) > _PINS:
            raise ValueError(f"frame {frame} has more than ten pins: {pins[ball]} and {pins[ball + 1]}")
        bonus = strike or sum(pins[ball : ball + 2]) == _PINS
        counted = pins[ball : ball + (3 if bonus else 2)]
        if len(counted) < (3 if bonus else 2):
            raise ValueError(
                f"the game ends in frame {frame}: list every ball up to the tenth frame and its bonus balls"
            )
        score += sum(counted)
        totals.append(score)
        used = len(counted) if frame == _FRAMES else (1 if strike else 2)
        ball += used
    if ball != len(pins):
        raise ValueError(f"the game is over after {ball} balls, but {len(pins)} are listed")
    return {"score": score, "after_each_frame": totals}


def running_pace(
    distance: Annotated[float, Field(gt=0.01, le=1000)],
    minutes: Annotated[int, Field(ge=0, le=10_000)],
    seconds: Annotated[int, Field(ge=0, le=59)] = 0,
    unit: Literal["kilometers", "miles"] = "kilometers",
) -> dict[str, str | float]:
    """Work out a runner's average pace and speed from a distance and the time it took.

    Args:
        distance: Distance run.
        minutes: Whole minutes that the run took; an hour is 60.
        seconds: Seconds on top of the minutes.
        unit: Unit of the distance, kilometers or miles.

    Returns:
        ``pace_per_km`` and ``pace_per_mile`` as minutes:seconds, and ``speed_km_h``.

    Raises:
        ValueError: The run took no time at all.

    Source: international mile of 1.609344 km (NIST Special Publication 811, appendix B).
    """
    duration = minutes * 60 + seconds
    if not duration:
        raise ValueError("the run must take longer than 0 seconds: give minutes or seconds")
    kilometers = distance * (_KM_PER_MILE if unit == "miles" else 1)
    per_km = duration / kilometers
    return {
        "pace_per_km": _clock(per_km),
        "pace_per_mile": _clock(per_km * _KM_PER_MILE),
        "speed_km_h": round(3600 / per_km, 2),
    }


def medal_table(
    medals: Annotated[list[_Medals], Field(min_length=2, max_length=250)],
    ranked_by: Literal["gold", "total"] = "gold",
) -> list[dict[str, object]]:
    """Rank countries or clubs in a medal table by the gold, silver and bronze medals that they won.

    Args:
        medals: The countries or clubs with their medals.
        ranked_by: gold (gold medals first, then silver, then bronze) or total (all medals, then gold).

    Returns:
        One row a team, best first, with ``rank``, ``team`` and ``total``; equal teams share a rank.

    Raises:
        ValueError: A team is listed twice.

    Source: International Olympic Committee, medal table order (gold, then silver, then bronze).
    """
    if len({row.team for row in medals}) != len(medals):
        raise ValueError("a team is listed twice: add up its medals in one row")

    def worth(row: _Medals) -> tuple[int, ...]:
        by_kind = (row.gold, row.silver, row.bronze)
        return by_kind if ranked_by == "gold" else (sum(by_kind), *by_kind)

    ordered = sorted(medals, key=worth, reverse=True)
    worths = [worth(row) for row in ordered]
    return [
        {"rank": worths.index(worth(row)) + 1, "team": row.team, "total": row.gold + row.silver + row.bronze}
        for row in ordered
    ]


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
