"""Entertainment: films, cinema evenings, series and lotteries."""

import datetime
import math
from typing import Annotated, Any, Literal

from pydantic import Field

CATEGORY = "Entertainment"

# Academy Awards Database, awardsdatabase.oscars.org: year of the ceremony -> (Best Picture, its director).
_BEST_PICTURES = {
    1990: ("Driving Miss Daisy", "Bruce Beresford"),
    1991: ("Dances with Wolves", "Kevin Costner"),
    1992: ("The Silence of the Lambs", "Jonathan Demme"),
    1993: ("Unforgiven", "Clint Eastwood"),
    1994: ("Schindler's List", "Steven Spielberg"),
    1995: ("Forrest Gump", "Robert Zemeckis"),
    1996: ("Braveheart", "Mel Gibson"),
    1997: ("The English Patient", "Anthony Minghella"),
    1998: ("Titanic", "James Cameron"),
    1999: ("Shakespeare in Love", "John Madden"),
    2000: ("American Beauty", "Sam Mendes"),
    2001: ("Gladiator", "Ridley Scott"),
    2002: ("A Beautiful Mind", "Ron Howard"),
    2003: ("Chicago", "Rob Marshall"),
    2004: ("The Lord of the Rings: The Return of the King", "Peter Jackson"),
    2005: ("Million Dollar Baby", "Clint Eastwood"),
    2006: ("Crash", "Paul Haggis"),
    2007: ("The Departed", "Martin Scorsese"),
    2008: ("No Country for Old Men", "Joel Coen and Ethan Coen"),
    2009: ("Slumdog Millionaire", "Danny Boyle"),
    2010: ("The Hurt Locker", "Kathryn Bigelow"),
    2011: ("The King's Speech", "Tom Hooper"),
    2012: ("The Artist", "Michel Hazanavicius"),
    2013: ("Argo", "Ben Affleck"),
    2014: ("12 Years a Slave", "Steve McQueen"),
    2015: ("Birdman", "Alejandro G. Iñárritu"),
    2016: ("Spotlight", "Tom McCarthy"),
    2017: ("Moonlight", "Barry Jenkins"),
    2018: ("The Shape of Water", "Guillermo del Toro"),
    2019: ("Green Book", "Peter Farrelly"),
    2020: ("Parasite", "Bong Joon Ho"),
    2021: ("Nomadland", "Chloé Zhao"),
    2022: ("CODA", "Sian Heder"),
    2023: ("Everything Everywhere All at Once", "Daniel Kwan and Daniel Scheinert"),
    2024: ("Oppenheimer", "Christopher Nolan"),
    2025: ("Anora", "Sean Baker"),
}


def best_picture_winner(ceremony_year: Annotated[int, Field(ge=1990, le=2025)]) -> dict[str, str]:
    """Name the film that won the Academy Award (Oscar) for Best Picture at the ceremony of a year, and its director.

    Args:
        ceremony_year: Year in which the ceremony took place, usually the year after the film came out.

    Returns:
        ``film`` and ``director``.

    Raises:
        ValueError: The year is outside 1990 to 2025.

    Source: Academy of Motion Picture Arts and Sciences, Academy Awards Database.
    """
    if ceremony_year not in _BEST_PICTURES:
        raise ValueError(f"ceremony_year must be from 1990 to 2025, not {ceremony_year}")
    film, director = _BEST_PICTURES[ceremony_year]
    return {"film": film, "director": director}


