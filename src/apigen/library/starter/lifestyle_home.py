"""Lifestyle: paint for the walls, the oven and measuring cups."""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Lifestyle"

# Delia Smith, "Complete Cookery Course" (oven temperatures): mark 1 is 275 degrees Fahrenheit, and each mark 25 more.
_GAS_MARK_BASE, _GAS_MARK_STEP = 250, 25
_FAN_OVEN_LOWER_C = 20

_CupIngredient = Literal[
    "all-purpose flour", "bread flour", "whole wheat flour", "almond flour", "granulated sugar", "brown sugar",
    "powdered sugar", "cocoa powder", "cornstarch", "butter", "honey", "milk", "water", "vegetable oil",
    "chocolate chips",
]  # fmt: skip

# King Arthur Baking, "Ingredient Weight Chart": grams in a US cup.
_GRAMS_PER_CUP = {
    "all-purpose flour": 120, "bread flour": 120, "whole wheat flour": 113, "almond flour": 96,
    "granulated sugar": 198, "brown sugar": 213, "powdered sugar": 113, "cocoa powder": 84, "cornstarch": 112,
    "butter": 226, "honey": 336, "milk": 227, "water": 227, "vegetable oil": 198, "chocolate chips": 170,
}  # fmt: skip


@dataclass(frozen=True)
class _Wall:
    """A wall to paint."""

    width_m: Annotated[float, Field(gt=0, le=1000, description="Width of the wall in meters.")]
    height_m: Annotated[float, Field(gt=0, le=100, description="Height of the wall in meters.")]


def paint_for_walls(
    walls: Annotated[list[_Wall], Field(min_length=1, max_length=60)],
    openings_m2: Annotated[float, Field(ge=0, le=100_000)] = 0,
    coats: Annotated[int, Field(ge=1, le=10)] = 2,
    coverage_m2_per_liter: Annotated[float, Field(ge=1, le=50)] = 10,
) -> dict[str, float]:
    """How many liters of paint it takes to paint the walls of a room.

    Args:
        walls: The walls, each with its width and height.
        openings_m2: Area of windows and doors in square meters, which is not painted.
        coats: Number of coats.
        coverage_m2_per_liter: Area that a liter of the paint covers in square meters, as printed on the tin.

    Returns:
        ``area_m2`` to paint and ``liters`` for all coats, rounded up to a tenth.

    Raises:
        ValueError: The openings are larger than the walls.

    Source: Dulux, "Paint calculator" (area without windows and doors, times coats, divided by the coverage).
    """
    area = sum(wall.width_m * wall.height_m for wall in walls) - openings_m2
    if area <= 0:
        raise ValueError(f"openings_m2 {openings_m2:g} leaves no wall to paint")
    liters = math.ceil(round(area * coats / coverage_m2_per_liter * 10, 6)) / 10
    return {"area_m2": round(area, 2), "liters": liters}


def convert_oven_temperature(
    temperature: Annotated[float, Field(ge=1, le=600)], scale: Literal["celsius", "fahrenheit", "gas_mark"]
) -> dict[str, float]:
    """Convert the oven temperature of a recipe between Celsius, Fahrenheit and gas marks.

    Args:
        temperature: The temperature or gas mark that the recipe says.
        scale: The scale in which the recipe says it.

    Returns:
        ``celsius``, ``fahrenheit``, the closest ``gas_mark`` from 1 to 10, and ``fan_oven_celsius``.

    Raises:
        ValueError: There is no such gas mark.

    Source: Delia Smith, "Complete Cookery Course" (oven temperatures; 20 degrees Celsius less in a fan oven).
    """
    if scale == "gas_mark" and temperature not in range(1, 11):
        raise ValueError(f"gas marks go from 1 to 10, there is no {temperature:g}")
    fahrenheit = {
        "celsius": temperature * 9 / 5 + 32,
        "fahrenheit": temperature,
        "gas_mark": _GAS_MARK_BASE + _GAS_MARK_STEP * temperature,
    }[scale]
    celsius = (fahrenheit - 32) * 5 / 9
    mark = min(10, max(1, round((fahrenheit - _GAS_MARK_BASE) / _GAS_MARK_STEP)))
    return {
        "celsius": round(celsius),
        "fahrenheit": round(fahrenheit),
        "gas_mark": mark,
        "fan_oven_celsius": round(celsius - _FAN_OVEN_LOWER_C),
    }


def ingredient_weight_from_cups(
    ingredient: _CupIngredient, cups: Annotated[float, Field(ge=0.05, le=1000)]
) -> dict[str, float]:
    """Convert cups of a baking ingredient in an American recipe to grams and ounces.

    Args:
        ingredient: The ingredient, since a cup of flour is lighter than a cup of honey.
        cups: Number of US cups.

    Returns:
        Weight in ``grams`` and ``ounces``.

    Source: King Arthur Baking, "Ingredient Weight Chart".
    """
    grams = cups * _GRAMS_PER_CUP[ingredient]
    return {"grams": round(grams, 1), "ounces": round(grams / 28.349523, 2)}
