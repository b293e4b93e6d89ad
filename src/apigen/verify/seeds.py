"""Checks seeds against the tools they call, since a wrong example teaches every writer the mistake."""

from collections.abc import Iterable, Mapping

from apigen.errors import UserError
from apigen.records import Candidate, Outcome, Seed, Tool
from apigen.verify.format import FormatCheck


def require_fitting(seeds: Iterable[Seed], tools: Mapping[str, Tool]) -> None:
    """Check the calls of all seeds against their tools' schemas.

    Raises:
        UserError: a seed does not fit; the message names it and says what is wrong.
    """
    check = FormatCheck()
    for seed in seeds:
        offered = tuple(tools[name] for name in sorted(seed.tool_names) if name in tools)
        verdict = check.check(Candidate(seed.query, seed.calls, offered))
        if verdict.outcome is not Outcome.PASS:
            raise UserError(f"the seed {seed.query[:60]!r} does not match its tool: {verdict.detail}; fix its calls")
