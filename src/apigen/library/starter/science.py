"""Science: chemistry, physics, biology and astronomy."""

import datetime
import math
import re
from collections import Counter
from typing import Annotated, Literal

from pydantic import Field

CATEGORY = "Science"

# IUPAC Commission on Isotopic Abundances and Atomic Weights, abridged standard atomic weights (2021).
_ATOMIC_WEIGHTS = {
    "H": 1.008, "He": 4.0026, "Li": 6.94, "Be": 9.0122, "B": 10.81, "C": 12.011, "N": 14.007, "O": 15.999, "F": 18.998,
    "Ne": 20.180, "Na": 22.990, "Mg": 24.305, "Al": 26.982, "Si": 28.085, "P": 30.974, "S": 32.06, "Cl": 35.45,
    "Ar": 39.95, "K": 39.098, "Ca": 40.078, "Sc": 44.956, "Ti": 47.867, "V": 50.942, "Cr": 51.996, "Mn": 54.938,
    "Fe": 55.845, "Co": 58.933, "Ni": 58.693, "Cu": 63.546, "Zn": 65.38, "Ga": 69.723, "Ge": 72.630, "As": 74.922,
    "Se": 78.971, "Br": 79.904, "Kr": 83.798, "Rb": 85.468, "Sr": 87.62, "Y": 88.906, "Zr": 91.224, "Mo": 95.95,
    "Ru": 101.07, "Rh": 102.91, "Pd": 106.42, "Ag": 107.87, "Cd": 112.41, "In": 114.82, "Sn": 118.71, "Sb": 121.76,
    "Te": 127.60, "I": 126.90, "Xe": 131.29, "Cs": 132.91, "Ba": 137.33, "La": 138.91, "Ce": 140.12, "W": 183.84,
    "Pt": 195.08, "Au": 196.97, "Hg": 200.59, "Pb": 207.2, "Bi": 208.98, "Th": 232.04, "U": 238.03,
}  # fmt: skip
_FORMULA_PART = re.compile(r"([A-Z][a-z]?)(\d*)|(\()|\)(\d*)")

# Decay Data Evaluation Project, "Table of Radionuclides" (BIPM Monographie-5): half-lives, here in days.
_DAYS_PER_YEAR = 365.25
_HALF_LIVES_DAYS = {
    "tritium": 12.31 * _DAYS_PER_YEAR, "carbon-14": 5700 * _DAYS_PER_YEAR, "phosphorus-32": 14.28,
    "potassium-40": 1.25e9 * _DAYS_PER_YEAR, "cobalt-60": 5.271 * _DAYS_PER_YEAR, "strontium-90": 28.8 * _DAYS_PER_YEAR,
    "technetium-99m": 6.007 / 24, "iodine-131": 8.02, "cesium-137": 30.05 * _DAYS_PER_YEAR, "radon-222": 3.823,
    "radium-226": 1600 * _DAYS_PER_YEAR, "uranium-235": 7.04e8 * _DAYS_PER_YEAR,
    "uranium-238": 4.468e9 * _DAYS_PER_YEAR, "plutonium-239": 24100 * _DAYS_PER_YEAR,
    "americium-241": 432.6 * _DAYS_PER_YEAR,
}  # fmt: skip
_DAYS = {"minutes": 1 / 1440, "hours": 1 / 24, "days": 1.0, "years": _DAYS_PER_YEAR}

_GREGORIAN_START = datetime.date(1582, 10, 15)
_JULIAN_DATE_OF_ORDINAL_ZERO = 1721424.5  # midnight at which datetime.date.toordinal would be 0

_GAS_CONSTANT = 8.314462618  # J/(mol K), CODATA 2018
_ZERO_CELSIUS = 273.15  # K
_STANDARD_ATMOSPHERE = 101.325  # kPa

