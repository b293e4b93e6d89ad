"""Numbers as people write them: ``$1,250.50``, ``72k``, ``4.9%``, ``3rd``, ``twenty-five``, ``1.2 million``."""

import re

import msgspec

UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
TENS = [
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
]
_SMALL = {word: number for number, word in enumerate(UNITS)} | {
    word: 10 * (number + 2) for number, word in enumerate(TENS)
}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_MAGNITUDES = {"k": 10**3, "thousand": 10**3, "m": 10**6, "mn": 10**6, "million": 10**6, "bn": 10**9, "billion": 10**9}

_DIGITS = re.compile(
    r"(?:(?<![\w.,/:#])|(?<=[1-9]x)|(?<=\d\dx))(?P<sign>[-−](?=[$€£\d.])|(?:minus|negative) )?[$€£¥₹]?"  # noqa: RUF001 - a real minus sign
    r"(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?|\.\d+)(?![/:]\d|[.,]\d)"
    r"(?:(?P<ordinal>st|nd|rd|th)\b|(?P<gap> ?)(?P<magnitude>k|mn?|bn|thousand|million|billion)\b)?"
    r"(?P<percent> ?%| ?percent\b| per ?cent\b)?",
    re.IGNORECASE,
)
_WORD = "|".join((*_SMALL, *_SCALES))
_WORDS = re.compile(rf"(?<![\w-])(?:{_WORD})(?:(?:-| and | )(?:{_WORD}))*(?![\w-])", re.IGNORECASE)


class Numeral(msgspec.Struct, frozen=True):
    """A number in a text: where it stands, what it may mean and how it is written."""

    start: int
    end: int
    value: float
    """What it says, magnitude and sign included."""
    decimals: int = 0
    scale: float = 1
    """What the written number is multiplied by: 1000 in ``72k``."""
    commas: bool = False
    ordinal: bool = False
    percent: bool = False
    words: bool = False
    bare_dot: bool = False

    def says(self, wanted: float) -> float | None:
        """By what the numeral's value must be multiplied to mean ``wanted``: 1, or 0.01 for a percentage."""
        if _close(self.value, wanted):
            return 1
        return 0.01 if self.percent and _close(self.value / 100, wanted) else None

    def render(self, value: float) -> str:
        """The text of another value in the same form, without sign and unit."""
        shown = abs(value) / self.scale
        if self.words:
            return in_words(round(abs(value)))
        if self.ordinal:
            return f"{round(shown)}{ordinal_suffix(round(shown))}"
        grouping = "," if self.commas else ""
        text = f"{shown:{grouping}.{self.decimals}f}"
        return text.removeprefix("0") if self.bare_dot and text.startswith("0.") else text


def _close(left: float, right: float) -> bool:
    return abs(left - right) <= 1e-9 * max(1.0, abs(left), abs(right))


def plain(value: float) -> str:
    """A number in digits without an exponent or a trailing ``.0``."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    text = f"{value:.10f}".rstrip("0").rstrip(".")
    return text if float(text) == value else repr(value)


def ordinal_suffix(number: int) -> str:
    """``st``, ``nd``, ``rd`` or ``th``."""
    return "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def in_words(number: int) -> str:
    """A whole number below a thousand million in words."""
    if number < 20:
        return UNITS[number]
    if number < 100:
        tens, rest = divmod(number, 10)
        return TENS[tens - 2] + (f"-{UNITS[rest]}" if rest else "")
    for name, size in reversed(_SCALES.items()):
        if number >= size:
            count, rest = divmod(number, size)
            return f"{in_words(count)} {name}" + (f" {in_words(rest)}" if rest else "")
    raise AssertionError(number)


def find_numerals(text: str) -> list[Numeral]:
    """Every number in a text, in digits or in words, from left to right."""
    found = [_from_digits(match) for match in _DIGITS.finditer(text)]
    found += [numeral for match in _WORDS.finditer(text) if (numeral := _from_words(match))]
    return sorted(found, key=lambda numeral: numeral.start)


def _from_digits(match: re.Match[str]) -> Numeral:
    digits = match["number"]
    magnitude = (match["magnitude"] or "").lower()
    # "5 m" is five meters and "5m" may be; only what is glued on or spelled out is a magnitude.
    scale = _MAGNITUDES.get(magnitude, 1) if not (match["gap"] and len(magnitude) == 1) else 1
    amount = float(digits.replace(",", ""))
    return Numeral(
        start=match.start("number"),
        end=match.end("ordinal") if match["ordinal"] else match.end("number"),
        value=(-1 if match["sign"] else 1) * round(amount * scale, 9),
        decimals=len(digits.partition(".")[2]),
        scale=scale,
        commas="," in digits,
        ordinal=bool(match["ordinal"]),
        percent=bool(match["percent"]),
        bare_dot=digits.startswith("."),
    )


def _from_words(match: re.Match[str]) -> Numeral | None:
    total, current = 0, 0
    for word in re.split(r"[-\s]+", match[0].lower()):
        if word == "and":
            continue
        if word in _SMALL:
            current += _SMALL[word]
        elif word == "hundred":
            current = max(1, current) * 100
        else:
            total, current = total + max(1, current) * _SCALES[word], 0
    value = total + current
    if in_words(value) != re.sub(r" and ", " ", match[0].lower()):
        return None  # a year ("nineteen eighty"), a list ("two three") or "a hundred"
    return Numeral(match.start(), match.end(), value, words=True)
