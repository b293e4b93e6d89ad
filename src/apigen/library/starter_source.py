"""The source of the starter library."""

from importlib.resources import files

from apigen.errors import UserError
from apigen.execute.grants import NO_GRANTS, Grants
from apigen.library import starter
from apigen.library.base import Loaded
from apigen.library.python import describe_modules
from apigen.library.seeds import parse_seeds
from apigen.library.starter import CATEGORIES


def load_starter(locator: str = "", grants: Grants = NO_GRANTS) -> Loaded:
    """Load the starter library, or one or more of its categories.

    Args:
        locator: empty for all, or category names separated by commas, such as ``finance,math``.
        grants: not used, since its modules need nothing to be imported.

    Raises:
        UserError: there is no such category.
    """
    del grants
    chosen = _chosen(locator)
    loaded = describe_modules([f"{starter.__name__}.{category.lower()}" for category in chosen], origin="starter")
    seeds = []
    for category in chosen:
        name = f"{category.lower()}.jsonl"
        seeds += parse_seeds(files(starter).joinpath(f"seeds/{name}").read_text("utf-8"), f"starter/seeds/{name}")
    return Loaded(loaded.tools, tuple(seeds), loaded.skipped)


def _chosen(locator: str) -> list[str]:
    wanted = {part.strip().lower() for part in locator.split(",") if part.strip()}
    unknown = wanted - {category.lower() for category in CATEGORIES}
    if unknown:
        raise UserError(f"starter:{locator}: no category {min(unknown)!r}; there are {', '.join(CATEGORIES)}")
    return [category for category in CATEGORIES if not wanted or category.lower() in wanted]
