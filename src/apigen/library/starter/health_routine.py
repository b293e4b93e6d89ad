"""Health: exercise, medicine and nutrition from day to day."""

import datetime
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Health"

_Exercise = Literal[
    "walking", "running", "cycling", "swimming", "rowing machine", "rope jumping", "yoga", "aerobics", "tennis",
    "basketball", "hiking", "gardening",
]  # fmt: skip

# Ainsworth et al. (2011), "Compendium of Physical Activities", Medicine & Science in Sports & Exercise 43: energy as a
# multiple of that at rest. Codes 17190, 12050 (6 mph), 01030 (12-13.9 mph), 18240, 02071, 15551, 02150, 03015, 15690,
# 15040, 17080, 08245.
_METABOLIC_EQUIVALENTS = {
    "walking": 3.5, "running": 9.8, "cycling": 8.0, "swimming": 5.8, "rowing machine": 4.8, "rope jumping": 11.8,
    "yoga": 2.5, "aerobics": 7.3, "tennis": 8.0, "basketball": 8.0, "hiking": 6.0, "gardening": 3.8,
}  # fmt: skip

# Regulation (EU) No 1169/2011, annex XIV: kilocalories and kilojoules in a gram.
_ENERGY_PER_GRAM = {
    "carbohydrate": (4, 17), "protein": (4, 17), "fat": (9, 37), "fiber": (2, 8), "alcohol": (7, 29),
}  # fmt: skip

_Grams = Annotated[float, Field(ge=0, le=100_000)]


@dataclass(frozen=True)
class _Workout:
    """A stretch of exercise."""

    activity: Annotated[_Exercise, Field(description="What was done.")]
    minutes: Annotated[float, Field(gt=0, le=1440, description="How long it was done in minutes.")]


def exercise_calories(
    workouts: Annotated[list[_Workout], Field(min_length=1, max_length=50)],
    weight_kg: Annotated[float, Field(ge=20, le=500)],
) -> dict[str, object]:
    """Estimate how many calories one or more workouts burn.

    Args:
        workouts: What was done, each with its minutes.
        weight_kg: Body weight in kilograms.

    Returns:
        ``kcal`` in all and the ``kcal_of_each`` workout, at moderate effort (running at 9.7 km/h, cycling at 20 km/h).

    Source: Ainsworth et al. (2011), "Compendium of Physical Activities"; 1 kcal per kilogram and hour at rest.
    """
    each = [_METABOLIC_EQUIVALENTS[one.activity] * weight_kg * one.minutes / 60 for one in workouts]
    return {"kcal": round(sum(each)), "kcal_of_each": [round(energy) for energy in each]}


def medication_times(
    first_dose: datetime.datetime,
    hours_between: Annotated[float, Field(ge=0.5, le=168)],
    doses: Annotated[int, Field(ge=1, le=200)],
) -> list[str]:
    """List the times at which to take a medicine that is prescribed every so many hours.

    Args:
        first_dose: When the first dose is taken, as YYYY-MM-DDTHH:MM.
        hours_between: Hours from one dose to the next.
        doses: Number of doses in all, the first included.

    Returns:
        The times in order, each as YYYY-MM-DDTHH:MM.

    Source: plain calendar arithmetic; summer time is not considered.
    """
    step = datetime.timedelta(hours=hours_between)
    return [(first_dose + step * number).strftime("%Y-%m-%dT%H:%M") for number in range(doses)]


def food_energy(
    carbohydrate_g: _Grams, protein_g: _Grams, fat_g: _Grams, fiber_g: _Grams = 0, alcohol_g: _Grams = 0
) -> dict[str, float]:
    """Work out the calories of a food or meal from its nutrients, as for a nutrition label.

    Args:
        carbohydrate_g: Carbohydrates (carbs) without fiber in grams.
        protein_g: Protein in grams.
        fat_g: Fat in grams.
        fiber_g: Dietary fiber in grams.
        alcohol_g: Alcohol in grams.

    Returns:
        ``kcal`` and ``kj``, and the ``fat_percent`` of the energy that comes from fat.

    Source: Regulation (EU) No 1169/2011, annex XIV (conversion factors).
    """
    grams = {
        "carbohydrate": carbohydrate_g,
        "protein": protein_g,
        "fat": fat_g,
        "fiber": fiber_g,
        "alcohol": alcohol_g,
    }
    kcal = sum(_ENERGY_PER_GRAM[nutrient][0] * amount for nutrient, amount in grams.items())
    kilojoules = sum(_ENERGY_PER_GRAM[nutrient][1] * amount for nutrient, amount in grams.items())
    share = 100 * _ENERGY_PER_GRAM["fat"][0] * fat_g / kcal if kcal else 0.0
    return {"kcal": round(kcal, 1), "kj": round(kilojoules, 1), "fat_percent": round(share, 1)}
