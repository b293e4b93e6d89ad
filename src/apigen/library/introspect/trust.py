"""Checks descriptions that come from a process running untrusted code, which may have forged them.

A description decides what is later imported and which folders a sandbox may read, so it may name only what the user
has named. Its schemas are compiled in our process, so they may not reach out of themselves.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from apigen.library.introspect.protocol import Described, Order
from apigen.records import Json, PythonBinding, Tool

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_DEEPEST = 64


class Forged(Exception):  # noqa: N818 - says what it is
    """A description that no honest module has; the message says in what."""


def require_wanted(described: Described, order: Order) -> None:
    """Refuse a description of something else than what was ordered.

    Raises:
        Forged: a tool has an impossible name, schema or binding.
    """
    places = {order.origin} if order.origin else {f"python:{wanted.locator}" for wanted in order.wanted}
    modules = {wanted.module for wanted in order.wanted if wanted.module}
    packages = tuple(wanted.module for wanted in order.wanted if wanted.whole and wanted.module)
    files = {wanted.file for wanted in order.wanted if wanted.file} | set(_local_files(modules, order.folder))
    names: set[str] = set()
    for tool in described.tools:
        binding = tool.binding
        if not _NAME.fullmatch(tool.name) or tool.name in names:
            raise Forged(f"it returned a tool with an invalid name: {tool.name[:70]!r}")
        names.add(tool.name)
        if not isinstance(binding, PythonBinding) or tool.origin not in places:
            raise Forged(f"it returned {tool.name} with a wrong origin")
        if binding.module is None:
            found = binding.file in files or _is_file_below(binding.file or "", packages, order.folder)
        else:
            below = binding.module.startswith(tuple(f"{package}." for package in packages))
            found = binding.file is None and (binding.module in modules or below)
        if not found:
            raise Forged(f"it returned {tool.name} bound to another module")
        _require_plain(tool)


def _local_files(modules: set[str], folder: str) -> Iterator[str]:
    """Where modules of the current folder may lie, which are bound by their file."""
    for module in modules:
        stem = Path(folder, *module.split("."))
        for path in (stem.with_name(f"{stem.name}.py"), stem / "__init__.py"):
            yield str(path.resolve())


def _is_file_below(file: str, packages: Iterable[str], folder: str) -> bool:
    """Whether a file is a module of a package of the current folder."""
    path = Path(file)
    return path.suffix == ".py" and any(
        ".." not in path.parts and path.is_relative_to(Path(folder, *package.split(".")).resolve())
        for package in packages
    )


def _require_plain(tool: Tool) -> None:
    """Refuse a schema that refers to anything outside of itself, or is nested without end."""
    waiting: list[tuple[Json, int]] = [(tool.parameters, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > _DEEPEST:
            raise Forged(f"the schema of {tool.name} is nested too deeply")
        if isinstance(value, list):
            waiting += [(item, depth + 1) for item in value]
        elif isinstance(value, dict):
            for key in ("$ref", "$dynamicRef", "$id", "$schema"):
                target = value.get(key)
                if isinstance(target, str) and not target.startswith("#"):
                    raise Forged(f"the schema of {tool.name} refers to {target[:70]!r}, outside of itself")
            waiting += [(item, depth + 1) for item in value.values()]
