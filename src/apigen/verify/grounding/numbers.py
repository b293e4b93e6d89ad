"""Numbers as people write them, and the values that each mention can stand for.

One mention may ground several values: "5%" is 5 and 0.05, "5k" is 5000 and (a race, a resistor) 5, "1/2" is 0.5,
1 and 2. A number inside a larger one is never a mention: "150" says nothing about 15.
"""

import math
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple


def _numbered(words: str, start: int = 0, step: int = 1) -> dict[str, int]:
    return {word: start + step * index for index, word in enumerate(words.split())}


UNITS = _numbered(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
"""Number words below twenty."""

TENS = _numbered("twenty thirty forty fifty sixty seventy eighty ninety", start=20, step=10)
SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
ORDINALS = _numbered(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth",
    start=1,
) | {"twentieth": 20, "thirtieth": 30, "fortieth": 40, "fiftieth": 50, "hundredth": 100}
FRACTIONS = {"half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10}
LOOSE = {"once": 1, "single": 1, "twice": 2, "double": 2, "couple": 2, "pair": 2, "both": 2, "thrice": 3, "triple": 3}
LOOSE |= {"nil": 0, "none": 0, "nought": 0, "dozen": 12, "nothing": 0}

_STANDING = frozenset(("no", "without", "standstill", "stationary", "motionless"))

_CARDINALS = frozenset((*UNITS, *TENS, *SCALES))

_SUFFIX = {
    "k": 10**3, "thousand": 10**3, "grand": 10**3, "m": 10**6, "mm": 10**6, "mn": 10**6, "mil": 10**6,
    "million": 10**6, "millions": 10**6, "b": 10**9, "bn": 10**9, "billion": 10**9, "t": 10**12,
    "trillion": 10**12, "hundred": 100, "dozen": 12, "dozens": 12, "lakh": 10**5, "crore": 10**7,
}  # fmt: skip
_HUNDRED = 100
_LONGEST_INT = 40
"""Digits of the longest number that is kept exactly."""

_GLYPHS = {"½": 1 / 2, "¼": 1 / 4, "¾": 3 / 4, "⅓": 1 / 3, "⅔": 2 / 3, "⅕": 1 / 5, "⅛": 1 / 8, "⅜": 3 / 8}

_NUMBER = re.compile(
    r"""
    (?P<sign>[-+]\ ?)?(?P<currency>[$€£¥₹]\ ?)?
    (?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d])   # 1,234.50
      |\d{1,2}(?:,\d{2})+,\d{3}(?!\d)                  # 1,00,000
      |\d{1,3}(?:\.\d{3})+,\d{1,2}(?!\d)               # 1.234,50
      |\d{1,3}(?:'\d{3})+(?!\d)               # 1'234
      |\d+(?:\.\d+){2,}                                # 03.03.2024, 10.0.0.1: each part counts
      |\d+(?:\.\d+)?|\.\d+)
    (?:(?P<exp>e[-+]?\d+)(?![a-z\d])|\ ?[x*]\ ?10\ ?(?:\^|\*\*)\ ?(?P<power>-?\d+))?
    (?:(?P<glyph>[½¼¾⅓⅔⅕⅛⅜])|(?P<mixed>\ \d+)?/(?P<under>\d+)(?![\d/]))?
    (?:\ ?(?P<percent>%|percent\b|per\ cent\b|pct\b)
      |[\ -]?(?P<suffix>thousand|grand|millions?|billion|trillion|hundred|dozens?|lakh|crore|mil|bn|mm|mn|[kmbt])
       (?![^\W\d_]))?
    """,
    re.VERBOSE | re.IGNORECASE,
)  # fmt: skip
_DECIMAL = re.compile(r"\d+(?:\.\d+)?")
_RANGE = re.compile(r"\s*(?:-|to|or|and|,)\s*[$€£¥₹]?\s*")
_BELOW_ZERO = re.compile(
    r"\s*(?:°|deg\w*|[CF]\b)*\s*(?:[cf]|celsius|fahrenheit)?\s*(?:below(?: zero)?|sub-?zero)\b", re.IGNORECASE
)
_MINUS_WORD = re.compile(r"\b(?:minus|negative|neg)\s+[$€£¥₹]?$", re.IGNORECASE)


class Number(NamedTuple):
    """One mention of a number in a text."""

    values: tuple[float, ...]
    """What it can stand for, the plainest reading first."""
    start: int
    end: int
    percent: bool = False
    currency: bool = False
    digits: bool = True
    """Written in digits rather than in words."""
    scale: float = 1
    """What a suffix multiplies by: 0.01 for %, 1000 for k."""


def find_numbers(text: str, words: Sequence[tuple[str, int, int]]) -> list[Number]:
    """Every mention of a number, in digits and in words, in the order of the text.

    Args:
        text: the query.
        words: its tokens as (normalised word, start, end).
    """
    found = _scale_ranges(text, list(_in_digits(text)))
    found.extend(_in_words(text, words))
    found.sort(key=lambda number: number.start)
    return [finite for number in found if (finite := _finite(number)).values]


def _finite(number: Number) -> Number:
    """A mention without readings that are too large for a number, such as 1e999."""
    if all(map(math.isfinite, number.values)):
        return number
    return number._replace(values=tuple(filter(math.isfinite, number.values)))


def close(result: float, value: float, share: float) -> bool:
    """Whether a value is what was computed, up to a share of it; nothing is near a result beyond all numbers."""
    return math.isfinite(result) and abs(value - result) <= share * abs(result)


def key(value: float) -> float:
    """The form under which equal numbers meet: 0.1 + 0.2 is 0.3, 3.50 is 3.5."""
    return value if isinstance(value, int) else float(f"{value:.12g}")


def _in_digits(text: str) -> Iterator[Number]:
    first = len(text) - len(text.lstrip())
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        digits = match["digits"]
        if digits.count(".") > 1 and "," not in digits:
            yield Number(tuple(map(_whole, digits.split("."))), start, end)
            continue
        if "," in digits and (text[start - 1 : start] == "[" or text[end : end + 1] == "]"):
            for part in re.finditer(r"[\d.]+", digits):  # "[200,300]" is a list, not one number
                yield Number((_plain(part[0]),), start + part.start(), start + part.end())
            continue
        values = _values(match, _plain(digits))
        sign = match["sign"]
        currency = bool(match["currency"])
        if sign and sign[0] == "-":
            offset = text[max(0, start - 3) : start].upper() in {"UTC", "GMT"}
            glued = not offset and start > 0 and (text[start - 1].isalnum() or text[start - 1] in ")%]")
            if not glued and len(sign) == 1:
                values = tuple(-value for value in values)
            elif not glued:
                values = (*values, *(-value for value in values))
        if not sign and (_MINUS_WORD.search(text, max(0, start - 12), start) or _BELOW_ZERO.match(text, end)):
            values = (*(-value for value in values), *values) if start > first else tuple(-value for value in values)
        yield Number(
            values, start + (len(sign) if sign else 0), end, bool(match["percent"]), currency, scale=_scale(match)
        )


def _scale(match: re.Match[str]) -> float:
    if match["percent"]:
        return 0.01
    return _SUFFIX[match["suffix"].lower()] if match["suffix"] else 1


def _scale_ranges(text: str, found: list[Number]) -> list[Number]:
    """In "5-10%" and "2 to 3 million" the first number is scaled as the second is."""
    for index in range(len(found) - 2, -1, -1):
        one, following = found[index], found[index + 1]
        if one.scale == 1 and following.scale != 1 and _RANGE.fullmatch(text, one.end, following.start):
            scaled = (one.values[0] / 100 if following.percent else one.values[0] * following.scale,)
            found[index] = one._replace(values=one.values + scaled, scale=following.scale, percent=following.percent)
    return found


def _plain(digits: str) -> float:
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d{1,2}", digits):
        digits = digits.replace(".", "").replace(",", ".")
    digits = re.sub(r"[,']", "", digits)
    return float(digits) if "." in digits else _whole(digits)


def _whole(digits: str) -> float:
    return int(digits) if len(digits) <= _LONGEST_INT else float(digits)


def _values(match: re.Match[str], value: float) -> tuple[float, ...]:
    if match["exp"]:
        return (float(f"{value}{match['exp']}"), value)
    if match["power"]:
        return (float(f"{value}e{match['power']}"), value)
    if match["glyph"]:
        return (value + _GLYPHS[match["glyph"]],)
    if match["under"]:
        under = _whole(match["under"])
        if match["mixed"]:
            over = _whole(match["mixed"].strip())
            return (value + over / under, over / under) if under else (value, over, under)
        return (value / under, value, under) if under else (value, under)
    if match["percent"]:
        return (value, value / 100)
    if match["suffix"]:
        scaled = value * _SUFFIX[match["suffix"].lower()]
        return (scaled, value)
    return (value,)


def _in_words(text: str, words: Sequence[tuple[str, int, int]]) -> Iterator[Number]:
    index = 0
    while index < len(words):
        word, start, end = words[index]
        parsed = _cardinal(words, index) if word in _CARDINALS else None
        if parsed:
            value, after = parsed
            yield from _word_number(text, words, value, index, after)
            index = after
            continue
        if word in ORDINALS:
            yield Number((ORDINALS[word],), start, end, digits=False)
        elif word in LOOSE:
            yield Number((LOOSE[word],), start, end, digits=False)
        if word in FRACTIONS and word != "second":
            yield from _fraction(words, index)
        elif word in _STANDING or (word == "rest" and index and words[index - 1][0] in {"from", "at"}):
            yield Number((0,), start, end, digits=False)
        index += 1
    for position, character in enumerate(text):
        if character in _GLYPHS and (position == 0 or not text[position - 1].isdigit()):
            yield Number((_GLYPHS[character],), position, position + 1)


def _word_number(
    text: str, words: Sequence[tuple[str, int, int]], value: int, index: int, after: int
) -> Iterator[Number]:
    start, end = words[index][1], words[after - 1][2]
    values: tuple[float, ...] = (value,)
    following = [word for word, _, _ in words[after : after + 4]]
    if following[:1] and following[0].rstrip("s") in FRACTIONS and following[0] != "second":
        values = (value / FRACTIONS[following[0].rstrip("s")], value)  # two thirds
    elif following[:3] == ["and", "a", "half"]:
        scale = SCALES.get(following[3], 1) if len(following) > 3 else 1
        values = ((value + 0.5) * scale, value)
    elif following[:1] and following[0] in {"percent", "pct"}:
        yield Number((value, value / 100), start, end, percent=True, digits=False)
        return
    elif following[:1] == ["dozen"]:
        values = (value * 12, value)
    elif following[:1] and following[0] in ORDINALS and value in TENS.values() and ORDINALS[following[0]] < 10:
        values = (value + ORDINALS[following[0]],)  # twenty-first
    if index and words[index - 1][0] in {"minus", "negative"}:
        values = tuple(-value for value in values)
    elif _BELOW_ZERO.match(text, end):
        values = (*(-value for value in values), *values)
    yield Number(values, start, end, digits=False)


def _cardinal(words: Sequence[tuple[str, int, int]], index: int) -> tuple[int, int] | None:
    """Read "two hundred and fifty thousand" from ``index`` on: its value and the index after it.

    "one hundred and two hundred" are two numbers: a scale that cannot follow ends the number at the scale before it.
    """
    total, group, last, below = 0, 0, "", math.inf
    begin = index
    at_scale = (0, index)
    while index < len(words):
        word = words[index][0]
        if (
            word in UNITS
            and last in {"", "scale", "tens"}
            and not (last == "tens" and UNITS[word] in {0, *range(10, 20)})
        ):
            group, last = group + UNITS[word], "unit"
        elif word in TENS and last in {"", "scale"}:
            group, last = group + TENS[word], "tens"
        elif word in SCALES and (last or _after_article(words, index)):
            scale = SCALES[word]
            if group >= _HUNDRED if scale == _HUNDRED else scale >= below:
                return at_scale
            group = max(group, 1)
            if scale == _HUNDRED:
                group *= scale
            else:
                total, group, below = total + group * scale, 0, scale
            last, at_scale = "scale", (total + group, index + 1)
        elif word == "and" and last == "scale" and index + 1 < len(words) and words[index + 1][0] in {**UNITS, **TENS}:
            pass
        else:
            break
        index += 1
    return (total + group, index) if index > begin and last else None


def _after_article(words: Sequence[tuple[str, int, int]], index: int) -> bool:
    return index > 0 and words[index - 1][0] in {"a", "an"}


def _fraction(words: Sequence[tuple[str, int, int]], index: int) -> Iterator[Number]:
    """ "half", "a third", "3 quarters", "2 and a half"."""
    word, start, end = words[index]
    before = [w for w, _, _ in words[max(0, index - 3) : index]]
    part = 1 / FRACTIONS[word]
    if before[-2:] == ["and", "a"] and len(before) == 3 and _DECIMAL.fullmatch(before[0]):
        yield Number((float(before[0]) + part,), words[index - 3][1], end)
    if word == "half" or (before and before[-1] in {"a", "one"}):
        yield Number((part,), start, end, digits=False)
