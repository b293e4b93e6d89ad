"""Locators: how users name where tools come from, such as ``openapi:petstore.yaml#tag=pets&method=get``.

    KIND:PLACE#KEY=VALUE&KEY=VALUE

``KIND`` is a source, ``PLACE`` what that source reads (a module, a file, an address, a command), and what stands
behind the last ``#`` narrows it down or says more. A path without a kind is a library file.
"""

import difflib
import fnmatch
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePath
from urllib.parse import parse_qsl, quote, urlsplit

import msgspec

from apigen.errors import UserError

FILE = "file"
"""The kind of a locator that is a path and nothing else: a library file."""


class Locator(msgspec.Struct, frozen=True):
    """A locator taken apart."""

    kind: str
    """The source, such as ``python`` or ``openapi``."""
    place: str = ""
    """What the source reads; empty for all that it has."""
    options: tuple[tuple[str, str], ...] = ()
    """What stands behind the ``#``, in order; a key may stand there several times."""

    def __str__(self) -> str:
        behind = "&".join(f"{key}={quote(value, safe=_PLAIN)}" for key, value in self.options)
        before = self.place if self.kind == FILE else ":".join(part for part in (self.kind, self.place) if part)
        return f"{before}#{behind}" if behind else before

    def values(self, key: str) -> tuple[str, ...]:
        """Everything that is said for a key."""
        return tuple(value for name, value in self.options if name == key)

    def value(self, key: str) -> str:
        """What is said for a key that stands there once; empty where it does not.

        Raises:
            UserError: it stands there twice.
        """
        found = self.values(key)
        if len(found) > 1:
            raise UserError(f"{self}: `{key}` is given twice; give it once")
        return found[0] if found else ""

    def matches(self, key: str, value: str) -> bool:
        """Whether a value is chosen: one of the patterns for the key fits it, or there is none.

        Args:
            key: such as ``tag``.
            value: compared without case; patterns are those of file names, such as ``pet*``.
        """
        patterns = self.values(key)
        return not patterns or any(fnmatch.fnmatchcase(value.lower(), pattern.lower()) for pattern in patterns)

    def require_known(self, known: Mapping[str, str]) -> None:
        """Refuse keys that the source does not have.

        Args:
            known: each key with what it does, in a few words.

        Raises:
            UserError: another key stands there.
        """
        for key, _ in self.options:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                listed = ", ".join(f"{name} ({what})" for name, what in known.items())
                hint = f"did you mean `{near[0]}`?" if near else f"known here: {listed}"
                raise UserError(f"{self}: unknown option `{key}`; {hint}")


_PLAIN = "/:*?!@$'()[]{},;+ "
"""Characters beside letters and digits that need no percent sign behind the ``#``."""

_PATHS = {FILE: (), "python": (".py",), "openapi": (), "toolbench": (), "openai": ()}
"""Sources whose places are paths, with the endings that tell a path; without endings, whatever is no address."""


def parse_locator(text: str, kinds: Iterable[str]) -> Locator:
    """Take a locator apart.

    Args:
        text: as the user wrote it.
        kinds: the sources that there are.

    Raises:
        UserError: it names no source, and no library file.
    """
    before, hash_, behind = text.rpartition("#")
    options: tuple[tuple[str, str], ...] = ()
    if hash_ and "=" in behind:
        options = tuple(parse_qsl(behind.replace("+", "%2B"), keep_blank_values=True))
    else:
        before = text
    kind, _, place = before.partition(":")
    if kind in set(kinds):
        return Locator(kind, place, options)
    if before.endswith(".jsonl") or ("/" in before and Path(before).expanduser().is_file()):
        return Locator(FILE, before, options)
    known = ", ".join(f"`{kind}`" for kind in kinds)
    hint = f"did you mean `python:{text}`?" if before.endswith(".py") else _meant(before, kinds)
    raise UserError(
        f"{text!r} is not a library; a library is SOURCE:PLACE with one of {known}, or a .jsonl file that "
        f"`apigen library import` wrote{f'; {hint}' if hint else ''}"
    )


def _meant(text: str, kinds: Iterable[str]) -> str:
    kind, colon, place = text.partition(":")
    near = difflib.get_close_matches(kind, list(kinds), n=1)
    if near:
        return f"did you mean `{near[0]}{colon}{place}`?"
    is_document = text.endswith((".json", ".yaml", ".yml")) or text.startswith(("http://", "https://"))
    return f"did you mean `openapi:{text}`?" if is_document else ""


def absolute(text: str) -> str:
    """The locator with an absolute path where it names a file, so that a written configuration works from anywhere.

    Args:
        text: a locator; one that names no source is returned as it is, for whoever loads it to refuse.
    """
    return relocated(text, lambda path: str(Path(path).expanduser().resolve()))


def short_locator(text: str) -> str:
    """A locator without the folders of the machine it was written on, for people and for files that travel."""
    return relocated(text, lambda path: PurePath(path).name)


def short_names(texts: Iterable[str]) -> dict[str, str]:
    """A name for each locator that fits into a column of a table and tells it from the others.

    An address is named by its host, a command by its program: ``mcp:mcp-server-time`` for
    ``mcp:/opt/bin/mcp-server-time --local-timezone=UTC``. Where two would be called alike, both say more.
    """
    names = dict.fromkeys(texts, "")
    for shorten in (_brief, short_locator, str):
        shorter = {text: shorten(text) for text, name in names.items() if not name}
        counts = Counter(shorter.values())
        counts.update(name for name in names.values() if name)
        names |= {text: name for text, name in shorter.items() if counts[name] == 1}
    return names


_LAUNCHERS = {"docker", "node", "npx", "pipx", "podman", "python", "python3", "run", "sh", "uv", "uvx"}
"""First words of a command that do not say what it is about."""


def _brief(text: str) -> str:
    kind, colon, place = text.partition(":")
    if place.startswith(("http://", "https://")):
        return f"{kind}:{urlsplit(place).hostname or place}"
    if kind != "mcp" or not colon:
        return short_locator(text)
    words = [word for word in _words(place) if not word.startswith("-")]
    telling = [name for word in words if (name := PurePath(word).name) not in _LAUNCHERS]
    return f"mcp:{telling[0]}" if telling else text


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:  # a quote that is not closed
        return command.split()


def relocated(text: str, move: Callable[[str], str]) -> str:
    """The locator with another path, where it names one; all others are returned as they are.

    Args:
        text: a locator.
        move: from the path that it names to the one that it should name.
    """
    before, hash_, behind = text.rpartition("#")
    if not (hash_ and "=" in behind):
        before, hash_, behind = text, "", ""
    kind, colon, place = before.partition(":")
    if colon and place and kind in _PATHS:
        is_path = place.endswith(_PATHS[kind]) if _PATHS[kind] else "://" not in place
        return f"{kind}:{move(place)}{hash_}{behind}" if is_path else text
    return f"{move(before)}{hash_}{behind}" if before.endswith(".jsonl") and not colon else text
