"""The five questions that a judge is asked, after the APIGen paper's rules (arXiv 2406.18518, section 3.3)."""

import re
from functools import lru_cache

from apigen.records import Json, Reason

CRITERIA: dict[str, Reason] = {
    "serves_query": Reason.JUDGED_WRONG,
    "right_tools": Reason.TOOL_MISMATCH,
    "right_number_of_calls": Reason.CALL_COUNT_MISMATCH,
    "results_without_errors": Reason.ERROR_RESULT,
    "results_relevant": Reason.IRRELEVANT_RESULT,
}
"""Each criterion in the order of the prompt, with the reason of a candidate that fails it."""

_CAUSES = ("right_tools", "right_number_of_calls", "results_without_errors", "serves_query", "results_relevant")
"""Where several fail, the first of these names the candidate: a wrong tool also serves nothing and returns nothing of
use, so the cause comes before what follows from it."""

_WORDS = {
    True: {"yes", "y", "true", "pass", "passes", "passed", "ok", "1", "met", "holds", "correct", "right", "accept"},
    False: {"no", "n", "false", "fail", "fails", "failed", "0", "unmet", "incorrect", "wrong", "reject", "rejected"},
}
_WORDS[True] |= {"accepted", "approve", "approved", "valid", "satisfied", "fulfilled", "acceptable"}
_WORDS[False] |= {"rejects", "invalid", "unsatisfied", "failure", "unacceptable"}
_TRUTH = {word: truth for truth, words in _WORDS.items() for word in words}
MARKS = {
    True: "\u2705\u2713\u2714\u2611\U0001f44d\U0001f7e2",
    False: "\u274c\u2717\u2718\u2716\u2612\U0001f44e\U0001f534",
}
"""Ticks and crosses, by what they say."""
_DOUBTFUL = re.compile(r"[?<>~]|!\s*\w|-\s*\d|\[ \]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""What makes a word a question, a placeholder to be filled in, its opposite, or noise."""
_LONE = re.compile(r"[\s\"'`*_(.:,]*\w[\s\"'`*_).:,!]*")
"""A single letter or digit as somebody writes it who answers; among other signs, as in ``1]``, it is noise."""
_PHRASE = re.compile(
    r"(?:(?:does|do|did|is|are|was|were|has|should|must|can|will|doesn|don|isn|aren|shouldn) )?"
    r"((?:not|t|cannot) )?(?:be )?(?:fully )?(\w+)"
)

_NUMBERS = {str(number): name for number, name in enumerate(CRITERIA, 1)}


def reason_for(criteria: dict[str, bool]) -> Reason:
    """The reason of a rejected candidate: that of the failing criterion nearest to the cause, if any fails."""
    failing = next((name for name in _CAUSES if criteria.get(name) is False), None)
    return CRITERIA[failing] if failing else Reason.JUDGED_WRONG


def as_truth(value: Json) -> bool | None:
    """Yes or no in the ways models write it; ``None`` for anything else."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value)
    if not isinstance(value, str) or _DOUBTFUL.search(value):
        return None
    found = {truth for truth, marks in MARKS.items() if any(mark in value for mark in marks)}
    words = " ".join(re.sub(r"[^\w\s]", " ", value).lower().split())
    if words:
        if len(words) == 1 and not found and not _LONE.fullmatch(value):
            return None
        phrase = _PHRASE.fullmatch(words)
        truth = _TRUTH.get(phrase[2]) if phrase else None
        if truth is None or (phrase and phrase[1] and not truth):
            return None  # "not wrong" is no yes
        found.add(not truth if phrase and phrase[1] else truth)
    return found.pop() if len(found) == 1 else None


def criterion(name: Json) -> str | None:
    """The criterion that a model means: by its name in any case and spelling of the gaps, or by its number."""
    return None if isinstance(name, bool) or not isinstance(name, str | int) else _meant(str(name))


@lru_cache(maxsize=1024)  # judges call them by few names, each in every answer
def _meant(name: str) -> str | None:
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    numbered = re.fullmatch(r"(?:criterion_|rule_|question_)?([1-5])(?:_(.*))?", plain)
    if numbered and not numbered[2]:
        return _NUMBERS[numbered[1]]
    plain = numbered[2] if numbered else plain
    return plain if plain in CRITERIA else None
