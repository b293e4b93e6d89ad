"""The words of a tool, as the classifier counts them."""

import re
from functools import lru_cache

_PARTED = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[a-z]+[a-z0-9]*")
_MOST = 1_000
"""Characters of a text that are read; what a tool is about stands at the beginning."""

_EMPTY = frozenset(
    _WORD.findall(
        """
        a an and any api are as at be been by can data do does for from get given has have how i if in into is it its
        list new of on one or other s so such than that the their them there they this to use was were what when where
        which who will with you your
        """
    )
)
"""Words that stand in descriptions of every kind."""


def words(*texts: str) -> frozenset[str]:
    """The different words of some texts, without their endings: ``getBankAccounts`` has ``bank`` and ``account``."""
    found = set()
    for text in texts:
        parted = _PARTED.sub(" ", text[:_MOST]).lower()
        found |= {_stem(word) for word in _WORD.findall(parted) if len(word) > 1 and word not in _EMPTY}
    return frozenset(found)


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    """A word without its ending, crudely: the same for its forms, which is all that counting needs."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            return word[: -len(ending)]
    return word
