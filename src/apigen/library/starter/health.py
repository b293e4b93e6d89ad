"""Health: body measures, energy, heart, blood and pregnancy, by published formulas; no medical advice."""

import datetime
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Health"

_Weight = Annotated[float, Field(gt=0, le=700)]
_Height = Annotated[float, Field(gt=30, le=300)]
_Sex = Literal["female", "male"]


class _ActivityLevel(StrEnum):
    """How much a person moves in everyday life."""

    SEDENTARY = "sedentary"
    LIGHTLY_ACTIVE = "lightly_active"
    MODERATELY_ACTIVE = "moderately_active"
    VERY_ACTIVE = "very_active"
    EXTRA_ACTIVE = "extra_active"


@dataclass(frozen=True)
class _AlcoholicDrink:
    """A drink, or several of the same kind."""

    volume_ml: Annotated[float, Field(gt=0, le=10_000, description="Volume of one drink in milliliters.")]
    alcohol_percent: Annotated[float, Field(gt=0, le=96, description="Alcohol by volume in percent.")]
    quantity: Annotated[int, Field(ge=1, le=50, description="How many of them.")] = 1


# McArdle, Katch and Katch, "Exercise Physiology": multiples of the basal metabolic rate.
_ACTIVITY_FACTORS = {
    _ActivityLevel.SEDENTARY: 1.2,
    _ActivityLevel.LIGHTLY_ACTIVE: 1.375,
    _ActivityLevel.MODERATELY_ACTIVE: 1.55,
    _ActivityLevel.VERY_ACTIVE: 1.725,
    _ActivityLevel.EXTRA_ACTIVE: 1.9,
}

# American College of Sports Medicine, "Guidelines for Exercise Testing and Prescription": share of heart rate reserve.
_RESERVE_SHARES = {"light": (0.30, 0.39), "moderate": (0.40, 0.59), "vigorous": (0.60, 0.89)}

_ETHANOL_DENSITY = 0.789  # g/ml at 20 degrees Celsius
_WIDMARK_FACTORS = {"male": 0.68, "female": 0.55}


def body_mass_index(weight_kg: _Weight, height_cm: _Height) -> dict[str, float | str]:
    """Compute an adult's body mass index (BMI) and its weight category.

    Args:
        weight_kg: Body weight in kilograms.
        height_cm: Height in centimeters.

    Returns:
        ``bmi`` in kg/m2 and ``category``.

    Source: World Health Organization, "Obesity: preventing and managing the global epidemic", TRS 894.
    """
    bmi = weight_kg / (height_cm / 100) ** 2
    limits = ((18.5, "underweight"), (25, "normal weight"), (30, "overweight"))
    return {"bmi": round(bmi, 1), "category": next((name for limit, name in limits if bmi < limit), "obesity")}


def daily_energy_needs(
    sex: _Sex,
    age_years: Annotated[int, Field(ge=18, le=120)],
    weight_kg: _Weight,
    height_cm: _Height,
    activity: _ActivityLevel = _ActivityLevel.SEDENTARY,
) -> dict[str, int]:
    """Estimate how many calories an adult burns a day, at rest and with everyday activity (BMR and TDEE).

    Args:
        sex: Sex of the person, female or male.
        age_years: Age in years.
        weight_kg: Body weight in kilograms.
        height_cm: Height in centimeters.
        activity: sedentary (no exercise), lightly_active, moderately_active, very_active or extra_active.

    Returns:
        ``resting_kcal`` and ``total_kcal`` a day.

    Raises:
        ValueError: The measures are far outside the range of the formula.

    Source: Mifflin et al. (1990), American Journal of Clinical Nutrition 51(2).
    """
    resting = 10 * weight_kg + 6.25 * height_cm - 5 * age_years + (5 if sex == "male" else -161)
    if resting <= 0:
        raise ValueError("the measures are outside the range of the formula; check units: kilograms and centimeters")
    return {"resting_kcal": round(resting), "total_kcal": round(resting * _ACTIVITY_FACTORS[activity])}


def heart_rate_training_zone(
    age_years: Annotated[int, Field(ge=10, le=100)],
    resting_heart_rate: Annotated[int, Field(ge=25, le=120)],
    intensity: Literal["light", "moderate", "vigorous"] = "moderate",
    maximum_heart_rate: Annotated[int, Field(ge=100, le=230)] | None = None,
) -> dict[str, int]:
    """Find the heart rate (pulse) to exercise at for a light, moderate or vigorous workout.

    Args:
        age_years: Age in years.
        resting_heart_rate: Pulse at rest in beats a minute.
        intensity: How hard the workout should be: light, moderate or vigorous.
        maximum_heart_rate: Measured maximum in beats a minute; estimated from the age if it is not given.

    Returns:
        ``from_bpm`` and ``to_bpm`` of the zone and the ``maximum_bpm`` it rests on.

    Raises:
        ValueError: The resting heart rate is not below the maximum.

    Source: Karvonen (1957), heart rate reserve; Tanaka et al. (2001), maximum 208 - 0.7 x age; ACSM intensity ranges.
    """
    maximum = maximum_heart_rate if maximum_heart_rate is not None else 208 - 0.7 * age_years
    reserve = maximum - resting_heart_rate
    if reserve <= 0:
        raise ValueError(f"resting_heart_rate {resting_heart_rate} must be below the maximum of {maximum:g}")
    low, high = (round(resting_heart_rate + share * reserve) for share in _RESERVE_SHARES[intensity])
    return {"from_bpm": low, "to_bpm": high, "maximum_bpm": round(maximum)}


