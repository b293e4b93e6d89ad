"""Parses a judge's reply in whatever form models write it, ignoring decisions quoted from the material.

JSON decides, however broken, or else plain words do (:mod:`.words`); nothing else in the answer may contradict it.
A judge may quote a hostile result that holds a decision of its own, so every decision counts that stands in an answer,
except what the judge was shown word for word.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import json_repair
import msgspec

from apigen.records import Json
from apigen.verify.judges.criteria import CRITERIA, as_truth, criterion
from apigen.verify.judges.material import Material
from apigen.verify.judges.words import answer_truth, denied, own_words, rejects, said, taken_back

MAX_ANSWER = 200_000
"""Longest answer in characters that is looked at; thinking included, none that means something comes near."""
MAX_BRACKETS = 400
"""Most brackets in broken JSON that is mended, which takes time that grows with their square."""
MAX_THOUGHT = 500
MAX_QUOTE = 120

_DECISION = frozenset(
    {"pass", "passes", "passed", "is_pass", "overall_pass", "all_pass", "all_passed", "overall", "overall_verdict"}
    | {"verdict", "decision", "judgement", "judgment", "final_verdict", "final_decision"}
)
_WRAPPERS = frozenset(
    {"verdict", "decision", "judgement", "judgment", "evaluation", "response", "output", "answer"}
    | {"result", "final_answer", "final_verdict", "final_decision"}
)
_CRITERIA_KEYS = ("criteria", "criterion_results", "rules", "checks", "questions", "answers")
_NAME_KEYS = ("name", "criterion", "id", "rule", "question", "number")
_HOLDS_KEYS = ("holds", "pass", "passes", "passed", "met", "ok", "value", "answer", "verdict", "result", "satisfied")
_QUOTE_KEYS = ("quote", "evidence", "quotes", "quoted", "citation")
_THOUGHT_KEYS = ("thought", "thoughts", "reasoning", "reason", "explanation", "rationale")

_FAULTS = re.compile(
    r"(?:fail(?:ed|ing|s|ures?)|unmet|not[ _]met|violat(?:ed|ions)|rejected|problems|issues|errors)(?:[ _]\w+)?",
    re.IGNORECASE,
)
_THINKING = re.compile(r"<(think|thinking|thought|reasoning|reflection)>", re.IGNORECASE)
_THOUGHT_OVER = re.compile(r"</(?:think|thinking|thought|reasoning|reflection)>", re.IGNORECASE)
_JSON = json.JSONDecoder(strict=False)
_LOOSE_DECISION = re.compile(
    rf"(?<!\\)(?:[\"'\u201c]?)\b(?:{'|'.join(sorted(_DECISION))})\b(?:[\"'\u201d]?)\s*:([^,}}\n]*)", re.IGNORECASE
)
"""A decision as it stands in JSON that is broken; inside a quoted text its quotes are escaped and do not match."""


class Answer(msgspec.Struct, frozen=True):
    """What a judge decided, and how it explained that."""

    passed: bool
    criteria: dict[str, bool] = {}
    """Each criterion that it answered, by its name."""
    quotes: dict[str, str] = {}
    """What it quoted, by criterion."""
    thought: str = ""


class Unreadable(msgspec.Struct, frozen=True):
    """An answer that decides nothing."""

    why: str
    """In our own words, so that it can be told to the judge."""


class _Found(msgspec.Struct, frozen=True):
    passed: bool
    value: dict[str, Any] = {}


def read_answer(text: str, material: Material) -> Answer | Unreadable:
    """Read what a judge answered.

    Args:
        text: its whole answer, as it came.
        material: what it was shown; a decision that stands there as well is taken for a quotation.
    """
    if len(text) > MAX_ANSWER:
        return Unreadable("it is far too long")
    answer = _after_thinking(text)
    if answer is None:
        return Unreadable("it holds no answer after the reasoning")
    if not answer.strip():
        return Unreadable("it is empty")
    return _read(answer, material)


def _read(text: str, material: Material) -> Answer | Unreadable:
    """What JSON decides, else what words decide, as long as nothing else in the answer speaks against it."""
    spans = list(_objects(text))
    if spans and spans[-1][1] is None:
        return Unreadable("its JSON is cut off")
    before, after, end, found = "", "", 0, list[_Found]()
    for start, stop in [*spans, (len(text), len(text))]:
        assert stop is not None  # noqa: S101 - only the last can be open
        # Words before a decision in JSON are reasoning; only those behind it can take it back.
        if found:
            after += f"{text[end:start]}\n"
        else:
            before += f"{text[end:start]}\n"
        end = stop
        if not material.holds(text[start:stop]):
            found += _decisions(text[start:stop])
    if _THOUGHT_OVER.search(before + after):
        return Unreadable("it holds several blocks of reasoning")
    first, then = said(before, material), said(after, material)
    in_words = not found
    found += [_Found(passed) for passed in first.decisions + then.decisions]
    decisions = {each.passed for each in found}
    if not decisions:
        return Unreadable("it holds no decision of its own")
    if len(decisions) > 1:
        return Unreadable("it holds decisions that contradict each other")
    (passed,) = decisions
    if passed and (first.unclear or then.unclear):
        return Unreadable("it holds a verdict that is neither yes nor no")
    if taken_back(passed, f"{first.after}\n{own_words(after, material)}"):
        return Unreadable("it takes back in words what it decides")
    if passed and in_words and rejects(own_words(before, material)):
        return Unreadable("it passes the calls and rejects them in words")
    if passed and (name := denied(before + after)):
        return Unreadable(f"it passes the calls though {name} is false")
    return _explained(found)


def _explained(found: list[_Found]) -> Answer | Unreadable:
    """The decision with its criteria, which must not contradict it."""
    passed = found[0].passed
    fullest = max((each.value for each in found), key=len)
    criteria, quotes, unread, strange = dict[str, bool](), dict[str, str](), "", False
    for name, value in _criteria(fullest):
        holds, quote = _criterion_answer(value)
        if name not in CRITERIA:
            strange = strange or holds is False
            continue
        if holds is None:
            unread = unread or name
            continue
        if criteria.setdefault(name, holds) is not holds:
            return Unreadable(f"it answers {name} twice, once each way")
        if quote:
            quotes[name] = plain(quote, MAX_QUOTE)
    failing = [name for name, holds in criteria.items() if not holds]
    if passed and failing:
        return Unreadable(f"it passes the calls though {failing[0]} is false")
    if passed and unread:
        return Unreadable(f"it passes the calls though its answer to {unread} is neither yes nor no")
    if passed and (strange or any(_faults(key, item) for each in found for key, item in each.value.items())):
        return Unreadable("it passes the calls and names what failed")
    if not passed and not failing and len(criteria) == len(CRITERIA):
        return Unreadable("it does not pass the calls though every criterion is true")
    thought = next((fullest[key] for key in _THOUGHT_KEYS if isinstance(fullest.get(key), str)), "")
    if passed and any(rejects(item) for key, item in fullest.items() if key in _THOUGHT_KEYS and isinstance(item, str)):
        return Unreadable("it passes the calls and rejects them in its reason")
    return Answer(passed, {name: criteria[name] for name in CRITERIA if name in criteria}, quotes, plain(thought))


def _faults(key: str, value: Json) -> bool:
    """Whether this is a list of failures that is not empty."""
    none = isinstance(value, str) and value.strip(" .").lower() in ("no", "none", "n/a", "0")
    return bool(_FAULTS.fullmatch(key) and value and not none)


def plain(text: str, most: int = MAX_THOUGHT) -> str:
    """A model's words as one line that can be written down, not longer than that."""
    line = " ".join(text.encode("utf-8", "replace").decode().split())
    return line if len(line) <= most else f"{line[: most - 3]}..."


