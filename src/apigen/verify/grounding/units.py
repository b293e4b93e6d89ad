"""Units of measure: what one is worth in another, where a query states a quantity, which unit a parameter takes.

A conversion is *stated* when both ends are: the query gives a number with its unit ("half an hour"), and the
parameter's name or description names the unit that it takes ("in seconds"). Factors are those of the SI brochure and
NIST SP 811; a month counts 30 days or 1/12 of a year, a year 365 days or 52 weeks.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from apigen.verify.grounding.numbers import Number
from apigen.verify.grounding.words import split_words, word_set

_TABLE = """
time: 1e-9 ns nanosecond nanoseconds; 1e-6 µs microsecond microseconds; 1e-3 ms msec millisecond milliseconds;
  1 s sec secs second seconds; 60 min mins minute minutes; 3600 h hr hrs hour hours hourly;
  86400 d day days daily night nights; 604800 wk wks week weeks weekly; 1209600 fortnight fortnights;
  2592000 mo mos month months monthly; 7776000 quarter quarters; 31536000 yr yrs year years yearly annual annum;
  315360000 decade decades; 3153600000 century centuries
length: 1e-9 nm nanometer nanometers nanometre; 1e-6 µm micron microns micrometer micrometers;
  1e-3 mm millimeter millimeters millimetre millimetres; 1e-2 cm cms centimeter centimeters centimetre centimetres;
  1 m meter meters metre metres; 1e3 km kms kilometer kilometers kilometre kilometres; 0.0254 in inch inches;
  0.3048 ft foot feet; 0.9144 yd yard yards; 1609.344 mi mile miles; 1852 nmi
mass: 1e-9 µg mcg microgram micrograms; 1e-6 mg milligram milligrams; 1e-3 g gr gram grams gramme grammes;
  1 kg kgs kilo kilos kilogram kilograms; 1e3 t ton tons tonne tonnes; 0.45359237 lb lbs pound pounds;
  0.028349523125 oz ounce ounces; 6.35029318 st stone stones
volume: 1e-3 ml mls milliliter milliliters millilitre millilitres; 1e-2 cl centiliter centiliters;
  0.1 dl deciliter deciliters; 1 l liter liters litre litres; 1e3 m3 m³; 3.785411784 gal gallon gallons;
  0.473176473 pt pint pints; 0.946352946 qt quart quarts; 0.2365882365 cup cups; 0.01478676478125 tbsp tablespoon
  tablespoons; 0.00492892159375 tsp teaspoon teaspoons; 0.0295735295625 floz
area: 1 m2 m² sqm; 1e-4 cm2 cm²; 1e6 km2 km²; 0.09290304 ft2 ft² sqft; 1e4 ha hectare hectares;
  4046.8564224 ac acre acres
data: 0.125 bit bits; 1 byte bytes; 1e3 kb kilobyte kilobytes; 1e6 mb megabyte megabytes; 1e9 gb gigabyte gigabytes;
  1e12 tb terabyte terabytes; 1024 kib; 1048576 mib; 1073741824 gib
binary data: 1 byte bytes; 1024 kb kilobyte kilobytes; 1048576 mb megabyte megabytes; 1073741824 gb gigabyte
  gigabytes; 1099511627776 tb terabyte terabytes
speed: 1 mps m/s; 0.2777777777777778 kmh kph km/h kmph; 0.44704 mph; 0.5144444444444445 kn kt knot knots; 0.3048 fps
energy: 1 j joule joules; 1e3 kj kilojoule kilojoules; 1e6 mj megajoule megajoules; 4.184 cal calorie calories;
  4184 kcal kcals kilocalorie kilocalories; 3600 wh; 3.6e6 kwh; 1.602176634e-19 ev electronvolt electronvolts
power: 1 w watt watts; 1e-3 mw milliwatt milliwatts; 1e3 kw kilowatt kilowatts; 1e6 megawatt megawatts;
  745.69987158227 hp horsepower
pressure: 1 pa pascal pascals; 1e2 hpa hectopascal; 1e3 kpa kilopascal kilopascals; 1e6 mpa; 1e5 bar bars;
  101325 atm atmosphere atmospheres; 6894.757293168 psi; 133.322387415 mmhg
