"""The source of the starter library."""

from importlib.resources import files

from apigen.errors import UserError
from apigen.execute.grants import NO_GRANTS, Grants
from apigen.library import starter
from apigen.library.base import COMMON_OPTIONS, Loaded
from apigen.library.python import describe_modules
from apigen.library.seeds import parse_seeds
from apigen.library.starter import CATEGORIES, MODULES
from apigen.locators import Locator

STARTER = Locator("starter")


def load_starter(locator: Locator = STARTER, grants: Grants = NO_GRANTS) -> Loaded:
    """Load the starter library, or one or more of its categories.

    Args:
        locator: its place is empty for all, or category names separated by commas, such as ``finance,math``.
        grants: not used, since its modules need nothing to be imported.

    Raises:
        UserError: there is no such category.
    """
    del grants
    locator.require_known(COMMON_OPTIONS)
    chosen = _chosen(locator.place)
    modules = [f"{starter.__name__}.{module}" for category in chosen for module in MODULES[category]]
    loaded = describe_modules(modules, origin="starter")
    seeds = []
    for category in chosen:
        name = f"{category.lower()}.jsonl"
        seeds += parse_seeds(files(starter).joinpath(f"seeds/{name}").read_text("utf-8"), f"starter/seeds/{name}")
    return Loaded(loaded.tools, tuple(seeds), loaded.skipped)


def _chosen(place: str) -> list[str]:
    wanted = {part.strip().lower() for part in place.split(",") if part.strip()}
    unknown = wanted - {category.lower() for category in CATEGORIES}
    if unknown:
        raise UserError(f"starter:{place}: no such category {min(unknown)!r}; choose from {', '.join(CATEGORIES)}")
    return [category for category in CATEGORIES if not wanted or category.lower() in wanted]