def _after_thinking(text: str) -> str | None:
    """The answer without the reasoning before it; ``None`` where there is nothing but reasoning."""
    bare = text.lstrip()
    if bare.startswith(("{", "[", "```")):
        return text  # the answer itself; a tag in it belongs to a quotation
    over = _THOUGHT_OVER.search(text)
    if _THINKING.match(bare) and over is None:
        return None
    return text[over.end() :] if over else text


def _objects(text: str) -> Iterator[tuple[int, int | None]]:
    """Where each outermost ``{...}`` begins and ends; the end of one that is never closed is ``None``."""
    start = text.find("{")
    while start >= 0:
        end = _end_of_object(text, start)
        yield start, end
        start = -1 if end is None else text.find("{", end)


def _end_of_object(text: str, start: int) -> int | None:
    """The end of an object that may be broken; that of one which is not is found a hundred times as fast."""
    try:
        return _JSON.raw_decode(text, start)[1]
    except (ValueError, RecursionError):
        pass
    depth, quote, escaped, before = 0, "", False, ""
    for position in range(start, len(text)):
        character = text[position]
        if escaped:
            escaped = False
        elif quote:
            escaped = character == "\\"
            # An apostrophe ends a text only where JSON could go on.
            if character == quote and (
                quote == '"' or text[position + 1 : position + 40].lstrip()[:1] in (",", ":", "]", "}", "")
            ):
                quote = ""
        elif depth and (character == '"' or (character == "'" and before in "{[,:")):
            quote = character
        elif character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if not depth:
                return position + 1
        if not character.isspace():
            before = character
    return None


