"""Where BFCL's questions come from: the package ``bfcl-eval``, installed, as its wheel, or as a folder of its files.

Only data is read from it; the package is not imported. What was read is told by its content, because a folder has no
version of its own.
"""

import hashlib
import importlib.util
import json
import zipfile
import zlib
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path

from apigen.errors import UserError
from apigen.records import Json

CATEGORIES = (
    "simple_python",
    "multiple",
    "parallel",
    "parallel_multiple",
    "irrelevance",
    "live_simple",
    "live_multiple",
    "live_parallel",
    "live_parallel_multiple",
    "live_irrelevance",
    "live_relevance",
)
"""The single-turn categories whose answers are calls in Python's types, or whether there is a call."""

VERSION = "2026.3.23"
"""The version whose checker our scores are held to."""

GET = f"`pip download --no-deps bfcl-eval=={VERSION} -d DIR`, then --bfcl DIR/bfcl_eval-{VERSION}-py3-none-any.whl"

_DIGEST = "57a17600b6fb60316b0a64c2cdec40b352bdac1386d1629aecdb5a01c3ddb326"
"""SHA-256 of that version's files of these categories."""

_INSIDE = "bfcl_eval/data/"
_DAMAGED = (OSError, zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError, ValueError)
"""What reading a wheel raises that is none, is cut off, was changed, or is locked."""


class BfclData:
    """The files of questions and answers.

    Args:
        path: a wheel, a folder, or ``None`` for the installed package.

    Raises:
        UserError: there are no such files; the message says how to get them.
    """

    def __init__(self, path: Path | None) -> None:
        self._folder = _folder(path)

    def version(self) -> str:
        """The package's version, or that these are not the files of the version that is known."""
        digest = hashlib.sha256()
        for category in CATEGORIES:
            for file in (self._questions(category), self._answers(category)):
                digest.update(_content(file) if file.is_file() else b"")
        found = digest.hexdigest()
        return f"bfcl-eval {VERSION}" if found == _DIGEST else f"BFCL data other than {VERSION}, sha256 {found[:16]}"

    def rows(self, category: str) -> Iterator[tuple[str, Json, Json]]:
        """Each row of a category: its place, what is asked, and the answers that are acceptable.

        Raises:
            UserError: a file is not there or is broken.
        """
        answers = self._answers(category)
        wanted = {str(row["id"]): row for _, row in _lines(answers)} if answers.is_file() else {}
        for place, row in _lines(self._questions(category)):
            yield place, row, wanted.get(str(row["id"]), {}).get("ground_truth")

    def _questions(self, category: str) -> Traversable:
        return self._folder / f"BFCL_v4_{category}.json"

    def _answers(self, category: str) -> Traversable:
        return self._folder / "possible_answer" / f"BFCL_v4_{category}.json"


def _folder(path: Path | None) -> Traversable:
    if path is None:
        found = importlib.util.find_spec("bfcl_eval")
        if found is None or not found.submodule_search_locations:
            raise UserError(f"BFCL's data are not installed; get them with {GET}")
        path = Path(found.submodule_search_locations[0])
    if not path.exists():
        raise UserError(f"--bfcl {path}: no such file or folder; get the wheel with {GET}")
    if path.is_file():
        try:
            inside: Traversable = zipfile.Path(path, _INSIDE)
        except _DAMAGED as problem:
            raise UserError(f"--bfcl {path}: not a readable wheel ({problem}); get it with {GET}") from None
        places = [inside]
    else:
        places = [path, path / "data", path / _INSIDE]
    for place in places:
        if any((place / f"BFCL_v4_{category}.json").is_file() for category in CATEGORIES):
            return place
    wheel = next(path.glob("bfcl_eval-*.whl"), None) if path.is_dir() else None
    mend = f"pass the wheel in it: --bfcl {wheel}" if wheel else f"get the wheel with {GET}"
    raise UserError(f"--bfcl {path}: no BFCL_v4_CATEGORY.json in it; {mend}")


def _content(file: Traversable) -> bytes:
    try:
        return file.read_bytes()
    except _DAMAGED as problem:
        raise UserError(f"{file}: cannot be read ({problem}); download the wheel again with {GET}") from None


def _lines(file: Traversable) -> Iterator[tuple[str, Json]]:
    for number, line in enumerate(_content(file).splitlines(), 1):
        place = f"{file} line {number}"
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as problem:
                raise UserError(f"{place}: invalid JSON ({problem}); download the wheel again with {GET}") from None
            if not isinstance(row, dict) or "id" not in row:
                raise UserError(f"{place}: not an object with an id; download the wheel again with {GET}")
            yield place, row
