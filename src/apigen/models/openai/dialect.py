"""Where an endpoint differs from most: learned from its refusals, once, and followed from then on."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import msgspec

from apigen.models.openai.refused import BodyRefused
from apigen.models.openai.room import TOO_MANY_TOKENS
from apigen.records import Json

_UNSUPPORTED = (
    r"unsupported|not (?:\w+ )?support|n't support|unknown|unrecogni[sz]ed|unexpected|not permitted|not allowed|"
    r"no such|extra (?:inputs?|fields?)|forbidden|deprecated|only the default|use '?max_completion_tokens|"
    r"only \S+ is (?:allowed|supported)|invalid (?:parameter|argument|field|name)"
)
_NOT_TAKEN = re.compile(_UNSUPPORTED, re.IGNORECASE)
"""How servers report that they do not take a parameter, or no other value of it than their own."""
_NOT_KNOWN = re.compile(rf"{_UNSUPPORTED}|not (?:a )?valid|invalid", re.IGNORECASE)
"""The same, and how they report that they do not take a parameter with that value."""
_TOO_MUCH = re.compile(r"too (?:large|long|many|big)|exceed|context|at most|less than|maximum", re.IGNORECASE)
"""How they report that there is too much of something, for which no other spelling helps."""

_FORMS = ("response_format", "tools")


class Change(Protocol):
    """A change to a request's body that an endpoint may need."""

    @property
    def name(self) -> str:
        """What changes, in words for people; it also identifies the change."""
        ...

    @property
    def about(self) -> str:
        """The parameter that a refusal names if this change fixes it."""
        ...

    def applied(self, body: dict[str, Any]) -> dict[str, Any]:
        """The changed body; the same one if the change does not concern it."""
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
    named = [change for change in CHANGES if change.about == refused.param.rpartition(".")[2]]
    named = named or [change for change in CHANGES if re.search(rf"\b{change.about}\b", refused.said)]
    # A value that is out of range is for the user to correct: without the parameter, other data would be generated.
    not_taken = _NOT_TAKEN.search(refused.said) and not refused.out_of_range
    return tuple(change.name for change in named if not_taken or not isinstance(change, LeftOut))


def dropped(names: Iterable[str]) -> list[str]:
    """The parameters that some changes, given by their names, remove from requests."""
    return [change.about for change in CHANGES if change.name in names and isinstance(change, LeftOut)]
