"""Strings put together from what the query says: filled-in templates, formulas, time zones, a surname's full name."""

import re
from collections.abc import Callable

from apigen.verify.grounding.leaves import Leaf
from apigen.verify.grounding.names import full_name
from apigen.verify.grounding.places import completed, regions_named
from apigen.verify.grounding.reading import Reading, Span, as_formula
from apigen.verify.grounding.scalars import Evidence
from apigen.verify.grounding.units import UNITS

Find = Callable[[str], Evidence]
"""Looks for a part of the string by itself."""

_FORMULA = re.compile(r"[-+*/^=<>]|\dx|[a-z]\(")
_LAMBDA = re.compile(r"^\s*(?:lambda \w+(?:, ?\w+)*:|(?:def )?[a-zA-Z]\w{0,2}\(\w+(?:, ?\w+)*\) ?=|y ?=)\s*")
_FUNCTIONS = re.compile(r"\b(?:math|np|numpy|cmath)\.")
_HOLE = re.compile(r"<[^<>\s]{1,40}>|\{[^{}\s]{1,40}\}|\[[A-Za-z_ ]{1,40}\]")
_LABEL = re.compile(r"\b([A-Za-z_]+)\s?[:=]\s?")
_ZONE = re.compile(r"[A-Z][A-Za-z]+/(?:[A-Z][A-Za-z]+/)?([A-Z][A-Za-z_]+)")
_DURATION = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d))?")
_ISO_DURATION = re.compile(r"P(?=.)(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_INTERVAL = re.compile(r"(\d{0,4}) ?([A-Za-z]+)")
_TWO = 2
_MINUTES = {"m": "min", "M": "month", "y": "year", "Y": "year"}
_MEMBER = re.compile(r"[A-Z]\w*(?:\.|::)([A-Z][A-Z_]+)")
_NOTE = re.compile(r"([A-G])([#♯b♭])(?: ?(?:m|maj|min|major|minor))?")


def composed(reading: Reading, leaf: Leaf, text: str, find: Find) -> Evidence:
    """Where the parts stand of a string that the query does not say as a whole."""
    for rule in _RULES:
        found = rule(reading, leaf, text, find)
        if found is not None:
            return found
    return None


def _in_region(reading: Reading, leaf: Leaf, text: str, find: Find) -> Evidence:
    """ "Fresno, CA" where the query says Fresno and the description asks for the state."""
    city, _, region = (part.strip() for part in text.rpartition(","))
    cities = find(city) if city and regions_named(region) else None
    return cities if cities and completed(reading, leaf, city, cities, region) else None


def _by_template(reading: Reading, leaf: Leaf, text: str, find: Find) -> Evidence:
    """ "https://<ip>/nodes?name={name}" with its holes filled from the query."""
    for pattern in re.findall(r"[^\s'\"`]*(?:<[^<>\s]+>|\{[^{}\s]+\})[^\s'\"`]*", leaf.description):
        pieces = _HOLE.split(pattern.rstrip(".,;)"))
        match = re.fullmatch("(.+?)".join(map(re.escape, pieces)), text)
        if match and match.groups():
            return _all(find, match.groups())
    return None


def _by_labels(reading: Reading, leaf: Leaf, text: str, find: Find) -> Evidence:
    """ "track:Hello artist:Adele", where the description gives the labels."""
    labels = {label.lower() for label in _LABEL.findall(leaf.description)}
    pieces = _LABEL.split(text)
    if len(pieces) < 3 or pieces[0].strip() or not {label.lower() for label in pieces[1::2]} <= labels:
        return None
    return _all(find, [piece.strip(" ,;&") for piece in pieces[2::2]])


def _all(find: Find, parts: "list[str] | tuple[str, ...]") -> Evidence:
    spans: list[Span] = []
    for part in parts:
        found = find(part)
        if found is None:
            return None
        spans += found
    return tuple(spans)


def _by_zone(reading: Reading, leaf: Leaf, text: str, find: Find) -> Evidence:
    """ "Europe/London" for "London"."""
    match = _ZONE.fullmatch(text)
    return find(match[1].replace("_", " ")) if match else None


def _by_formula(reading: Reading, leaf: Leaf, text: str, find: Find) -> Evidence:
    """A formula, however its powers, products and argument are written; the place is not told."""
    if not _FORMULA.search(text):
        return None
    formula = as_formula(_FUNCTIONS.sub("", _LAMBDA.sub("", text)))
    begin = reading.formula.find(formula) if formula else -1
    while begin >= 0:
        around = reading.formula[begin - 1 : begin], reading.formula[begin + len(formula) : begin + len(formula) + 1]
        if not any(
            edge.isdigit() and mine.isdigit() for edge, mine in zip(around, (formula[0], formula[-1]), strict=True)
        ):
            return ()
        begin = reading.formula.find(formula, begin + 1)
    return None


def _by_initials(reading: Reading, leaf: Leaf, text: str, find: Find) -> Evidence:
    """ "San Diego" for "SD", in capitals unless the abbreviation has three letters or more."""
    words = [word for word in re.findall(r"[^\W\d_]+", text) if word.lower() not in {"of", "the", "and"}]
    if len(words) < 2:
        return None
    initials = "".join(word[0].upper() for word in words)
    flags = re.IGNORECASE if len(initials) > _TWO else 0
    spans = [match.span() for match in re.finditer(rf"(?<!\w){re.escape(initials)}(?!\w)", reading.text, flags)]
    return tuple(spans) or None


def _by_duration(reading: Reading, leaf: Leaf, text: str, find: Find) -> Evidence:
    """ "01:30" for a minute and a half, where the description says MM:SS or HH:MM; "PT90S"."""
    worth: tuple[int, ...] = (86400, 3600, 60, 1)
    if match := _DURATION.fullmatch(text):
        minutes = re.search(r"\bMM:SS\b", leaf.description, re.IGNORECASE)
        worth = (60, 1) if minutes and match[3] is None else (3600, 60, 1)
    else:
        match = _ISO_DURATION.fullmatch(text)
    if not match:
        return None
    parts = [int(part or 0) for part in match.groups()]
    seconds = sum(part * factor for part, factor in zip(parts, worth, strict=False))
    spans = [(each.start, each.end) for each in reading.quantities if each.kind == "time" and each.amount == seconds]
    return tuple(spans) or None


def _by_interval(reading: Reading, leaf: Leaf, text: str, find: Find) -> Evidence:
    """ "1wk" or "1 week" for "weekly", "30m" for "half an hour"."""
    match = _INTERVAL.fullmatch(text)
    units = UNITS.get(_MINUTES.get(match[2], match[2].lower()), ()) if match else ()
    seconds = [float(match[1] or 1) * unit.factor for unit in units if unit.kind == "time"] if match else []
    spans = [(each.start, each.end) for each in reading.quantities if each.kind == "time" and each.amount in seconds]
    return tuple(spans) or None


def _by_member(reading: Reading, leaf: Leaf, text: str, find: Find) -> Evidence:
    """ "TimeUnit.MINUTES" for "minutes": the member's words, where the rest names its class."""
    match = _MEMBER.fullmatch(text)
    return find(match[1].replace("_", " ").lower()) if match else None


def _by_note(reading: Reading, leaf: Leaf, text: str, find: Find) -> Evidence:
    """ "C#" for "C sharp"."""
    match = _NOTE.fullmatch(text)
    if not match:
        return None
    said = rf"\b{match[1]}[ -]{'sharp' if match[2] in '#♯' else 'flat'}\b"
    return tuple(place.span() for place in re.finditer(said, reading.text, re.IGNORECASE)) or None


_RULES = (
    _in_region,
    _by_template,
    _by_labels,
    _by_zone,
    _by_formula,
    _by_initials,
    _by_duration,
    _by_interval,
    _by_member,
    _by_note,
    full_name,
)
