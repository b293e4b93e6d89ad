"""Determines the base URL of a service."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from apigen.library.openapi.fetch import is_address
from apigen.records import Json

_VARIABLE = re.compile(r"\{([^{}]*)\}")


def usable_server(levels: Iterable[Json], location: str) -> tuple[str, str]:
    """The address that an operation's path is put behind.

    Args:
        levels: the ``servers`` of the operation, its path and the spec; the first list that is not empty counts, and
            in it the first server that can be used.
        location: the spec's own path or address, from where relative servers start.

    Returns:
        The address without a slash at its end, and why there is none where it is empty.
    """
    servers = next((level for level in levels if isinstance(level, list) and level), [{"url": "/"}])
    problem = ""
    for server in servers:
        address, why = _filled(server, location)
        if address:
            return address, ""
        problem = problem or why
    return "", problem


def checked(address: str) -> str:
    """The address as a binding has it; empty where nothing can answer there."""
    try:
        parts = urlsplit(address.strip())
        usable = (
            parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port)
        )
    except ValueError:
        return ""
    if not usable or any(mark in address.strip() for mark in " <>{}\"'\\"):
        return ""
    return address.strip().partition("#")[0].partition("?")[0].rstrip("/")


def _filled(server: Json, location: str) -> tuple[str, str]:
    if not isinstance(server, Mapping) or not isinstance(server.get("url"), str):
        return "", "its server has no URL"
    variables = server.get("variables")
    known: Mapping[str, Any] = variables if isinstance(variables, Mapping) else {}
    address = server["url"].strip()
    for name in _VARIABLE.findall(address):
        value = _default(known.get(name))
        if not value and not isinstance(known.get(name), Mapping):
            return "", f"its server {server['url']!r} has a variable {name!r} without a default"
        address = address.replace("{" + name + "}", value)
    if address.startswith("//"):
        address = f"{urlsplit(location).scheme if is_address(location) else 'https'}:{address}"
    elif not is_address(address) and "://" not in address:
        if not is_address(location):
            return "", "the spec does not name a server"
        try:
            address = urljoin(location, address or "/")
        except ValueError:
            return "", f"its server {server['url']!r} is not a URL that can be called"
    found = checked(address)
    return found, "" if found else f"its server {server['url']!r} is not a URL that can be called"


def _default(variable: Json) -> str:
    if not isinstance(variable, Mapping):
        return ""
    value = variable.get("default")
    if value is None and isinstance(variable.get("enum"), list) and variable["enum"]:
        value = variable["enum"][0]
    return str(value) if value is not None else ""
