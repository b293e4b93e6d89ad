"""Environment: emissions, air and water quality, trees, biodiversity and wind."""

import math
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

CATEGORY = "Environment"

# US EPA, "Emission Factors for Greenhouse Gas Inventories": kilograms of CO2 per US gallon burned.
_KG_CO2_PER_GALLON = {
    "gasoline": 8.78,
    "diesel": 10.21,
    "jet_fuel": 9.75,
    "aviation_gasoline": 8.31,
    "liquefied_petroleum_gas": 5.68,
    "kerosene": 10.15,
    "residual_fuel_oil": 11.27,
}
_LITERS_PER_GALLON = 3.785411784  # US gallon, NIST Handbook 44, appendix C

# IPCC Fifth Assessment Report, Working Group I, table 8.A.1: global warming potential over 20 and over 100 years.
_WARMING_POTENTIALS = {
    "methane": {20: 84, 100: 28},
    "nitrous oxide": {20: 264, 100: 265},
    "sulfur hexafluoride": {20: 17_500, 100: 23_500},
    "nitrogen trifluoride": {20: 12_800, 100: 16_100},
    "HFC-23": {20: 10_800, 100: 12_400},
    "HFC-32": {20: 2_430, 100: 677},
    "HFC-134a": {20: 3_710, 100: 1_300},
}


class _Breakpoints(NamedTuple):
    """A pollutant's row in the Air Quality Index."""

    unit: str
    step: str
    """Concentrations are cut down to a multiple of it before they are looked up."""
    uppers: tuple[str, ...]
    """Highest concentration of each index range."""


_INDEX_UPPERS = (50, 100, 150, 200, 300, 500)
_INDEX_CATEGORIES = (
    *("Good", "Moderate", "Unhealthy for Sensitive Groups"),
    *("Unhealthy", "Very Unhealthy", "Hazardous"),
)
# US EPA, "Technical Assistance Document for the Reporting of Daily Air Quality" (2024), table of breakpoints.
_BREAKPOINTS = {
    "PM2.5": _Breakpoints("ug/m3", "0.1", ("9.0", "35.4", "55.4", "125.4", "225.4", "325.4")),
    "PM10": _Breakpoints("ug/m3", "1", ("54", "154", "254", "354", "424", "604")),
    "ozone": _Breakpoints("ppm", "0.001", ("0.054", "0.070", "0.085", "0.105", "0.200")),
    "carbon monoxide": _Breakpoints("ppm", "0.1", ("4.4", "9.4", "12.4", "15.4", "30.4", "50.4")),
    "nitrogen dioxide": _Breakpoints("ppb", "1", ("53", "100", "360", "649", "1249", "2049")),
}

_CARBON_FRACTION = 0.47  # IPCC 2006 Guidelines for National Greenhouse Gas Inventories, volume 4, table 4.3
_CO2_PER_CARBON = 44 / 12
_BETZ_LIMIT = 16 / 27


@dataclass(frozen=True)
class _SpeciesCount:
    """How many individuals of one species were seen."""

    species: Annotated[
        str,
        Field(
            description="Name of the species.",
            examples=["blackbird", "oak", "red fox", "honey bee", "mallard", "common frog", "trout", "daisy"],
        ),
    ]
    count: Annotated[int, Field(ge=0, le=1_000_000_000, description="Individuals counted.")]


def epa_air_quality_index(
    pollutant: Literal["PM2.5", "PM10", "ozone", "carbon monoxide", "nitrogen dioxide"],
    concentration: Annotated[float, Field(ge=0, le=1_000_000)],
) -> dict[str, int | str]:
    """Convert a measured air pollutant concentration to the US Air Quality Index (AQI) and its category.

    Args:
        pollutant: What was measured: PM2.5 or PM10 (24 hours), ozone or carbon monoxide (8 hours), or nitrogen
            dioxide (1 hour).
        concentration: Concentration in ug/m3 for PM2.5 and PM10, in ppm for ozone and carbon monoxide, in ppb for
            nitrogen dioxide.

    Returns:
        ``aqi`` from 0 to 500 and its ``category``, such as ``Moderate``.

    Raises:
        ValueError: The concentration lies beyond the index.

    Source: US EPA, "Technical Assistance Document for the Reporting of Daily Air Quality" (2024).
    """
    row = _BREAKPOINTS[pollutant]
    step = Decimal(row.step)
    measured = Decimal(str(concentration)).quantize(step, rounding=ROUND_DOWN)
    low, index_low = Decimal(0), 0
    for upper, index_high, category in zip(row.uppers, _INDEX_UPPERS, _INDEX_CATEGORIES, strict=False):
        high = Decimal(upper)
        if measured <= high:
            share = float((measured - low) / (high - low))
            return {"aqi": math.floor(index_low + (index_high - index_low) * share + 0.5), "category": category}
        low, index_low = high + step, index_high + 1
    raise ValueError(f"{concentration} {row.unit} of {pollutant} is beyond the index, which ends at {row.uppers[-1]}")


