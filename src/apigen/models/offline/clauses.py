"""How the arguments of a call are spoken of: "since 3 May 2024", "a weight of 61.4 kg", "14 working days"."""

import re
from collections.abc import Callable

import msgspec

from apigen.models.offline.calendar import read_date, read_datetime, read_time
from apigen.models.offline.draft import MARK, agreeing
from apigen.models.offline.invent import Saying
from apigen.models.offline.kinds import words_of
from apigen.models.offline.schema import Schema
from apigen.models.offline.terms import spoken

_DAYS = {"day", "date", "on", "when"}
_HOURS = {"time", "start", "at", "when"}
_PREPOSITIONS = {"since", "until", "till", "before", "after", "from", "by"}
_NOW = {"today", "now", "asof"}
_IDENTIFIERS = {"id", "number", "no", "code", "key"}
_MEANS = {"method", "mode", "algorithm", "kernel", "strategy", "style", "unit", "format", "system", "scale", "formula"}
_UNITS = {
    "percent": "%", "pct": "%", "m": " meters", "mm": " mm", "cm": " cm", "km": " km", "m2": " square meters",
    "sqm": " square meters", "m3": " cubic meters", "kg": " kg", "g": " grams", "l": " liters", "ml": " ml",
    "eur": " euros", "usd": " dollars", "gbp": " pounds", "c": " °C", "kwh": " kWh", "kw": " kW", "kmh": " km/h",
    "mph": " mph", "min": " minutes", "hz": " Hz", "gb": " GB", "mb": " MB",
} | {
    unit: f" {unit}"
    for unit in ("years", "months", "weeks", "days", "hours", "minutes", "seconds", "miles", "meters", "kilometers",
                 "kilograms", "pounds", "grams", "liters", "watts", "euros", "dollars", "inches", "feet")
}  # fmt: skip
"""Last words of a parameter's name, or of its description ("... in euros"), that are said after the number."""
_SPOKEN_OF = {"subject", "title", "text", "body", "message", "name", "prefix", "suffix", "separator", "email", "word"}
"""Names of strings that stand before their value: "the subject ..."."""
_MODIFIERS = re.compile(r"(?:\w+ing|business|calendar|full|paid|net)$")
"""Words before a unit that belong to it: "14 working days"."""


class Piece(msgspec.Struct, frozen=True, eq=False):
    """One argument on its way into the query."""

    name: str
    schema: Schema
    saying: Saying

    @property
    def unit(self) -> tuple[str, str]:
        """What is measured, in words, and the unit as it stands behind the number: ``("weight", " kg")``."""
        words = spoken_name(self.name)
        head, _, last = words.rpartition(" ")
        if head and last in _UNITS and not _MODIFIERS.search(head):
            return head, _UNITS[last]
        stated = re.search(r"\bin (\w+)\W*$", str(self.schema.get("description", "")))
        return words, _UNITS.get(stated[1], "") if stated else ""

    @property
    def moment(self) -> bool:
        """Whether it is a date, a time or both."""
        value = self.saying.value
        return bool(read_date(value) or read_datetime(value) or read_time(value))


Mark = Callable[[Piece], str]
"""Notes that an argument is said now, and returns what stands for it."""


def spoken_name(name: str) -> str:
    """A parameter's name in words; a character that we use as a mark cannot be spoken."""
    words = MARK.sub("", spoken(name)).replace("-", " ")
    return re.sub(r"^(?:num|nb|n) (?=\w+s$)|^n(?=(?:digits|bytes|items|bins)$)", "", words) or "value"


def plural(words: str) -> bool:
    """Whether words end like a plural."""
    return words.endswith("s") and not words.endswith(("ss", "us", "is"))


def clauses(left: list[Piece], mark: Mark, glue: str) -> str:
    """What is left to say: " using the inclusive method", " for a weight of 3 kg and a distance of 40 km"."""
    text = ""
    rest = []
    for piece in left:
        if joint := _joint(piece):
            text += f" {joint} {mark(piece)}"
        elif isinstance(piece.saying.value, bool):
            text += f" {_switched(piece)}"
        elif words_of(piece.name)[-1:] and words_of(piece.name)[-1] in _MEANS and isinstance(piece.saying.value, str):
            text += f" using the {mark(piece)} {spoken_name(piece.name)}"
        else:
            rest.append(piece)
    if not rest:
        return text
    parts = [_clause(piece, mark) for piece in rest]
    return f"{text} {glue} {', '.join(parts[:-1])}{' and ' if len(parts) > 1 else ''}{parts[-1]}"


def _joint(piece: Piece) -> str:
    """The words before a date or a time that need no other explanation: "since", "for an order dated"."""
    if not piece.moment:
        return ""
    words, value = spoken_name(piece.name).split(), piece.saying.value
    if words[0] in _NOW:
        return "as of"
    if words[-1] in _PREPOSITIONS or (len(words) > 1 and words[-1] in ("on", "at")):
        return " ".join(words)
    if len(words) > 1 and words[-1] == "date" and read_date(value):
        return f"for {_a(' '.join(words[:-1]))} dated"
    if read_time(value):
        return "at" if words[0] in _HOURS else ""
    return "on" if words[0] in _DAYS else ""


def head_of(words: str) -> str:
    """The words before the last one."""
    return words.rpartition(" ")[0]


def _a(words: str) -> str:
    return words if plural(words) else f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _switched(piece: Piece) -> str:
    """A choice between yes and no: "only the open ones", "without tax"."""
    words = re.sub(r"^(?:is|has|use|include|with|allow|enable|do|add) ", "", spoken_name(piece.name))
    if words.startswith("only ") and piece.saying.value:
        return f"but only the {words.removeprefix('only ')} ones"
    return f"{'with' if piece.saying.value else 'without'} {words}"


def _clause(piece: Piece, mark: Mark) -> str:
    words, value = spoken_name(piece.name), piece.saying.value
    measured, unit = piece.unit
    if isinstance(value, list | dict):
        joint = " =" if len(words) == 1 else " of" if unit else ""
        return f"{measured if unit else words}{joint} {mark(piece)}{unit}"
    if head_of(words) and words.split()[-1] in _IDENTIFIERS and not isinstance(value, float):
        return f"{'the ' if isinstance(value, str) else ''}{words} {mark(piece)}"
    if isinstance(value, str) and "enum" in piece.schema and len(value) > 1:
        article = "" if plural(words) else f"{agreeing('a', piece.saying.text)} "
        return f"{article}{mark(piece)} {words}"
    if isinstance(value, str) and not piece.moment and set(words.split()) & _SPOKEN_OF:
        return f"the {words} {mark(piece)}"
    if len(words) == 1 or (words[-1].isdigit() and not unit):
        return f"{words} = {mark(piece)}"
    if isinstance(value, int) and not unit and plural(words) and value > 1:
        head, _, _ = words.rpartition(" ")
        if not head or _MODIFIERS.search(head):
            return f"{mark(piece)} {words}"
    if not isinstance(value, int | float):
        return f"{mark(piece)} as the {words}"
    return f"{_a(measured)} of {mark(piece)}{unit}"
