"""The verdict of the grounding stage, strict or lenient."""

from collections.abc import Callable, Mapping
from typing import Literal

from apigen.records import Candidate, Outcome, Reason, Stage, Verdict
from apigen.verify.grounding.lenient import invented
from apigen.verify.grounding.trace import Finding, ungrounded

Level = Literal["strict", "lenient"]

LEVELS: Mapping[Level, Callable[[Candidate], tuple[Finding, ...]]] = {"strict": ungrounded, "lenient": invented}
"""What each level finds wrong with a candidate."""

_MAX_DETAIL = 300


def check(candidate: Candidate, level: Level = "strict") -> Verdict:
    """A pass, or a reject that names the arguments with their paths, such as ``calls[0].city``."""
    findings = LEVELS[level](candidate)
    if not findings:
        return Verdict(Stage.GROUNDING, Outcome.PASS)
    arguments = tuple(f"calls[{finding.call}].{finding.path}" for finding in findings)
    detail = "; ".join(f"{path}: {finding.why}" for path, finding in zip(arguments, findings, strict=True))
    return Verdict(Stage.GROUNDING, Outcome.REJECT, Reason.UNGROUNDED, detail[:_MAX_DETAIL], arguments=arguments)