# NASA Space Science Data Coordinated Archive, "Planetary Fact Sheet": gravity in m/s2 (Earth: standard gravity).
_GRAVITY = {"Mercury": 3.7, "Venus": 8.9, "Earth": 9.80665, "Moon": 1.6, "Mars": 3.7}

# National Center for Biotechnology Information, "The Genetic Codes", table 1, codons in the order TTT, TTC, TTA, ...
_BASES = "TCAG"
_AMINO_ACIDS = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"
_GENETIC_CODE = dict(zip((a + b + c for a in _BASES for b in _BASES for c in _BASES), _AMINO_ACIDS, strict=True))


def molar_mass(
    formula: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9()·.*]{1,60}$",
            examples=["H2O", "NaCl", "C6H12O6", "Ca(OH)2", "H2SO4", "Al2(SO4)3", "CuSO4·5H2O", "C8H10N4O2"],
        ),
    ],
    grams: Annotated[float, Field(gt=0, le=1e12)] | None = None,
) -> dict[str, float]:
    """Compute the molar mass of a chemical compound from its formula, and the moles in a sample of it.

    Args:
        formula: Chemical formula with element symbols in the right case; a hydrate as in CuSO4·5H2O.
        grams: Mass of a sample in grams, to get the amount of substance in it.

    Returns:
        ``molar_mass`` in g/mol, and ``moles`` if a mass is given.

    Raises:
        ValueError: The formula cannot be read or holds an element that is not in the table.

    Source: IUPAC abridged standard atomic weights (2021).
    """
    mass = 0.0
    for part in re.split(r"[·.*]", formula):
        match = re.fullmatch(r"(\d*)(\D.*)", part)
        if match is None:
            raise ValueError(f"cannot read {part!r} in the formula {formula!r}")
        mass += int(match[1] or 1) * sum(_ATOMIC_WEIGHTS[one] * count for one, count in _atoms(match[2]).items())
    if mass == 0:
        raise ValueError(f"the formula {formula!r} holds no atoms")
    answer = {"molar_mass": round(mass, 3)}
    return answer if grams is None else answer | {"moles": round(grams / mass, 6)}


def radioactive_decay_remaining(
    isotope: Literal[
        "tritium",
        "carbon-14",
        "phosphorus-32",
        "potassium-40",
        "cobalt-60",
        "strontium-90",
        "technetium-99m",
        "iodine-131",
        "cesium-137",
        "radon-222",
        "radium-226",
        "uranium-235",
        "uranium-238",
        "plutonium-239",
        "americium-241",
    ],
    elapsed: Annotated[float, Field(ge=0, le=1e12)],
    time_unit: Literal["minutes", "hours", "days", "years"],
    initial_amount: Annotated[float, Field(gt=0, le=1e12)] = 100,
) -> dict[str, float]:
    """Compute how much of a radioactive isotope is left after some time has passed.

    Args:
        isotope: The isotope.
        elapsed: Time that has passed, in the time unit.
        time_unit: minutes, hours, days or years.
        initial_amount: Amount or activity at the start, in any unit; 100 gives the answer in percent.

    Returns:
        ``remaining`` in the unit of the initial amount, and the number of ``half_lives`` passed.

    Source: Decay Data Evaluation Project, "Table of Radionuclides" (BIPM Monographie-5).
    """
    half_lives = elapsed * _DAYS[time_unit] / _HALF_LIVES_DAYS[isotope]
    remaining = initial_amount * 0.5**half_lives
    return {"remaining": float(f"{remaining:.6g}"), "half_lives": float(f"{half_lives:.6g}")}


