"""Travel: flights, roads, hotels, visas, passports, sockets and hikes."""

import calendar
import datetime
import math
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Travel"

_EARTH_RADIUS_KM = 6371.0088  # mean radius, International Union of Geodesy and Geophysics
_KILOMETERS_PER = {"kilometers": 1.0, "miles": 1.609344, "nautical_miles": 1.852}

_Airport = Literal[
    "AKL", "AMS", "ARN", "ATH", "ATL", "BKK", "BOM", "CAI", "CDG", "CPH", "CPT", "DEL", "DUB", "DXB", "EZE", "FCO",
    "FRA", "GRU", "HEL", "HKG", "ICN", "IST", "JFK", "JNB", "KEF", "LAX", "LHR", "LIS", "MAD", "MEX", "MIA", "NBO",
    "NRT", "ORD", "SFO", "SIN", "SYD", "VIE", "YYZ", "ZRH",
]  # fmt: skip

# Latitude and longitude in degrees: airport reference points of the national Aeronautical Information Publications.
_AIRPORT_COORDINATES = {
    "AKL": (-37.01, 174.79), "AMS": (52.31, 4.76), "ARN": (59.65, 17.92), "ATH": (37.94, 23.94),
    "ATL": (33.64, -84.43), "BKK": (13.68, 100.75), "BOM": (19.09, 72.87), "CAI": (30.12, 31.41),
    "CDG": (49.01, 2.55), "CPH": (55.62, 12.66), "CPT": (-33.96, 18.60), "DEL": (28.57, 77.10),
    "DUB": (53.42, -6.27), "DXB": (25.25, 55.36), "EZE": (-34.82, -58.54), "FCO": (41.80, 12.24),
    "FRA": (50.03, 8.57), "GRU": (-23.44, -46.47), "HEL": (60.32, 24.96), "HKG": (22.31, 113.91),
    "ICN": (37.47, 126.45), "IST": (41.28, 28.75), "JFK": (40.64, -73.78), "JNB": (-26.14, 28.25),
    "KEF": (63.99, -22.61), "LAX": (33.94, -118.41), "LHR": (51.47, -0.46), "LIS": (38.78, -9.14),
    "MAD": (40.47, -3.56), "MEX": (19.44, -99.07), "MIA": (25.79, -80.29), "NBO": (-1.32, 36.93),
    "NRT": (35.76, 140.39), "ORD": (41.98, -87.90), "SFO": (37.62, -122.38), "SIN": (1.35, 103.99),
    "SYD": (-33.95, 151.18), "VIE": (48.11, 16.57), "YYZ": (43.68, -79.63), "ZRH": (47.46, 8.55),
}  # fmt: skip

_Country = Literal[
    "Argentina", "Australia", "Austria", "Belgium", "Brazil", "Canada", "China", "Finland", "France", "Germany",
    "Greece", "India", "Ireland", "Italy", "Japan", "Kenya", "Mexico", "Netherlands", "New Zealand", "Norway",
    "Poland", "Portugal", "Singapore", "South Korea", "Spain", "Sweden", "Switzerland", "United Kingdom",
    "United States",
]  # fmt: skip

# Socket types and mains voltage: International Electrotechnical Commission, "World Plugs" (IEC TR 60083).
_MAINS = {
    "Argentina": ("CI", "220 V"), "Australia": ("I", "230 V"), "Austria": ("CF", "230 V"), "Belgium": ("CE", "230 V"),
    "Brazil": ("CN", "127 or 220 V"), "Canada": ("AB", "120 V"), "China": ("ACI", "220 V"), "Finland": ("CF", "230 V"),
    "France": ("CE", "230 V"), "Germany": ("CF", "230 V"), "Greece": ("CF", "230 V"), "India": ("CDM", "230 V"),
    "Ireland": ("G", "230 V"), "Italy": ("CFL", "230 V"), "Japan": ("AB", "100 V"), "Kenya": ("G", "240 V"),
    "Mexico": ("AB", "127 V"), "Netherlands": ("CF", "230 V"), "New Zealand": ("I", "230 V"),
    "Norway": ("CF", "230 V"), "Poland": ("CE", "230 V"), "Portugal": ("CF", "230 V"), "Singapore": ("G", "230 V"),
    "South Korea": ("CF", "220 V"), "Spain": ("CF", "230 V"), "Sweden": ("CF", "230 V"),
    "Switzerland": ("CJ", "230 V"), "United Kingdom": ("G", "230 V"), "United States": ("AB", "120 V"),
}  # fmt: skip


@dataclass(frozen=True)
class _Stay:
    """One stay in the Schengen area; both days count as days of presence."""

    entry: Annotated[datetime.date, Field(description="Day of entry.")]
    exit: Annotated[datetime.date, Field(description="Day of exit.")]


