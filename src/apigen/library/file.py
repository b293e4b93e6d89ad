"""The source of library files: what ``apigen library import`` wrote, and every run's ``library.jsonl``.

Tools stay bound to what they were imported from. A Python file that changed since is noted, one that is gone leaves its
tools out; a web service or an MCP server is met again when it is called.
"""

import hashlib
import re
from functools import cache
from pathlib import Path

import msgspec

from apigen.errors import UserError
from apigen.execute.grants import NO_GRANTS, Grants
from apigen.library.base import COMMON_OPTIONS, Loaded
from apigen.library.file_reading import read_library_file
from apigen.locators import Locator
from apigen.records import Note, PythonBinding, Skipped, Tool
from apigen.toolspecs.validity import schema_problem

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")

EDITED = "its schema or binding was edited by hand after the import; the edited version is used"
CHANGED = (
    "its source file has changed since the import; run `apigen library drift` to see whether the tool itself has "
    "changed"
)


def load_file(locator: Locator, grants: Grants = NO_GRANTS) -> Loaded:
    """Load a library file.

    Args:
        locator: its place is the path.
        grants: not used, since nothing is imported.

    Raises:
        UserError: it cannot be read, is no library file, or holds a tool that nobody could offer.
    """
    del grants
    locator.require_known(COMMON_OPTIONS)
    path = Path(locator.place).expanduser()
    file = read_library_file(path)
    current = cache(_digest)
    tools: list[Tool] = []
    skipped = list(file.loaded.skipped)
    notes = [*file.loaded.notes, *(Note(name, EDITED) for name in sorted(file.edited))]
    for tool in file.loaded.tools:
        if not _NAME.fullmatch(tool.name):
            raise UserError(f"{path}: {tool.name!r} is not a valid tool name; use 1 to 64 letters, digits, `_` and `-`")
        if problem := schema_problem(tool.parameters) if tool.name in file.edited else "":
            skipped.append(
                Skipped(tool.name, f"it was edited by hand and its schema is not valid: {problem}", tool.origin)
            )
            continue
        binding = tool.binding
        if not isinstance(binding, PythonBinding) or binding.file is None:
            tools.append(tool)
            continue
        digest = current(binding.file)
        if digest is None:
            skipped.append(Skipped(tool.name, f"its source file {binding.file} no longer exists", tool.origin))
            continue
        if digest != binding.digest:
            notes.append(Note(tool.name, CHANGED))
            # What a run is held to when it is resumed is the code that it was started with.
            binding = msgspec.structs.replace(binding, digest=digest)
            tool = msgspec.structs.replace(tool, binding=binding)  # noqa: PLW2901 - the same tool
        tools.append(tool)
    return Loaded(tuple(tools), file.loaded.seeds, tuple(skipped), tuple(notes))


def _digest(path: str) -> str | None:
    """The digest of a source file as bindings have it; ``None`` where there is none to read."""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]
    except OSError:
        return None
