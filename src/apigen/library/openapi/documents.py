"""The documents of a spec and their ``$ref``; nothing is read from outside the spec's folder or server."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

import msgspec

from apigen.errors import UserError
from apigen.library.openapi.fetch import fetch, is_address, origin_of
from apigen.library.openapi.parse import parse_document
from apigen.library.openapi.problems import CannotOffer
from apigen.records import Json

MOST_DOCUMENTS = 500
"""Documents that one spec may consist of."""

MOST_HOPS = 50
"""References that may lead from one to the next."""


class Document(msgspec.Struct, frozen=True, eq=False):
    """One parsed document."""

    location: str
    """An absolute path, or an address."""
    value: Json


class Target(msgspec.Struct, frozen=True, eq=False):
    """What a reference points to."""

    value: Json
    document: Document
    """Where it stands, and so where references inside it start from."""
    pointer: str

    @property
    def key(self) -> tuple[str, str]:
        """The place, equal for every way to write a reference to it."""
        return self.document.location, self.pointer

    @property
    def name(self) -> str:
        """The last word of the reference, such as ``Pet``; the file's name for a whole document."""
        last = self.pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
        return last or Path(self.document.location).stem


class Documents:
    """Reads each document once, and follows references between them.

    Args:
        place: a path or address as the user wrote it.

    Raises:
        UserError: the first document cannot be read or parsed.
    """

    def __init__(self, place: str) -> None:
        self.notes: dict[str, None] = {}
        """What had to be understood in the texts."""
        self.root = self._load(place)
        self._by_location = {self.root.location: self.root}
        self._unreadable: dict[str, str] = {}
        self._targets: dict[tuple[str, str], Target] = {}

    def _load(self, place: str, *, stay: bool = False) -> Document:
        fetched = fetch(place, stay=stay)
        return Document(fetched.location, parse_document(fetched.data, place, self.notes))

    def target(self, reference: str, document: Document) -> Target:
        """What a reference points to, one step on.

        Args:
            reference: such as ``#/components/schemas/Pet`` or ``pets.yaml#/Pet``.
            document: where it stands.

        Raises:
            CannotOffer: there is nothing, or it may not be read.
        """
        key = (document.location, reference)
        target = self._targets.get(key)
        if target is None:
            address, fragment = urldefrag(reference)
            where = self._document(address, reference, document) if address else document
            pointer = unquote(fragment)
            target = Target(
                _at(where.value, pointer, reference), where, pointer.rstrip("/") if pointer == "/" else pointer
            )
            self._targets[key] = target
        return target

    def follow(self, value: Json, document: Document) -> tuple[dict[str, Any], Document]:
        """An object, or the one that it refers to in any number of steps, as described where the first step is made.

        Raises:
            CannotOffer: a reference leads nowhere, in circles, or to something that is no object.
        """
        reference: Json = None
        said: dict[str, Json] = {}
        for _ in range(MOST_HOPS):
            if not isinstance(value, dict):
                raise CannotOffer(f"expected an object, found {str(value)[:40]!r}")
            reference = value.get("$ref")
            if not isinstance(reference, str):
                return ({**value, **said} if said else value), document
            said = said or {key: value[key] for key in ("summary", "description") if key in value}
            target = self.target(reference, document)
            value, document = target.value, target.document
        raise CannotOffer(f"{reference!r} is a circular reference")

    def _document(self, address: str, reference: str, start: Document) -> Document:
        location = self._location(address, reference, start)
        if location in self._unreadable:
            raise CannotOffer(self._unreadable[location])
        document = self._by_location.get(location)
        if document is None:
            if len(self._by_location) >= MOST_DOCUMENTS:
                raise CannotOffer(f"refers to {reference!r}, but {MOST_DOCUMENTS} documents have been read already")
            try:
                document = self._load(location, stay=True)
            except UserError as problem:
                self._unreadable[location] = f"refers to {reference!r}: {problem}"
                raise CannotOffer(self._unreadable[location]) from None
            self._by_location[location] = document
        return document

    def _location(self, address: str, reference: str, start: Document) -> str:
        """Where another document lies, if it is one that may be read."""
        root = self.root.location
        if is_address(start.location):
            location = _joined(start.location, address)
            if not is_address(location) or origin_of(location) != origin_of(root):
                raise CannotOffer(
                    f"refers to {reference!r}, which is on a different server from the spec and is not fetched"
                )
            return location
        if "://" in address:
            raise CannotOffer(f"refers to {reference!r}, a URL; a spec in a local file may only refer to local files")
        try:
            path = (Path(start.location).parent / unquote(address)).resolve()
        except (OSError, ValueError, RuntimeError):
            raise CannotOffer(f"refers to {reference!r}, which is not a valid path") from None
        if not path.is_relative_to(Path(root).parent):
            raise CannotOffer(f"refers to {reference!r}, which is outside the spec's folder and is not read")
        return str(path)


def _joined(start: str, address: str) -> str:
    """An address that starts from another; empty where it is none."""
    try:
        location = urljoin(start, address)
        origin_of(location)
    except ValueError:
        return ""
    return location


def _at(value: Json, pointer: str, reference: str) -> Json:
    """What a JSON Pointer (RFC 6901) points to."""
    if pointer in ("", "/"):
        return value
    if not pointer.startswith("/"):
        raise CannotOffer(f"refers to {reference!r}; only JSON Pointers are supported after `#`")
    for part in pointer[1:].split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            raise CannotOffer(f"refers to {reference!r}, which does not exist")
    return value
