"""The labels that sources give their tools, and which of the 21 categories each belongs to."""

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files

from apigen.library.starter import CATEGORIES

_FOREIGN = re.compile(r"[^a-z0-9]+")
_BETWEEN = re.compile(r"[,;/|>]")


@lru_cache(maxsize=4096)
def of_label(label: str) -> str | None:
    """The category that a label belongs to, or ``None`` where the label is not known.

    Args:
        label: in any spelling: ``Video, Images`` and ``video_images`` are one. Of several labels in one text, such as
            ``stocks; weather``, the first known one counts.
    """
    known = _known()
    whole = known.get(_key(label))
    if whole is not None:
        return whole
    return next((known[key] for part in _BETWEEN.split(label) if (key := _key(part)) in known), None)


@cache
def _known() -> dict[str, str]:
    """Each label's category by the label's key."""
    told = tomllib.loads(files(__package__).joinpath("labels.toml").read_text("utf-8"))
    known = {_key(label): category for category, labels in told.items() for label in labels}
    return known | {_key(category): category for category in CATEGORIES}


def _key(label: str) -> str:
    """Letters and digits alone; ``&`` is ``and``."""
    return _FOREIGN.sub("", label.lower().replace("&", "and"))