frequency: 1 hz hertz; 1e3 khz kilohertz; 1e6 mhz megahertz; 1e9 ghz gigahertz
capacitance: 1e-12 pf picofarad picofarads; 1e-9 nf nanofarad nanofarads; 1e-6 µf uf microfarad microfarads;
  1e-3 mf millifarad; 1 f farad farads
inductance: 1e-9 nh nanohenry; 1e-6 µh uh microhenry; 1e-3 mh millihenry millihenries; 1 henry henries henrys
resistance: 1 ohm ohms Ω ω; 1e3 kohm kω kilohm kilohms; 1e6 megohm mω
voltage: 1e-6 µv; 1e-3 mv millivolt millivolts; 1 v volt volts; 1e3 kv kilovolt kilovolts
current: 1e-6 µa microampere microamps; 1e-3 ma milliamp milliamps milliampere; 1 a amp amps ampere amperes
force: 1 n newton newtons; 1e3 kn kilonewton kilonewtons; 4.4482216152605 lbf
charge: 1e-9 nc nanocoulomb nanocoulombs; 1e-6 µc microcoulomb microcoulombs; 1e-3 mc; 1 c coulomb coulombs
angle: 1 rad radian radians; 0.017453292519943295 deg degree degrees °
money: 0.01 cent cents penny pennies pence; 1 usd dollar dollars $ euro euros pound pounds
count: 1 piece pieces item items; 2 pair pairs; 12 dozen dozens; 24 case
"""

_ASIDE = word_set("s h d m l t g c a n f w j v in st pt mo min kn mb mw mc cup case kt")
"""Units that a parameter's description names only by their full word."""


class Unit(NamedTuple):
    """One unit of a kind."""

    kind: str
    factor: float
    """Of the kind's base unit, such as seconds or meters."""


def _units() -> dict[str, tuple[Unit, ...]]:
    table: dict[str, tuple[Unit, ...]] = {}
    for kind, text in re.findall(r"^([a-z ]+):((?:.|\n )*)$", _TABLE, re.MULTILINE):
        for entry in text.split(";"):
            factor, *names = entry.split()
            for name in names:
                table[name] = (*table.get(name, ()), Unit(kind, float(factor)))
    return table


UNITS = _units()
"""The units that a word can mean; "pound" is a mass and money, "MB" is 10^6 or 2^20 bytes."""


class Quantity(NamedTuple):
    """A number with its unit, or several that belong together: "1 hour 20 minutes"."""

    amount: float
    """In the base unit of ``kind``."""
    kind: str
    parts: tuple[tuple[float, float], ...]
    """Each as (number, factor)."""
    start: int
    end: int


_UNIT_WORD = re.compile(
    r"[\s-]{0,2}(?:full |whole |more |additional |consecutive |business |working )?"
    r"(km/h|m/s|µ?[^\W\d_]+[²³]?|[a-z]+[23]\b|°|\$)",
    re.IGNORECASE,
)
_COMPOUNDING = re.compile(r"\s*(?:/\s?[a-z]|per\b|[²³^]|squared|cubed)", re.IGNORECASE)
_ONE = re.compile(
    r"\b(?P<half>half (?:an?|of an?) |half[- ])?(?P<one>an?|one|per|each|every|this|next|past|last|previous|prior|"
    r"upcoming|coming|following|entire|whole|full)?(?: (?:single|whole|full|entire|half)\b)? ?"
    r"(?P<unit>second|minute|hour|day|night|week|fortnight|month|quarter|year|decade|century)(?:'s)?\b",
    re.IGNORECASE,
)
_FEET = re.compile(r"(?<![\w.])(\d+)\s?(?:'|ft|feet|foot)\s?(\d+(?:\.\d+)?)\s?(?:\"|''|in|inch|inches)?(?![\w'])")
_AND_HALF = re.compile(r"\s(?:and a half)\b", re.IGNORECASE)


