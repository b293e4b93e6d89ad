"""From a file or folder in the layout of ToolBench to tools."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from apigen.errors import UserError
from apigen.execute.grants import NO_GRANTS, Grants
from apigen.library.base import COMMON_OPTIONS, Loaded
from apigen.library.documents import Document, read_documents
from apigen.library.toolbench.binding import METHODS, bind
from apigen.library.toolbench.layout import Api, Fault, apis
from apigen.library.toolbench.parameters import describe
from apigen.locators import Locator
from apigen.records import Note, Skipped, Tool
from apigen.toolspecs.names import MOST, clean_name, digest, free_name, snake_case
from apigen.toolspecs.schemas import Notes
from apigen.toolspecs.validity import schema_problem

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
    root, paths = _files(locator, origin)
    for path in paths:
        where = "" if path == root else str(path.relative_to(root))
        try:
            documents = read_documents(path)
        except ValueError as problem:
            if path == root:
                raise UserError(f"{origin} {problem}") from None
            reading.skip(where, str(problem))
            continue
        inside = path.parent not in (root, root.parent)  # a folder that the user named may be called anything
        reading.read(documents, where, path.parent.name if inside else "")
    if not reading.tools and not reading.skipped:
        raise UserError(f"{origin} contains no APIs; expected a tool with an api_list, or a folder of such files")
    return Loaded(tuple(reading.tools), skipped=tuple(reading.skipped), notes=tuple(reading.notes))


def _files(locator: Locator, origin: str) -> tuple[Path, list[Path]]:
    """The path that is meant, and each file below it, or the path itself."""
    root = Path(locator.place).expanduser()
    if not locator.place:
        raise UserError(f"{origin} does not name a path; write {locator.kind}:PATH")
    if root.is_file():
        return root, [root]
    if not root.is_dir():
        raise UserError(f"{origin}: no such file or folder: {root.absolute()}")
    paths = sorted(path for path in root.rglob("*.json*") if path.suffix in (".json", ".jsonl") and path.is_file())
    if not paths:
        raise UserError(f"{origin}: no .json or .jsonl files in this folder")
    return root, paths


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

    def read(self, documents: Iterable[Document], where: str, category: str) -> None:
        """Take every API of a file."""
        for document in documents:
            place = f"{where} {document.place}".strip()
            if document.problem:
                self.skip(place, document.problem)
                continue
            for found in apis(document.value, category):
                if isinstance(found, Fault):
                    self.skip(f"{place} {found.name}".strip(), found.reason)
                else:
                    self.take(found)

    def take(self, api: Api) -> None:
        identity = msgspec.json.encode(api, order="sorted")
        if identity in self._known:  # rows of instructions list the same APIs again and again
            return
        self._known.add(identity)
        notes: Notes = {}
        called = f"{api.name} ({api.tool})" if api.tool else api.name
        if not api.method:
            api = msgspec.structs.replace(api, method="GET")
            notes["no HTTP method given; GET assumed"] = None
        if api.method not in METHODS:
            self.skip(called, f"its method {api.method[:40]!r} is not an HTTP method")
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
