"""Science: heat, electricity and the Moon."""

import datetime
import math
from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Science"

# CRC Handbook of Chemistry and Physics: specific heat capacity at 25 degrees Celsius in kJ/(kg K), and the degrees
# Celsius between which the substance neither melts nor boils at normal pressure.
_SUBSTANCES = {
    "water": (4.18, 0, 100),
    "ethanol": (2.44, -114, 78),
    "aluminum": (0.897, -273, 660),
    "iron": (0.449, -273, 1538),
    "copper": (0.385, -273, 1084),
    "silver": (0.235, -273, 961),
    "gold": (0.129, -273, 1064),
}
_KJ_PER_KWH = 3600

# Meeus, "Astronomical Algorithms", chapter 49: mean new moon of 6 January 2000, and days from one to the next.
_NEW_MOON_JULIAN_DATE = 2451550.09766
_SYNODIC_DAYS = 29.530588861
_NOON_OF_ORDINAL = 1721425  # Julian date at noon of a day minus its ordinal
_QUARTERS = ("new moon", "waxing crescent", "first quarter", "waxing gibbous", "full moon", "waning gibbous",
             "last quarter", "waning crescent", "new moon")  # fmt: skip
_AROUND_QUARTER_DAYS = 1.0


def heating_energy(
    substance: Literal["water", "ethanol", "aluminum", "iron", "copper", "silver", "gold"],
    mass_kg: Annotated[float, Field(gt=0, le=1e9)],
    from_celsius: Annotated[float, Field(ge=-100, le=3000)],
    to_celsius: Annotated[float, Field(ge=-100, le=3000)],
    heater_watts: Annotated[float, Field(gt=0, le=1e9)] | None = None,
) -> dict[str, float]:
    """Compute the energy it takes to heat a mass of water, metal or alcohol, and how long a heater needs for it.

    Args:
        substance: What is heated.
        mass_kg: Mass in kilograms; a liter of water has 1.
        from_celsius: Temperature at the start in degrees Celsius.
        to_celsius: Temperature at the end in degrees Celsius.
        heater_watts: Power of the heater in watts, if the time is wanted.

    Returns:
        ``kilojoules`` (negative where heat is given off) and ``kwh``, and the ``minutes`` that the heater takes.

    Raises:
        ValueError: The substance would melt, freeze or boil on the way, or a heater is to cool something down.

    Source: CRC Handbook of Chemistry and Physics (specific heat capacities); Q = m c (T2 - T1).
    """
    capacity, lowest, highest = _SUBSTANCES[substance]
    for celsius in (from_celsius, to_celsius):
        if not lowest <= celsius <= highest:
            raise ValueError(f"{substance} changes its state before {celsius:g} degrees: stay in {lowest} to {highest}")
    energy = mass_kg * capacity * (to_celsius - from_celsius)
    result = {"kilojoules": round(energy, 3), "kwh": round(energy / _KJ_PER_KWH, 4)}
    if heater_watts is None:
        return result
    if energy < 0:
        raise ValueError(f"a heater cannot cool {substance} from {from_celsius:g} to {to_celsius:g} degrees")
    return result | {"minutes": round(energy * 1000 / heater_watts / 60, 2)}


def moon_phase_on_date(
    date: Annotated[datetime.date, Field(examples=["2026-08-28", "2027-02-06", "2024-04-08", "1969-07-20"])],
) -> dict[str, str | float]:
    """Tell the phase of the Moon on a date, such as full moon or waxing crescent, and its age in days.

    Args:
        date: The date.

    Returns:
        ``phase``, ``age_days`` since new moon, and how much of the disc is lit (``illuminated_percent``), at noon
        Universal Time; new and full moon come out to within a day.

    Source: Meeus, "Astronomical Algorithms", chapter 49 (mean new moon).
    """
    noon = date.toordinal() + _NOON_OF_ORDINAL
    age = (noon - _NEW_MOON_JULIAN_DATE) % _SYNODIC_DAYS
    quarter, after = divmod(age, _SYNODIC_DAYS / 4)
    place = 2 * int(quarter)
    if _SYNODIC_DAYS / 4 - after <= _AROUND_QUARTER_DAYS:
        place += 2
    elif after > _AROUND_QUARTER_DAYS:
        place += 1
    lit = (1 - math.cos(2 * math.pi * age / _SYNODIC_DAYS)) / 2
    return {"phase": _QUARTERS[place], "age_days": round(age, 1), "illuminated_percent": round(100 * lit, 1)}


def resistor_circuit(
    voltage: Annotated[float, Field(gt=0, le=1e9)],
    resistances: Annotated[list[Annotated[float, Field(ge=0.000001, le=1e12)]], Field(min_length=1, max_length=50)],
    connection: Literal["series", "parallel"] = "series",
) -> dict[str, float]:
    """Find the current that a voltage drives through one or more resistors by Ohm's law, and the power it takes.

    Args:
        voltage: Voltage of the source in volts.
        resistances: Resistance of each resistor in ohms.
        connection: Whether the resistors are connected in series (one after the other) or in parallel.

    Returns:
        ``ohms`` of all resistors together, ``amperes`` of current, and ``watts`` of power.

    Source: Horowitz & Hill, "The Art of Electronics", chapter 1 (Ohm's law, resistors in series and parallel).
    """
    ohms = sum(resistances) if connection == "series" else 1 / sum(1 / one for one in resistances)
    amperes = voltage / ohms
    return {"ohms": round(ohms, 6), "amperes": round(amperes, 6), "watts": round(voltage * amperes, 6)}