def _decisions(text: str) -> list[_Found]:
    """The decisions that one outermost object holds: none where it is something else, several where it is broken."""
    try:
        value = json.loads(text, strict=False, object_pairs_hook=_keeping_twins)
    except (ValueError, RecursionError):
        return _mended(text)
    return _decided(value)


def _mended(text: str) -> list[_Found]:
    if text.count("{") + text.count("[") > MAX_BRACKETS:
        return []
    try:
        value = json_repair.loads(text)
    except (ValueError, RecursionError):
        return []
    found = _decided(value) if isinstance(value, dict) else []
    # What was broken may have been mended wrongly: all that looks like a decision must agree with it.
    for match in _LOOSE_DECISION.finditer(text):
        given = match[1].split("//")[0]
        whole = as_truth(given)
        # "true or false", "not quite true": what is not plainly one stands against both
        unclear = (True, False) if any(as_truth(word) is not None for word in re.findall(r"\w+", given)) else ()
        found += [_Found(truth) for truth in (unclear if whole is None else (whole,))]
    return found


class _Twins(list[Any]):
    """The values of a key that stands more than once in an object."""


def _keeping_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for key, item in pairs:
        earlier = value.get(key)
        value[key] = (
            item if key not in value else _Twins([*(earlier if isinstance(earlier, _Twins) else [earlier]), item])
        )
    return value


def _decided(value: dict[str, Any]) -> list[_Found]:
    """The decisions at the top of an object; those further down are quotations or answers to single questions."""
    if any(key.lower() in _NAME_KEYS and criterion(item) for key, item in value.items() if isinstance(key, str)):
        return []  # the answer to one criterion
    found: list[_Found] = []
    for key, item in value.items():
        name = re.sub(r"\W+", "_", str(key).lower()).strip("_")
        if name in _DECISION:
            for each in item if isinstance(item, _Twins) else [item]:
                truth = answer_truth(each)
                found += [] if truth is None else [_Found(truth, value)]
        if name in _WRAPPERS and isinstance(item, dict):
            found += [_Found(each.passed, value | item) for each in _decided(item)]
    return found


def _criteria(value: dict[str, Any]) -> list[tuple[str, Json]]:
    """Each criterion's name with what was answered to it: from an object, a list, or the top of the answer."""
    at_the_top: list[tuple[str | None, Json]] = [(criterion(key), item) for key, item in value.items()]
    pairs = [(name, item) for name, item in at_the_top if name]
    given: Any = next((value[key] for key in _CRITERIA_KEYS if isinstance(value.get(key), dict | list)), {})
    if isinstance(given, dict):
        pairs += [(criterion(key) or key, item) for key, item in given.items()]
    elif len(given) == len(CRITERIA) and not any(isinstance(item, dict) for item in given):
        pairs += zip(CRITERIA, given, strict=True)
    else:
        pairs += [((_named(item) if isinstance(item, dict) else None) or "one of its criteria", item) for item in given]
    return pairs


def _named(item: dict[str, Any]) -> str | None:
    names = [criterion(item[key]) for key in _NAME_KEYS if key in item] + [criterion(key) for key in item]
    return next((name for name in names if name), None)


def _criterion_answer(value: Json) -> tuple[bool | None, str]:
    if not isinstance(value, dict):
        return answer_truth(value), ""
    keys = [*(key for key in _HOLDS_KEYS if key in value), *(key for key in value if criterion(key))]
    truths = {truth for key in keys if (truth := answer_truth(value[key])) is not None}
    holds = truths.pop() if len(truths) == 1 else None
    quote = next((value[key] for key in _QUOTE_KEYS if value.get(key)), "")
    if isinstance(quote, list):
        quote = " ... ".join(str(part) for part in quote)
    return holds, quote if isinstance(quote, str) else json.dumps(quote, ensure_ascii=False)
