"""Sports: ratings, scoring tables, race predictions, league tables, fixtures and Olympic history."""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Sports"

_DISTANCES_KM = {"5k": 5.0, "10k": 10.0, "15k": 15.0, "half_marathon": 21.0975, "marathon": 42.195}

# Points = A * (B - seconds)^C on the track, A * (mark - B)^C in the field, where jumps count in centimetres.
# World Athletics, "Scoring Tables for Combined Events", men's decathlon.
_DECATHLON_TRACK = {
    "100m": (25.4347, 18.0, 1.81),
    "400m": (1.53775, 82.0, 1.81),
    "110m_hurdles": (5.74352, 28.5, 1.92),
    "1500m": (0.03768, 480.0, 1.85),
}
_DECATHLON_JUMPS = {
    "long_jump": (0.14354, 220.0, 1.4),
    "high_jump": (0.8465, 75.0, 1.42),
    "pole_vault": (0.2797, 100.0, 1.35),
}
_DECATHLON_THROWS = {"shot_put": (51.39, 1.5, 1.05), "discus": (12.91, 4.0, 1.1), "javelin": (10.14, 7.0, 1.08)}

# International Olympic Committee, list of Olympic Games; games that were cancelled are left out.
_SUMMER_HOSTS = {
    1896: "Athens, Greece", 1900: "Paris, France", 1904: "St. Louis, United States", 1908: "London, United Kingdom",
    1912: "Stockholm, Sweden", 1920: "Antwerp, Belgium", 1924: "Paris, France", 1928: "Amsterdam, Netherlands",
    1932: "Los Angeles, United States", 1936: "Berlin, Germany", 1948: "London, United Kingdom",
    1952: "Helsinki, Finland", 1956: "Melbourne, Australia", 1960: "Rome, Italy", 1964: "Tokyo, Japan",
    1968: "Mexico City, Mexico", 1972: "Munich, West Germany", 1976: "Montreal, Canada",
    1980: "Moscow, Soviet Union", 1984: "Los Angeles, United States", 1988: "Seoul, South Korea",
    1992: "Barcelona, Spain", 1996: "Atlanta, United States", 2000: "Sydney, Australia", 2004: "Athens, Greece",
    2008: "Beijing, China", 2012: "London, United Kingdom", 2016: "Rio de Janeiro, Brazil", 2020: "Tokyo, Japan",
    2024: "Paris, France",
}  # fmt: skip
_WINTER_HOSTS = {
    1924: "Chamonix, France", 1928: "St. Moritz, Switzerland", 1932: "Lake Placid, United States",
    1936: "Garmisch-Partenkirchen, Germany", 1948: "St. Moritz, Switzerland", 1952: "Oslo, Norway",
    1956: "Cortina d'Ampezzo, Italy", 1960: "Squaw Valley, United States", 1964: "Innsbruck, Austria",
    1968: "Grenoble, France", 1972: "Sapporo, Japan", 1976: "Innsbruck, Austria",
    1980: "Lake Placid, United States", 1984: "Sarajevo, Yugoslavia", 1988: "Calgary, Canada",
    1992: "Albertville, France", 1994: "Lillehammer, Norway", 1998: "Nagano, Japan",
    2002: "Salt Lake City, United States", 2006: "Turin, Italy", 2010: "Vancouver, Canada", 2014: "Sochi, Russia",
    2018: "Pyeongchang, South Korea", 2022: "Beijing, China",
}  # fmt: skip

_Team = Annotated[
    str,
    Field(
        min_length=1,
        examples=["Lions", "Arsenal", "Red Hawks", "Ajax", "Sharks", "Valencia", "Comets", "Celtic", "Wolves", "Porto"],
    ),
]


@dataclass(frozen=True)
class _Match:
    """The final score of one match."""

    home: Annotated[_Team, Field(description="Name of the home team.")]
    away: Annotated[_Team, Field(description="Name of the visiting team.")]
    home_goals: Annotated[int, Field(ge=0, le=200, description="Goals of the home team.")]
    away_goals: Annotated[int, Field(ge=0, le=200, description="Goals of the visiting team.")]


