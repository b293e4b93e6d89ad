"""Names and descriptions as words."""

import re

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")


def words_of(text: str) -> list[str]:
    """The words of a text or of a name such as ``getUserById`` or ``get_user_by_id``, in small letters."""
    return [word.lower() for word in _PARTS.findall(text)]
