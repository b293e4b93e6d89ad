"""From a file or folder in the layout of ToolBench to tools."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from apigen.errors import UserError
from apigen.execute.grants import NO_GRANTS, Grants
from apigen.library.base import COMMON_OPTIONS, Loaded
from apigen.library.categories.labels import of_label
from apigen.library.toolbench.binding import METHODS, bind
from apigen.library.toolbench.layout import Api, Fault, apis
from apigen.library.toolbench.parameters import describe
from apigen.locators import Locator
from apigen.records import Json, Note, Skipped, Tool
from apigen.toolspecs.names import MOST, clean_name, digest, free_name, snake_case
from apigen.toolspecs.schemas import Notes
from apigen.toolspecs.text import parse_json
from apigen.toolspecs.validity import schema_problem

_POINTER = b"version https://git-lfs"
_MOST_ABOUT = 300
"""Longest piece in characters of a tool's own description that stands below that of an API."""


def load_toolbench(locator: Locator, grants: Grants = NO_GRANTS) -> Loaded:
    """Load the APIs of a tool file, of a list of APIs, or of a folder of such files.

    Args:
        locator: its place is the path of a ``.json`` or ``.jsonl`` file, or of a folder that holds some at any depth.
        grants: not used, since nothing is run.

    Raises:
        UserError: there is nothing at that path, a single file is no JSON, or no API is found.
    """
    del grants
    locator.require_known(COMMON_OPTIONS)
    origin = f"{locator.kind}:{locator.place}"
    reading = _Reading(origin)
    for where, category, value in _documents(locator, origin):
        if isinstance(value, _Unreadable):
            reading.skip(where, value.problem)
            continue
        for found in apis(value, category):
            if isinstance(found, Fault):
                reading.skip(f"{where} {found.name}".strip(), found.reason)
            else:
                reading.take(found)
    if not reading.tools and not reading.skipped:
        raise UserError(f"{origin} holds no APIs; it should be a tool with an api_list, or a folder of such files")
    return Loaded(tuple(reading.tools), skipped=tuple(reading.skipped), notes=tuple(reading.notes))


class _Unreadable(msgspec.Struct, frozen=True):
    problem: str


def _documents(locator: Locator, origin: str) -> Iterator[tuple[str, str, Json]]:
    """Each JSON document with its place below the path and the category that its folder names."""
    root = Path(locator.place).expanduser()
    if not locator.place:
        raise UserError(f"{origin} names no path; write {locator.kind}:PATH")
    if root.is_file():
        parsed = _parsed(root)
        if isinstance(parsed, _Unreadable):
            raise UserError(f"{origin}: {parsed.problem}")
        yield from _values("", _category_of(root, root), parsed)
    elif root.is_dir():
        paths = sorted(path for path in root.rglob("*.json*") if path.suffix in (".json", ".jsonl") and path.is_file())
        if not paths:
            raise UserError(f"{origin}: no .json or .jsonl file is in this folder")
        for path in paths:
            yield from _values(str(path.relative_to(root)), _category_of(path, root), _parsed(path))
    else:
        raise UserError(f"{origin}: there is no file or folder {root.absolute()}")


def _values(
    where: str, category: str, parsed: "list[Json | _Unreadable] | _Unreadable"
) -> Iterator[tuple[str, str, Json]]:
    for value in parsed if isinstance(parsed, list) else [parsed]:
        yield where, category, value


def _parsed(path: Path) -> list[Json] | _Unreadable:
    """The documents of a file: one, or one a line."""
    try:
        text = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        return _Unreadable(f"cannot be read: {error.strerror or error}")
    if text.startswith(_POINTER):
        return _Unreadable("is a pointer of Git LFS and not the file itself; `git lfs pull` brings it")
    whole = parse_json(text)
    if not whole.problem:
        return [whole.value]
    lines = [(number, parse_json(line)) for number, line in enumerate(text.split(b"\n"), 1) if line.strip()]
    if len(lines) < 2 or not any(isinstance(one.value, dict | list) for _, one in lines):
        return _Unreadable(f"is no JSON: {whole.problem}")
    return [
        _Unreadable(f"line {number} is no JSON: {one.problem}") if one.problem else one.value for number, one in lines
    ]


def _category_of(path: Path, root: Path) -> str:
    """What the file's folder is called: any folder below the path given; that one or above only where it is known."""
    label = path.parent.name
    inside = path.parent not in (root, root.parent)
    return label if inside or of_label(label) is not None else ""


class _Reading:
    """What was found so far."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self.tools: list[Tool] = []
        self.skipped: list[Skipped] = []
        self.notes: list[Note] = []
        self._names: set[str] = set()
        self._known: set[bytes] = set()

    def skip(self, name: str, reason: str) -> None:
        self.skipped.append(Skipped(name or self._origin, reason, self._origin))

    def take(self, api: Api) -> None:
        identity = msgspec.json.encode(api, order="sorted")
        if identity in self._known:  # rows of instructions list the same APIs again and again
            return
        self._known.add(identity)
        notes: Notes = {}
        called = f"{api.name} ({api.tool})" if api.tool else api.name
        if not api.method:
            api = msgspec.structs.replace(api, method="GET")
            notes["no method is given; taken for GET"] = None
        if api.method not in METHODS:
            self.skip(called, f"its method {api.method[:40]!r} is none of HTTP's")
            return
        try:
            described = describe(api, notes)
        except (ValueError, RecursionError) as problem:
            self.skip(called, str(problem))
            return
        binding, schema = bind(api, described, notes)
        if problem_of := schema_problem(schema):
            self.skip(called, f"its JSON Schema is not valid: {problem_of}")
            return
        name = free_name(_name(api), self._names, identity.decode())
        category = api.category or "Other"
        self.tools.append(Tool(name, _description(api), schema, category, self._origin, binding))
        self.notes += [Note(name, text) for text in notes]


def _name(api: Api) -> str:
    """``love_quote_for_olato_quotes``: what ToolBench's own code calls it, within what providers accept."""
    name, tool = snake_case(api.name), snake_case(api.tool)
    if not name:
        name = clean_name(api.name).lower()
    whole = f"{name}_for_{tool}" if tool else name
    if len(whole) <= MOST:
        return whole
    end = f"_for_{tool[:24].rstrip('_')}" if tool else ""
    end += f"_{digest(f'{api.name} {api.tool}')}"
    return name[: MOST - len(end)].rstrip("_") + end


def _description(api: Api) -> str:
    """The API's own words and what its tool is; empty where the API says nothing, since then it is not documented."""
    about = api.tool_description.partition("\n")[0].strip()
    if not api.description or not about or about in api.description:
        return api.description
    about = about if len(about) <= _MOST_ABOUT else f"{about[:_MOST_ABOUT].rsplit(' ', 1)[0]} ..."
    return f"{api.description}\n\nPart of {api.tool}: {about}" if api.tool else api.description
