"""What a judge says in plain words: decisions, answers to single criteria, and sentences that take a decision back.

A word that speaks of a fault counts only where nothing in its clause denies it ("no call failed"). What cannot be told
apart is taken for an objection: that costs one more question, while a wrong pass would cost a wrong example.
"""

import re
from collections.abc import Iterator

import msgspec

from apigen.verify.judges.criteria import CRITERIA, MARKS, as_truth
from apigen.verify.judges.material import Material

_LABELS = r"pass|passes|passed|verdict|decision|judge?ment|answer|overall|result|outcome|conclusion|assessment"
_LABEL = (
    r"(?:(?:my|the|so|thus|final|overall|updated|revised|corrected|correct|new|actual|own|therefore)[ ,]+)*"
    rf"({_LABELS})(?: (?:verdict|decision|result|answer|judge?ment))?"
)
_SAID = re.compile(rf"(?:^|(?<=[.;!?)]) *){_LABEL} ?(:|=|\bis\b:?|[-\u2013\u2014]|[-=]>|\u2192) *(.+)$", re.IGNORECASE)
_HEADING = re.compile(rf"{_LABEL} ?:?", re.IGNORECASE)
_VAGUE = frozenset({"overall", "result", "outcome", "conclusion", "assessment"})
"""Labels that stand before other things as well; behind them only a word such as PASS or FAIL is a decision."""
_DECIDES = re.compile(r"pass|fail|reject|accept|approve", re.IGNORECASE)
_SHOUTED = re.compile(r"\W*(?:PASS|PASSED|FAIL|FAILED|REJECT|REJECTED)\b(?!\W*\d)")
_TAGGED = re.compile(r"<(pass|verdict|decision|answer)>\s*(\w+)\s*</\1>", re.IGNORECASE)
_REASON = re.compile(r"[.,;:!(\n\u2013\u2014\u2192]|\s-+\s|[-=]>|\s(?=because\b|since\b)")
_SUBJECT = re.compile(r"(?:(?:the|this|all|these) )?(?:samples?|calls?|candidate|answer|it|this) (?=\w)", re.IGNORECASE)

_CRITERION = re.compile(
    rf"(\W*)(?:(?:criterion|question|rule|q)\s*)?(?:[1-5]\W+)?"
    rf"(?:({'|'.join(name.replace('_', '[ _-]') for name in CRITERIA)})\b|(?<=\d[.):] ))(.*)",
    re.IGNORECASE,
)
_ANSWER = re.compile(r"^(?:\([^)]*\))?[\s:=>|\u2013\u2014\u2192-]*(?:is\b|was\b)?\s*", re.IGNORECASE)

_CLAUSE = re.compile(
    r"[.,;:!?()\n\u2013\u2014]|\s-+\s|\b(?:and|but|however|so|though|although|yet|except|because|which)\b"
    r"|\bno (?=the|this|that|it|i|they\b)",
    re.IGNORECASE,
)
_FAULT = re.compile(
    r"\b(?:fail(?:s|ed|ing|ures?)?|reject(?:s|ed|ion)?|wrong(?:ly)?|incorrect(?:ly)?|invalid|false|unmet|missing|misses"
    r"|errors?|errored|mistaken?|mistakes|inaccurate|irrelevant|unsupported|invented|hallucinated|violat(?:es|ed|ions?)"
    r"|mismatch\w*|unasked|disagree|partially|partly|unclear|unsure)\b(?!-free| free)"
    rf"|[{MARKS[False]}]",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"\b(?:none|nothing|never|neither|nor|zero|cannot|free of|nobody)\b|n't\b|\bnot\b(?! (?:only|just|merely))"
    r"|(?<!with )\bno\b(?! (?:doubt|question|longer))|\b(?:without|with no)(?: \w+)?\s*$",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"\s*(?:(?:or|nor) )?\w+(?: (?:or|nor) \w+)?\s*", re.IGNORECASE)
