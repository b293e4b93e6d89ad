"""Where stub files are found: typeshed's, those of installed packages, and those beside a module."""

import ast
import sys
from functools import cache
from pathlib import Path

from typeshed_client import ModulePath, Resolver, get_search_context, parse_ast
from typeshed_client.resolver import Module


class StubFiles(Resolver):
    """Finds stubs as type checkers do, also ``module.pyi`` beside ``module.py``, which its base passes over."""

    def __init__(self, search_path: tuple[str, ...]) -> None:
        super().__init__(get_search_context(search_path=[Path(entry) for entry in search_path if entry]))
        self._beside: dict[str, Module] = {}

    def get_module(self, module_name: ModulePath) -> Module:
        """The stub of a module; one that says that it does not exist where there is none.

        Raises:
            SyntaxError: it is no Python.
            OSError: it cannot be read.
        """
        found = super().get_module(module_name)
        if found.exists or len(module_name) != 1:
            return found
        (name,) = module_name
        if name not in self._beside:
            paths = (folder / f"{name}.pyi" for folder in self.ctx.search_path)
            path = next(filter(Path.is_file, paths), None)
            if path is None:
                return found
            tree = ast.parse(path.read_text("utf-8"))
            self._beside[name] = Module(parse_ast(tree, self.ctx, module_name, file_path=path), self.ctx)
        return self._beside[name]


def stub_files() -> StubFiles:
    """Those that can be found now; the import path grows when a file is imported that lies elsewhere."""
    return _on_path(tuple(sys.path))


@cache
def _on_path(search_path: tuple[str, ...]) -> StubFiles:
    return StubFiles(search_path)
