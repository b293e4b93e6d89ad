"""Does a call leave a number or a date at its default although the query states it?

"tunes to 442 Hz" without ``concert_pitch``, "12% tax" with ``tax_percent`` 0: the number stands in the query, no call
uses it, and the words beside it are the option's own.
"""

from apigen.records import Call, Reason, Tool
from apigen.verify.grounding import Span
from apigen.verify.grounding.leaves import Schema
from apigen.verify.grounding.negation import contrasted
from apigen.verify.grounding.synonyms import synonyms
from apigen.verify.grounding.words import content_stems, split_words, stem
from apigen.verify.rules.case import Case, Mention, Reject
from apigen.verify.rules.options import left_open

_DATES = ("date", "day")
_SIGNS = {"%": "percent", "$": "amount"}


def unstated(case: Case) -> Reject | None:
    """The first number that the query states for an option, and a call leaves out."""
    free = [
        mention
        for mention in case.mentions
        if mention.kind in ("number", "date")
        and mention.weight >= 0.5
        and not case.is_claimed(mention.start, mention.end)
        and not contrasted(case.reading, (mention.start, mention.end))
    ]
    for index, call in enumerate(case.candidate.calls) if free else ():
        tool = case.tools.get(call.name)
        for name, schema in left_open(call, tool) if tool else ():
            mention = next((one for one in free if _is_for(case, index, one, name, schema)), None)
            if mention is not None and tool is not None:
                return _reject(case, call, tool, name, mention)
    return None


def _is_for(case: Case, index: int, mention: Mention, name: str, schema: Schema) -> bool:
    """Whether the words right beside a number are those of an option, and of no other argument."""
    kind = schema.get("type")
    if "enum" in schema or not _in_part_of(case, index, mention):
        return False
    if mention.kind == "date":
        return kind == "string" and split_words(name)[-1] in _DATES
    if kind not in ("integer", "number"):
        return False
    call = case.candidate.calls[index]
    own = frozenset(content_stems(name)) - frozenset(content_stems(call.name))
    arguments = {argument for one in case.candidate.calls for argument in one.arguments} - {name}
    given = {other for argument in arguments for other in content_stems(argument)}
    near = _beside(mention)
    return bool(own & near - given) or (len(own & near) > 1 and own <= near)


def _beside(mention: Mention) -> frozenset[str]:
    """The words around a number, its unit and its sign, each also by its other names."""
    words = {*mention.context, mention.unit, stem(mention.before), stem(_SIGNS.get(mention.unit, ""))} - {""}
    return frozenset(words) | {
        one.stems[0] for word in words for one in synonyms(word) if len(one.stems) == 1 and not one.after_number
    }


def _in_part_of(case: Case, index: int, mention: Mention) -> bool:
    """Whether the number is in the part of the query that this call serves: its values are the nearest."""
    distances = [
        (min(abs(start - mention.end), abs(mention.start - end)), trace.call)
        for trace in case.traces
        for start, end in trace.spans or ()
    ]
    return bool(distances) and min(distances)[1] == index


def _reject(case: Case, call: Call, tool: Tool, name: str, mention: Mention) -> Reject:
    span: Span = (mention.start, mention.end)
    said = case.reading.text[slice(*span)]
    if name in call.arguments:
        return Reject(
            Reason.UNGROUNDED, f"{tool.name}: {name} is {call.arguments[name]!r}, but the query says {said!r}"
        )
    return Reject(Reason.UNANSWERED_REQUEST, f"{tool.name}: {name} is omitted, but the query says {said!r}")
