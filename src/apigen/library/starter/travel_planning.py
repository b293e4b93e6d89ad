"""Travel: itineraries, delayed flights and jet lag."""

import datetime
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Travel"

# Regulation (EC) No 261/2004, article 7: distances in km up to which 250, 400 and 600 euros are due.
_SHORT_HAUL_KM, _MEDIUM_HAUL_KM = 1500, 3500
_COMPENSATED_DELAY_HOURS, _FULL_DELAY_HOURS = 3, 4

# Aschoff, Hoffmann, Pohl & Wever (1975), "Re-entrainment of circadian rhythms after phase-shifts of the Zeitgeber".
_SHIFT_MINUTES_PER_DAY = {"east": 57, "west": 92}


@dataclass(frozen=True)
class _Stop:
    """One stop of a journey."""

    place: Annotated[
        str,
        Field(
            description="Town or place of the stop.",
            examples=["Verona", "Bologna", "Salzburg", "Ljubljana", "Trieste", "Graz", "Munich", "Innsbruck"],
        ),
    ]
    nights: Annotated[int, Field(ge=0, le=365, description="Nights spent there.")]


def itinerary_dates(
    start_date: datetime.date, stops: Annotated[list[_Stop], Field(min_length=1, max_length=60)]
) -> list[dict[str, str]]:
    """Lay out the arrival and departure date of every stop of a round trip from the nights spent at each.

    Args:
        start_date: Day of arrival at the first stop.
        stops: The stops in order, each with its number of nights.

    Returns:
        For each stop its ``place``, ``arrive`` and ``leave``, as ISO dates; one leaves and arrives on the same day.

    Source: ISO 8601-1:2019 calendar.
    """
    plan = []
    arrive = start_date
    for stop in stops:
        leave = arrive + datetime.timedelta(days=stop.nights)
        plan.append({"place": stop.place, "arrive": arrive.isoformat(), "leave": leave.isoformat()})
        arrive = leave
    return plan


def flight_delay_compensation(
    distance_km: Annotated[float, Field(gt=0, le=20_100)],
    delay_hours: Annotated[float, Field(ge=0, le=240)],
    both_airports_in_eu: bool = False,
) -> int:
    """Tell what an airline owes each passenger for a flight that arrived late, by the European air passenger rights.

    Args:
        distance_km: Distance of the flight in kilometers.
        delay_hours: Hours by which it reached the destination late.
        both_airports_in_eu: Whether both airports lie within the European Union.

    Returns:
        Euros per passenger, 0 below three hours; nothing is due either where extraordinary circumstances were to blame.

    Source: Regulation (EC) No 261/2004, article 7; Court of Justice, C-402/07 (Sturgeon), for delays.
    """
    if delay_hours < _COMPENSATED_DELAY_HOURS:
        return 0
    if distance_km <= _SHORT_HAUL_KM:
        return 250
    if both_airports_in_eu or distance_km <= _MEDIUM_HAUL_KM:
        return 400
    return 600 if delay_hours >= _FULL_DELAY_HOURS else 300


def jet_lag_recovery(
    time_zones_crossed: Annotated[int, Field(ge=1, le=12)], direction: Literal["east", "west"]
) -> dict[str, float]:
    """Estimate how many days the body clock needs to get over the jet lag of a long flight.

    Args:
        time_zones_crossed: Hours of time difference between home and destination.
        direction: Direction of the flight, east (the harder one) or west.

    Returns:
        ``days`` until the body clock has caught up, and ``shift_minutes_per_day``, by how much it moves each day.

    Source: Aschoff et al. (1975), Chronobiologia 2: 92 minutes a day after westward, 57 after eastward flights.
    """
    shift = _SHIFT_MINUTES_PER_DAY[direction]
    return {"days": round(time_zones_crossed * 60 / shift, 1), "shift_minutes_per_day": shift}
