"""Differences between two versions of a library: tools added, removed and changed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from apigen.library.base import Loaded
from apigen.library.file_format import schema_digest
from apigen.records import Binding, Json, PythonBinding, Tool

_LONGEST = 60
_BY_NAME = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")
"""Keywords that hold a schema for each name."""
_INNER = ("items", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else")
"""Keywords that hold one schema."""


class Change(msgspec.Struct, frozen=True):
    """A tool, and what is different about it or why it is gone, in a few words each."""

    name: str
    what: tuple[str, ...]


class Drift(msgspec.Struct, frozen=True):
    """How the tools of now differ from those of before."""

    added: tuple[str, ...] = ()
    removed: tuple[Change, ...] = ()
    changed: tuple[Change, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    """The same schema and binding under another name: before, and now."""
    code: tuple[str, ...] = ()
    """Tools whose source file is another and whose schema is the same; that alone is no drift of the schema."""

    @property
    def is_empty(self) -> bool:
        """Whether a call that was right before is described in the same way now."""
        return not (self.added or self.removed or self.changed or self.renamed)


def drift(before: Loaded, now: Loaded) -> Drift:
    """Compare tools by their names.

    Args:
        before: as a library file holds it; what it lists as left out is not new where it is there now.
        now: as the sources give it.
    """
    old = {tool.name: tool for tool in before.tools}
    new = {tool.name: tool for tool in now.tools}
    left_out = {left.name for left in before.skipped}
    added = {name for name in new if name not in old and name not in left_out}
    gone = {name for name in old if name not in new}
    by_digest = {schema_digest(new[name]): name for name in sorted(added, reverse=True)}
    renamed = [(name, by_digest.get(schema_digest(old[name]), "")) for name in sorted(gone) if old[name].binding]
    renamed = [(name, other) for name, other in renamed if other]
    gone -= {name for name, _ in renamed}
    added -= {name for _, name in renamed}
    why = {left.name: left.reason for left in now.skipped}
    both = sorted(old.keys() & new.keys())
    changed = {name: tuple(differences(old[name], new[name])) for name in both}
    return Drift(
        added=tuple(sorted(added)),
        removed=tuple(Change(name, (why[name],) if name in why else ()) for name in sorted(gone)),
        changed=tuple(Change(name, what) for name, what in changed.items() if what),
        renamed=tuple(renamed),
        code=tuple(name for name in both if _code(old[name]) != _code(new[name])),
    )


def differences(before: Tool, now: Tool) -> Iterator[str]:
    """What is different about a tool, in a few words each; categories and the code behind it are left out."""
    if (before.original_description or before.description) != (now.original_description or now.description):
        yield "its description has changed"
    yield from _in_schema(before.parameters, now.parameters, "")
    yield from _in_binding(before.binding, now.binding)


def _code(tool: Tool) -> str:
    return tool.binding.digest if isinstance(tool.binding, PythonBinding) else ""


def _in_binding(before: Binding | None, now: Binding | None) -> Iterator[str]:
    old: dict[str, Json] = msgspec.to_builtins(before) or {"kind": "none"}
    new: dict[str, Json] = msgspec.to_builtins(now) or {"kind": "none"}
    if old["kind"] != new["kind"]:
        yield f"its executor was {old['kind']}, is {new['kind']}"
        return
    for key in sorted(old.keys() | new.keys()):
        if key != "digest" and old.get(key) != new.get(key):
            yield f"its {key} {_was(old.get(key), new.get(key))}"


def _in_schema(before: Json, now: Json, at: str) -> Iterator[str]:
    """The differences of two schemas, each with the place where it is."""
    if before == now:
        return
    if not isinstance(before, dict) or not isinstance(now, dict):
        yield f"{at or 'the schema'} {_was(before, now)}"
        return
    yield from _in_required(before, now, at)
    for key in sorted(before.keys() | now.keys()):
        old, new = before.get(key), now.get(key)
        if key == "required" or old == new:
            continue
        if key in _BY_NAME and isinstance(old or {}, dict) and isinstance(new or {}, dict):
            yield from _by_name(old or {}, new or {}, at, "" if key == "properties" else f"{key}/")
        elif key in _INNER and isinstance(old, dict) and isinstance(new, dict):
            yield from _in_schema(old, new, f"{at}[]" if key == "items" else f"{at}({key})")
        elif key == "description":
            yield f"the description of {at or 'the arguments'} has changed"
        elif key == "enum" and isinstance(old, list) and isinstance(new, list):
            yield from _in_enum(old, new, at)
        else:
            yield f"{key} of {at or 'the arguments'} {_was(old, new)}"


def _by_name(before: Mapping[str, Any], now: Mapping[str, Any], at: str, kind: str) -> Iterator[str]:
    prefix = f"{at}." if at else ""
    for name in sorted(before.keys() | now.keys()):
        place = f"{prefix}{kind}{name}"
        if name not in now:
            yield f"{place} is gone"
        elif name not in before:
            yield f"{place} is new"
        else:
            yield from _in_schema(before[name], now[name], place)


def _in_required(before: Mapping[str, Any], now: Mapping[str, Any], at: str) -> Iterator[str]:
    old, new = _names(before.get("required")), _names(now.get("required"))
    prefix = f"{at}." if at else ""
    kept = _names(list(now.get("properties") or {}))
    for name in sorted(new - old):
        yield f"{prefix}{name} is now required"
    for name in sorted((old - new) & kept):
        yield f"{prefix}{name} is now optional"


def _in_enum(before: Sequence[Json], now: Sequence[Json], at: str) -> Iterator[str]:
    lost = [value for value in before if value not in now]
    gained = [value for value in now if value not in before]
    parts = [f"{verb} {_shown(values)}" for verb, values in (("lost", lost), ("gained", gained)) if values]
    yield f"the values allowed for {at or 'the arguments'} {' and '.join(parts) or 'are in a different order'}"


def _names(value: Json) -> set[str]:
    return {name for name in value if isinstance(name, str)} if isinstance(value, list) else set()


def _was(before: Json, now: Json) -> str:
    return f"was {_shown(before)}, is {_shown(now)}"


def _shown(value: Json) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
