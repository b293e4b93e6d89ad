"""The table of synonyms and abbreviations (``synonyms.txt``), looked up by a value's words."""

from functools import cache
from importlib.resources import files
from typing import NamedTuple

from apigen.verify.grounding.words import split_words, stem


class Synonym(NamedTuple):
    """One way to say something, ready to be looked for in a query."""

    stems: tuple[str, ...]
    """Its stemmed words; empty for a sign such as ``€``."""
    sign: str = ""
    """Looked for as it stands, in lower case."""
    exact: str = ""
    """Counts only in exactly this case."""
    after_number: bool = False
    suggests: bool = False
    """It is evidence for the others, not another name for them."""


TABLES = ("synonyms.txt", "codes.txt", "regions.txt")
"""Read in this order; airports.txt, which has another form, comes last."""

_CODE = 3
"""From so many letters on a code counts only in its own case: "CAN" is Guangzhou, "can" is not."""


@cache
def synonyms(phrase: str) -> tuple[Synonym, ...]:
    """Every other way to say a phrase.

    Args:
        phrase: a value as it stands in a call, such as ``kilometers`` or ``US``.
    """
    stems = tuple(stem(word) for word in split_words(phrase))
    index = _index()
    groups = index.get((phrase,)) or index.get((phrase.lower(),)) or index.get(stems, ())
    exact = [group for group in groups if any(member.exact == phrase for member in group)]
    return tuple(dict.fromkeys(member for group in exact or groups for member in group))


def read_groups(name: str) -> list[tuple[Synonym, ...]]:
    """The groups of one table, a line each."""
    lines = files("apigen.verify.grounding").joinpath(name).read_text("utf-8").splitlines()
    return [
        tuple(_member(text.strip()) for text in line.split("|"))
        for line in lines
        if line.strip() and not line.startswith("#")
    ]


@cache
def _index() -> dict[tuple[str, ...], tuple[tuple[Synonym, ...], ...]]:
    index: dict[tuple[str, ...], tuple[tuple[Synonym, ...], ...]] = {}
    for group in (group for groups in (*map(read_groups, TABLES), _airports()) for group in groups):
        for member in group:
            if not member.suggests:
                code = member.exact.isupper() and len(member.exact) >= _CODE
                name = (member.exact,) if code else member.stems or (member.sign,)
                index[name] = (*index.get(name, ()), group)
    return index


def _airports() -> list[tuple[Synonym, ...]]:
    """A code suggests its city and a city its codes, but one code of a city is not another."""
    groups: list[tuple[Synonym, ...]] = []
    for line in files("apigen.verify.grounding").joinpath("airports.txt").read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            codes, names = line.split(":")
            cities = tuple(_member(name.strip()) for name in names.split("|"))
            airports = [_member(f"={code}") for code in codes.split()]
            suggested = tuple(city._replace(suggests=True) for city in cities)
            groups += [(airport, *suggested) for airport in airports]
            groups.append((*cities, *(airport._replace(suggests=True) for airport in airports)))
    return groups


def _member(text: str) -> Synonym:
    suggests = text.startswith("+") and len(text) > 1
    text = text.removeprefix("+") or text
    after_number, exact = text.startswith("~"), text.startswith("=") and len(text) > 1
    text = text.lstrip("~=") or text
    if not text.replace(" ", "").replace("-", "").replace("'", "").isalnum():
        return Synonym((), text.lower(), suggests=suggests)
    stems = tuple(stem(word) for word in split_words(text.lower()))
    return Synonym(stems, "", text if exact else "", after_number, suggests)