def ideal_gas_pressure(
    moles: Annotated[float, Field(gt=0, le=1e12)],
    volume_liters: Annotated[float, Field(ge=1e-6, le=1e12)],
    temperature_celsius: Annotated[float, Field(gt=-273.15, le=1e6)] = 25,
) -> dict[str, float]:
    """Compute the pressure of a gas in a container by the ideal gas law.

    Args:
        moles: Amount of gas in moles.
        volume_liters: Volume of the container in liters.
        temperature_celsius: Temperature of the gas in degrees Celsius.

    Returns:
        ``kilopascals`` and ``atmospheres``.

    Source: pV = nRT with the molar gas constant of CODATA 2018.
    """
    # Joules over liters are kilopascals.
    pressure = moles * _GAS_CONSTANT * (temperature_celsius + _ZERO_CELSIUS) / volume_liters
    return {"kilopascals": round(pressure, 3), "atmospheres": round(pressure / _STANDARD_ATMOSPHERE, 4)}


def dilution_volumes(
    stock_concentration: Annotated[float, Field(ge=1e-12, le=1e9)],
    target_concentration: Annotated[float, Field(ge=1e-12, le=1e9)],
    final_volume_ml: Annotated[float, Field(gt=0, le=1e9)],
) -> dict[str, float]:
    """Find how much stock solution and solvent to mix for a weaker solution of a certain volume (C1V1 = C2V2).

    Args:
        stock_concentration: Concentration of the stock solution.
        target_concentration: Concentration wanted, in the same unit (mol/L, percent, ...).
        final_volume_ml: Volume of the diluted solution in milliliters.

    Returns:
        ``stock_ml``, ``solvent_ml`` and the ``dilution_factor``.

    Raises:
        ValueError: The target is more concentrated than the stock.

    Source: Harris, "Quantitative Chemical Analysis" (dilution formula).
    """
    if target_concentration > stock_concentration:
        raise ValueError(f"cannot dilute {stock_concentration:g} to the higher concentration {target_concentration:g}")
    stock = final_volume_ml * target_concentration / stock_concentration
    factor = stock_concentration / target_concentration
    return {
        "stock_ml": round(stock, 4),
        "solvent_ml": round(final_volume_ml - stock, 4),
        "dilution_factor": round(factor, 4),
    }


def projectile_flight(
    speed_m_s: Annotated[float, Field(gt=0, le=1000)],
    angle_degrees: Annotated[float, Field(ge=0, le=90)],
    launch_height_m: Annotated[float, Field(ge=0, le=100_000)] = 0,
    body: Literal["Mercury", "Venus", "Earth", "Moon", "Mars"] = "Earth",
) -> dict[str, float]:
    """Compute how far, how high and how long a thrown or launched object flies, without air resistance.

    Args:
        speed_m_s: Launch speed in meters per second.
        angle_degrees: Launch angle above the horizontal in degrees.
        launch_height_m: Height of the launch above the landing ground in meters.
        body: Planet or moon on which it is launched, for its gravity.

    Returns:
        ``range_m``, ``maximum_height_m`` above the landing ground and ``flight_seconds``.

    Source: Halliday, Resnick and Walker, "Fundamentals of Physics", chapter 4; NASA Planetary Fact Sheet.
    """
    gravity = _GRAVITY[body]
    angle = math.radians(angle_degrees)
    upward, forward = speed_m_s * math.sin(angle), speed_m_s * math.cos(angle)
    seconds = (upward + math.sqrt(upward**2 + 2 * gravity * launch_height_m)) / gravity
    return {
        "range_m": round(forward * seconds, 2),
        "maximum_height_m": round(launch_height_m + upward**2 / (2 * gravity), 2),
        "flight_seconds": round(seconds, 3),
    }


