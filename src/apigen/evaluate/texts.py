"""How strings are normalised before an answer is compared with the ground truth, for each kind of suite."""

import unicodedata
from itertools import groupby

from apigen.records import Json

_BFCL_DROPS = dict.fromkeys(map(ord, " ,./-_*^"))

_TYPOGRAPHIC = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u2039\u203a", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
)
"""Typographic quotation marks, dashes and the minus sign, as a keyboard has them."""


def bfcl_plain(value: Json) -> Json:
    """A string as BFCL's checker compares it: without ``space , . / - _ * ^`` and case, with one quotation mark."""
    if not isinstance(value, str):
        return value
    return value.translate(_BFCL_DROPS).lower().replace("'", '"')


def held_out_plain(value: Json) -> Json:
    """A value as held-out rows compare it: what a person would not notice is gone, and every sign and digit is kept.

    Case, Unicode's compatibility forms (NFKC) except superscripts and subscripts, the amount of whitespace, a final
    full stop, and the shape of quotation marks and dashes make no difference, at any depth. A string of which nothing
    would be left, such as a separator, is compared as it is. Booleans equal no numbers.
    """
    if isinstance(value, bool):
        return f" {value}"  # begins with a space, as no normalised string does, so it equals booleans only
    if isinstance(value, list):
        return [held_out_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: held_out_plain(one) for key, one in value.items()}
    if not isinstance(value, str):
        return value
    folded = _compatible(value.translate(_TYPOGRAPHIC)).casefold()
    text = " ".join(_compatible(folded).split())
    return text.removesuffix(".").rstrip() or value


def _compatible(text: str) -> str:
    """The NFKC form, except that ``10²`` does not become ``102``."""
    return "".join(
        "".join(part) if raised else unicodedata.normalize("NFKC", "".join(part))
        for raised, part in groupby(text, key=_is_raised)
    )


def _is_raised(character: str) -> bool:
    return unicodedata.decomposition(character).startswith(("<super>", "<sub>"))