def elo_rating_update(
    rating: Annotated[float, Field(ge=0, le=4000)],
    opponent_rating: Annotated[float, Field(ge=0, le=4000)],
    result: Literal["win", "draw", "loss"],
    k_factor: Annotated[int, Field(ge=1, le=100)] = 20,
) -> dict[str, float]:
    """New Elo rating of a chess player (or of any player rated by Elo) after one game.

    Args:
        rating: The player's rating before the game.
        opponent_rating: The opponent's rating before the game.
        result: How the game ended for the player: win, draw or loss.
        k_factor: K factor, the most points that one game can move a rating.

    Returns:
        ``new_rating``, ``change`` and ``expected_score`` (0 to 1, a draw counts one half).

    Source: Elo, "The Rating of Chessplayers, Past and Present" (1978); K factors in FIDE Handbook B.02.
    """
    expected = 1 / (1 + math.pow(10, (opponent_rating - rating) / 400))
    change = k_factor * ({"win": 1.0, "draw": 0.5, "loss": 0.0}[result] - expected)
    return {
        "new_rating": round(rating + change, 2),
        "change": round(change, 2),
        "expected_score": round(expected, 4),
    }


def quarterback_passer_rating(
    attempts: Annotated[int, Field(ge=1, le=100_000)],
    completions: Annotated[int, Field(ge=0, le=100_000)],
    passing_yards: int,
    touchdowns: Annotated[int, Field(ge=0, le=100_000)],
    interceptions: Annotated[int, Field(ge=0, le=100_000)],
) -> float:
    """Passer rating of an American football quarterback, by the formula of the NFL.

    Args:
        attempts: Passes thrown.
        completions: Passes caught by the own team.
        passing_yards: Yards gained by passing.
        touchdowns: Touchdown passes.
        interceptions: Passes intercepted.

    Returns:
        The rating, from 0 to 158.3.

    Raises:
        ValueError: More passes were completed or intercepted than thrown.

    Source: National Football League, "NFL Quarterback Rating Formula" (1973).
    """
    if completions + interceptions > attempts or touchdowns > completions:
        raise ValueError(
            f"{completions} completions, {interceptions} interceptions and {touchdowns} touchdowns cannot come from "
            f"{attempts} attempts: check the counts"
        )
    parts = (
        (completions / attempts - 0.3) * 5,
        (passing_yards / attempts - 3) * 0.25,
        touchdowns / attempts * 20,
        2.375 - interceptions / attempts * 25,
    )
    return round(sum(min(max(part, 0.0), 2.375) for part in parts) / 6 * 100, 1)


def predict_race_time(
    known_distance_km: Annotated[float, Field(ge=0.1, le=250)],
    known_time_minutes: Annotated[float, Field(gt=0, le=3000)],
    target_race: Literal["5k", "10k", "15k", "half_marathon", "marathon"],
) -> dict[str, object]:
    """Predict a runner's finish time at a standard race distance from a result at another distance.

    Args:
        known_distance_km: Distance of the race or run already done, in kilometers.
        known_time_minutes: Time it took, in minutes.
        target_race: The race to predict.

    Returns:
        ``finish_time`` as H:MM:SS, ``minutes``, and ``pace_minutes_per_km``.

    Source: Riegel, "Athletic Records and Human Endurance", American Scientist 69 (1981), exponent 1.06.
    """
    target_km = _DISTANCES_KM[target_race]
    minutes = known_time_minutes * math.pow(target_km / known_distance_km, 1.06)
    seconds = round(minutes * 60)
    return {
        "finish_time": f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}",
        "minutes": round(minutes, 2),
        "pace_minutes_per_km": round(minutes / target_km, 3),
    }


def decathlon_points(
    event: Literal[
        "100m", "400m", "1500m", "110m_hurdles", "long_jump", "high_jump", "pole_vault", "shot_put", "discus", "javelin"
    ],
    performance: Annotated[float, Field(gt=0, le=1000)],
) -> int:
    """Points for a performance in one event of the men's decathlon.

    Args:
        event: The decathlon event.
        performance: Time in seconds for the four races, distance or height in meters for jumps and throws.

    Returns:
        The points; 0 for a performance below the table.

    Source: World Athletics, "Scoring Tables for Combined Events".
    """
    if event in _DECATHLON_TRACK:
        factor, base, exponent = _DECATHLON_TRACK[event]
        above_base = base - performance
    elif event in _DECATHLON_JUMPS:
        factor, base, exponent = _DECATHLON_JUMPS[event]
        above_base = round(performance * 100, 6) - base
    else:
        factor, base, exponent = _DECATHLON_THROWS[event]
        above_base = performance - base
    return math.floor(factor * math.pow(max(above_base, 0.0), exponent))


