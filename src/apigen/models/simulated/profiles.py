"""How often published generators erred: the rates at which the simulated model errs.

The counts are those of the APIGen paper (arXiv 2406.18518, its table of filtering results): what became of 40,000
candidates of each generator. The row of Mixtral-8x7B adds up to 39,000 there; shares are of what a row adds up to.
"""

import msgspec

from apigen.errors import UserError


class Published(msgspec.Struct, frozen=True):
    """What became of one generator's candidates."""

    verified: int
    format: int
    execution: int
    semantics: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.verified + self.format + self.execution + self.semantics


class Profile(msgspec.Struct, frozen=True):
    """How often a simulated generator errs. Each rate is of what the stages before it let through."""

    name: str
    format: float = 0.0
    """Share of pairs of a wrong structure."""
    execution: float = 0.0
    """Share of the others whose calls fail."""
    semantics: float = 0.0
    """Share of those that then remain whose calls run and do not serve the query."""
    noise: float = 0.0
    """Share of completions that are untidy in a way that a reader mends. Not published; made up."""
    judge_error: float = 0.0
    """Share of its verdicts, as a judge, that are the opposite of what the rules say. Not published; made up."""
    published: Published | None = None


def _measured(name: str, counts: Published) -> Profile:
    formed = counts.total - counts.format
    ran = formed - counts.execution
    return Profile(
        name,
        format=counts.format / counts.total,
        execution=counts.execution / formed,
        semantics=counts.semantics / ran,
        noise=0.15,
        judge_error=0.02,
        published=counts,
    )


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("perfect"),
        _measured("deepseek-coder-33b-inst", Published(13_769, 4_311, 15_496, 6_424)),
        _measured("mixtral-8x7b-inst", Published(15_385, 3_311, 12_341, 7_963)),
        _measured("mixtral-8x22b-inst", Published(26_384, 1_680, 5_073, 6_863)),
        _measured("deepseek-v2-chat", Published(33_659, 817, 3_359, 2_165)),
    )
}
"""By name; ``perfect`` writes what the offline writer writes."""


def profile_named(name: str) -> Profile:
    """The profile of that name.

    Raises:
        UserError: there is none.
    """
    if name not in PROFILES:
        raise UserError(f"there is no simulated generator {name!r}; choose one of {', '.join(PROFILES)}")
    return PROFILES[name]
