"""Faults of a pair, with the place, the value and what was allowed."""

import difflib
import json
from collections.abc import Collection, Sequence

import msgspec

from apigen.records import Json, Outcome, Reason, Stage, Verdict

MAX_DETAIL = 300
"""Longest detail in characters: a model may write anything, and a verdict must stay readable."""

MAX_VALUE = 60
"""Longest value quoted in a detail, in characters."""

PASSED = Verdict(Stage.FORMAT, Outcome.PASS)

_STRENGTH = {
    reason: rank
    for rank, reason in enumerate(
        (
            Reason.NOT_JSON,
            Reason.MISSING_FIELD,
            Reason.WRONG_SHAPE,
            Reason.ARGUMENTS_AS_STRING,
            Reason.EMPTY_QUERY,
            Reason.BAD_TOOL,
            Reason.UNKNOWN_TOOL,
            Reason.EMPTY_ANSWER,
            Reason.UNKNOWN_ARGUMENT,
            Reason.MISSING_ARGUMENT,
            Reason.WRONG_TYPE,
        )
    )
}
"""Which of several faults names the pair: a wrong name explains more than a wrong bound. The rest follow as found."""


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong."""

    reason: Reason
    detail: str
    """Where it is, what stands there, and what was allowed."""
    argument: str = ""
    """The argument that it is about, such as ``calls[0].city``, where it is about one."""


def strongest_first(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """The faults by what they explain, otherwise in the order found."""
    return tuple(sorted(faults, key=lambda fault: _STRENGTH.get(fault.reason, len(_STRENGTH))))


def verdict_on(faults: Sequence[Fault]) -> Verdict:
    """The verdict on a pair with these faults, strongest first: a pass where there are none."""
    if not faults:
        return PASSED
    arguments = tuple(dict.fromkeys(fault.argument for fault in faults if fault.argument))
    return reject(faults[0].reason, "; ".join(fault.detail for fault in faults), arguments)


def reject(reason: Reason, detail: str, arguments: tuple[str, ...] = ()) -> Verdict:
    """A stage 1 reject."""
    return Verdict(Stage.FORMAT, Outcome.REJECT, reason, _short(_printable(detail), MAX_DETAIL), arguments=arguments)


def shown(value: Json, most: int = MAX_VALUE) -> str:
    """A value as people read JSON, shortened."""
    if isinstance(value, str) and len(value) > most:
        value = value[:most]  # a text of megabytes is not written out to be cut
    return _short(json.dumps(value, ensure_ascii=False, default=str), most)


def listed(values: Collection[Json], most: int = 8) -> str:
    """What was allowed, shortened to the first few."""
    few = ", ".join(shown(value, 40) for value in list(values)[:most])
    return few if len(values) <= most else f"{few} and {len(values) - most} more"


def nearest(name: str, known: Collection[str]) -> str | None:
    """The known name that was probably meant: the same letters first, then a similar spelling."""
    bare = folded(name)
    for other in known:
        if folded(other) == bare:
            return other
    few = list(known)[:200]  # similarity takes its time
    return next(iter(difflib.get_close_matches(name[:100], few, n=1)), None)


def did_you_mean(name: str, known: Collection[str]) -> str:
    """``; did you mean 'x'?``, or nothing."""
    near = nearest(name, known)
    return f"; did you mean {near!r}?" if near else ""


def folded(name: str) -> str:
    """A name without case, spaces and punctuation, in which wrong-cased names are the same."""
    return "".join(filter(str.isalnum, name.casefold()))


def kind(value: Json) -> str:
    """What kind of JSON value it is, with its article."""
    for kinds, name in _KINDS:
        if isinstance(value, kinds):
            return name
    return "null"


_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "a boolean"),
    (int, "an integer"),
    (float, "a number"),
    (str, "a string"),
    ((list, tuple), "a list"),
    (dict, "an object"),
)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _printable(text: str) -> str:
    """The text as UTF-8 can hold it: half a surrogate pair is told by its number."""
    return text.encode("utf-8", "backslashreplace").decode()