def pregnancy_due_date(
    last_period_start: datetime.date, cycle_days: Annotated[int, Field(ge=20, le=45)] = 28
) -> dict[str, str]:
    """Estimate when a baby is due from the first day of the last menstrual period (Naegele's rule).

    Args:
        last_period_start: First day of the last menstrual period.
        cycle_days: Usual length of the menstrual cycle in days.

    Returns:
        ``due_date``, ``estimated_conception`` and ``second_trimester_starts``, as ISO dates.

    Source: American College of Obstetricians and Gynecologists, Committee Opinion 700 (280 days at a 28 day cycle).
    """
    dated_from = last_period_start + datetime.timedelta(days=cycle_days - 28)
    days = {"due_date": 280, "estimated_conception": 14, "second_trimester_starts": 14 * 7}
    return {event: (dated_from + datetime.timedelta(days=after)).isoformat() for event, after in days.items()}


def blood_pressure_category(
    systolic: Annotated[int, Field(ge=50, le=300)], diastolic: Annotated[int, Field(ge=20, le=200)]
) -> dict[str, str | float]:
    """Classify an adult's blood pressure reading (120 over 80, ...) as normal, elevated or high.

    Args:
        systolic: Upper value in mmHg.
        diastolic: Lower value in mmHg.

    Returns:
        ``category`` and ``mean_arterial_pressure`` in mmHg.

    Raises:
        ValueError: The lower value is not below the upper one.

    Source: Whelton et al. (2017), ACC/AHA guideline for high blood pressure in adults.
    """
    if diastolic >= systolic:
        raise ValueError(f"diastolic {diastolic} must be below systolic {systolic}")
    if systolic > 180 or diastolic > 120:
        category = "hypertensive crisis"
    elif systolic >= 140 or diastolic >= 90:
        category = "stage 2 hypertension"
    elif systolic >= 130 or diastolic >= 80:
        category = "stage 1 hypertension"
    else:
        category = "elevated" if systolic >= 120 else "normal"
    return {"category": category, "mean_arterial_pressure": round(diastolic + (systolic - diastolic) / 3, 1)}


def average_glucose_from_hba1c(
    hba1c_percent: Annotated[float, Field(ge=3, le=20)], unit: Literal["mg/dL", "mmol/L"] = "mg/dL"
) -> float:
    """Convert an HbA1c (A1C) lab result into the average blood sugar of the past months.

    Args:
        hba1c_percent: HbA1c in percent.
        unit: Unit of the blood sugar, mg/dL or mmol/L.

    Returns:
        Estimated average glucose in that unit.

    Source: Nathan et al. (2008), "Translating the A1C Assay Into Estimated Average Glucose Values", Diabetes Care 31.
    """
    if unit == "mmol/L":
        return round(1.59 * hba1c_percent - 2.59, 1)
    return round(28.7 * hba1c_percent - 46.7, 1)


def blood_alcohol_estimate(
    drinks: Annotated[list[_AlcoholicDrink], Field(min_length=1, max_length=30)],
    weight_kg: Annotated[float, Field(ge=30, le=700)],
    sex: _Sex,
    hours: Annotated[float, Field(ge=0, le=72)] = 0,
) -> dict[str, float]:
    """Estimate the blood alcohol level after some drinks; no basis for a decision to drive.

    Args:
        drinks: What was drunk, with volume, strength and number.
        weight_kg: Body weight in kilograms.
        sex: Sex of the person, female or male.
        hours: Hours since the first drink.

    Returns:
        ``blood_alcohol_percent`` (0.05 is half a gram per liter of blood) and ``alcohol_grams`` in all.

    Source: Widmark (1932), factors 0.68 and 0.55, with an elimination of 0.015 percent an hour.
    """
    grams = sum(d.volume_ml * d.alcohol_percent / 100 * _ETHANOL_DENSITY * d.quantity for d in drinks)
    level = grams / (weight_kg * 1000 * _WIDMARK_FACTORS[sex]) * 100 - 0.015 * hours
    return {"blood_alcohol_percent": round(max(0.0, level), 3), "alcohol_grams": round(grams, 1)}
