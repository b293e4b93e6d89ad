"""The rules of OpenAI's strict mode (https://platform.openai.com/docs/guides/structured-outputs#supported-schemas)."""

from apigen.records import Json


def fits_strict(schema: Json) -> bool:
    """Whether a schema keeps them: every object closed and all its properties required, every part with a type.

    Only the words that our own forms use are known here.
    """
    if not isinstance(schema, dict):
        return False
    if "anyOf" in schema:
        return all(map(fits_strict, schema["anyOf"]))
    kind = schema.get("type")
    if kind == "object":
        properties, required = schema.get("properties", {}), schema.get("required", ())
        closed = schema.get("additionalProperties") is False and set(required) == set(properties)
        return closed and all(map(fits_strict, properties.values()))
    return fits_strict(schema.get("items")) if kind == "array" else kind is not None