# Eon Productions, 007.com: title -> (year of release, actor who plays Bond, director), in order of release.
_BOND_FILMS = {
    "Dr. No": (1962, "Sean Connery", "Terence Young"),
    "From Russia with Love": (1963, "Sean Connery", "Terence Young"),
    "Goldfinger": (1964, "Sean Connery", "Guy Hamilton"),
    "Thunderball": (1965, "Sean Connery", "Terence Young"),
    "You Only Live Twice": (1967, "Sean Connery", "Lewis Gilbert"),
    "On Her Majesty's Secret Service": (1969, "George Lazenby", "Peter R. Hunt"),
    "Diamonds Are Forever": (1971, "Sean Connery", "Guy Hamilton"),
    "Live and Let Die": (1973, "Roger Moore", "Guy Hamilton"),
    "The Man with the Golden Gun": (1974, "Roger Moore", "Guy Hamilton"),
    "The Spy Who Loved Me": (1977, "Roger Moore", "Lewis Gilbert"),
    "Moonraker": (1979, "Roger Moore", "Lewis Gilbert"),
    "For Your Eyes Only": (1981, "Roger Moore", "John Glen"),
    "Octopussy": (1983, "Roger Moore", "John Glen"),
    "A View to a Kill": (1985, "Roger Moore", "John Glen"),
    "The Living Daylights": (1987, "Timothy Dalton", "John Glen"),
    "Licence to Kill": (1989, "Timothy Dalton", "John Glen"),
    "GoldenEye": (1995, "Pierce Brosnan", "Martin Campbell"),
    "Tomorrow Never Dies": (1997, "Pierce Brosnan", "Roger Spottiswoode"),
    "The World Is Not Enough": (1999, "Pierce Brosnan", "Michael Apted"),
    "Die Another Day": (2002, "Pierce Brosnan", "Lee Tamahori"),
    "Casino Royale": (2006, "Daniel Craig", "Martin Campbell"),
    "Quantum of Solace": (2008, "Daniel Craig", "Marc Forster"),
    "Skyfall": (2012, "Daniel Craig", "Sam Mendes"),
    "Spectre": (2015, "Daniel Craig", "Sam Mendes"),
    "No Time to Die": (2021, "Daniel Craig", "Cary Joji Fukunaga"),
}
_BondTitle = Literal[
    "Dr. No",
    "From Russia with Love",
    "Goldfinger",
    "Thunderball",
    "You Only Live Twice",
    "On Her Majesty's Secret Service",
    "Diamonds Are Forever",
    "Live and Let Die",
    "The Man with the Golden Gun",
    "The Spy Who Loved Me",
    "Moonraker",
    "For Your Eyes Only",
    "Octopussy",
    "A View to a Kill",
    "The Living Daylights",
    "Licence to Kill",
    "GoldenEye",
    "Tomorrow Never Dies",
    "The World Is Not Enough",
    "Die Another Day",
    "Casino Royale",
    "Quantum of Solace",
    "Skyfall",
    "Spectre",
    "No Time to Die",
]


def james_bond_film(title: _BondTitle) -> dict[str, Any]:
    """Look up a James Bond film: who played 007, who directed it, when it came out and its place in the series.

    Args:
        title: Title of one of the 25 films produced by Eon from 1962 to 2021.

    Returns:
        ``year``, ``bond_actor``, ``director`` and ``number`` in order of release.

    Source: Eon Productions, 007.com, "The Films".
    """
    year, actor, director = _BOND_FILMS[title]
    return {"year": year, "bond_actor": actor, "director": director, "number": list(_BOND_FILMS).index(title) + 1}


def film_admission_check(
    rating: Literal["G", "PG", "PG-13", "R", "NC-17"],
    viewer_age: Annotated[int, Field(ge=0, le=120)],
    accompanied_by_adult: bool = False,
) -> dict[str, Any]:
    """Say whether a cinema in the United States admits somebody of a given age to a film with an MPA rating.

    Args:
        rating: The film's rating by the Motion Picture Association.
        viewer_age: Age of the person who wants to see it, in years.
        accompanied_by_adult: Whether a parent or adult guardian comes along.

    Returns:
        ``admitted`` and the ``rule`` that the rating stands for.

    Source: Motion Picture Association and NATO, "Classification and Rating Rules".
    """
    rules = {
        "G": "open to all ages",
        "PG": "open to all ages, parental guidance suggested",
        "PG-13": "open to all ages, parents strongly cautioned for children under 13",
        "R": "under 17 only with a parent or adult guardian",
        "NC-17": "nobody aged 17 or under",
    }
    admitted = True
    if rating == "R":
        admitted = viewer_age >= 17 or accompanied_by_adult
    elif rating == "NC-17":
        admitted = viewer_age > 17
    return {"admitted": admitted, "rule": rules[rating]}


