"""Which way to write each pair of a prompt: from an example, from several, or from a schema."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

import jsonschema_rs
import msgspec

from apigen.models.offline.combine import combine, shareable
from apigen.models.offline.compose import compose
from apigen.models.offline.draft import MARK, Draft, spliced
from apigen.models.offline.locate import locate
from apigen.models.offline.prompt import Example, Prompt
from apigen.models.offline.rewrite import known_strings, rewrite
from apigen.models.offline.schema import leaves
from apigen.models.offline.split import pieces
from apigen.models.offline.wording import (
    UNFIT,
    bare,
    chatty,
    clipped,
    distance,
    hasty,
    introduced,
    loose,
    manner,
    misspelled,
    reword,
)
from apigen.records import Call, Style, Tool, Wording

TRIES = 6
"""Attempts at one pair, after which it is given up."""
PART_WORDS = 24
"""Longest request, in words, that is joined with others into one message."""

_PARTS = {
    Wording.TERSE: Wording.TERSE,
    Wording.PLAIN: Wording.PLAIN,
    Wording.CHATTY: Wording.PLAIN,
    Wording.INDIRECT: Wording.INDIRECT,
    Wording.MISSPELLED: Wording.PLAIN,
    Wording.AMBIGUOUS: Wording.PLAIN,
}
"""How the parts of a joined message are worded before the whole is."""


class Writer:
    """Writes the pairs that one prompt asks for."""

    def __init__(self, prompt: Prompt, rng: Random) -> None:
        self._tools = prompt.tools
        self._task = prompt.task
        self._rng = rng
        self._examples = [
            msgspec.structs.replace(example, query=bare(example.query))
            for whole in prompt.examples
            for example in (whole, *pieces(whole, prompt.tools))
            if not MARK.search(example.query) and all(call.name in prompt.tools for call in example.answers)
        ]
        self._prompt_examples = prompt.examples
        self._known = known_strings(prompt.examples, prompt.tools)
        self._validators = {name: _validator(tool) for name, tool in prompt.tools.items()}
        self._asked = {_calls(example.answers) for example in prompt.examples}
        """The calls that the examples, and the pairs so far, answer with."""
        self._used: list[frozenset[str]] = []
        """The words of the examples that have been used."""

    def pairs(self) -> Iterator[tuple[str, tuple[Call, ...]]]:
        """The pairs, no two with the same query and none with a query of the examples."""
        seen = {example.query for example in self._prompt_examples}
        if not self._tools:
            return
        written = 0
        for _ in range(self._task.pairs):
            for attempt in range(TRIES):
                # Where the examples leave nothing to change, one plain request is better than none.
                single = not written and attempt == TRIES - 1 and not self._task.style.many_calls
                plainly = single and not self._prompt_examples
                draft = self._composed(self._target(), self._task.wording) if plainly else self._draft()
                query = draft.filled()
                calls = _calls(draft.answers)
                stale = calls in self._asked and any(call.arguments for call in draft.answers)
                if query and query not in seen and not stale and self._fits(draft.answers):
                    seen.add(query)
                    self._asked.add(calls)
                    written += 1
                    yield query, draft.answers
                    break

    def _fits(self, answers: Sequence[Call]) -> bool:
        """Whether the calls are valid and distinct, as many as asked for, and of the tools asked for."""
        checks = [(self._validators[call.name], call.arguments) for call in answers]
        if not all(validator is None or validator.is_valid(arguments) for validator, arguments in checks):
            return False
        low, high = self._task.calls
        distinct = {msgspec.json.encode(call, order="sorted") for call in answers}
        if len(distinct) != len(answers) or not low <= len(answers) <= high:
            return False
        several = len({call.name for call in answers}) > 1
        return several == (self._task.style is Style.PARALLEL_MULTIPLE)

    def _targets(self) -> list[str]:
        return [name for name in self._task.use if name in self._tools] or list(self._tools)

    def _target(self) -> str:
        return self._rng.choice(self._targets())

    def _draft(self) -> Draft:
        match self._task.style:
            case Style.SIMPLE | Style.MULTIPLE:
                return self._one(self._target(), self._task.wording)
            case Style.PARALLEL:
                return self._several([self._target()])
            case _:
                return self._several(self._targets())

    def _one(self, name: str, wording: Wording) -> Draft:
        """A request for one call."""
        example = self._pick(self._singles(name), wording)
        if example is None:
            return self._composed(name, wording)
        draft = self._rewritten(example)
        return draft.reworded(reword(self._rng, self._clipped(draft, wording), wording))

    def _clipped(self, draft: Draft, wording: Wording) -> str:
        """The draft's text, without the story where few words are wanted and no value hides in it."""
        values = sum(1 for call in draft.answers for _ in leaves(self._tools[call.name], 0, call.arguments))
        return clipped(draft.text) if wording is Wording.TERSE and values <= len(draft.surfaces) else draft.text

    def _composed(self, name: str, wording: Wording) -> Draft:
        draft = compose(self._rng, self._rng, self._tools[name], wording)
        return draft.reworded(self._finished(draft.text, wording))

    def _finished(self, text: str, wording: Wording) -> str:
        """A text that was written plainly, brought to a wording."""
        if wording is Wording.CHATTY and manner(text) is not Wording.CHATTY:
            return chatty(self._rng, text)
        if wording is Wording.MISSPELLED and manner(text) is not Wording.MISSPELLED:
            return misspelled(self._rng, text)
        return loose(self._rng, text) if wording is Wording.AMBIGUOUS else text

    def _singles(self, name: str) -> list[Example]:
        return [each for each in self._examples if len(each.answers) == 1 and each.answers[0].name == name]

    def _pick(self, examples: Sequence[Example], wording: Wording) -> Example | None:
        """The example least like those already used, the nearest to the wording among equals."""
        if not examples:
            return None
        near = [each for each in examples if distance(each.query, wording) < UNFIT] or examples
        return min(near, key=lambda each: self._cost(each, wording))

    def _cost(self, example: Example, wording: Wording) -> tuple[float, float]:
        words = _words(example.query)
        worn = sum(len(words & used) / max(1, len(words | used)) for used in self._used)
        return worn + distance(example.query, wording) / (3 if wording is Wording.TERSE else 9), self._rng.random()

    def _rewritten(self, example: Example) -> Draft:
        self._used.append(_words(example.query))
        return rewrite(self._rng, example, self._tools, self._known)

    def _several(self, targets: Sequence[str]) -> Draft:
        """A request for several calls: from an example that makes several, or from single requests joined."""
        low, high = self._task.calls
        ready = [each for each in self._examples if low <= len(each.answers) <= high and self._covers(each, targets)]
        joinable = all(self._joinable(name, low if len(targets) == 1 else 1) for name in targets)
        if ready and (not joinable or self._rng.random() < 0.6):
            example = self._pick(ready, self._task.wording)
            assert example is not None  # noqa: S101 - there is at least one to pick from
            draft = self._rewritten(example)
            return draft.reworded(reword(self._rng, draft.text, self._task.wording))
        return self._joined(targets)

    def _joinable(self, name: str, count: int) -> bool:
        """Whether so many requests of a tool can stand in one message without telling the same story twice."""
        short = [each for each in self._singles(name) if _is_short(each)]
        return len(short) >= count or any(shareable(self._marked(each)) for each in short)

    def _covers(self, example: Example, targets: Sequence[str]) -> bool:
        called = {call.name for call in example.answers}
        if self._task.style is Style.PARALLEL:
            return called == {targets[0]}
        return len(called) > 1 and len(called & set(targets)) >= min(2, len(targets))

    def _joined(self, targets: Sequence[str]) -> Draft:
        low, high = self._task.calls
        names = list(targets)
        if self._task.style is Style.PARALLEL:
            most = 3 if self._joinable(targets[0], 3) or not self._singles(targets[0]) else 2
            names = names * max(low, min(high, self._rng.choice((2, 2, most))))
        elif len(names) < 2:
            others = [name for name in self._tools if name not in names]
            names += self._rng.sample(others, min(len(others), 1))
        twice = [name for name in names if self._joinable(name, 2)]
        if twice and self._task.style is not Style.PARALLEL and len(names) < high and self._rng.random() < 0.15:
            names.append(self._rng.choice(twice))
        self._rng.shuffle(names)
        names += [self._rng.choice(twice or names) for _ in range(low - len(names))]
        usable, wording = self._alike(names)
        parts = {name: self._parts(usable[name], names.count(name), wording) for name in sorted(set(names))}
        if self._task.style is Style.PARALLEL and 0 < len(parts[names[0]]) < len(names):
            shared = shareable(self._marked(parts[names[0]][0]))
            names = names if shared else names[: max(low, 2)]  # nobody tells one story three times
        streams = {name: self._rng.getrandbits(32) for name in self._tools}
        drafts = []
        turns = Counter[str]()
        for name in names:
            alike = Random(streams[name])  # one tool's requests are put alike, so that they can share words
            turns[name] += 1
            if not parts[name]:
                drafts.append(compose(alike, self._rng, self._tools[name], wording, repeated=names.count(name) > 1))
                continue
            draft = self._rewritten(parts[name][turns[name] % len(parts[name])])
            kept = manner(draft.text) is Wording.INDIRECT
            text = self._clipped(draft, self._task.wording)
            drafts.append(draft.reworded(text if kept else reword(alike, text, wording)))
        whole = combine(self._rng, drafts, wording)
        if any(hasty(draft.text) for draft in drafts):
            return whole.reworded(misspelled(self._rng, whole.text))  # nobody spells well in one sentence only
        if wording is Wording.TERSE and self._task.wording not in (Wording.TERSE, Wording.MISSPELLED):
            return whole.reworded(introduced(self._rng, whole.text, self._task.wording))
        return whole.reworded(self._finished(whole.text, self._task.wording))

    def _alike(self, names: Sequence[str]) -> tuple[dict[str, list[Example]], Wording]:
        """The examples to join, all of them a few words or all of them sentences where there are such."""
        wording = _PARTS[self._task.wording]
        usable = {}
        for name in names:
            singles = self._singles(name)
            fitting = [each for each in singles if distance(each.query, self._task.wording) < UNFIT] or singles
            usable[name] = [each for each in fitting if _is_short(each)] or fitting
        for terse in (wording is Wording.TERSE, wording is not Wording.TERSE):
            kept = {
                name: [each for each in examples if (manner(each.query) is Wording.TERSE) is terse]
                for name, examples in usable.items()
            }
            if all(kept[name] for name in names if usable[name]):
                return kept, Wording.TERSE if terse else Wording.PLAIN if wording is Wording.TERSE else wording
        return usable, wording

    def _parts(self, usable: Sequence[Example], count: int, wording: Wording) -> list[Example]:
        """The examples to join: one whose words can be shared, or as many different ones as there are."""
        sharing = [each for each in usable if shareable(self._marked(each))]
        if count > 1 and sharing and (len(usable) < count or self._rng.random() < 0.7):
            usable, count = sharing, 1
        return sorted(usable, key=lambda each: self._cost(each, wording))[:count]

    def _marked(self, example: Example) -> str:
        located = locate(example, self._tools)
        return spliced(located.query, [(place.start, place.end) for slot in located.slots for place in slot.places])


def _validator(tool: Tool) -> jsonschema_rs.Validator | None:
    try:
        return jsonschema_rs.validator_for(tool.parameters)
    except (ValueError, jsonschema_rs.ReferencingError):
        return None  # whoever wrote the prompt will see to such a schema


def _calls(answers: Sequence[Call]) -> frozenset[bytes]:
    return frozenset(msgspec.json.encode(call, order="sorted") for call in answers)


def _words(query: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]+", query.lower()))


def _is_short(example: Example) -> bool:
    return len(example.query.split()) <= PART_WORDS
