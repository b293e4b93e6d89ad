"""Environment: the power that households use, and how the weather feels."""

import math
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

CATEGORY = "Environment"


@dataclass(frozen=True)
class _Appliance:
    """An electric appliance and its use."""

    name: Annotated[
        str,
        Field(
            description="What it is.",
            examples=["fridge", "heater", "television", "dehumidifier", "dishwasher", "lamp", "aquarium", "laptop"],
        ),
    ]
    watts: Annotated[float, Field(gt=0, le=1e6, description="Power that it draws in watts.")]
    hours_per_day: Annotated[float, Field(gt=0, le=24, description="Hours that it runs each day.")]


def appliance_energy_use(
    appliances: Annotated[list[_Appliance], Field(min_length=1, max_length=60)],
    days: Annotated[int, Field(ge=1, le=3660)] = 30,
    price_per_kwh: Annotated[float, Field(gt=0, le=1e6)] | None = None,
) -> dict[str, Any]:
    """Add up the electricity that household appliances use, and what it costs.

    Args:
        appliances: The appliances, each with its power and daily hours of use.
        days: Number of days.
        price_per_kwh: Price of a kilowatt hour (kWh), if the cost is wanted.

    Returns:
        ``kwh`` in all, ``by_appliance``, and the ``cost`` where a price is given.

    Source: US Department of Energy, "Estimating Appliance and Home Electronic Energy Use".
    """
    used: dict[str, float] = {}
    for one in appliances:
        used[one.name] = used.get(one.name, 0.0) + one.watts * one.hours_per_day * days / 1000
    total = sum(used.values())
    result: dict[str, Any] = {
        "kwh": round(total, 2),
        "by_appliance": {name: round(energy, 2) for name, energy in used.items()},
    }
    return result if price_per_kwh is None else result | {"cost": round(total * price_per_kwh, 2)}


def wind_chill_temperature(
    temperature_celsius: Annotated[float, Field(ge=-90, le=10)], wind_speed_km_h: Annotated[float, Field(ge=5, le=250)]
) -> float:
    """How cold the air feels on bare skin in the wind (wind chill).

    Args:
        temperature_celsius: Air temperature in degrees Celsius, at most 10.
        wind_speed_km_h: Wind speed in kilometers per hour.

    Returns:
        The temperature that it feels like, in degrees Celsius.

    Source: Environment Canada and US National Weather Service, wind chill index of 2001.
    """
    wind: float = wind_speed_km_h**0.16
    return round(13.12 + 0.6215 * temperature_celsius - 11.37 * wind + 0.3965 * temperature_celsius * wind, 1)


def dew_point_temperature(
    temperature_celsius: Annotated[float, Field(ge=-40, le=60)],
    relative_humidity_percent: Annotated[float, Field(ge=1, le=100)],
) -> float:
    """Find the dew point, the temperature at which moist air begins to leave water on a window or wall.

    Args:
        temperature_celsius: Air temperature in degrees Celsius.
        relative_humidity_percent: Relative humidity of the air in percent.

    Returns:
        The dew point in degrees Celsius.

    Source: Magnus formula; Alduchov & Eskridge (1996), Journal of Applied Meteorology 35.
    """
    slope, base = 17.625, 243.04
    strength = math.log(relative_humidity_percent / 100) + slope * temperature_celsius / (base + temperature_celsius)
    return round(base * strength / (slope - strength), 1)
