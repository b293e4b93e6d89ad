"""The suites by name."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from apigen.errors import UserError
from apigen.evaluate.base import Suite
from apigen.evaluate.bfcl import Bfcl
from apigen.evaluate.bfcl_data import BfclData
from apigen.evaluate.held_out import HeldOut


class SuiteOptions(msgspec.Struct, frozen=True):
    """What suites may need beside their name."""

    bfcl: Path | None = None
    """Wheel or folder of BFCL's data; ``None`` for the installed package."""
    underscores: bool = False
    """Whether tools have ``_`` for each dot in their names."""


def _bfcl(place: str, options: SuiteOptions) -> Suite:
    categories = [one.strip() for one in place.split(",") if one.strip()]
    return Bfcl(BfclData(options.bfcl), categories, underscores=options.underscores)


def _held_out(place: str, options: SuiteOptions) -> Suite:
    if not place:
        raise UserError("--suite held-out: the file is missing; use held-out:FILE")
    return HeldOut(Path(place), underscores=options.underscores)


SUITES: dict[str, Callable[[str, SuiteOptions], Suite]] = {"bfcl": _bfcl, "held-out": _held_out}
"""What makes each suite, from what stands behind the colon."""


def make_suite(text: str, options: SuiteOptions) -> Suite:
    """The suite that ``NAME`` or ``NAME:PLACE`` names.

    Args:
        text: such as ``bfcl:simple,multiple`` or ``held-out:rows.jsonl``.
        options: what the command line said beside it.

    Raises:
        UserError: there is no such suite, or its data are not there.
    """
    name, _, place = text.partition(":")
    if name not in SUITES:
        raise UserError(f"--suite {text}: no such suite; use bfcl[:CATEGORY,...] or held-out:FILE")
    return SUITES[name](place, options)
