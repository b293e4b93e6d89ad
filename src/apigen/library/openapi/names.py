"""Names for tools: valid everywhere, readable, and the same whatever else the spec gains."""

import hashlib
import re
import unicodedata
from collections.abc import Collection

LONGEST = 64
_DIGITS = 6

_BETWEEN = re.compile(r"[^A-Za-z0-9_-]+")
_TEMPLATE = re.compile(r"\{([^{}]*)\}")


def tool_name(method: str, path: str, operation_id: str, taken: Collection[str]) -> str:
    """A name for one operation.

    Args:
        method: in capitals.
        path: as the spec has it.
        operation_id: the spec's own name, which counts most; empty where there is none.
        taken: names of operations before it.

    Returns:
        The cleaned operation id; where there is none, or it is taken, method and path in words, such as
        ``get_pets_by_id``; where that is taken too, with some digits of a hash over method and path.
    """
    by_path = _cleaned(f"{method.lower()} {_in_words(path)}")
    for text in (_cleaned(operation_id), by_path):
        if not text:
            continue
        name = text if text[0].isalpha() or text[0] == "_" else f"{method.lower()}_{text}"
        name = _shortened(name)
        if name not in taken:
            return name
    marked = _marked(by_path or method.lower(), f"{method} {path}")
    number = 2
    name = marked
    while name in taken:
        name, number = _marked(by_path, f"{method} {path} {number}"), number + 1
    return name


def _in_words(path: str) -> str:
    words = []
    for part in re.split(r"[/?#&]", path):
        found = _TEMPLATE.sub(lambda match: f" by {match[1]} ", part)
        words.append(found)
    return " ".join(words)


def _cleaned(text: str) -> str:
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"__+", "_", _BETWEEN.sub("_", ascii_text)).strip("_-") if text else ""


def _shortened(name: str) -> str:
    """The name, or its beginning with a hash over all of it, so that no other long name becomes the same."""
    return name if len(name) <= LONGEST else _marked(name, name)


def _marked(name: str, hashed: str) -> str:
    digits = hashlib.sha256(hashed.encode()).hexdigest()[:_DIGITS]
    room = LONGEST - _DIGITS - 1
    start = name[:room]
    if len(name) > room and "_" in start[room // 2 :]:
        start = start[: start.rindex("_")]
    return f"{start.rstrip('_-')}_{digits}"
