"""Small specs for the tests of the OpenAPI source, and loading them."""

import json
from pathlib import Path
from typing import Any

from apigen.library.base import Loaded
from apigen.library.openapi.source import load_openapi
from apigen.locators import parse_locator
from apigen.records import RestBinding, RestParameter, Tool

DATA = Path(__file__).parent / "data" / "openapi"


def load(place: Path | str, options: str = "") -> Loaded:
    return load_openapi(parse_locator(f"openapi:{place}{options}", ["openapi"]))


def spec(
    operation: dict[str, Any] | None = None, *, version: str = "3.1.0", path: str = "/x", **more: Any
) -> dict[str, Any]:
    """A document with one operation."""
    whole: dict[str, Any] = {
        "openapi": version,
        "info": {"title": "Test", "version": "1"},
        "servers": [{"url": "https://api.example"}],
        "paths": {path: {"post": operation or {}}},
    }
    return whole | more


def load_spec(folder: Path, document: dict[str, Any], options: str = "") -> Loaded:
    path = folder / "spec.json"
    path.write_text(json.dumps(document))
    return load(path, options)


def one_tool(folder: Path, document: dict[str, Any], options: str = "") -> Tool:
    loaded = load_spec(folder, document, options)
    assert len(loaded.tools) == 1, loaded.skipped
    return loaded.tools[0]


def with_body(schema: Any, *, media: str = "application/json", version: str = "3.1.0", **more: Any) -> dict[str, Any]:
    """A document with one operation that takes a body, and components."""
    operation = {"requestBody": {"required": True, "content": {media: {"schema": schema}}}}
    return spec(operation, version=version, components=more)


def property_of(folder: Path, schema: Any, *, version: str = "3.1.0", **components: Any) -> Any:
    """What becomes of a schema that a body has for its property ``value``."""
    body = {"type": "object", "properties": {"value": schema}}
    return one_tool(folder, with_body(body, version=version, **components)).properties["value"]


def binding(tool: Tool) -> RestBinding:
    assert isinstance(tool.binding, RestBinding)
    return tool.binding


def placed(tool: Tool) -> dict[str, RestParameter]:
    return {parameter.argument: parameter for parameter in binding(tool).parameters}


def noted(loaded: Loaded) -> list[str]:
    return [note.text for note in loaded.notes]
