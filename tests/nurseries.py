"""One nursery for all modules that tests describe, in place of one for each library that is loaded.

Whoever uses the command line loads a library once and waits once for an interpreter that has imported our code. Tests
load hundreds, and most of their time went there. The nursery is a real one: each description still is a process of
its own behind the walls, forked from a process in which no module has ever been.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from apigen.execute.sandbox.launch import Nursery, Sight, Started
from apigen.execute.sandbox.limits import Limits
from apigen.library.introspect import launch


class Lent:
    """A nursery that stays when whoever was lent it closes it."""

    def __init__(self, nursery: Nursery) -> None:
        self._nursery = nursery

    def start(self, limits: Limits, sight: Sight | None = None) -> Started:
        return self._nursery.start(limits, sight)

    def close(self) -> None:
        """Nothing: the next module is described there."""


class Nurseries:
    """Those in which modules are described, one for each ``sys.path`` that they were given."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, ...], Nursery] = {}

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Lend them to all descriptions until the block ends."""
        with patch.object(launch, "Nursery", self._lend):
            try:
                yield
            finally:
                self._close()

    @contextmanager
    def none(self) -> Iterator[None]:
        """Keep none while the block lasts: each description starts a nursery and ends it, as outside of tests."""
        self._close()  # one that is lent again starts anew
        with patch.object(launch, "Nursery", Nursery):
            yield

    def _lend(self, inhabitant: str, path: list[str]) -> Lent:
        return Lent(self._kept.setdefault(tuple(path), Nursery(inhabitant, path)))

    def _close(self) -> None:
        for nursery in self._kept.values():
            nursery.close()
