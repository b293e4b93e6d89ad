"""One flat object of arguments for everything that a request holds."""

import re
from collections.abc import Iterable, Sequence

import msgspec

from apigen.records import Json, RestParameter

LONGEST = 64

_VALID = re.compile(rf"[A-Za-z0-9_.-]{{1,{LONGEST}}}")
_BETWEEN = re.compile(r"[^A-Za-z0-9_.-]+")
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
    taken: dict[str, int] = {}
    ranked = sorted(
        range(len(arguments)),
        key=lambda number: (
            not _VALID.fullmatch(arguments[number].wire),
            _ORDER.index(arguments[number].place),
            number,
        ),
    )
    for number in ranked:
        argument = arguments[number]
        taken[_free(_candidates(argument), taken)] = number
    by_number = {number: name for name, number in taken.items()}
    return [(by_number[number], argument) for number, argument in enumerate(arguments)]


def _candidates(argument: Argument) -> tuple[str, str]:
    clean = _BETWEEN.sub("_", argument.wire).strip("_") if not _VALID.fullmatch(argument.wire) else argument.wire
    clean = clean or argument.place
    return clean[:LONGEST], f"{argument.place}_{clean}"[:LONGEST]


def _free(candidates: Iterable[str], taken: dict[str, int]) -> str:
    name = ""
    for name in candidates:
        if name not in taken:
            return name
    number = 2
    while (numbered := f"{name[: LONGEST - 1 - len(str(number))]}_{number}") in taken:
        number += 1
    return numbered
