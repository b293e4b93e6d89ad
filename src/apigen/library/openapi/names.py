"""Names for tools: valid everywhere, readable, and the same whatever else the spec gains."""

import re
from collections.abc import Collection

from apigen.toolspecs.names import MOST, marked, unaccented

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
        name = name if len(name) <= MOST else marked(name, name)
        if name not in taken:
            return name
    number, name = 2, marked(by_path or method.lower(), f"{method} {path}")
    while name in taken:
        name, number = marked(by_path, f"{method} {path} {number}"), number + 1
    return name


def _in_words(path: str) -> str:
    words = []
    for part in re.split(r"[/?#&]", path):
        found = _TEMPLATE.sub(lambda match: f" by {match[1]} ", part)
        words.append(found)
    return " ".join(words)


def _cleaned(text: str) -> str:
    ascii_text = unaccented(text).encode("ascii", "ignore").decode()
    return re.sub(r"__+", "_", _BETWEEN.sub("_", ascii_text)).strip("_-") if text else ""
