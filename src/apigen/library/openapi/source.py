"""The OpenAPI source: ``openapi:PLACE`` loads the operations of an OpenAPI 3 or Swagger 2 document."""

from collections import Counter

from apigen.errors import UserError
from apigen.execute.grants import NO_GRANTS, Grants
from apigen.library.base import COMMON_OPTIONS, Loaded
from apigen.library.openapi.documents import Documents
from apigen.library.openapi.fitting import MOST_CHARACTERS, Fitter
from apigen.library.openapi.operations import Operation, operations
from apigen.library.openapi.problems import CannotOffer
from apigen.library.openapi.recognise import Version, version_of
from apigen.library.openapi.schemas import SchemaReader
from apigen.library.openapi.security import read_schemes
from apigen.library.openapi.servers import checked
from apigen.library.openapi.service import Service
from apigen.library.openapi.tools import make_tool
from apigen.locators import Locator
from apigen.records import Note, Skipped, Tool

OPTIONS = {
    "tag": "tags of the operations to include",
    "method": "HTTP methods to include",
    "path": "paths to include",
    "operation": "operation ids to include",
    "server": "the base URL to call instead of the spec's",
    "key": "SCHEME:VARIABLE, the environment variable that holds the key for a security scheme",
    "size": "maximum size of one tool's schema, in characters",
}
"""What stands behind the ``#``, beside the common options."""


def load_openapi(locator: Locator, grants: Grants = NO_GRANTS) -> Loaded:
    """Load the operations of a document as tools.

    Args:
        locator: its place is a path or an address, of JSON or YAML.
        grants: not used: nothing of a spec is run.

    Raises:
        UserError: there is no such document, it is no OpenAPI document, or nothing in it is chosen.
    """
    del grants
    locator.require_known({**COMMON_OPTIONS, **OPTIONS})
    if not locator.place:
        raise UserError(f"{locator} does not name a document; write openapi:FILE or openapi:https://...")
    documents = Documents(locator.place)
    version = version_of(documents.root.value, locator.place)
    service = _service(locator, documents, version)
    tools: list[Tool] = []
    skipped: list[Skipped] = []
    notes: list[Note] = []
    there = Counter[str]()
    for found in operations(documents):
        if isinstance(found, Skipped):
            skipped.append(Skipped(found.name, found.reason, service.origin))
            continue
        there.update(found.tags or ["no tag"])
        if not _is_chosen(found, locator):
            continue
        try:
            made = make_tool(found, service)
        except CannotOffer as problem:
            skipped.append(Skipped(found.name, str(problem), service.origin))
        except RecursionError:
            skipped.append(Skipped(found.name, "its schemas are nested too deeply", service.origin))
        else:
            tools.append(made.tool)
            notes.extend(Note(made.tool.name, text) for text in made.notes)
    if not tools and not skipped:
        raise UserError(_nothing(locator, there))
    of_texts = [Note(locator.place, text) for text in documents.notes]
    return Loaded(tuple(tools), (), tuple(skipped), (*of_texts, *notes))


def _service(locator: Locator, documents: Documents, version: Version) -> Service:
    root = documents.root
    components = root.value.get("components")
    described = components.get("securitySchemes") if isinstance(components, dict) else None
    if version == "2.0":
        described = root.value.get("securityDefinitions")
    info = root.value.get("info")
    title = info.get("title") if isinstance(info, dict) else None
    reader = SchemaReader(documents, version)
    return Service(
        documents,
        version,
        reader,
        Fitter(reader, _size(locator)),
        read_schemes(described, title if isinstance(title, str) else "", locator, documents, root),
        str(locator),
        _server(locator),
    )


def _server(locator: Locator) -> str:
    told = locator.value("server")
    address = checked(told)
    if told and not address:
        raise UserError(f"{locator}: {told!r} is not a valid URL; write server=https://HOST/PATH")
    return address


def _size(locator: Locator) -> int:
    told = locator.value("size")
    if not told:
        return MOST_CHARACTERS
    if not told.isdecimal() or int(told) == 0:
        raise UserError(
            f"{locator}: size={told} is not a positive number of characters; write a number such as {MOST_CHARACTERS}"
        )
    return int(told)


def _is_chosen(operation: Operation, locator: Locator) -> bool:
    return (
        (not locator.values("tag") or any(locator.matches("tag", tag) for tag in operation.tags))
        and locator.matches("method", operation.method)
        and locator.matches("path", operation.path)
        and locator.matches("operation", operation.id)
    )


def _nothing(locator: Locator, there: Counter[str]) -> str:
    if not there:
        return f"{locator} has no operations under `paths`"
    tags = ", ".join(f"{tag} ({count})" for tag, count in there.most_common(8))
    return f"{locator}: none of its {there.total()} operations match the filter; its tags are {tags}"
