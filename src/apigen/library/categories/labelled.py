"""Training data of the classifier: hand-written APIs by category, and words that point to a category."""

import hashlib
import re
from collections.abc import Iterator
from importlib.resources import files

import msgspec

_HEADING = re.compile(r"^\[(\w+)\]$")
_API = re.compile(r"^(?P<name>\S+?)(?:\((?P<parameters>[^)]*)\))?: (?P<description>.+)$")
_HELD_BACK = 4
"""One API of that many is held back for measuring."""


class LabelledApi(msgspec.Struct, frozen=True):
    """An API with the category that a person would look for it in."""

    category: str
    name: str
    parameters: str
    """Names separated by commas."""
    description: str

    @property
    def held_back(self) -> bool:
        """Whether it measures the classifier rather than teaching it; a digest of its name decides."""
        return hashlib.sha256(self.name.encode()).digest()[0] % _HELD_BACK == 0


def labelled_apis() -> tuple[LabelledApi, ...]:
    """All of ``labelled.txt``.

    Raises:
        ValueError: a line is no API.
    """
    found = []
    for category, line in _lines("labelled.txt"):
        match = _API.match(line)
        if match is None:
            raise ValueError(f"labelled.txt: {line!r} is not NAME(PARAMETERS): DESCRIPTION")
        found.append(LabelledApi(category, match["name"], match["parameters"] or "", match["description"]))
    return tuple(found)


def vocabulary() -> dict[str, frozenset[str]]:
    """The words of ``vocabulary.txt`` by category."""
    found: dict[str, set[str]] = {}
    for category, line in _lines("vocabulary.txt"):
        found.setdefault(category, set()).update(line.split())
    return {category: frozenset(listed) for category, listed in found.items()}


def _lines(name: str) -> Iterator[tuple[str, str]]:
    """The lines of a data file that say something, each with the heading that it stands under."""
    category = ""
    for line in files(__package__).joinpath(name).read_text("utf-8").splitlines():
        text = line.strip()
        if heading := _HEADING.match(text):
            category = heading[1]
        elif text and not text.startswith("#"):
            yield category, text
