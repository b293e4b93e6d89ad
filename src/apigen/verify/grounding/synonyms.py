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


@cache
def synonyms(phrase: str) -> tuple[Synonym, ...]:
    """Every other way to say a phrase.

    Args:
        phrase: a value as it stands in a call, such as ``kilometers`` or ``US``.
    """
    stems = tuple(stem(word) for word in split_words(phrase))
    groups = _index().get((phrase.lower(),)) or _index().get(stems, ())
    exact = [group for group in groups if any(member.exact == phrase for member in group)]
    return tuple(dict.fromkeys(member for group in exact or groups for member in group))


@cache
def _index() -> dict[tuple[str, ...], tuple[tuple[Synonym, ...], ...]]:
    index: dict[tuple[str, ...], tuple[tuple[Synonym, ...], ...]] = {}
    for line in files("apigen.verify.grounding").joinpath("synonyms.txt").read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        texts = [text.strip() for text in line.split("|")]
        group = tuple(_member(text) for text in texts)
        for member in (_member(text) for text in texts if not text.startswith("+")):
            name = member.stems or (member.sign,)
            index[name] = (*index.get(name, ()), group)
    return index


def _member(text: str) -> Synonym:
    after_number, exact, suggests = text.startswith("~"), text.startswith("="), text.startswith("+")
    text = text.removeprefix("+").lstrip("~=") or text
    if not text.replace(" ", "").replace("-", "").replace("'", "").isalnum():
        return Synonym((), text.lower(), suggests=suggests)
    stems = tuple(stem(word) for word in split_words(text.lower()))
    return Synonym(stems, "", text if exact else "", after_number, suggests)
