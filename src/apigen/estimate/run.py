"""The estimate of a run, from its configuration and library, and from an earlier run where there is one."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from apigen.config import Config
from apigen.estimate.basis import assumed, measured
from apigen.estimate.drawn import lengths
from apigen.estimate.figures import Estimate, estimate
from apigen.library.catalogue import Library
from apigen.models.prices import load_prices


class Earlier(NamedTuple):
    """A run to learn from."""

    name: str
    """For people."""
    manifest: Mapping[str, Any]


def estimate_run(
    config: Config,
    library: Library,
    *,
    pass_rate: float | None = None,
    earlier: Earlier | None = None,
    made: int = 0,
) -> Estimate:
    """Estimate what a run will need; nothing is sent, executed or written.

    Args:
        config: resolved.
        library: its tools and seeds.
        pass_rate: given by the user.
        earlier: a run to learn from.
        made: samples that exist already.

    Raises:
        UserError: the earlier run measured nothing, or the prices cannot be read.
    """
    basis = assumed(config, lengths(config, library), pass_rate)
    if earlier is not None:
        basis = measured(basis, earlier.manifest, earlier.name, pass_rate)
    return estimate(config, load_prices(config.prices), basis, max(0, config.count - made))
