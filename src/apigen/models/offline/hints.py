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