def find_quantities(text: str, numbers: Sequence[Number]) -> list[Quantity]:
    """Every number with a unit right after it, and every "a week", "half an hour", "the past month"."""
    found: list[Quantity] = []
    for match in _FEET.finditer(text):
        amount = int(match[1]) * 0.3048 + float(match[2]) * 0.0254
        parts = ((float(match[1]), 0.3048), (float(match[2]), 0.0254))
        found.append(Quantity(amount, "length", parts, *match.span()))
    for number in numbers:
        found.extend(_after(text, number))
    for match in _ONE.finditer(text):
        if not match["one"] and not match["half"]:
            continue
        amount = 0.5 if match["half"] else 1.5 if _AND_HALF.match(text, match.end()) else 1.0
        factor = UNITS[match["unit"].lower()][0].factor
        found.append(Quantity(amount * factor, "time", ((amount, factor),), *match.span()))
    return [*found, *_sums(text, found)]


def _after(text: str, number: Number) -> Iterator[Quantity]:
    end = number.end
    if number.scale != 1:  # "5m" may be five meters: the suffix is then the unit
        digits = re.compile(r"[\d.,]*\d").match(text, number.start)
        places = [(end, number.values[:1])]
        if digits and digits.end() < end and len(number.values) > 1:
            places.append((digits.end(), number.values[1:2]))
    else:
        places = [(end, number.values)]
    for place, values in places:
        match = _UNIT_WORD.match(text, place)
        if not match or _COMPOUNDING.match(text, match.end()):
            continue
        for unit in UNITS.get(match[1], ()) or UNITS.get(match[1].lower().replace("μ", "µ"), ()):
            for value in values:
                amount = value + (0.5 if _AND_HALF.match(text, match.end()) else 0)
                yield Quantity(amount * unit.factor, unit.kind, ((amount, unit.factor),), number.start, match.end())


def _sums(text: str, found: Sequence[Quantity]) -> Iterator[Quantity]:
    """ "1 hour and 20 minutes", "6 lbs 4 oz": neighbours of one kind, the larger unit first."""
    ordered = sorted(found, key=lambda quantity: quantity.start)
    for one, other in pairwise(ordered):
        gap = text[one.end : other.start].strip(" ,").lower() if one.end <= other.start else "-"
        if one.kind == other.kind and gap in {"", "and", "&"} and one.parts[-1][1] > other.parts[0][1]:
            yield Quantity(one.amount + other.amount, one.kind, one.parts + other.parts, one.start, other.end)


@lru_cache(maxsize=8192)
def units_taken(name: str, description: str) -> tuple[tuple[str, tuple[Unit, ...]], ...]:
    """The units that a parameter may take, by the words of its name and of its description."""
    words = dict.fromkeys((*split_words(name), *split_words(description), *_cased(description)))
    return tuple((word, UNITS[word]) for word in words if word in UNITS and word not in _ASIDE)


def _cased(description: str) -> list[str]:
    """Units in brackets or after "in", however short: "(H)", "in kWh"."""
    return [
        word.lower() for word in re.findall(r"\bin ([A-Za-zµ°/]+)|\(([A-Za-zµ°/]+)\)", description) for word in word
    ]


def converted(quantity: Quantity, name: str, description: str) -> Iterator[float]:
    """A quantity in each unit that the parameter may take."""
    for word, units in units_taken(name, description):
        for unit in units:
            if unit.kind != quantity.kind:
                continue
            yield quantity.amount / unit.factor
            if unit.kind == "time":
                yield from _by_calendar(quantity, word, unit)


def _by_calendar(quantity: Quantity, word: str, unit: Unit) -> Iterator[float]:
    """Two years are 24 months and 104 weeks, though 12 times 30 days make no year."""
    month, quarter, year, week = 2592000, 7776000, 31536000, 604800
    exact = {(year, month): 12, (year, quarter): 4, (quarter, month): 3, (year, week): 52, (month, week): 4}
    amount = 0.0
    for number, factor in quantity.parts:
        times = exact.get((int(factor), int(unit.factor)))
        inverse = exact.get((int(unit.factor), int(factor)))
        amount += number * times if times else number / inverse if inverse else number * factor / unit.factor
    yield amount
    if word in {"day", "days", "daily"} and any(factor == month for _, factor in quantity.parts):
        yield quantity.parts[0][0] * 31
