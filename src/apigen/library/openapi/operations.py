"""The operations of a spec, one after the other, each with its name."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from apigen.library.openapi.documents import Document, Documents
from apigen.library.openapi.names import tool_name
from apigen.library.openapi.problems import CannotOffer
from apigen.records import Json, Skipped

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
"""Keys of a Path Item that are operations; ``query`` is new in OpenAPI 3.2."""


class Operation(msgspec.Struct, frozen=True):
    """One operation as the spec has it."""

    name: str
    """The tool's."""
    method: str
    """In capitals."""
    path: str
    raw: Mapping[str, Any]
    item: Mapping[str, Any]
    """The Path Item around it, whose parameters and servers count here too."""
    document: Document
    """Where both stand."""

    @property
    def id(self) -> str:
        """The spec's own name for it."""
        told = self.raw.get("operationId")
        return told.strip() if isinstance(told, str) else ""

    @property
    def tags(self) -> list[str]:
        """Its tags."""
        told = self.raw.get("tags")
        return [tag for tag in told if isinstance(tag, str)] if isinstance(told, list) else []


def operations(documents: Documents) -> Iterator[Operation | Skipped]:
    """Every operation under ``paths``, in order, and what is none where one should be."""
    taken: set[str] = set()
    root = documents.root
    for path, told in _entries(root.value.get("paths")):
        if path.startswith("x-"):
            continue
        try:
            items = list(_items(told, root, documents))
        except CannotOffer as problem:
            yield Skipped(path, f"its path {problem}")
            continue
        for item, document in items:
            for method, raw in _methods(item):
                if not isinstance(raw, Mapping):
                    yield Skipped(f"{method} {path}", "it is not an object")
                    continue
                operation_id = raw.get("operationId")
                name = tool_name(method, path, operation_id if isinstance(operation_id, str) else "", taken)
                taken.add(name)
                yield Operation(name, method, path, raw, item, document)


def _items(told: Json, document: Document, documents: Documents) -> Iterator[tuple[Mapping[str, Any], Document]]:
    """A Path Item, and the one that it refers to."""
    if isinstance(told, dict) and "$ref" in told:
        yield documents.follow({"$ref": told["$ref"]}, document)
        told = {key: value for key, value in told.items() if key != "$ref"}
    yield documents.follow(told, document)


def _methods(item: Mapping[str, Any]) -> Iterator[tuple[str, Json]]:
    for key, value in item.items():
        if key.lower() in METHODS:
            yield key.upper(), value
    for key, value in _entries(item.get("additionalOperations")):
        yield key.upper(), value


def _entries(value: Json) -> Iterator[tuple[str, Json]]:
    if isinstance(value, Mapping):
        yield from value.items()
