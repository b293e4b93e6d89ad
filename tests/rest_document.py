"""Tools out of an OpenAPI document, just enough of it for the documents of these tests."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from apigen.records import RestBinding, RestCredential, RestParameter, Tool

KEY = RestCredential("SHOP_KEY", "header", "X-Api-Key")


def tools_in(path: Path, server: str) -> dict[str, Tool]:
    """A tool for each operation, by operation id, bound to a server."""
    document = yaml.safe_load(path.read_text("utf-8"))

    def resolved(value: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in value:
            return value
        found = document
        for key in value["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        return resolved(found)

    def parameters(item: dict[str, Any], operation: dict[str, Any]) -> Iterator[RestParameter]:
        for each in map(resolved, [*item.get("parameters", []), *operation.get("parameters", [])]):
            yield RestParameter(each["name"], each["in"], style=each.get("style", ""), explode=each.get("explode"))
        for content in operation.get("requestBody", {}).get("content", {}).values():
            for name in resolved(content["schema"])["properties"]:
                yield RestParameter(name, "body")

    found = {}
    for template, item in document["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            binding = RestBinding(
                method.upper(),
                server,
                template,
                tuple(parameters(item, operation)),
                body=next(iter(operation.get("requestBody", {}).get("content", {})), ""),
                security=((KEY,),) if operation.get("security") else (),
                writes=method != "get",
            )
            name = operation["operationId"]
            found[name] = Tool(name, operation.get("description", ""), {"type": "object"}, binding=binding)
    return found
