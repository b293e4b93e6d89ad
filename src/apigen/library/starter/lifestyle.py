"""Lifestyle: kitchen, wardrobe, home, pets and birthdays."""

import datetime
import math
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Lifestyle"


@dataclass(frozen=True)
class _Ingredient:
    """One line of a recipe."""

    name: Annotated[
        str,
        Field(
            description="What it is.",
            examples=["flour", "eggs", "olive oil", "chickpeas", "sugar", "butter", "coconut milk", "onions", "rice"],
        ),
    ]
    amount: Annotated[float, Field(gt=0, le=1e6, description="How much of it.")]
    unit: Annotated[
        str,
        Field(
            description="Unit of the amount; left out for pieces.",
            examples=["g", "ml", "cups", "tablespoons", "teaspoons", "kg", "cans", "cloves"],
        ),
    ] = ""


# Encyclopaedia Britannica, "Zodiac": the (month, day) on which each sign begins.
_SIGNS = (
    ((1, 20), "Aquarius"), ((2, 19), "Pisces"), ((3, 21), "Aries"), ((4, 20), "Taurus"), ((5, 21), "Gemini"),
    ((6, 22), "Cancer"), ((7, 23), "Leo"), ((8, 23), "Virgo"), ((9, 23), "Libra"), ((10, 24), "Scorpio"),
    ((11, 22), "Sagittarius"), ((12, 22), "Capricorn"),
)  # fmt: skip
_ELEMENTS = {
    "fire": ("Aries", "Leo", "Sagittarius"),
    "earth": ("Taurus", "Virgo", "Capricorn"),
    "air": ("Gemini", "Libra", "Aquarius"),
    "water": ("Cancer", "Scorpio", "Pisces"),
}

_COFFEE_GRAMS_PER_LITER = {"mild": 49.5, "standard": 55.0, "strong": 60.5}
_CM_PER_INCH = 2.54
_CUTTING_ALLOWANCE_M = 0.1


def scale_recipe(
    ingredients: Annotated[list[_Ingredient], Field(min_length=1, max_length=60)],
    servings: Annotated[float, Field(ge=0.1, le=100_000)],
    desired_servings: Annotated[float, Field(ge=0.1, le=100_000)],
) -> dict[str, object]:
    """Scale the ingredients of a recipe up or down to another number of servings.

    Args:
        ingredients: The ingredients with the amounts of the original recipe.
        servings: Number of servings (people) that the original recipe makes.
        desired_servings: Number of servings wanted.

    Returns:
        ``factor`` and the ``ingredients`` with their new amounts.

    Source: The Culinary Institute of America, "The Professional Chef" (recipe conversion factor).
    """
    factor = desired_servings / servings
    scaled = [
        {"name": one.name, "amount": round(one.amount * factor, 2)} | ({"unit": one.unit} if one.unit else {})
        for one in ingredients
    ]
    return {"factor": round(factor, 4), "ingredients": scaled}


def bread_dough_weights(
    flour_grams: Annotated[float, Field(gt=0, le=1e9)],
    hydration_percent: Annotated[float, Field(ge=0, le=200)],
    salt_percent: Annotated[float, Field(ge=0, le=100)] = 2,
    yeast_percent: Annotated[float, Field(ge=0, le=100)] = 1,
) -> dict[str, float]:
    """Work out the water, salt and yeast of a bread or pizza dough from baker's percentages of the flour.

    Args:
        flour_grams: Weight of the flour in grams.
        hydration_percent: Weight of the water in percent of the flour.
        salt_percent: Weight of the salt in percent of the flour.
        yeast_percent: Weight of the yeast in percent of the flour.

    Returns:
        ``water_grams``, ``salt_grams``, ``yeast_grams`` and ``dough_grams`` in all.

    Source: Hamelman, "Bread: A Baker's Book of Techniques and Recipes" (baker's percentage).
    """
    water, salt, yeast = (
        round(flour_grams * percent / 100, 2) for percent in (hydration_percent, salt_percent, yeast_percent)
    )
    dough = round(flour_grams + water + salt + yeast, 2)
    return {"water_grams": water, "salt_grams": salt, "yeast_grams": yeast, "dough_grams": dough}


def coffee_grounds_needed(
    cups: Annotated[int, Field(ge=1, le=500)],
    cup_size_ml: Annotated[float, Field(ge=1, le=5000)] = 200,
    strength: Literal["mild", "standard", "strong"] = "standard",
) -> dict[str, float]:
    """Find how much ground coffee and water to use for a number of cups of filter coffee.

    Args:
        cups: Number of cups to brew.
        cup_size_ml: Size of one cup in milliliters.
        strength: mild, standard or strong: the lower end, the middle and the upper end of the recommended range.

    Returns:
        ``coffee_grams`` and ``water_ml``.

    Source: Specialty Coffee Association, Golden Cup Standard (55 g of coffee a liter of water, plus or minus 10 %).
    """
    water = cups * cup_size_ml
    return {"coffee_grams": round(water / 1000 * _COFFEE_GRAMS_PER_LITER[strength], 1), "water_ml": round(water, 1)}


