"""Maps all parts of a request to one flat object of arguments."""

from collections.abc import Sequence

import msgspec

from apigen.records import Json, RestParameter
from apigen.toolspecs.names import clean_argument, free_name

_ORDER = ("path", "query", "header", "cookie", "body")
"""Which place keeps a name that several use."""


class Argument(msgspec.Struct, frozen=True):
    """Something that a call has to say."""

    wire: str
    """Its name in the request."""
    schema: Json
    required: bool
    parameter: RestParameter | None
    """Where it goes, named by its wire name; ``None`` for the whole body."""

    @property
    def place(self) -> str:
        """The part of the request."""
        return self.parameter.place if self.parameter is not None else "body"


def named(arguments: Sequence[Argument]) -> list[tuple[str, Argument]]:
    """A name for each argument, which every provider accepts, in the order given.

    A name that is valid on the wire stays, unless several places use it: then path comes before query, header,
    cookie and body, and the others get their place in front, such as ``body_id``.
    """
    ranked = sorted(
        enumerate(arguments),
        key=lambda each: (clean_argument(each[1].wire) != each[1].wire, _ORDER.index(each[1].place), each[0]),
    )
    taken: set[str] = set()
    names: dict[int, str] = {}
    for number, argument in ranked:
        name = clean_argument(argument.wire)
        if name in taken:
            name = clean_argument(f"{argument.place}_{name}")
        names[number] = free_name(name, taken, argument.wire)
    return [(names[number], argument) for number, argument in enumerate(arguments)]