def airport_distance(
    origin: _Airport,
    destination: _Airport,
    unit: Literal["kilometers", "miles", "nautical_miles"] = "kilometers",
) -> int:
    """Great-circle flight distance between two large airports.

    Args:
        origin: IATA code of the airport of departure.
        destination: IATA code of the airport of arrival.
        unit: Unit of the distance.

    Returns:
        The distance along the Earth's surface, rounded to whole units.

    Source: haversine formula; Sinnott, "Virtues of the Haversine", Sky & Telescope 68 (1984).
    """
    latitude_1, longitude_1 = map(math.radians, _AIRPORT_COORDINATES[origin])
    latitude_2, longitude_2 = map(math.radians, _AIRPORT_COORDINATES[destination])
    haversine = (
        math.sin((latitude_2 - latitude_1) / 2) ** 2
        + math.cos(latitude_1) * math.cos(latitude_2) * math.sin((longitude_2 - longitude_1) / 2) ** 2
    )
    kilometers = 2 * _EARTH_RADIUS_KM * math.asin(math.sqrt(haversine))
    return round(kilometers / _KILOMETERS_PER[unit])


def flight_arrival_time(
    departure: datetime.datetime,
    flight_hours: Annotated[int, Field(ge=0, le=24)],
    departure_utc_offset: Annotated[float, Field(ge=-12, le=14)],
    arrival_utc_offset: Annotated[float, Field(ge=-12, le=14)],
    flight_minutes: Annotated[int, Field(ge=0, le=59)] = 0,
) -> dict[str, object]:
    """Local date and time at which a flight lands, across time zones.

    Args:
        departure: Local date and time of departure, as YYYY-MM-DDTHH:MM:SS.
        flight_hours: Whole hours of flight time.
        departure_utc_offset: Hours that local time at the departure airport is ahead of UTC (negative: behind).
        arrival_utc_offset: Hours that local time at the arrival airport is ahead of UTC (negative: behind).
        flight_minutes: Minutes of flight time beyond the whole hours.

    Returns:
        ``arrival``, local and in ISO form, and ``days_later``, calendar days after the day of departure.

    Source: ISO 8601-1, local time as UTC plus the offset from UTC.
    """
    shift = datetime.timedelta(hours=arrival_utc_offset - departure_utc_offset)
    local = departure.replace(tzinfo=None)
    arrival = local + datetime.timedelta(hours=flight_hours, minutes=flight_minutes) + shift
    return {
        "arrival": arrival.isoformat(timespec="minutes"),
        "days_later": (arrival.date() - local.date()).days,
    }


def road_trip_fuel_cost(
    distance_km: Annotated[float, Field(gt=0, le=50000)],
    liters_per_100_km: Annotated[float, Field(gt=0, le=100)],
    price_per_liter: Annotated[float, Field(gt=0, le=100_000)],
    round_trip: bool = False,
) -> dict[str, float]:
    """Fuel needed for a drive and what it costs.

    Args:
        distance_km: Length of the way there, in kilometers.
        liters_per_100_km: Fuel consumption of the vehicle, in liters per 100 kilometers.
        price_per_liter: Price of a liter of fuel.
        round_trip: Whether to drive back as well (round trip, there and back).

    Returns:
        ``liters`` and ``cost``, in the currency of the price.

    Source: Regulation (EU) 2017/1151, fuel consumption stated in liters per 100 kilometers.
    """
    liters = distance_km * (2 if round_trip else 1) * liters_per_100_km / 100
    return {"liters": round(liters, 2), "cost": round(liters * price_per_liter, 2)}


def hotel_stay_cost(
    check_in: datetime.date,
    check_out: datetime.date,
    nightly_rate: Annotated[float, Field(ge=0, le=1e9)],
    rooms: Annotated[int, Field(ge=1, le=50)] = 1,
    tax_percent: Annotated[float, Field(ge=0, le=50)] = 0.0,
) -> dict[str, float]:
    """Total cost of a hotel stay between two dates.

    Args:
        check_in: Day of arrival.
        check_out: Day of departure; that night is not charged.
        nightly_rate: Price of one room for one night, before tax.
        rooms: Number of rooms.
        tax_percent: Tax added to the price, in percent.

    Returns:
        ``nights``, ``before_tax`` and ``total``, in the currency of the rate.

    Raises:
        ValueError: The day of departure is not after the day of arrival.

    Source: days between calendar dates as in ISO 8601; a stay is charged by the night.
    """
    nights = (check_out - check_in).days
    if nights < 1:
        raise ValueError(f"check_out {check_out} is not after check_in {check_in}: a stay has at least one night")
    before_tax = nights * nightly_rate * rooms
    return {
        "nights": nights,
        "before_tax": round(before_tax, 2),
        "total": round(before_tax * (1 + tax_percent / 100), 2),
    }


