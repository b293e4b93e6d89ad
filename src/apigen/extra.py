"""The extra ``train``: what training, and asking a model in a folder, need beyond the rest."""

import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from apigen import __version__
from apigen.errors import UserError

INSTALL = "pip install 'apigen-pipeline[train]'"
_ALWAYS = ("torch", "transformers", "accelerate", "datasets")
_SOMETIMES = ("peft", "trl")
PACKAGES = (*_ALWAYS, *_SOMETIMES)
"""What the extra installs."""
_RECORDED = (*PACKAGES, "tokenizers")


def require_extra(*more: str) -> None:
    """Say in one line what is missing, before any work.

    Args:
        more: packages needed beyond those that all training needs, such as ``peft``.

    Raises:
        UserError: a package is not installed.
    """
    lacking = missing(*more)
    if lacking:
        raise UserError(f"training needs {', '.join(lacking)}, which the extra `train` installs: {INSTALL}")


def missing(*more: str) -> list[str]:
    """The packages that all training needs, and those named, that are not installed."""
    return [name for name in (*_ALWAYS, *more) if find_spec(name) is None]


def versions() -> dict[str, str]:
    """Of everything that a training depends on, as far as it is installed."""
    found = {"apigen": __version__, "python": platform.python_version()}
    for package in _RECORDED:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