"""What may follow a denial to be denied as well: "no call is missing, wrong or unasked"."""
_DENIED_AFTER = re.compile(r"\s*[:=]?\s*(?:nothing|none|no|0)\b|\s+only if\b", re.IGNORECASE)
_LACKS = re.compile(
    r"(?:\bnot|n't|\bcannot|\bnever|\bhardly)\s+(?:\w+\s+){0,3}?"
    r"(?:pass|passes|passed|serve|satisfy|satisfied|match|answer|fit|correct|right|ok|okay|acceptable|accept|relevant|met"
    r"|meet|valid|hold|fulfil|fulfill|true|address|what was asked|asked for|requested)\b",
    re.IGNORECASE,
)
_RETRACTS = re.compile(
    r"\b(?:sorry|misread|misjudged|scratch that|correction|i was wrong|retract|reconsider|take (?:it|that) back"
    r"|chang(?:e|ed|ing) my)\b|^\W*(?:\w+ )?no\W*$",
    re.IGNORECASE,
)
_SECOND_THOUGHT = re.compile(r"\b(?:wait|actually|hmm|on (?:second|reflection|closer))\b", re.IGNORECASE)
_PASSES_IT = re.compile(
    r"\b(?:it|this|that|they|calls?|samples?|answer|candidate|should|must|can|to|be|now)\s+(?:\w+ly\s+)?"
    r"(?:pass|passes|be (?:true|accepted))\s*(?:$|\b(?:all|overall|now|after all|the (?:check|test))\b)",
    re.IGNORECASE,
)
_FINE = re.compile(r"\b(?:fine|correct|right|okay|valid|pass|passes)\b", re.IGNORECASE)
_REJECTS = re.compile(
    r"\bI (?:disagree|reject)\b|\b(?:it|this|that|calls?|sample|answer|and|so) "
    r"(?:(?:should|must) be rejected|does not pass|do not pass|cannot pass)\b",
    re.IGNORECASE,
)
_FENCE = re.compile(r"```\w*")
_DECORATION = re.compile(
    r"[\"`*#\u201c\u201d]|(?<!\w)'|'(?!\w)|(?<!\w)_+|_+(?!\w)|^\s*(?:[-+\u2022]|\d+[.)])\s+(?=\S)|</?\w+>|,\s*$"
)
_QUOTED = re.compile(r"\"([^\"\n]+)\"|\u201c([^\u201d\n]+)\u201d|`([^`\n]+)`")


class Said(msgspec.Struct, frozen=True):
    """The decisions found in one text."""

    decisions: tuple[bool, ...] = ()
    unclear: bool = False
    """Whether something that is called a verdict is neither yes nor no."""
    after: str = ""
    """What follows the first decision, the rest of its own line included."""


def said(text: str, material: Material) -> Said:
    """The decisions in plain words: behind a label, beneath a heading, in a tag, or nothing but the word."""
    tagged = [truth for _, word in _TAGGED.findall(text) if (truth := as_truth(word)) is not None]
    text = _TAGGED.sub("\n", text)
    if (truth := as_truth(_FENCE.sub("\n", text))) is not None:
        return Said((*tagged, truth))
    lines = list(_own_lines(text, material))
    decisions, unclear, after = tagged, False, list(lines) if tagged else []
    for number, line in enumerate(lines):
        truth, why, neither = _decision(lines, number, material)
        unclear = unclear or neither
        if truth is not None:
            decisions.append(truth)
        if decisions:
            after.append(line if truth is None else why)
    return Said(tuple(decisions), unclear, "\n".join(after))


def _decision(lines: list[str], number: int, material: Material) -> tuple[bool | None, str, bool]:
    """What a line decides, what follows that in it, and whether it is called a verdict but is neither yes nor no."""
    line = lines[number]
    found = _SAID.search(line)
    if number and _is_heading(lines[number - 1]) and not (found and _with_reason(found[3])[0] is not None):
        found = _SAID.search(f"{lines[number - 1].rstrip(' :')}: {line}")
    if found and _SHOUTED.match(line) and as_truth(found[3]) is None and not _DENIAL.search(found[3]):
        found = _SAID.search(f"verdict: {line}")  # "PASS - all hold" is no answer to the label "pass"
    if found is None:
        truth, why = _with_reason(line)
        at_the_edge = number in (0, len(lines) - 1) and not line.endswith(":") and not material.holds(line)
        decides = at_the_edge and _DECIDES.search(line) and (not why or _SHOUTED.match(line))
        return (truth, why, False) if decides else (None, "", False)
    label, value = found[1].lower(), found[3]
    truth, why = _with_reason(value)
    word = value.removesuffix(why)
    vague = label in _VAGUE and re.search(r"\w", word) and not _DECIDES.search(word)
    if vague or material.holds(f"{found[0].removesuffix(value)}{word}"):
        return None, "", False
    a_verdict = label not in _VAGUE and label != "answer" and found[2] != "-"
    yes_or_no = _DECIDES.search(value) or any(as_truth(each) is not None for each in value.split())
    return truth, why, bool(truth is None and a_verdict and yes_or_no)


def answer_truth(value: object) -> bool | None:
    """Yes or no, with or without a reason behind it; ``None`` also where the reason says the opposite."""
    if not isinstance(value, str):
        return as_truth(value) if isinstance(value, bool | int | float) else None
    truth, why = _with_reason(value)
    return None if truth is None or taken_back(truth, why) else truth


