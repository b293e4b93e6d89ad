"""Word lists and pools of values, read once from the JSON files in ``data``."""

from functools import cache
from importlib.resources import files

import msgspec

Family = dict[str, list[str]]
"""Units that can stand for each other, each with its surfaces: plural, abbreviation, singular, then others."""


def _read(name: str) -> bytes:
    return files("apigen.models.offline").joinpath(f"data/{name}.json").read_bytes()


@cache
def pools() -> dict[str, list[str]]:
    """Plausible values by kind, such as ``city`` or ``first_name``."""
    return msgspec.json.decode(_read("pools"), type=dict[str, list[str]])


@cache
def phrases() -> dict[str, list[str]]:
    """Ways to begin and to end a message."""
    return msgspec.json.decode(_read("phrases"), type=dict[str, list[str]])


@cache
def typos() -> dict[str, str]:
    """Ordinary words, each with a slip of a hasty typist."""
    return msgspec.json.decode(_read("typos"), type=dict[str, str])


@cache
def slips() -> frozenset[str]:
    """Misspelled words that give a hasty text away."""
    return frozenset(msgspec.json.decode(_read("slips"), type=list[str])) | set(typos().values())


@cache
def families() -> list[Family]:
    """Units that fit the same sentence: nobody says how many inches a marathon has."""
    return msgspec.json.decode(_read("units"), type=list[Family])
