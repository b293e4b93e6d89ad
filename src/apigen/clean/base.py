"""Types shared by the cleaning steps: why a tool is removed."""

from enum import StrEnum

import msgspec

from apigen.records import Reason, Tool


class Step(StrEnum):
    """The steps, in order: what is cheap comes first, and no model is asked about a tool that falls."""

    QUALITY = "quality"
    PROBE = "probe"
    DUPLICATES = "duplicates"
    DESCRIPTIONS = "descriptions"
    CATEGORIES = "categories"


class Fall(StrEnum):
    """Why a tool is taken out; each of them can be kept by name, except what no call can be checked against."""

    UNPARSABLE = "unparsable"
    UNDOCUMENTED = "undocumented"
    NO_PARAMETERS = "no_parameters"
    FAILED = "failed"
    """No call of it succeeds."""
    REFUSED = "refused"
    """It refuses values that were made up for it, which says less than a failure: right ones may exist."""
    UNREACHABLE = "unreachable"
    """The service behind it does not answer, also after it was tried again: no reject of the tool itself."""
    DUPLICATE = "duplicate"


STEP_OF = {
    Fall.UNPARSABLE: Step.QUALITY,
    Fall.UNDOCUMENTED: Step.QUALITY,
    Fall.NO_PARAMETERS: Step.QUALITY,
    Fall.FAILED: Step.PROBE,
    Fall.REFUSED: Step.PROBE,
    Fall.UNREACHABLE: Step.PROBE,
    Fall.DUPLICATE: Step.DUPLICATES,
}

KEEPABLE = tuple(fall for fall in Fall if fall not in (Fall.UNPARSABLE, Fall.DUPLICATE))
"""What may be kept on request; duplicates fall on request only."""


class Fallen(msgspec.Struct, frozen=True, omit_defaults=True):
    """A tool that was taken out."""

    tool: Tool
    fall: Fall
    detail: str
    reason: Reason | None = None
    """What its last call did, where it fell in the probe."""

    @property
    def key(self) -> str:
        """By what it is counted: the reason of its call, or else why it fell."""
        return self.reason.value if self.reason else self.fall.value

    @property
    def text(self) -> str:
        """Why, as a library file lists it."""
        return f"{self.key}: {self.detail}"
