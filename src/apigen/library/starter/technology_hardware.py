"""Technology: electronic parts, batteries and the availability of services."""

from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Technology"

_DigitColor = Literal["black", "brown", "red", "orange", "yellow", "green", "blue", "violet", "grey", "white"]

# IEC 60062, "Marking codes for resistors and capacitors": digits by color, powers of ten, tolerances in percent.
_DIGITS = {
    "black": 0, "brown": 1, "red": 2, "orange": 3, "yellow": 4,
    "green": 5, "blue": 6, "violet": 7, "grey": 8, "white": 9,
}  # fmt: skip
_POWERS = _DIGITS | {"gold": -1, "silver": -2}
_TOLERANCES = {
    "brown": 1.0, "red": 2.0, "green": 0.5, "blue": 0.25, "violet": 0.1, "gold": 5.0, "silver": 10.0,
}  # fmt: skip
_UNMARKED_TOLERANCE = 20.0

# Beyer et al., "Site Reliability Engineering" (2016), appendix A "Availability Table": a month of 30 days.
_PERIOD_HOURS = {"day": 24, "week": 7 * 24, "month": 30 * 24, "quarter": 90 * 24, "year": 365 * 24}


def resistor_color_value(
    first_digit: _DigitColor,
    second_digit: _DigitColor,
    multiplier: Literal[
        "black", "brown", "red", "orange", "yellow", "green", "blue", "violet", "grey", "white", "gold", "silver"
    ],
    tolerance: Literal["brown", "red", "green", "blue", "violet", "gold", "silver"] | None = None,
    third_digit: _DigitColor | None = None,
) -> dict[str, float]:
    """Read the resistance of a resistor in ohms from the colors of its bands, which are named in reading order.

    Args:
        first_digit: Color of the first band.
        second_digit: Color of the second band.
        multiplier: Color of the multiplier, the third of four bands and the fourth of five.
        tolerance: Color of the last band, on a resistor with more than three bands.
        third_digit: Color of the third band, on a resistor with five bands only.

    Returns:
        ``ohms`` and ``tolerance_percent``.

    Source: IEC 60062, "Marking codes for resistors and capacitors".
    """
    digits = [first_digit, second_digit] if third_digit is None else [first_digit, second_digit, third_digit]
    number = int("".join(str(_DIGITS[color]) for color in digits))
    power = _POWERS[multiplier]
    ohms = float(number * 10**power) if power >= 0 else number / 10**-power
    percent = _UNMARKED_TOLERANCE if tolerance is None else _TOLERANCES[tolerance]
    return {"ohms": ohms, "tolerance_percent": percent}


def allowed_downtime(
    availability_percent: Annotated[float, Field(ge=90, le=100)],
    period: Literal["day", "week", "month", "quarter", "year"] = "year",
) -> dict[str, float]:
    """How long a service may be down in a day, month or year when its contract promises an availability (uptime).

    Args:
        availability_percent: Promised availability in percent, such as 99.9.
        period: The period to which it applies; a month has 30 days and a year 365.

    Returns:
        The downtime as ``hours``, ``minutes`` and ``seconds``, each of them the whole of it.

    Source: Beyer et al., "Site Reliability Engineering" (2016), appendix A.
    """
    hours = _PERIOD_HOURS[period] * (100 - availability_percent) / 100
    return {"hours": round(hours, 4), "minutes": round(hours * 60, 3), "seconds": round(hours * 3600, 2)}


def battery_runtime(
    capacity_mah: Annotated[float, Field(gt=0, le=1e9)],
    voltage: Annotated[float, Field(ge=0.1, le=1000)],
    load_watts: Annotated[float, Field(ge=0.001, le=1e6)],
    efficiency_percent: Annotated[float, Field(gt=0, le=100)] = 100,
) -> float:
    """Estimate how many hours a battery or power bank can run a device.

    Args:
        capacity_mah: Capacity of the battery in milliampere hours (mAh).
        voltage: Voltage of the battery in volts.
        load_watts: Power that the device draws in watts.
        efficiency_percent: Efficiency in percent, the share of the charge that reaches the device.

    Returns:
        Hours of operation.

    Source: Horowitz & Hill, "The Art of Electronics", chapter 9 (capacity in ampere hours times voltage is energy).
    """
    watt_hours = capacity_mah / 1000 * voltage
    return round(watt_hours * efficiency_percent / 100 / load_watts, 2)
