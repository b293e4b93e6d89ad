"""The shape of Salesforce/xlam-function-calling-60k, for code written for the released rows.

``{"id": int, "query": str, "tools": "<JSON>", "answers": "<JSON>"}``. A tool's ``parameters`` maps each name to
``{type, description, default?}`` with Python-like type texts; there is no ``required`` list, an optional parameter says
``, optional`` in its type. The shape has no place for enums and bounds: enums are told in the description, bounds are
left out, and nested objects become ``dict``. The canonical dataset.jsonl keeps all of it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from apigen.records import Json, Sample

_SIMPLE = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "object": "dict", "null": "None"}


def rows(samples: Iterable[Sample]) -> Iterator[dict[str, Json]]:
    """Each sample as a row of the released data set's shape."""
    for sample in samples:
        yield {
            "id": sample.id,
            "query": sample.query,
            "tools": _text([_tool(tool) for tool in sample.tools]),
            "answers": _text([{"name": call.name, "arguments": call.arguments} for call in sample.calls]),
        }


def _text(value: Json) -> str:
    return msgspec.json.encode(value).decode()


def _tool(tool: Mapping[str, Any]) -> dict[str, Json]:
    schema = tool["parameters"]
    required = schema.get("required", ())
    return {
        "name": tool["name"],
        "description": tool["description"],
        "parameters": {
            name: _parameter(parameter, required=name in required)
            for name, parameter in schema.get("properties", {}).items()
        },
    }


def _parameter(schema: Mapping[str, Any], *, required: bool) -> dict[str, Json]:
    kind = type_text(schema)
    description = schema.get("description", "")
    choices = _choices(schema)
    if choices:
        told = ", ".join(str(choice) for choice in choices)
        description = f"{description} One of: {told}." if description else f"One of: {told}."
    parameter = {"description": description, "type": kind if required else f"{kind}, optional"}
    return parameter | ({"default": schema["default"]} if "default" in schema else {})


def type_text(schema: Mapping[str, Any]) -> str:
    """A JSON Schema as a Python-like type, such as ``int``, ``List[str]`` or ``Union[int, str]``."""
    if "enum" in schema or "const" in schema:
        kinds = dict.fromkeys(_SIMPLE[_kind(value)] for value in schema.get("enum", [schema.get("const")]))
        return _union(kinds)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return _union(dict.fromkeys(type_text(option) for option in schema[key]))
    kind = schema.get("type")
    if isinstance(kind, list):
        return _union(dict.fromkeys(type_text({**schema, "type": one}) for one in kind))
    if kind == "array":
        return _array(schema)
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping) and not schema.get("properties"):
        return f"Dict[str, {type_text(schema['additionalProperties'])}]"
    return _SIMPLE.get(str(kind), "Any")


def _array(schema: Mapping[str, Any]) -> str:
    if "prefixItems" in schema:
        return f"Tuple[{', '.join(type_text(item) for item in schema['prefixItems'])}]"
    items = schema.get("items")
    return f"List[{type_text(items)}]" if isinstance(items, Mapping) and items else "list"


def _union(kinds: Iterable[str]) -> str:
    left = [kind for kind in kinds if kind != "None"]
    if not left:
        return "None"
    return left[0] if len(left) == 1 else f"Union[{', '.join(left)}]"


def _choices(schema: Mapping[str, Any]) -> list[Json]:
    if "enum" in schema:
        return list(schema["enum"])
    return [choice for option in schema.get("anyOf", ()) for choice in option.get("enum", ())]


def _kind(value: Json) -> str:
    if value is None:
        return "null"
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return kinds[type(value)]
