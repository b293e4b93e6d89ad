"""Where an endpoint differs from most: learned from its refusals, once, and followed from then on."""

import re
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from apigen.models.openai.refused import BodyRefused
from apigen.models.openai.room import TOO_MANY_TOKENS
from apigen.records import Json

_NOT_KNOWN = re.compile(
    r"unsupported|not (?:\w+ )?support|n't support|unknown|unrecogni[sz]ed|unexpected|not permitted|not allowed|"
    r"not (?:a )?valid|invalid|no such|extra (?:inputs?|fields?)|forbidden|deprecated|"
    r"only the default|use '?max_completion_tokens",
    re.IGNORECASE,
)
"""How servers report that they do not take a parameter, or not with that value."""
_TOO_MUCH = re.compile(r"too (?:large|long|many|big)|exceed|context|at most|less than|maximum", re.IGNORECASE)
"""How they report that there is too much of something, for which no other spelling helps."""

_FORMS = ("response_format", "tools")


class Change(Protocol):
    """One thing to put otherwise."""

    @property
    def name(self) -> str:
        """What it comes to, for people."""
        ...

    @property
    def about(self) -> str:
        """The parameter that a refusal names which it fixes."""
        ...

    def applied(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body put so; the same where it is not concerned."""
        ...


class Renamed(msgspec.Struct, frozen=True):
    """A parameter under its other name."""

    about: str
    new: str

    @property
    def name(self) -> str:
        """Such as ``max_completion_tokens for max_tokens``."""
        return f"{self.new} for {self.about}"

    def applied(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body with the other name in the first one's place."""
        return {self.new if key == self.about else key: value for key, value in body.items()}


class LeftOut(msgspec.Struct, frozen=True):
    """A parameter that the endpoint does not take."""

    about: str

    @property
    def name(self) -> str:
        """Such as ``no seed``."""
        return f"no {self.about}"

    def applied(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body without it."""
        return {key: value for key, value in body.items() if key != self.about}


class Unbounded(msgspec.Struct, frozen=True):
    """A word of JSON Schema that the endpoint's compiler does not know, and that only narrows a form."""

    about: str

    @property
    def name(self) -> str:
        """Such as ``no minItems in schemas``."""
        return f"no {self.about} in schemas"

    def applied(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body with forms that do not contain it."""
        return {key: self._without(value) if key in _FORMS else value for key, value in body.items()}

    def _without(self, value: Json) -> Json:
        if isinstance(value, list):
            return [self._without(item) for item in value]
        if not isinstance(value, dict):
            return value
        # A property may have that name; then its value is a schema and not a number.
        return {
            key: self._without(item)
            for key, item in value.items()
            if key != self.about or isinstance(item, dict | list)
        }


class SystemInUser(msgspec.Struct, frozen=True):
    """The system message put before the user's, where a model's chat template knows no system role."""

    about: str = "role"
    """As in OpenAI's ``messages[0].role``."""

    name = "system message in the user message"

    def applied(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body with system messages at the start of the first message that follows them."""
        system = [message["content"] for message in body["messages"] if message["role"] == "system"]
        others = [message for message in body["messages"] if message["role"] != "system"]
        if not system:
            return body
        first, *rest = others or [{"role": "user", "content": ""}]
        merged = "\n\n".join(part for part in (*system, first["content"]) if part)
        return body | {"messages": [first | {"content": merged}, *rest]}


SYSTEM_IN_USER = SystemInUser()
CHANGES: tuple[Change, ...] = (
    Renamed("max_tokens", "max_completion_tokens"),
    LeftOut("temperature"),
    LeftOut("seed"),
    Unbounded("minItems"),
    Unbounded("maxItems"),
    SYSTEM_IN_USER,
)
"""Everything that can be put otherwise without asking for something else."""


def spoken(body: dict[str, Any], names: tuple[str, ...], extra: Mapping[str, Json]) -> dict[str, Any]:
    """A request's body as an endpoint takes it.

    Args:
        body: as most take it.
        names: of the changes that it needs.
        extra: what the user adds to every request, and may override.
    """
    for change in CHANGES:
        if change.name in names:
            body = change.applied(body)
    return body | dict(extra)


def mending(refused: BodyRefused) -> tuple[str, ...]:
    """The names of the changes that a refusal asks for; none where it is about something else."""
    if refused.about_system:
        return (SYSTEM_IN_USER.name,)
    not_known = _NOT_KNOWN.search(refused.said)
    if refused.status not in (400, 422) or not (not_known or refused.param):
        return ()
    if TOO_MANY_TOKENS.search(refused.said) or (_TOO_MUCH.search(refused.said) and not not_known):
        return ()
    named = [change.name for change in CHANGES if change.about == refused.param.rpartition(".")[2]]
    return tuple(named or [change.name for change in CHANGES if re.search(rf"\b{change.about}\b", refused.said)])