def shoe_size_from_foot_length(
    foot_length_cm: Annotated[float, Field(ge=8, le=40)],
    system: Literal["EU", "US men", "US women", "mondopoint"],
) -> float:
    """Find the shoe size that goes with a measured foot length.

    Args:
        foot_length_cm: Length of the longer foot from heel to toe in centimeters.
        system: EU (Paris points), US men, US women, or mondopoint (ski boots, the foot length in millimeters).

    Returns:
        The size, to the nearest half size (mondopoint: to the nearest 5 mm).

    Raises:
        ValueError: The foot is shorter than the smallest size of the system.

    Source: Paris point of 2/3 cm with the usual 1.5 cm of toe room; Brannock Device Company (US); ISO 9407.
    """
    if system == "mondopoint":
        return 5.0 * math.floor(foot_length_cm * 10 / 5 + 0.5)
    inches = foot_length_cm / _CM_PER_INCH
    size = {"EU": (foot_length_cm + 1.5) * 1.5, "US men": 3 * inches - 22, "US women": 3 * inches - 21}[system]
    if size < 0:
        raise ValueError(f"a foot of {foot_length_cm:g} cm is too short for {system} sizes")
    return math.floor(size * 2 + 0.5) / 2


def wallpaper_rolls_needed(
    wall_length_m: Annotated[float, Field(gt=0, le=10_000)],
    wall_height_m: Annotated[float, Field(gt=0, le=100)],
    pattern_repeat_cm: Annotated[float, Field(ge=0, le=1000)] = 0,
    roll_length_m: Annotated[float, Field(ge=0.5, le=1000)] = 10.05,
    roll_width_m: Annotated[float, Field(ge=0.05, le=10)] = 0.53,
) -> dict[str, float | int]:
    """Count the rolls of wallpaper needed for a wall or a whole room, allowing for trimming and the pattern.

    Args:
        wall_length_m: Length of all walls to be papered together, in meters.
        wall_height_m: Height of the walls in meters.
        pattern_repeat_cm: Distance after which the pattern repeats, in centimeters; 0 for plain wallpaper.
        roll_length_m: Length of a roll in meters.
        roll_width_m: Width of a roll in meters.

    Returns:
        ``rolls``, the ``strips`` hung and the ``strip_length_m`` each is cut to.

    Raises:
        ValueError: A roll is shorter than one strip.

    Source: strip counting with 10 cm for trimming; 10.05 m by 0.53 m is the size of the European roll (EN 233).
    """
    strip = wall_height_m + _CUTTING_ALLOWANCE_M
    if pattern_repeat_cm >= 0.1:
        repeat = pattern_repeat_cm / 100
        strip = math.ceil(round(strip / repeat, 6)) * repeat
    strips_per_roll = math.floor(round(roll_length_m / strip, 6))
    if strips_per_roll == 0:
        raise ValueError(f"a roll of {roll_length_m:g} m is shorter than one strip of {strip:g} m")
    strips = math.ceil(round(wall_length_m / roll_width_m, 6))
    return {"rolls": math.ceil(strips / strips_per_roll), "strips": strips, "strip_length_m": round(strip, 3)}


def zodiac_sign_of_birthday(birthday: datetime.date) -> dict[str, str]:
    """Name the western zodiac sign (star sign) of a birthday, with its element.

    Args:
        birthday: Date of birth (YYYY-MM-DD).

    Returns:
        ``sign`` and ``element``.

    Source: Encyclopaedia Britannica, "Zodiac".
    """
    begun = [name for start, name in _SIGNS if (birthday.month, birthday.day) >= start]
    sign = begun[-1] if begun else "Capricorn"
    return {"sign": sign, "element": next(element for element, signs in _ELEMENTS.items() if sign in signs)}


def dog_age_in_human_years(dog_age_years: Annotated[float, Field(ge=0.2, le=25)]) -> float:
    """Convert a dog's age to human years by comparing how their DNA changes with age.

    Args:
        dog_age_years: Age of the dog in years, at least 0.2.

    Returns:
        The comparable human age in years; the study looked at Labrador retrievers.

    Source: Wang et al. (2020), "Quantitative Translation of Dog-to-Human Aging", Cell Systems 11(2).
    """
    return round(16 * math.log(dog_age_years) + 31, 1)
