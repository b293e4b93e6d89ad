"""The grounding stage at the level that the command line names."""

from collections.abc import Callable
from functools import partial

from apigen.records import Candidate, Verdict
from apigen.verify.grounding.levels import check

LEVELS = ("strict", "lenient", "off")


def grounding(level: str) -> Callable[[Candidate], Verdict] | None:
    """The stage at one of ``LEVELS``; ``None`` for ``off``."""
    if level == "strict":
        return partial(check, level="strict")
    return partial(check, level="lenient") if level == "lenient" else None