def fuel_co2_emissions(
    fuel: Literal[
        "gasoline",
        "diesel",
        "jet_fuel",
        "aviation_gasoline",
        "liquefied_petroleum_gas",
        "kerosene",
        "residual_fuel_oil",
    ],
    amount: Annotated[float, Field(ge=0, le=1e12)],
    unit: Literal["liters", "gallons"] = "liters",
) -> float:
    """Compute the carbon dioxide (CO2) emissions from burning an amount of fuel.

    Args:
        fuel: Fuel that is burned.
        amount: How much of it.
        unit: Unit of the amount; gallons are US gallons.

    Returns:
        Carbon dioxide in kilograms.

    Source: US EPA, "Emission Factors for Greenhouse Gas Inventories".
    """
    gallons = amount if unit == "gallons" else amount / _LITERS_PER_GALLON
    return round(gallons * _KG_CO2_PER_GALLON[fuel], 2)


def greenhouse_gas_co2_equivalent(
    gas: Literal[
        "methane", "nitrous oxide", "sulfur hexafluoride", "nitrogen trifluoride", "HFC-23", "HFC-32", "HFC-134a"
    ],
    mass_kg: Annotated[float, Field(ge=0, le=1e12)],
    horizon_years: Literal[20, 100] = 100,
) -> dict[str, float]:
    """Convert an amount of a greenhouse gas to its CO2 equivalent, the carbon dioxide that warms the climate as much.

    Args:
        gas: The gas that escapes.
        mass_kg: How much of it, in kilograms.
        horizon_years: Years over which the warming is compared.

    Returns:
        ``co2_equivalent_kg`` and the ``global_warming_potential`` used.

    Source: IPCC Fifth Assessment Report, Working Group I, table 8.A.1.
    """
    potential = _WARMING_POTENTIALS[gas][horizon_years]
    return {"co2_equivalent_kg": round(mass_kg * potential, 3), "global_warming_potential": potential}


def lake_trophic_state(
    indicator: Literal["water transparency", "chlorophyll", "total phosphorus"],
    value: Annotated[float, Field(ge=0.001, le=100_000)],
) -> dict[str, float | str]:
    """Rate how nutrient-rich a lake is by Carlson's trophic state index.

    Args:
        indicator: What was measured: water transparency (Secchi depth), chlorophyll or total phosphorus.
        value: Transparency in meters, chlorophyll or phosphorus in micrograms per liter.

    Returns:
        The ``index`` and the ``trophic_state``, from oligotrophic (clear) to hypereutrophic (very green).

    Raises:
        ValueError: The value is not positive.

    Source: Carlson (1977), "A trophic state index for lakes", Limnology and Oceanography 22(2); classes of Carlson and
        Simpson (1996).
    """
    if value <= 0:
        raise ValueError(f"value must be above 0, got {value}")
    slope, offset = {
        "water transparency": (-14.41, 60.0),
        "chlorophyll": (9.81, 30.6),
        "total phosphorus": (14.42, 4.15),
    }[indicator]
    index = offset + slope * math.log(value)
    states = ((40, "oligotrophic"), (50, "mesotrophic"), (70, "eutrophic"))
    state = next((name for limit, name in states if index < limit), "hypereutrophic")
    return {"index": round(index, 1), "trophic_state": state}