def league_standings(
    matches: Annotated[list[_Match], Field(min_length=1, max_length=400)],
    points_for_win: Annotated[int, Field(ge=1, le=5)] = 3,
) -> list[dict[str, object]]:
    """Build a football (or hockey, handball ...) league table from match scores.

    Args:
        matches: The matches played, each with both teams and their goals.
        points_for_win: Points for a win; a draw gives 1 and a loss 0.

    Returns:
        One row a team, best first: by points, then goal difference, then goals scored, then name.

    Raises:
        ValueError: A team plays against itself.

    Source: Premier League Handbook, section C (points, then goal difference, then goals scored).
    """
    rows: dict[str, dict[str, int]] = {}
    for match in matches:
        if match.home == match.away:
            raise ValueError(f"{match.home} plays against itself: name two different teams in a match")
        for team, scored, conceded in (
            (match.home, match.home_goals, match.away_goals),
            (match.away, match.away_goals, match.home_goals),
        ):
            row = rows.setdefault(team, {"played": 0, "points": 0, "goals_for": 0, "goals_against": 0})
            row["played"] += 1
            row["goals_for"] += scored
            row["goals_against"] += conceded
            row["points"] += points_for_win if scored > conceded else int(scored == conceded)
    ranked = sorted(
        rows.items(),
        key=lambda item: (
            -item[1]["points"],
            item[1]["goals_against"] - item[1]["goals_for"],
            -item[1]["goals_for"],
            item[0],
        ),
    )
    return [{"position": position, "team": team, **row} for position, (team, row) in enumerate(ranked, start=1)]


def round_robin_fixtures(
    teams: Annotated[list[_Team], Field(min_length=2, max_length=24)],
    return_matches: bool = False,
) -> list[list[str]]:
    """Draw up a round-robin tournament schedule in which every team meets every other team.

    Args:
        teams: Names of the teams or players.
        return_matches: Whether to add return matches (a second leg with home and away swapped).

    Returns:
        The rounds in order, each a list of pairings as ``"home - away"``; with an odd number of teams one rests.

    Raises:
        ValueError: A team is named twice.

    Source: circle method; Lucas, "Récréations mathématiques" (1883), also in the FIDE Handbook (Berger tables).
    """
    if len(set(teams)) < len(teams):
        raise ValueError("a team is named twice: give every team its own name")
    circle: list[str | None] = [*teams, None] if len(teams) % 2 else [*teams]
    rounds = []
    for number in range(len(circle) - 1):
        pairs = [(circle[place], circle[-1 - place]) for place in range(len(circle) // 2)]
        # The first team never moves, so home and away swap every other round to be fair to it.
        pairs = [(away, home) if number % 2 else (home, away) for home, away in pairs]
        rounds.append([(home, away) for home, away in pairs if home is not None and away is not None])
        circle = [circle[0], circle[-1], *circle[1:-1]]
    if return_matches:
        rounds += [[(away, home) for home, away in pairs] for pairs in rounds]
    return [[f"{home} - {away}" for home, away in pairs] for pairs in rounds]


def olympic_host_city(
    year: Annotated[
        int, Field(ge=1896, le=2024, multiple_of=2, examples=[1928, 1936, 1952, 1960, 1968, 1972, 1984, 1988])
    ],
    season: Literal["summer", "winter"],
) -> str:
    """Look up which city and country hosted the Olympic Games of a year.

    Args:
        year: Year of the games (Tokyo's summer games of 2020 took place in 2021 and count as 2020).
        season: Summer or winter games.

    Returns:
        City and country, as they were called then.

    Raises:
        ValueError: No such games took place in that year.

    Source: International Olympic Committee, list of Olympic Games.
    """
    hosts = _SUMMER_HOSTS if season == "summer" else _WINTER_HOSTS
    if year not in hosts:
        raise ValueError(f"no {season} Olympic Games took place in {year}: give a year in which they did")
    return hosts[year]
