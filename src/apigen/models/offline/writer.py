"""Which way to write each pair of a prompt: from an example, from several, or from a schema."""

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

import msgspec

from apigen.models.offline.combine import combine, shareable
from apigen.models.offline.compose import compose
from apigen.models.offline.draft import MARK, Draft, spliced
from apigen.models.offline.locate import locate
from apigen.models.offline.prompt import Example, Prompt
from apigen.models.offline.rewrite import known_strings, rewrite
from apigen.models.offline.split import pieces
from apigen.models.offline.wording import FAR, bare, chatty, corrected, distance, loose, manner, misspelled, reword
from apigen.records import Call, Style, Wording

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
            self._mended(msgspec.structs.replace(example, query=bare(example.query)))
            for whole in prompt.examples
            for example in (whole, *pieces(whole, prompt.tools))
            if not MARK.search(example.query) and all(call.name in prompt.tools for call in example.answers)
        ]
        self._prompt_examples = prompt.examples
        self._known = known_strings(prompt.examples, prompt.tools)
        self._used: dict[str, int] = {}
        """How often each example has been used, by its query."""

    def pairs(self) -> Iterator[tuple[str, tuple[Call, ...]]]:
        """The pairs, no two with the same query and none with a query of the examples."""
        seen = {example.query for example in self._prompt_examples}
        if not self._tools:
            return
        written = 0
        for _ in range(self._task.pairs):
            for attempt in range(TRIES):
                # Where the examples leave nothing to change, one plain request is better than none.
                plainly = not written and attempt == TRIES - 1 and not self._task.style.many_calls
                draft = self._composed(self._target(), self._task.wording) if plainly else self._draft()
                query = draft.filled()
                if query and query not in seen and self._fits(draft.answers):
                    seen.add(query)
                    written += 1
                    yield query, draft.answers
                    break

    def _fits(self, answers: Sequence[Call]) -> bool:
        """Whether the calls are distinct, as many as asked for, and of the tools asked for."""
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
        draft = rewrite(self._rng, example, self._tools, self._known)
        return draft.reworded(reword(self._rng, draft.text, wording))

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
        """An example near the wording, those used least first."""
        if not examples:
            return None
        far = {each.query: distance(each.query, wording) for each in examples}
        nearest = min(far.values())
        near = [each for each in examples if far[each.query] < max(FAR, nearest + 1)]
        chosen = min(near, key=lambda each: (self._used.get(each.query, 0) + far[each.query] / 3, self._rng.random()))
        self._used[chosen.query] = self._used.get(chosen.query, 0) + 1
        return chosen

    def _several(self, targets: Sequence[str]) -> Draft:
        """A request for several calls: from an example that makes several, or from single requests joined."""
        low, high = self._task.calls
        ready = [each for each in self._examples if low <= len(each.answers) <= high and self._covers(each, targets)]
        joinable = all(any(_is_short(each) for each in self._singles(name)) for name in targets)
        if ready and (not joinable or self._rng.random() < 0.6):
            example = self._pick(ready, self._task.wording)
            assert example is not None  # noqa: S101 - there is at least one to pick from
            draft = rewrite(self._rng, example, self._tools, self._known)
            return draft.reworded(reword(self._rng, draft.text, self._task.wording))
        return self._joined(targets)

    def _covers(self, example: Example, targets: Sequence[str]) -> bool:
        called = {call.name for call in example.answers}
        if self._task.style is Style.PARALLEL:
            return called == {targets[0]}
        return len(called) > 1 and len(called & set(targets)) >= min(2, len(targets))

    def _joined(self, targets: Sequence[str]) -> Draft:
        low, high = self._task.calls
        names = list(targets)
        if self._task.style is Style.PARALLEL:
            names = names * max(low, min(high, self._rng.choice((2, 2, 3))))
        elif len(names) < 2:
            others = [name for name in self._tools if name not in names]
            names += self._rng.sample(others, min(len(others), 1))
        elif len(names) < high and self._rng.random() < 0.15:
            names.append(self._rng.choice(names))
        self._rng.shuffle(names)
        wording = _PARTS[self._task.wording]
        names += [self._rng.choice(names) for _ in range(low - len(names))]
        parts = {name: self._parts(name, names.count(name), wording) for name in sorted(set(names))}
        streams = {name: self._rng.getrandbits(32) for name in self._tools}
        drafts = []
        turns = Counter[str]()
        for name in names:
            alike = Random(streams[name])  # one tool's requests are put alike, so that they can share words
            turns[name] += 1
            if not parts[name]:
                drafts.append(compose(alike, self._rng, self._tools[name], wording, repeated=names.count(name) > 1))
                continue
            example = parts[name][turns[name] % len(parts[name])]
            draft = rewrite(self._rng, example, self._tools, self._known)
            kept = manner(draft.text) is Wording.INDIRECT
            drafts.append(draft if kept else draft.reworded(reword(alike, draft.text, wording)))
        whole = combine(self._rng, drafts, wording)
        return whole.reworded(self._finished(whole.text, self._task.wording))

    def _parts(self, name: str, count: int, wording: Wording) -> list[Example]:
        """The examples to join: one whose words can be shared, or as many different ones as there are calls."""
        singles = self._singles(name)
        usable = [each for each in singles if _is_short(each)] or singles
        if count == 1:
            return [example] if (example := self._pick(usable, wording)) else []
        sharing = [each for each in usable if shareable(self._marked(each))]
        if sharing and (len(usable) < count or self._rng.random() < 0.7):
            example = self._pick(sharing, wording)
            return [example] if example else []
        usable.sort(key=lambda each: (distance(each.query, wording), self._rng.random()))
        return usable[:count] if len(usable) >= count else []

    def _mended(self, example: Example) -> Example:
        """A hasty example without its slips, unless haste is wanted."""
        if self._task.wording is Wording.MISSPELLED or manner(example.query) is not Wording.MISSPELLED:
            return example
        values = msgspec.json.encode([call.arguments for call in example.answers]).decode().lower()
        return Example(corrected(example.query, values), example.answers)

    def _marked(self, example: Example) -> str:
        located = locate(example, self._tools)
        return spliced(located.query, [(place.start, place.end) for slot in located.slots for place in slot.places])


def _is_short(example: Example) -> bool:
    return len(example.query.split()) <= PART_WORDS