def schengen_days_left(
    stays: Annotated[list[_Stay], Field(max_length=50)],
    on_date: datetime.date,
) -> dict[str, int]:
    """Days that a visa-free visitor may still stay in the Schengen area (90 days in any 180-day period).

    Args:
        stays: Earlier and current stays.
        on_date: The day to check; the 180-day period ends with it.

    Returns:
        ``days_used`` within the period and ``days_left`` of the 90, not below zero.

    Raises:
        ValueError: A stay ends before it begins.

    Source: Regulation (EU) 2016/399 (Schengen Borders Code), Article 6(1) and (2).
    """
    last_day = on_date.toordinal()
    present: set[int] = set()
    for stay in stays:
        if stay.exit < stay.entry:
            raise ValueError(f"the stay from {stay.entry} ends before it begins, on {stay.exit}: swap the dates")
        first = max(stay.entry.toordinal(), last_day - 179)
        present.update(range(first, min(stay.exit.toordinal(), last_day) + 1))
    return {"days_used": len(present), "days_left": max(90 - len(present), 0)}


def travel_adapter_check(home_country: _Country, destination_country: _Country) -> dict[str, object]:
    """Whether plugs from one country fit the electric sockets of another, or a travel adapter is needed.

    Args:
        home_country: Country where the devices were bought.
        destination_country: Country where they are to be plugged in.

    Returns:
        ``adapter_needed`` (no, for some plugs, or yes), the plug types of both countries, which of them fit, and the
        mains voltage of both.

    Source: International Electrotechnical Commission, "World Plugs"; E and F plugs fit both sockets (CEE 7/7).
    """
    home_plugs, home_voltage = _MAINS[home_country]
    sockets, voltage = _MAINS[destination_country]
    accepted = set(sockets) | ({"E", "F"} if set(sockets) & {"E", "F"} else set())
    fitting = [plug for plug in home_plugs if plug in accepted]
    needed = "yes" if not fitting else "no" if len(fitting) == len(home_plugs) else "for some plugs"
    return {
        "adapter_needed": needed,
        "home_plugs": list(home_plugs),
        "destination_sockets": list(sockets),
        "plugs_that_fit": fitting,
        "home_voltage": home_voltage,
        "destination_voltage": voltage,
    }


def passport_valid_for_trip(
    expiry_date: datetime.date,
    return_date: datetime.date,
    months_required: Annotated[int, Field(ge=0, le=12)] = 6,
) -> dict[str, object]:
    """Check whether a passport is valid long enough for a trip, as with the six-month rule of many countries.

    Args:
        expiry_date: Day on which the passport expires.
        return_date: Last day of the trip.
        months_required: Months for which the passport must remain valid after the trip.

    Returns:
        ``valid``, ``valid_until_at_least`` (the earliest expiry date that would do) and ``days_to_spare``, which is
        negative where the passport expires too early.

    Source: International Air Transport Association, "Travel Information Manual", passport validity rules.
    """
    month_index = return_date.month - 1 + months_required
    year, month = return_date.year + month_index // 12, month_index % 12 + 1
    # The month that is reached may be shorter: 31 August plus six months is the last day of February.
    needed = datetime.date(year, month, min(return_date.day, calendar.monthrange(year, month)[1]))
    days_to_spare = (expiry_date - needed).days
    return {
        "valid": days_to_spare >= 0,
        "valid_until_at_least": needed.isoformat(),
        "days_to_spare": days_to_spare,
    }


def hiking_time_estimate(
    distance_km: Annotated[float, Field(gt=0, le=200)],
    ascent_m: Annotated[float, Field(ge=0, le=9000)] = 0,
    pace_km_per_hour: Annotated[float, Field(ge=1, le=10)] = 5,
    rest_minutes: Annotated[int, Field(ge=0, le=1440)] = 0,
) -> dict[str, float | str]:
    """Estimate how long a hike in hills or mountains takes from its length and climb (Naismith's rule).

    Args:
        distance_km: Length of the walk in kilometers.
        ascent_m: Height climbed on the way, in meters, all climbs added up.
        pace_km_per_hour: Walking pace on level ground, in kilometers an hour.
        rest_minutes: Breaks and rests on the way, in minutes altogether.

    Returns:
        ``minutes`` and ``duration`` as H:MM.

    Source: Naismith (1892), Scottish Mountaineering Club Journal 2: an hour for every 2000 feet climbed, here 600 m.
    """
    minutes = distance_km / pace_km_per_hour * 60 + ascent_m / 10 + rest_minutes
    whole = math.floor(minutes + 0.5)
    return {"minutes": round(minutes, 1), "duration": f"{whole // 60}:{whole % 60:02}"}
