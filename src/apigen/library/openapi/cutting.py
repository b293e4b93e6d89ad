"""Simplifies schemas below a certain depth, to fit a size limit."""

from apigen.library.openapi.components import DEFS
from apigen.library.openapi.merging import Schema, merged
from apigen.library.openapi.positions import ALTERNATIVES, BASES, CONDITIONS, HOLDERS, SAME_MAPS, mapped
from apigen.library.openapi.schemas import SchemaReader
from apigen.records import Json

CUT = "x-cut"
"""Marks a schema of which something was left open for want of room."""


class Cutter:
    """Cuts the schemas of one spec.

    Args:
        reader: has the components.
    """

    def __init__(self, reader: SchemaReader) -> None:
        self._reader = reader
        self._cut: dict[tuple[int, int], Json] = {}
        self._kept: set[int] = set()

    def keeps(self, schema: Schema) -> bool:
        """Whether a schema is one that was cut and is kept, so that its id stays its own."""
        return id(schema) in self._kept

    def levels(self, schema: Json, depth: int) -> Json:
        """A schema without references, described to a depth and open below.

        Args:
            schema: a converted one.
            depth: how many levels of values inside are described.
        """
        if not isinstance(schema, dict):
            return schema
        is_component = bool(self._reader.component(schema))
        key = (id(schema), depth)
        if is_component and key in self._cut:
            return self._cut[key]
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference.startswith(DEFS):
            body = self.levels(self._reader.body(reference.removeprefix(DEFS)), depth)
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            cut = _together(body, self.levels(rest, depth)) if rest else body
        elif depth <= 0 and any(key in schema for key in HOLDERS):
            cut = {key: value for key, value in schema.items() if key not in HOLDERS and key not in _COUNTING}
            cut[CUT] = True
        else:
            cut = _widened(mapped(schema, lambda inner, inside: self.levels(inner, depth - inside)))
        if is_component:
            self._cut[key] = cut
            self._kept.add(id(cut))
        return cut


_COUNTING = ("required", "minProperties", "maxProperties", "dependentRequired", "discriminator")


def _widened(schema: Schema) -> Schema:
    """A schema with parts left open, which still takes every value that it took when they were not.

    An open part takes more; so what counts how many parts fit, or forbids what fits one, would take less.
    """
    wide = dict(schema)
    if "oneOf" in wide and _is_cut(wide["oneOf"]):
        forms = {"anyOf": wide.pop("oneOf")}
        wide |= forms if "anyOf" not in wide else {"allOf": [*wide.get("allOf", ()), forms]}
    for group in (("not",), ("if", "then", "else")):
        if any(_is_cut(wide.get(key)) for key in group):
            wide = {**{key: value for key, value in wide.items() if key not in group}, CUT: True}
    if _is_cut(wide.get("contains")):
        wide.pop("maxContains", None)
    for key in ("unevaluatedProperties", "unevaluatedItems"):
        if key in wide and _is_cut([wide.get(other) for other in _SAME]):
            del wide[key]
    return wide


_SAME = (*BASES, *ALTERNATIVES, *CONDITIONS, *SAME_MAPS)


def _is_cut(value: Json) -> bool:
    """Whether something in a schema was left open."""
    if isinstance(value, list):
        return any(_is_cut(one) for one in value)
    return isinstance(value, dict) and (CUT in value or any(_is_cut(one) for one in value.values()))


def _together(one: Json, two: Json) -> Json:
    if not isinstance(one, dict) or not isinstance(two, dict):
        return {"allOf": [one, two]}
    together = merged([one, two], [two, one])
    return {"allOf": [one, two]} if together is None else together
