"""Security schemes as the secrets that a request carries, each named by an environment variable."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from apigen.errors import UserError
from apigen.library.openapi.documents import Document, Documents
from apigen.library.openapi.problems import CannotOffer
from apigen.locators import Locator
from apigen.records import Json, RestCredential

KEY = "key"
"""The option that names variables."""

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NO_WORDS = frozenset(
    (
        *("a", "an", "and", "by", "for", "of", "on", "the", "with", "v", "version", "open", "public", "web", "http"),
        *("api", "apis", "openapi", "rest", "restful", "server", "service", "services", "swagger"),
        *("definition", "documentation", "reference", "spec", "specification"),
    )
)
"""Words of titles that do not tell one service from another."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_NUMBER = re.compile(r"v?[0-9]+")

Security = tuple[tuple[RestCredential, ...], ...]


class Schemes(msgspec.Struct, frozen=True):
    """The security schemes of a spec."""

    usable: dict[str, RestCredential]
    unusable: dict[str, str]
    """Those that cannot be used, with the reason."""
    authorization: str
    """The variable for an ``Authorization`` header that is listed as a parameter instead of a scheme."""

    def alternatives(self, told: Json) -> tuple[Security, str]:
        """What an operation's ``security`` asks for.

        Args:
            told: the list, each entry an alternative.

        Returns:
            The alternatives that can be used, and why there is none where there should be one.
        """
        if not isinstance(told, list):
            return (), ""
        found: list[tuple[RestCredential, ...]] = []
        problem = ""
        for entry in told:
            names = list(entry) if isinstance(entry, dict) else []
            missing = [name for name in names if name not in self.usable]
            if missing:
                problem = problem or self.unusable.get(missing[0], f"its security scheme {missing[0]!r} is not defined")
                continue
            found.append(tuple(dict.fromkeys(self.usable[name] for name in names)))
        return tuple(dict.fromkeys(found)), "" if found else problem

    def carried_by(self, place: str, name: str) -> RestCredential | None:
        """The secret that a parameter of that name would be."""
        for credential in self.usable.values():
            same = credential.name.lower() == name.lower() if place == "header" else credential.name == name
            if credential.place == place and same:
                return credential
        if place == "header" and name.lower() == "authorization":
            return RestCredential(self.authorization, "header", "Authorization")
        return None


def read_schemes(described: Json, title: str, locator: Locator, documents: Documents, document: Document) -> Schemes:
    """The schemes that a spec describes.

    Args:
        described: ``components.securitySchemes`` or ``securityDefinitions``.
        title: the spec's, for variables' names.
        locator: its ``key`` options name variables: ``SCHEME:VARIABLE``, or ``VARIABLE`` for every scheme.
        documents: follows references.
        document: where they stand.

    Raises:
        UserError: an option names a scheme that there is not, or no variable.
    """
    schemes = described if isinstance(described, Mapping) else {}
    chosen = _chosen(locator, list(schemes))
    usable: dict[str, RestCredential] = {}
    unusable: dict[str, str] = {}
    for name, raw in schemes.items():
        try:
            scheme, _ = documents.follow(raw, document)
        except CannotOffer as problem:
            unusable[name] = f"its security scheme {name!r} {problem}"
            continue
        variable = chosen.get(name) or chosen.get("") or variable_name(title, name)
        credential = _credential(scheme, variable)
        if isinstance(credential, RestCredential):
            usable[name] = credential
        else:
            unusable[name] = f"its security scheme {name!r} is {credential}, which is not supported"
    return Schemes(usable, unusable, chosen.get("") or variable_name(title, "authorization"))


def _chosen(locator: Locator, names: Sequence[str]) -> dict[str, str]:
    chosen = {}
    for told in locator.values(KEY):
        name, _, variable = told.rpartition(":")
        if not _VARIABLE.fullmatch(variable):
            raise UserError(
                f"{locator}: {variable!r} is not a valid environment variable name; write key=SCHEME:VARIABLE"
            )
        if name and name not in names:
            listed = ", ".join(names) or "none"
            raise UserError(f"{locator}: no such security scheme {name!r}; the spec has: {listed}")
        chosen[name] = variable
    return chosen


def _credential(scheme: Mapping[str, Any], variable: str) -> RestCredential | str:
    """The secret that a scheme asks for, or what it is where that cannot be sent."""
    kind = str(scheme.get("type", "")).lower()
    place, name = scheme.get("in"), scheme.get("name")
    if kind == "apikey" and place in ("header", "query", "cookie") and isinstance(name, str) and name:
        return RestCredential(variable, place, name)
    if kind in ("oauth2", "openidconnect"):
        return RestCredential(variable, "bearer")
    if kind == "basic":
        return RestCredential(variable, "basic")
    if kind == "http":
        how = str(scheme.get("scheme", "")).lower()
        if how == "basic":
            return RestCredential(variable, "basic")
        if how in ("bearer", "oauth"):
            return RestCredential(variable, "bearer")
        return f"HTTP {how}" if how else "HTTP without a scheme"
    return "mutual TLS" if kind == "mutualtls" else f"of type {scheme.get('type')!r}"


def variable_name(title: str, scheme: str) -> str:
    """The environment variable for a scheme, such as ``PETSTORE_API_KEY``.

    Args:
        title: the spec's title, of which words like "API" say nothing.
        scheme: the scheme's name.
    """
    words = re.findall(r"[A-Za-z0-9]+", title.partition(" - ")[0])
    service = [word for word in words if word.lower() not in _NO_WORDS and not _NUMBER.fullmatch(word)]
    own = _WORD.findall(scheme)
    front = [] if {word.lower() for word in service[:3]} & {word.lower() for word in own} else service[:3]
    name = "_".join((*front, *own)).upper() or "API_KEY"
    return name if not name[0].isdigit() else f"_{name}"
