"""The optional packages that training needs."""

import os
from importlib.util import find_spec

from apigen.errors import UserError

_PACKAGES = ("torch", "transformers", "accelerate", "datasets")
INSTALL = "pip install 'apigen-pipeline[train]'"


def require_one_process() -> None:
    """Refuse to be one of several processes that train together: each would write the same folder.

    Raises:
        UserError: a launcher such as torchrun has started several.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise UserError("training is one process on one GPU; start it without torchrun or accelerate launch")


def require_extra(*more: str) -> None:
    """Say in one line what is missing, before any work.

    Args:
        more: packages needed beyond those that all training needs, such as ``peft``.

    Raises:
        UserError: a package is not installed.
    """
    missing = [name for name in (*_PACKAGES, *more) if find_spec(name) is None]
    if missing:
        raise UserError(f"training needs {', '.join(missing)}, which the extra `train` installs: {INSTALL}")
