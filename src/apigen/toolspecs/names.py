"""Converts names of tools and parameters to names that every model provider accepts."""

import hashlib
import re
import unicodedata

MOST = 64
"""Longest name in characters."""

_FOREIGN = re.compile(r"[^A-Za-z0-9_-]+")
_FOREIGN_IN_ARGUMENT = re.compile(r"[^A-Za-z0-9_.-]+")


def clean_name(text: str) -> str:
    """A tool's name that matches ``^[a-zA-Z0-9_-]{1,64}$``; one that does already stays as it is.

    What has no letters there, such as a name in Chinese, becomes ``tool_`` and a digest of it. What is too long is cut
    and ends in a digest of the whole, so that two names that begin alike stay two, whatever stands beside them.
    """
    return _clean(text, _FOREIGN, "tool")


def clean_argument(text: str) -> str:
    """An argument's name that matches ``^[a-zA-Z0-9_.-]{1,64}$``, made as :func:`clean_name` makes a tool's."""
    return _clean(text, _FOREIGN_IN_ARGUMENT, "argument")


def snake_case(text: str) -> str:
    """A title as part of a name: ``Love Quote`` is ``love_quote``, ``getUserByID`` is ``get_user_by_id``."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", unaccented(text))
    return re.sub(r"[^A-Za-z0-9]+", "_", parted).strip("_").lower()


def free_name(name: str, taken: set[str], identity: str) -> str:
    """The name itself where it is free, else the name with a digest of what it stands for; it is taken from then on.

    Args:
        name: a clean one.
        taken: the names given away so far; grows.
        identity: tells apart what has the same name, whatever else there is.
    """
    number, unique = 0, name
    while unique in taken:
        unique, number = marked(name, f"{identity} {number}" if number else identity), number + 1
    taken.add(unique)
    return unique


def marked(name: str, identity: str) -> str:
    """A name, cut where a word ends if it is too long for that, with a digest of what it stands for."""
    end = f"_{digest(identity)}"
    start = name[: MOST - len(end)]
    if len(start) < len(name) and "_" in start[len(start) // 2 :]:
        start = start[: start.rindex("_")]
    return start.rstrip("_-") + end


def digest(text: str) -> str:
    """Six hex digits that tell a text from others."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]


def _clean(text: str, foreign: re.Pattern[str], kind: str) -> str:
    if 0 < len(text) <= MOST and not foreign.search(text):
        return text
    name = foreign.sub("_", unaccented(text)).strip("_")
    if not re.search("[A-Za-z0-9]", name):
        return f"{kind}_{digest(text)}"
    return name if len(name) <= MOST else marked(name, text)


def unaccented(text: str) -> str:
    """Letters without their accents."""
    return "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
