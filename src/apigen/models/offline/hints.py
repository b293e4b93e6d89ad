"""What a parameter's schema and description say about its values."""

import re

from apigen.models.offline.kinds import schema_kind, words_of
from apigen.models.offline.schema import Schema, item_schema, listed, narrow
from apigen.records import Json

_GIVEN = r"\bsuch as|\bfor example|\bfor instance|\be\.g\.|\blike|\bone of|\bexample:"
_EXAMPLES = re.compile(
    rf"(?:{_GIVEN})[:,]? ([^.;()]+)|"
    r": ([^.;()]+ (?:or|and) [^.;()]+)"
)
"""Values that a description gives."""
_NUMERAL = r"-?\d+(?:,\d{3})*(?:\.\d+)?"
_REMARK = r"(?: ?%)?(?: ?\([^)]*\))?"
_LOW, _HIGH = rf"(?P<low>{_NUMERAL}){_REMARK}", rf"(?P<high>{_NUMERAL}){_REMARK}"
_FREE = r"(?<![\w.,-])"
_SPANS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\bbetween {_LOW} (?:and|to) {_HIGH}",
        rf"{_FREE}{_LOW} (?:up )?(?:to|through) {_HIGH}",
        rf"{_FREE}{_LOW} ?(?:-|\u2013|\.\.\.?|\u2026) ?{_HIGH}(?![\w-])",
        rf"{_FREE}{_LOW} ?(?P<open><=?|\u2264) ?\w+ ?(?P<close><=?|\u2264) ?{_HIGH}",
        rf"\b(?:in|range|interval|within):? ?(?P<open>[\[(]){_LOW}, ?{_HIGH}(?P<close>[\])])",
    )
)
"""A lowest and a highest value: "from 1 (cosmetic) to 5 (outage)", "0-100", "0 <= p <= 1", "in [0, 1)"."""
_LIMITS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (key, re.compile(pattern, re.IGNORECASE))
    for key, pattern in (
        (
            "maximum",
            (
                rf"(?:\bat most|\bno(?:t)? (?:more|greater|larger|higher) than|\bmax(?:imum)?(?: of| is|:)?|\bup to|"
                rf"\bnot exceed(?:ing)?|\bless than or equal to|<=|\u2264) ?{_LOW}"
            ),
        ),
        (
            "minimum",
            (
                rf"(?:\bat least|\bno(?:t)? (?:less|fewer|smaller|lower) than|\bmin(?:imum)?(?: of| is|:)?|"
                rf"\bgreater than or equal to|>=|\u2265) ?{_LOW}"
            ),
        ),
        ("exclusiveMaximum", rf"(?:(?<!no )(?<!not )\b(?:less|fewer|smaller|lower) than|\bbelow|<) ?{_LOW}"),
        ("exclusiveMinimum", rf"(?:(?<!no )(?<!not )\b(?:more|greater|larger|higher) than|\bbe above|>) ?{_LOW}"),
    )
)
_SIGNS: tuple[tuple[re.Pattern[str], Schema], ...] = (
    (re.compile(r"\bpositive (?:or|and) negative|\bnegative (?:or|and) positive", re.IGNORECASE), {}),
    (
        re.compile(r"\b(?:non-?|not |never )negative|\bpositive or zero|\bzero or positive", re.IGNORECASE),
        {"minimum": 0},
    ),
    (
        re.compile(
            r"(?:^|\b(?:be|an?|any|strictly) |[,;(] ?)positive\b|\bpositive (?:int|num|whole|float)", re.IGNORECASE
        ),
        {"exclusiveMinimum": 0},
    ),
    (re.compile(r"\b(?:be|strictly) negative\b", re.IGNORECASE), {"exclusiveMaximum": 0}),
)
_COUNTED = re.compile(r"\s*(?:items?|entries|elements|values|numbers|characters|lines|rows)\b", re.IGNORECASE)
"""Words after a range that say that it is about a length."""
_QUOTED = re.compile(r"(?<!\w)(?:\"([^\"\n]{1,40})\"|'([^'\n]{2,40})'|`{1,2}[\"']([^\"'`\n]{1,40})[\"']`{1,2})(?!\w)")
_NUMERIC = re.compile(r"\b(?:integers?|numbers?|floats?|seconds)\b", re.IGNORECASE)
_MOMENTS = ("date", "time", "date-time")
_SWITCHES = ("include", "with", "only", "without", "add", "show")
"""First words of a boolean's name that say what is switched: "include tax"."""


