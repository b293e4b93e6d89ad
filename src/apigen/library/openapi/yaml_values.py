"""Reads YAML as JSON values, by the core schema of YAML 1.2, as OpenAPI requires.

Dates and words like ``no`` stay text, and so do keys such as ``200`` and numbers with a zero in front, which older YAML
takes for octal ones. Aliases are followed only as far as a document
of bearable size comes of it.
"""

import re
from typing import Any

import yaml

from apigen.records import Json

MOST_VALUES = 20_000_000
"""Values that a document may hold once its aliases are written out; the largest public one has some 3 million."""

_PREFIX = "tag:yaml.org,2002:"
_MERGE = f"{_PREFIX}merge"


class YamlProblem(ValueError):  # noqa: N818 - named for what it tells
    """A text that is no YAML, or none that stands for JSON."""


class _Nodes(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the C parser, where there is one
    """Composes nodes, whose tags are those of YAML 1.2's core schema."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as in the base class


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ("~", "n", "N", "")),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("merge", r"<<", "<"),
):
    _Nodes.add_implicit_resolver(f"{_PREFIX}{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))


def read_yaml(text: str, notes: dict[str, None]) -> Json:
    """A YAML document as JSON.

    Args:
        text: one document.
        notes: what had to be understood is added here.

    Raises:
        YamlProblem: it is none; the message has the line.
    """
    loader = _Nodes(text)
    try:
        node = loader.get_single_node()
        return _Values(notes).of(node)[0] if node is not None else None
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        what = problem.problem or problem.context or "cannot be parsed"
        raise YamlProblem(f"line {mark.line + 1}: {what}" if mark else what) from None
    except yaml.YAMLError as problem:
        raise YamlProblem(str(problem).partition("\n")[0]) from None
    except RecursionError:
        raise YamlProblem("nested too deeply") from None
    finally:
        loader.dispose()


class _Values:
    """Turns nodes into values, each node once, with the number of values that it stands for."""

    def __init__(self, notes: dict[str, None]) -> None:
        self._notes = notes
        self._done: dict[int, tuple[Json, int]] = {}
        self._open: set[int] = set()

    def of(self, node: Any) -> tuple[Json, int]:
        """A node's value and how many values that is, itself and aliases written out among them."""
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node), 1
        known = self._done.get(id(node))
        if known is not None:
            return known
        if id(node) in self._open:
            raise YamlProblem(f"line {node.start_mark.line + 1}: an alias refers to its own parent")
        self._open.add(id(node))
        found = self._sequence(node) if isinstance(node, yaml.SequenceNode) else self._mapping(node)
        if found[1] > MOST_VALUES:
            raise YamlProblem(
                f"line {node.start_mark.line + 1}: its aliases expand to more than {MOST_VALUES:,} values"
            )
        self._open.discard(id(node))
        self._done[id(node)] = found
        return found

    def _sequence(self, node: Any) -> tuple[Json, int]:
        inner = [self.of(item) for item in node.value]
        return [value for value, _ in inner], 1 + sum(count for _, count in inner)

    def _mapping(self, node: Any) -> tuple[Json, int]:
        value: dict[str, Json] = {}
        merged: dict[str, Json] = {}
        total = 1
        for key, inner in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise YamlProblem(f"line {key.start_mark.line + 1}: a key that is not a string")
            found, count = self.of(inner)
            total += count
            if key.tag == _MERGE:
                for one in found if isinstance(found, list) else [found]:
                    if not isinstance(one, dict):
                        raise YamlProblem(f"line {key.start_mark.line + 1}: `<<` only accepts mappings")
                    merged |= {name: one[name] for name in one if name not in merged}
                continue
            if key.value in value:
                self._notes[
                    f"the key {key.value!r} appears more than once (line {key.start_mark.line + 1}); the last "
                    "value is used"
                ] = None
            value[key.value] = found
        return ({**merged, **value} if merged else value), total


def _scalar(node: Any) -> Json:
    text: str = node.value
    match node.tag.removeprefix(_PREFIX):
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int" if len(text) < _LONGEST_NUMBER:
            return int(text, 0) if text[:2] in ("0x", "0o") else _number(text, int)
        case "float" if len(text) < _LONGEST_NUMBER:
            return _number(text, float)
    return text


_LONGEST_NUMBER = 1000


def _number(text: str, kind: type[int] | type[float]) -> Json:
    """The number; the text where a tag calls a number what is none, or none that JSON has."""
    try:
        value = kind(text)
    except ValueError:
        return text
    return value if abs(value) != float("inf") and value == value else text  # noqa: PLR0124 - NaN is unlike itself