def taken_back(passed: bool, text: str) -> bool:
    """Whether what is said after a decision speaks against it."""
    if passed:
        return _objects(text)
    for sentence in re.split(r"[.!?\n]", text):
        clauses = [clause for clause in _CLAUSE.split(sentence) if clause and not _DENIAL.search(clause)]
        second = _SECOND_THOUGHT.search(sentence) and not _FAULT.search(sentence)
        if any(_PASSES_IT.search(clause) or (second and _FINE.search(clause)) for clause in clauses):
            return True
    return False


def own_words(text: str, material: Material) -> str:
    """A text without what it quotes."""
    return "\n".join(_own_lines(text, material))


def rejects(text: str) -> bool:
    """Whether a text rejects in so many words, which no reasoning that ends in a pass does."""
    return bool(_REJECTS.search(text))


def denied(text: str) -> str:
    """The criterion that a line of its own says is not met, if there is one."""
    lines = [bare for line in _FENCE.sub("\n", text).splitlines() if (bare := _bare(line, keep_number=True))]
    for number, line in enumerate(lines):
        found = _CRITERION.match(line)
        if found is None:
            continue
        name = (found[2] or "a criterion").lower()
        answer = _ANSWER.sub("", found[3])
        if not answer and number + 1 < len(lines) and not _CRITERION.match(lines[number + 1]):
            answer = lines[number + 1]
        marked = any(mark in found[1] for mark in MARKS[False]) or "[ ]" in found[1]
        truth, _ = _with_reason(answer)
        # "2. ..." may be a step of the reasoning, which may speak of faults; behind a name it may not.
        if marked or truth is False or (found[2] and _objects(answer)):
            return name
    return ""


def _with_reason(value: str) -> tuple[bool | None, str]:
    """The yes or no at the beginning of a text, and what follows it."""
    if (truth := as_truth(value)) is not None:
        return truth, ""
    bare = _SUBJECT.sub("", value, count=1) if _SUBJECT.match(value) else value
    if (truth := as_truth(bare)) is not None:
        return truth, ""
    end = _REASON.search(bare)
    if end is None or (truth := as_truth(bare[: end.start()])) is None:
        return None, ""
    return truth, bare[end.start() :]


def _is_heading(line: str) -> bool:
    """Whether a line announces a decision: "Verdict", "Pass:", but not "Pass", which is one."""
    return bool(_HEADING.fullmatch(line)) and (line.endswith(":") or as_truth(line) is None)


def _objects(text: str) -> bool:
    """Whether a text finds a fault or takes something back."""
    return any(_objects_in(sentence) for sentence in re.split(r"[.!?\n]", text))


def _objects_in(sentence: str) -> bool:
    denied_before = False
    for clause in _CLAUSE.split(sentence):
        if not clause or not clause.strip():
            continue
        if _RETRACTS.search(clause) or _LACKS.search(clause):
            return True
        goes_on = denied_before and bool(_GOES_ON.fullmatch(clause))
        for fault in _FAULT.finditer(clause):
            if not (
                _DENIAL.search(clause[max(0, fault.start() - 200) : fault.start()])
                or goes_on
                or _DENIED_AFTER.match(clause, fault.end())
            ):
                return True
        denied_before = goes_on or (bool(_DENIAL.search(clause)) and len(clause.split()) > 2)
    return False


def _own_lines(text: str, material: Material) -> Iterator[str]:
    """The lines of an answer without decoration, but for what it quotes."""
    for line in _FENCE.sub("\n", text.replace("\u2019", "'")).splitlines():
        if line.lstrip().startswith(">") or line.startswith(("    ", "\t")):
            continue  # quoted, as Markdown does it
        bare = _bare(
            _QUOTED.sub(lambda quote: "" if len(quote[0]) > 8 and material.holds(quote[0]) else quote[0], line)
        )
        if bare and (as_truth(bare) is not None or not material.holds(bare)):
            yield bare  # a mere "pass" stands in many a word


def _bare(line: str, *, keep_number: bool = False) -> str:
    """A line without Markdown; the first cell of a table's row becomes the label of the others."""
    if line.count("|") > 1 and line.strip().startswith("|"):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        cells = cells[1:] if cells[0].isdigit() and len(cells) > 1 else cells
        line = f"{cells[0]}: {' - '.join(cell for cell in cells[1:] if cell)}"
    if keep_number and (number := re.match(r"\s*\d[.):]\s+", line)):
        return f"{number[0].strip()} {_DECORATION.sub('', line[number.end() :]).strip()}"
    return " ".join(_DECORATION.sub("", line).split())