def settled(schema: Schema, root: Schema) -> Schema:
    """The schema with one of its alternatives chosen: the one that the description speaks of, else the first."""
    description = str(schema.get("description", ""))
    alternatives = [narrow(item, root) for item in listed(schema, "anyOf")]
    numeric = [item for item in alternatives if item.get("type") in ("integer", "number")]
    timed = any(item.get("format") in _MOMENTS for item in alternatives)
    if (
        numeric
        and not timed
        and (_NUMERIC.search(description) or any(item.get("format") == "duration" for item in alternatives))
    ):
        schema = {key: item for key, item in schema.items() if key != "anyOf"} | numeric[0]
    else:
        schema = narrow(schema, root)
    whole = re.search(r"\bintegers?\b", description, re.IGNORECASE) and "float" not in description
    return schema | {"type": "integer"} if whole and schema.get("type") == "number" else schema


def described(schema: Schema) -> list[Json]:
    """The values that a description gives: "such as Anna Keller", "ordered: oak table, pine shelf or armchair"."""
    description = str(schema.get("description", ""))
    if schema.get("type") != "string":
        return []
    quoted = [item for pair in _QUOTED.findall(description) for item in pair if item]
    if len(quoted) > 1 or (quoted and re.search(_GIVEN, description)):
        return [item for item in quoted if len(item.split()) <= 3]
    if not (found := _EXAMPLES.search(description)):
        return []
    items = [item.strip(" \"'`") for item in re.split(r", (?:or |and )?| or | and ", found[1] or found[2])]
    return [item for item in items if item and item[0] not in "[{(" and len(item.split()) <= 3]


def stated_bounds(text: str) -> Schema:
    """The bounds on a number that a description states, as JSON Schema writes them.

    Args:
        text: a description, such as "From 1 (cosmetic) to 5 (outage)" or "Number of tries, at most 20".

    Returns:
        Any of ``minimum``, ``maximum``, ``exclusiveMinimum`` and ``exclusiveMaximum``, empty where none is stated.
    """
    for span in _SPANS:
        for found in span.finditer(text):
            low, high = _read(found["low"]), _read(found["high"])
            if low < high and not _COUNTED.match(text, found.end()):
                ends = found.groupdict()
                return {
                    "exclusiveMinimum" if ends.get("open") in ("<", "(") else "minimum": low,
                    "exclusiveMaximum" if ends.get("close") in ("<", ")") else "maximum": high,
                }
    bounds: Schema = {}
    for key, limit in _LIMITS:
        if (found_limit := limit.search(text)) and not _COUNTED.match(text, found_limit.end()):
            bounds[key] = _read(found_limit["low"])
    signs: Schema = next((sign for pattern, sign in _SIGNS if pattern.search(text)), {})
    if signs and not bounds.keys() & {"minimum", "exclusiveMinimum"}:
        bounds = signs | bounds
    return bounds


def bounded(name: str, schema: Schema, root: Schema) -> Schema:
    """A number's schema with the bounds that its description states, or that its tool's says of it by name.

    Args:
        name: the parameter's name.
        schema: its schema; the bounds that it gives itself hold.
        root: the tool's whole schema, whose ``description`` is read where it has one.
    """
    bounds = stated_bounds(str(schema.get("description", "")))
    if not bounds and name:
        bounds = stated_bounds(_about(name, str(root.get("description", ""))))
    for closed, opened in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if closed in schema or opened in schema:
            bounds = {key: item for key, item in bounds.items() if key not in (closed, opened)}
    return schema | bounds


def _about(name: str, text: str) -> str:
    """The part of a tool's description that follows a parameter's name: "severity from 1 to 5"."""
    spoken = re.escape(name).replace("_", "[_ ]")
    found = re.search(rf"(?<![\w-])[`*\"']*{spoken}[`*\"']*\b,?:? ?([^.;]*(?:\.+\d[^.;]*)*)", text, re.IGNORECASE)
    return found[1] if found else ""


def _read(numeral: str) -> int | float:
    value = float(numeral.replace(",", ""))
    return int(value) if value == int(value) else value


def plausible(name: str, schema: Schema, root: Schema) -> bool:
    """Whether anything says what a value could be; without it nobody would speak of an optional parameter."""
    schema = settled(schema, root)
    if schema.get("type") == "string" and not isinstance(schema.get("enum"), list):
        known = listed(schema, "examples") or described(schema) or schema.get("format") in _MOMENTS
        return bool(known or schema_kind(name, schema) or "date" in words_of(name))
    if schema.get("type") == "array" and item_schema(schema, 0, root).get("type") == "string":
        return plausible(name, item_schema(schema, 0, root), root)
    if schema.get("type") == "boolean":
        return words_of(name)[0:1] in ([word] for word in _SWITCHES)
    if schema.get("type") in ("number", "integer") and schema.get("default") is None:
        return bool(schema.get("description"))
    return True
