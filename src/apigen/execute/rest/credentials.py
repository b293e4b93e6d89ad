"""Chooses the credentials of a request and takes their values from the environment."""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

import msgspec

from apigen.execute.rest.problems import Rejected
from apigen.execute.secrets import SHORTEST, Secrets
from apigen.records import Reason, RestBinding, RestCredential

_NOT_IN_HEADERS = re.compile(r"[^\x20-\x7e]")
_COOKIE_SAFE = "!#$%&'()*+/:<=>?@[]^`{|}"
"""RFC 6265, section 4.1.1, beyond what stays as it is anyway."""


class Credentials(msgspec.Struct, frozen=True):
    """What is added to one request, and what must not be seen of it."""

    variables: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    query: tuple[str, ...]
    cookies: tuple[str, ...]
    secrets: Secrets


def choose(security: Sequence[Sequence[RestCredential]], environment: Mapping[str, str]) -> Credentials:
    """The first alternative whose variables are all set.

    Args:
        security: as a binding has it; without alternatives nothing is needed.
        environment: values by name of variable.

    Raises:
        Rejected: no alternative has all its variables; the detail names what to set. Or a value cannot be sent.
    """
    for alternative in security or ((),):
        if all(environment.get(credential.variable, "").strip() for credential in alternative):
            return _taken(alternative, environment)
    wanted = " or ".join(dict.fromkeys(_listed(alternative, environment) for alternative in security))
    raise Rejected(Reason.UNAUTHORIZED, f"the service requires a key and none is set; set {wanted}")


def _listed(alternative: Sequence[RestCredential], environment: Mapping[str, str]) -> str:
    missing = dict.fromkeys(each.variable for each in alternative if not environment.get(each.variable, "").strip())
    return " and ".join(missing)


def _taken(alternative: Sequence[RestCredential], environment: Mapping[str, str]) -> Credentials:
    values = {credential.variable: environment[credential.variable].strip() for credential in alternative}
    for variable, value in values.items():
        if len(value) < SHORTEST:
            detail = (
                f"{variable} has fewer than {SHORTEST} characters, too few to redact it from results; use a longer key"
            )
            raise Rejected(Reason.UNAUTHORIZED, detail)
        if _NOT_IN_HEADERS.search(value):
            detail = f"{variable} contains a character that is not allowed in a header; set it to the key alone"
            raise Rejected(Reason.UNAUTHORIZED, detail)
    return Credentials(
        variables=tuple(values),
        headers=tuple(_headers(alternative, values)),
        query=tuple(f"{quote(each.name, '')}={quote(values[each.variable], '')}" for each in _at(alternative, "query")),
        cookies=tuple(
            f"{each.name}={quote(values[each.variable], _COOKIE_SAFE)}" for each in _at(alternative, "cookie")
        ),
        secrets=Secrets(_to_hide(alternative, values)),
    )


def _at(alternative: Sequence[RestCredential], place: str) -> list[RestCredential]:
    return [credential for credential in alternative if credential.place == place]


def _headers(alternative: Sequence[RestCredential], values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for credential in alternative:
        value = values[credential.variable]
        match credential.place:
            case "header":
                yield credential.name, value
            case "bearer":
                yield "Authorization", f"Bearer {value}"
            case "basic":
                if ":" not in value:
                    raise Rejected(Reason.UNAUTHORIZED, f"{credential.variable} must be set to USER:PASSWORD")
                yield "Authorization", f"Basic {b64encode(value.encode()).decode()}"


def _to_hide(alternative: Sequence[RestCredential], values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Every value, and of a login the password alone as well."""
    for credential in alternative:
        value = values[credential.variable]
        yield credential.variable, value
        password = value.partition(":")[2]
        if credential.place == "basic" and len(password) >= SHORTEST:
            yield credential.variable, password


def wrong_key(binding: RestBinding, credentials: Credentials) -> str:
    """What to do where a service refuses what it got."""
    if credentials.variables:
        return f"check {' and '.join(credentials.variables)}"
    others = dict.fromkeys(each.variable for alternative in binding.security for each in alternative)
    return f"set {' or '.join(others)}" if others else "the tool's description names no credential for it"
