"""Takes a value out of the query, so that the right answer asks for it."""

import re
from random import Random

from apigen.dataset.negatives.base import Negative, Refusal, Verified
from apigen.dataset.negatives.dropping import is_choice
from apigen.records import Call, Candidate, Json, Tool
from apigen.verify.grounding import Reading, traces

_PART = r"\s+(?:to|in|into|for|at|from|with|of|by|on|near|using)\s+(?:the\s+)?[\"'`]?{value}[\"'`]?(?=\s*(?:[.?!,;]|$))"
"""A value behind its preposition at the end of a clause: what a sentence can do without."""
_HANGS = re.compile(
    r"\b(?:to|in|into|for|at|from|with|of|by|on|near|using|a|an|the|and|or|is|are|be|than|as|between|about|my|your|its"
    r"|called|named|say|over|under|up|down|not|out|per|if|that|which)[\s,]*$",
    re.IGNORECASE,
)
"""What a sentence cannot end in."""
_FEWEST_WORDS = 3


def missing_value(row: Verified, random: Random) -> Negative | Refusal:
    """The row with one required value left out of its query, where what is left still reads as a sentence."""
    if len(row.calls) != 1 or len(row.called) != 1:
        return Refusal.SEVERAL_CALLS
    tool, call = row.called[0], row.calls[0]
    found = Refusal.NO_VALUE_GIVEN
    names = [name for name in tool.required if name in call.arguments and _is_plain(tool, name, call.arguments[name])]
    for name in random.sample(names, len(names)):
        query = _left_out(row.query, str(call.arguments[name]))
        if query is None:
            found = Refusal.NOT_SEPARABLE
        elif not _asks_for(name, query, tool, call):
            found = Refusal.STILL_GIVEN
        else:
            return Negative(query, row.tools, (f"{tool.name}.{name}",), (name,))
    return found


def _is_plain(tool: Tool, name: str, value: Json) -> bool:
    schema = tool.properties.get(name)
    text_or_number = isinstance(value, (str, int, float)) and not isinstance(value, bool)
    return text_or_number and not is_choice(schema) and isinstance(schema, dict) and "default" not in schema


def _left_out(query: str, value: str) -> str | None:
    """The query without a value that stands in it once; ``None`` where it cannot do without it."""
    literal = re.escape(value)
    if len(re.findall(rf"(?<![\w.]){literal}(?!\w|[.,]\d)", query, re.IGNORECASE)) != 1:
        return None
    part = re.search(_PART.replace("{value}", literal), query, re.IGNORECASE)
    if part is None or _HANGS.search(query[: part.start()]):
        return None
    left = query[: part.start()] + query[part.end() :]
    return left if len(left.split()) >= _FEWEST_WORDS else None


def _asks_for(name: str, query: str, tool: Tool, call: Call) -> bool:
    """Whether the query says every value but that one."""
    said: dict[str, bool] = {}
    for trace in traces(Candidate(query, (call,), (tool,)), Reading(query), defaults=True):
        parameter = trace.leaf.parameter
        said[parameter] = said.get(parameter, True) and trace.spans is not None
    return not said.pop(name, True) and all(said.values())