def rainwater_harvest_volume(
    roof_area_m2: Annotated[float, Field(gt=0, le=1e7)],
    rainfall_mm: Annotated[float, Field(ge=0, le=50_000)],
    runoff_coefficient: Annotated[float, Field(gt=0, le=1)] = 0.8,
) -> float:
    """Compute how much rain water, in liters, a roof can collect.

    Args:
        roof_area_m2: Roof area seen from above, in square meters.
        rainfall_mm: Rainfall of the period, in millimeters.
        runoff_coefficient: Share of the rain that reaches the tank: about 0.8 for tiles, 0.9 for sheet metal.

    Returns:
        Water in liters.

    Source: Gould and Nissen-Petersen (1999), "Rainwater Catchment Systems for Domestic Supply".
    """
    return round(roof_area_m2 * rainfall_mm * runoff_coefficient, 1)


def species_diversity_index(
    observations: Annotated[list[_SpeciesCount], Field(min_length=1)],
    index: Literal["shannon", "simpson"] = "shannon",
) -> dict[str, float | int]:
    """Measure biodiversity, how diverse a place is, from counts of its species.

    Args:
        observations: Each species with how many individuals were counted.
        index: ``shannon`` for Shannon's H (natural logarithm), ``simpson`` for Simpson's 1 - D.

    Returns:
        The index as ``diversity``, and ``species_richness``, how many species were found.

    Raises:
        ValueError: Nothing was counted, or a species is given twice.

    Source: Shannon (1948), "A Mathematical Theory of Communication"; Simpson (1949), "Measurement of Diversity",
        Nature 163.
    """
    counts = {each.species.lower(): each.count for each in observations}
    if len(counts) < len(observations):
        raise ValueError("a species is given twice: add its counts up")
    total = sum(counts.values())
    if total == 0:
        raise ValueError("no individuals were counted: give at least one count above 0")
    shares = [count / total for count in counts.values() if count]
    if index == "shannon":
        diversity = -sum(share * math.log(share) for share in shares)
    else:
        diversity = 1 - sum(share**2 for share in shares)
    return {"diversity": round(abs(diversity), 4), "species_richness": len(shares)}


def tree_carbon_storage(
    trunk_diameter_cm: Annotated[float, Field(gt=0, le=500)],
    height_m: Annotated[float, Field(gt=0, le=120)],
    wood_density: Annotated[float, Field(ge=0.05, le=1.5)] = 0.6,
) -> dict[str, float]:
    """Estimate the biomass of a tropical tree and the carbon that it stores.

    Args:
        trunk_diameter_cm: Diameter of the trunk at breast height (1.3 m), in centimeters.
        height_m: Height of the tree in meters.
        wood_density: Density of its dry wood, in g/cm3.

    Returns:
        ``biomass_kg`` (above ground, dry), ``carbon_kg`` in it, and ``co2_kg`` that the tree took from the air for it.

    Source: Chave et al. (2014), "Improved allometric models to estimate the aboveground biomass of tropical trees",
        Global Change Biology 20(10), equation 4; carbon fraction of the IPCC 2006 Guidelines.
    """
    biomass = 0.0673 * (wood_density * trunk_diameter_cm**2 * height_m) ** 0.976
    carbon = biomass * _CARBON_FRACTION
    return {
        "biomass_kg": round(biomass, 1),
        "carbon_kg": round(carbon, 1),
        "co2_kg": round(carbon * _CO2_PER_CARBON, 1),
    }


def wind_turbine_power(
    rotor_diameter_m: Annotated[float, Field(gt=0, le=300)],
    wind_speed: Annotated[float, Field(ge=0, le=40)],
    power_coefficient: Annotated[float, Field(gt=0, le=_BETZ_LIMIT)] = 0.4,
    air_density: Annotated[float, Field(gt=0, le=2)] = 1.225,
) -> float:
    """Compute the power that a wind turbine draws from the wind.

    Args:
        rotor_diameter_m: Diameter of the rotor in meters.
        wind_speed: Wind speed in meters per second.
        power_coefficient: Share of the wind's power that the rotor catches; at most 16/27, the Betz limit.
        air_density: Density of the air in kg/m3; 1.225 at sea level and 15 degrees Celsius.

    Returns:
        Power in kilowatts.

    Source: Manwell, McGowan and Rogers, "Wind Energy Explained"; air density of ISO 2533 (standard atmosphere).
    """
    area = math.pi * rotor_diameter_m**2 / 4
    return round(0.5 * air_density * area * wind_speed**3 * power_coefficient / 1000, 3)
