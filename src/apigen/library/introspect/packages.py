"""Imports the public submodules of a package one by one; those that cannot be imported are skipped."""

import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path

from apigen.library.introspect.imports import Imported
from apigen.records import Skipped
from apigen.signatures.locate import import_source
from apigen.signatures.problems import ImportFailed

_NOT_FOR_CALLERS = {
    **dict.fromkeys(("test", "tests", "testing", "conftest", "doctests"), "tests"),
    **dict.fromkeys(("benchmark", "benchmarks", "bench"), "benchmarks"),
    **dict.fromkeys(
        ("vendor", "vendored", "vendoring", "extern", "externals", "third_party", "thirdparty"), "vendored"
    ),
    **dict.fromkeys(("setup", "examples"), "not part of the package's public API"),
}
"""Names of modules that are no part of what a package offers, with what they are."""


def submodules(
    package: Imported, without: tuple[str, ...], announce: Callable[[str], None]
) -> Iterator[Imported | Skipped]:
    """Import the public submodules of a package at every depth.

    Args:
        package: it is imported already.
        without: names of modules that are known to end the process, or never to end.
        announce: called with each module's name before it is imported.

    Yields:
        Each module, or why it is left out; private ones are passed over.
    """
    place = f"python:{package.locator}"
    waiting = [package]
    while waiting:
        parent = waiting.pop(0)
        for found in pkgutil.iter_modules(getattr(parent.module, "__path__", [])):
            name = f"{parent.module.__name__}.{found.name}"
            if found.name.startswith("_") or name in without:
                continue
            if what := _not_for_callers(found.name):
                yield Skipped(name, f"a module that is skipped: {what}", place)
                continue
            announce(name)
            try:
                module = import_source(name, None)
            except ImportFailed as problem:
                yield Skipped(name, f"cannot be imported: {problem}", place)
                continue
            file = getattr(module, "__file__", None) or ""
            if package.bound_file is None:
                below = Imported(package.locator, module, name, None)
            elif file.endswith(".py"):
                below = Imported(package.locator, module, None, str(Path(file).resolve()))
            else:
                yield Skipped(
                    name, "a compiled module outside the installed packages, which the sandbox could not import", place
                )
                continue
            waiting.append(below)
            yield below


def _not_for_callers(name: str) -> str:
    if name.startswith("test_") or name.endswith("_test"):
        return "tests"
    return _NOT_FOR_CALLERS.get(name, "")
