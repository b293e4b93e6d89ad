"""The source of tool lists as JSON, in the formats of model providers and datasets; description only.

One file holds a tool, a list of tools, an object with ``tools``, or one of these a line; each tool in the spelling of
OpenAI (Chat Completions or Responses), Anthropic, Gemini, Bedrock, the Model Context Protocol, or xlam.
"""

from pathlib import Path

import msgspec

from apigen.errors import UserError
from apigen.execute.grants import NO_GRANTS, Grants
from apigen.library.base import COMMON_OPTIONS, Loaded
from apigen.library.documents import Document, read_documents
from apigen.locators import Locator
from apigen.records import Json, Note, Skipped, Tool
from apigen.toolspecs.names import clean_name, free_name
from apigen.toolspecs.text import parse_text
from apigen.toolspecs.tools import read_tool
from apigen.toolspecs.validity import schema_problem

_LISTS = ("tools", "functions", "functionDeclarations", "function_declarations")
"""Keys under which a list of tools stands in an object."""

_OWN = ("function", "custom")
"""Types of tools that are described here; any other is one that the provider has built in."""

_DESCRIBED = (
    "parameters",
    "input_schema",
    "inputSchema",
    "parametersJsonSchema",
    "parameters_json_schema",
    "properties",
)

_MOST_DEEP = 4
"""Lists within lists that are followed."""


def load_tool_json(locator: Locator, grants: Grants = NO_GRANTS) -> Loaded:
    """Load the tools that a JSON or JSON Lines file describes; they have no binding.

    Args:
        locator: its place is the file's path.
        grants: not used, since nothing is run.

    Raises:
        UserError: the file cannot be read, is no JSON, or describes nothing.
    """
    del grants
    locator.require_known(COMMON_OPTIONS)
    origin = f"{locator.kind}:{locator.place}"
    reading = _Reading(origin)
    for document in _documents(locator, origin):
        if document.problem:
            reading.skip(document.place, document.problem)
        else:
            reading.read(document.place, document.value)
    if not reading.tools and not reading.skipped:
        raise UserError(
            f"{origin} contains no tools; expected a tool, a list of tools, or an object with a `tools` key"
        )
    return Loaded(tuple(reading.tools), skipped=tuple(reading.skipped), notes=tuple(reading.notes))


def _documents(locator: Locator, origin: str) -> tuple[Document, ...]:
    path = Path(locator.place).expanduser()
    if not locator.place:
        raise UserError(f"{origin} does not name a file; write {locator.kind}:FILE.json")
    if path.is_dir():
        raise UserError(f"{origin} is a folder; name a single file in it")
    if not path.exists():
        raise UserError(f"{origin}: no such file: {path.absolute()}")
    try:
        return read_documents(path)
    except ValueError as problem:
        raise UserError(f"{origin} {problem}") from None


class _Reading:
    """What was found so far in one file."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self.tools: list[Tool] = []
        self.skipped: list[Skipped] = []
        self.notes: list[Note] = []
        self._names: set[str] = set()
        self._known: set[bytes] = set()

    def skip(self, place: str, reason: str) -> None:
        self.skipped.append(Skipped(place or self._origin, reason, self._origin))

    def read(self, place: str, value: Json, depth: int = 0) -> None:
        """Take a tool, or each of those in a list or an object that holds a list."""
        if depth > _MOST_DEEP:
            self.skip(place, "its lists are nested too deeply")
            return
        inner = _listed(value)
        if inner is None:
            self._take(place, value)
            return
        for index, one in enumerate(inner):
            self.read(f"{place}[{index}]" if place else f"[{index}]", one, depth + 1)

    def _take(self, place: str, value: Json) -> None:
        value = _unwrapped(value)
        if reason := _provided(value):
            self.skip(_named(value) or place, reason)
            return
        read = read_tool(value)
        if read.tool is None:
            name = _named(value)
            self.skip(name or place, read.fault.removeprefix(f"{name}: "))
            return
        told = _with_examples(read.tool, value)
        whole = msgspec.json.encode((told.name, told.description, told.parameters), order="sorted")
        if whole in self._known:  # a row after another that offers the same
            return
        self._known.add(whole)
        if problem := schema_problem(told.parameters):
            self.skip(told.name, f"its JSON Schema is not valid: {problem}")
            return
        name = free_name(clean_name(told.name), self._names, whole.decode())
        tool = msgspec.structs.replace(told, name=name, category=_category(value), origin=self._origin)
        self.tools.append(tool)
        if name != told.name:
            self.notes.append(Note(name, f"its name in the file is {told.name!r}"))
        self.notes += [Note(name, text) for text in read.notes]


def _listed(value: Json) -> list[Json] | None:
    """The tools that a value holds; ``None`` where it is to be read as one tool."""
    if isinstance(value, list):
        return value
    if not isinstance(value, dict) or any(key in value for key in _DESCRIBED):
        return None
    for key in _LISTS:
        inner = value.get(key)
        if isinstance(inner, str):  # rows of xlam hold their tools as text
            inner = parse_text(inner).value
        if isinstance(inner, dict):
            inner = [inner]
        if isinstance(inner, list):
            return inner
    return None


def _unwrapped(value: Json) -> Json:
    """Bedrock's ``{"toolSpec": {..., "inputSchema": {"json": {...}}}}`` without what is around it."""
    told = value.get("toolSpec") if isinstance(value, dict) else None
    if not isinstance(told, dict):
        return value
    schema = told.get("inputSchema")
    inner = schema.get("json") if isinstance(schema, dict) else None
    return {**told, "inputSchema": inner} if isinstance(inner, dict) else told


def _provided(value: Json) -> str:
    """Why a tool takes no arguments that we could describe; empty where it does."""
    if not isinstance(value, dict):
        return ""
    kind = value.get("type")
    if kind == "custom" and isinstance(value.get("custom"), dict):
        return "takes free text rather than JSON arguments"
    described = isinstance(value.get("function"), dict) or any(key in value for key in _DESCRIBED)
    if isinstance(kind, str) and kind not in _OWN and not described:
        return f"built into the provider ({kind}), so it has no parameter schema"
    return ""


def _with_examples(tool: Tool, value: Json) -> Tool:
    """The tool with Anthropic's ``input_examples``, which are examples of the whole object of arguments."""
    examples = value.get("input_examples") if isinstance(value, dict) else None
    if not isinstance(examples, list) or not examples or "examples" in tool.parameters:
        return tool
    return msgspec.structs.replace(tool, parameters={**tool.parameters, "examples": examples})


def _named(value: Json) -> str:
    told = value.get("function", value) if isinstance(value, dict) else None
    name = told.get("name") if isinstance(told, dict) else None
    return name if isinstance(name, str) and name.strip() else ""


def _category(value: Json) -> str:
    label = value.get("category") if isinstance(value, dict) else None
    return label if isinstance(label, str) and label.strip() else "Other"