def movie_marathon_schedule(
    start: datetime.time,
    runtimes_minutes: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1, max_length=24)],
    break_minutes: Annotated[int, Field(ge=0, le=1440)] = 0,
) -> dict[str, Any]:
    """Work out when each film of a marathon starts and ends when they are watched one after the other.

    Args:
        start: Time of day when the first film starts, as HH:MM (24-hour clock).
        runtimes_minutes: Running time of each film in minutes, in the order of watching.
        break_minutes: Pause between one film and the next, in minutes.

    Returns:
        ``films`` with the ``start`` and ``end`` time of each, and ``total_minutes`` including breaks. Times past
        midnight start again at 00:00.
    """
    first = minute = start.hour * 60 + start.minute
    films = []
    for runtime in runtimes_minutes:
        films.append({"start": _clock(minute), "end": _clock(minute + runtime)})
        minute += runtime + break_minutes
    return {"films": films, "total_minutes": minute - break_minutes - first}


def _clock(minute: int) -> str:
    hours, minutes = divmod(minute % (24 * 60), 60)
    return f"{hours:02}:{minutes:02}"


def binge_watch_finish_date(
    start_date: datetime.date,
    episodes: Annotated[int, Field(ge=1, le=20_000)],
    episodes_per_day: Annotated[int, Field(ge=1, le=1000)],
    weekends_only: bool = False,
) -> dict[str, Any]:
    """Say on which day the last episode of a series is watched at a steady number of episodes a day.

    Args:
        start_date: First possible day of watching, as YYYY-MM-DD.
        episodes: Number of episodes to watch.
        episodes_per_day: Episodes watched on each viewing day.
        weekends_only: Whether only Saturdays and Sundays are viewing days.

    Returns:
        ``finish_date`` with its ``weekday``, and ``viewing_days``.
    """
    viewing_days = math.ceil(episodes / episodes_per_day)
    day, watched = start_date, 0
    while True:
        watched += not weekends_only or day.weekday() >= 5
        if watched == viewing_days:
            return {"finish_date": day.isoformat(), "weekday": day.strftime("%A"), "viewing_days": viewing_days}
        day += datetime.timedelta(days=1)


def lottery_jackpot_odds(
    numbers_drawn: Annotated[int, Field(ge=1, le=10)],
    number_pool: Annotated[int, Field(ge=1, le=100)],
    bonus_drawn: Annotated[int, Field(ge=0, le=3)] = 0,
    bonus_pool: Annotated[int, Field(ge=0, le=50)] = 0,
) -> dict[str, Any]:
    """Odds of hitting the jackpot of a lottery such as 6 out of 49 with a single ticket.

    Args:
        numbers_drawn: How many main numbers are drawn, and must be matched.
        number_pool: How many main numbers there are to choose from.
        bonus_drawn: How many bonus numbers (stars, powerball) are drawn from a pool of their own.
        bonus_pool: How many bonus numbers there are to choose from.

    Returns:
        ``one_in``, the number of equally likely tickets, and ``percent``, the chance of one ticket.

    Raises:
        ValueError: More numbers are drawn than a pool holds.

    Source: number of combinations; Feller, "An Introduction to Probability Theory", volume 1, chapter II.
    """
    if numbers_drawn > number_pool or bonus_drawn > bonus_pool:
        raise ValueError("a lottery cannot draw more numbers than its pool holds")
    one_in = math.comb(number_pool, numbers_drawn) * math.comb(bonus_pool, bonus_drawn)
    return {"one_in": one_in, "percent": float(f"{100 / one_in:.6g}")}


def home_cinema_seating_distance(
    screen_diagonal_inches: Annotated[float, Field(gt=0, le=500)],
    guideline: Literal["SMPTE", "THX"] = "SMPTE",
) -> dict[str, float]:
    """How far from a 16:9 television or projection screen to sit for a cinema-like picture.

    Args:
        screen_diagonal_inches: Diagonal of the screen in inches.
        guideline: Whose advice to follow: SMPTE (the screen fills 30 degrees of the view) or THX (40 degrees).

    Returns:
        Distance from eye to screen as ``metres`` and ``feet``.

    Source: SMPTE EG 18 (1994), design of effective cine theaters; THX recommended viewing distance.
    """
    width_m = screen_diagonal_inches * 0.0254 * 16 / math.hypot(16, 9)
    angle = math.radians({"SMPTE": 30, "THX": 40}[guideline])
    distance = width_m / 2 / math.tan(angle / 2)
    return {"metres": round(distance, 2), "feet": round(distance / 0.3048, 1)}