def translate_dna_to_protein(
    sequence: Annotated[
        str,
        Field(
            pattern=r"^[ACGTUacgtu]{3,3000}$",
            examples=["ATGGCCATTGTAATG", "ATGAAACGCATTAGC", "AUGGGUUAA", "GATTACAGATTACA", "ATGTTTGGCTAA", "CCGGAATTC"],
        ),
    ],
    reading_frame: Annotated[int, Field(ge=1, le=3)] = 1,
    to_stop: bool = False,
) -> dict[str, str | int]:
    """Translate a DNA or RNA sequence into the amino acids (protein) that it codes for.

    Args:
        sequence: Bases A, C, G and T (or U), coding strand from 5' to 3'.
        reading_frame: 1, 2 or 3: the base at which the first codon begins.
        to_stop: Whether to stop at the first stop codon instead of showing it as * and going on.

    Returns:
        ``protein`` in one-letter codes and the number of ``codons`` translated; bases left over are ignored.

    Source: NCBI, "The Genetic Codes", table 1 (standard code).
    """
    bases = sequence.upper().replace("U", "T")[reading_frame - 1 :]
    protein = "".join(_GENETIC_CODE[bases[start : start + 3]] for start in range(0, len(bases) - 2, 3))
    if to_stop:
        protein = protein.partition("*")[0]
    return {"protein": protein, "codons": len(protein)}


def planet_orbital_period(
    semi_major_axis_au: Annotated[float, Field(ge=0.0001, le=1_000_000)],
    star_mass_suns: Annotated[float, Field(ge=0.01, le=1000)] = 1,
) -> dict[str, float]:
    """Compute how long a planet, asteroid or comet takes to go around its star (Kepler's third law).

    Args:
        semi_major_axis_au: Semi-major axis (mean distance from the star) of the orbit in astronomical units (AU).
        star_mass_suns: Mass of the star in solar masses.

    Returns:
        The period in ``years`` and in ``days``.

    Source: Kepler's third law; Carroll and Ostlie, "An Introduction to Modern Astrophysics", chapter 2.
    """
    years = math.sqrt(semi_major_axis_au**3 / star_mass_suns)
    return {"years": round(years, 4), "days": round(years * _DAYS_PER_YEAR, 2)}


def julian_date(utc_moment: datetime.datetime) -> dict[str, float]:
    """Convert a calendar date and time to the Julian date (JD), the day count that astronomers use.

    Args:
        utc_moment: Date and time in UTC (YYYY-MM-DDTHH:MM:SS); one with another time zone is converted.

    Returns:
        ``julian_date`` and ``modified_julian_date``.

    Raises:
        ValueError: The date is before the Gregorian calendar was introduced on 15 October 1582.

    Source: Meeus, "Astronomical Algorithms", chapter 7.
    """
    if utc_moment.tzinfo is not None:
        utc_moment = utc_moment.astimezone(datetime.UTC)
    if utc_moment.date() < _GREGORIAN_START:
        raise ValueError(f"{utc_moment.date()} is before the start of the Gregorian calendar on {_GREGORIAN_START}")
    seconds = utc_moment.hour * 3600 + utc_moment.minute * 60 + utc_moment.second
    julian = utc_moment.toordinal() + _JULIAN_DATE_OF_ORDINAL_ZERO + seconds / 86400
    return {"julian_date": round(julian, 6), "modified_julian_date": round(julian - 2400000.5, 6)}


def _atoms(formula: str) -> Counter[str]:
    """Count the atoms of a formula without a leading number; brackets may be nested."""
    groups: list[Counter[str]] = [Counter()]
    position = 0
    while position < len(formula):
        match = _FORMULA_PART.match(formula, position)
        if match is None:
            raise ValueError(f"cannot read {formula[position:]!r} in the formula {formula!r}")
        position = match.end()
        element, count, opening, factor = match.groups()
        if opening:
            groups.append(Counter())
        elif element:
            if element not in _ATOMIC_WEIGHTS:
                raise ValueError(f"no atomic weight for {element!r} in the formula {formula!r}")
            groups[-1][element] += int(count or 1)
        elif len(groups) == 1:
            raise ValueError(f"a bracket is closed that was not opened in the formula {formula!r}")
        else:
            inner = groups.pop()
            for one, number in inner.items():
                groups[-1][one] += number * int(factor or 1)
    if len(groups) > 1:
        raise ValueError(f"a bracket is not closed in the formula {formula!r}")
    return groups[0]
