"""Token ids with the place where the answer begins: only what stands behind it is trained."""

import itertools
import json
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Self, TypeAlias

import msgspec

from apigen.errors import UserError
from apigen.report.words import counted
from apigen.train.dialogue import Dialogue
from apigen.train.examples import LeftOut
from apigen.train.rendering import CannotRender, Rendered, Renderer

_AT_ONCE = 256

Ids: TypeAlias = "array[int]"  # no subscript at run time before Python 3.12
"""Token ids, in four bytes each: as Python's integers in a list they would take 36."""


def ids_of(tokens: Iterable[int]) -> Ids:
    """Token ids, packed."""
    return array("i", tokens)


class Encoded(msgspec.Struct, frozen=True):
    """One row as a model sees it."""

    id: str
    ids: Ids
    start: int
    """The first trained token; the prompt is before it."""

    @property
    def trained(self) -> int:
        """How many tokens are trained."""
        return len(self.ids) - self.start

    @property
    def longest(self) -> int:
        """All its tokens."""
        return len(self.ids)

    @property
    def ends_with(self) -> int:
        """The token that ends the answer."""
        return self.ids[-1]


class EncodedPair(msgspec.Struct, frozen=True):
    """Two answers to one prompt as a model sees them."""

    id: str
    prompt: Ids
    chosen: Ids
    rejected: Ids

    @classmethod
    def of(cls, chosen: Encoded, rejected: Encoded) -> Self:
        """The pair of two rows; where their prompts end differently, what differs counts as answer."""
        start = min(chosen.start, rejected.start)
        same = (ours == theirs for ours, theirs in zip(chosen.ids[:start], rejected.ids, strict=False))
        start = sum(itertools.takewhile(bool, same))
        return cls(chosen.id, chosen.ids[:start], chosen.ids[start:], rejected.ids[start:])

    @property
    def row(self) -> Encoded:
        """The chosen answer as a row by itself."""
        return Encoded(self.id, self.prompt + self.chosen, len(self.prompt))

    @property
    def longest(self) -> int:
        """The tokens of the longer one, prompt included."""
        return len(self.prompt) + max(len(self.chosen), len(self.rejected))

    @property
    def ends_with(self) -> int:
        """The token that ends the answer."""
        return self.chosen[-1]


class Corpus(msgspec.Struct, frozen=True):
    """All rows in tokens, and what became of the others."""

    rows: tuple[Encoded, ...]
    places: tuple[int, ...]
    """Of each row, which of the conversations it is: several may have the same id."""
    too_long: tuple[LeftOut, ...]
    """Rows beyond the cutoff."""
    refused: tuple[LeftOut, ...]
    """Rows that the chat template cannot render."""
    notes: tuple[str, ...]
    """What had to be done for this template."""
    longest: int
    """Tokens of the longest row, those beyond the cutoff included."""


class Encoder:
    """Encodes conversations for one tokenizer."""

    def __init__(self, tokenizer: Any, model: str, cutoff: int) -> None:
        self._tokenizer = tokenizer
        self._model = model
        self._cutoff = cutoff
        self.renderer = Renderer(tokenizer, model)
        self._special = special_tokens(tokenizer)
        self._marks = _marks(tokenizer)
        self._notes: dict[str, None] = {}

    def corpus(self, dialogues: Iterable[Dialogue]) -> Corpus:
        """Encode all.

        Raises:
            UserError: not one row is left, or the chat template does not support tools.
        """
        encoded: list[Encoded] = []
        sources: list[tuple[int, int | None]] = []
        """Of each row, which of the conversations it is, and its line."""
        refused: list[LeftOut] = []
        rendered: list[Rendered] = []
        for place, dialogue in enumerate(dialogues):
            try:
                self._require_no_marks(dialogue)
                rendered.append(self.renderer.render(dialogue))
                sources.append((place, dialogue.line))
            except CannotRender as error:
                refused.append(LeftOut(dialogue.id, str(error), dialogue.line))
            if len(rendered) == _AT_ONCE:
                encoded += self._encoded(rendered)
                rendered = []
        encoded += self._encoded(rendered)
        self.renderer.require_tools_shown()
        if not encoded:
            raise UserError(f"{self._model}: {_all_refused(refused)}")
        rows: list[Encoded] = []
        places: list[int] = []
        too_long: list[LeftOut] = []
        for row, (place, line) in zip(encoded, sources, strict=True):
            if len(row.ids) <= self._cutoff:
                rows.append(row)
                places.append(place)
            else:
                reason = f"{len(row.ids):,} tokens, longer than the cutoff of {self._cutoff:,}"
                too_long.append(LeftOut(row.id, reason, line))
        if not rows:
            shortest = min(len(row.ids) for row in encoded)
            raise UserError(
                f"every row is longer than the cutoff of {self._cutoff:,} tokens (the shortest has {shortest:,}); "
                "raise --cutoff"
            )
        return Corpus(
            tuple(rows),
            tuple(places),
            tuple(too_long),
            tuple(refused),
            (*self.renderer.notes(), *self._notes),
            max(len(row.ids) for row in encoded),
        )

    def _require_no_marks(self, dialogue: Dialogue) -> None:
        """Refuse a row whose own words would be read as the end of a turn, or as another's turn."""
        texts = json.dumps([dialogue.prompt, dialogue.tools, dialogue.answer], ensure_ascii=False, default=str)
        if self._marks and (found := self._marks.search(texts)):
            raise CannotRender(f"contains the special token {found[0]!r}, which the model would read as an end of turn")

    def pairs(self, dialogues: Iterable[tuple[Dialogue, Dialogue]]) -> tuple[list[EncodedPair], Corpus]:
        """Encode pairs of conversations that differ in their answers.

        Returns:
            The pairs of which both are kept, and their chosen answers as a corpus.

        Raises:
            UserError: there is none of which both are kept.
        """
        both = list(dialogues)
        corpus = self.corpus(
            msgspec.structs.replace(one, id=f"{number}/{side}")
            for number, sides in enumerate(both)
            for side, one in enumerate(sides)
        )
        rows = {row.id: row for row in corpus.rows}
        found: list[EncodedPair] = []
        places: list[int] = []
        for number, (chosen, _) in enumerate(both):
            first, second = rows.get(f"{number}/0"), rows.get(f"{number}/1")
            if first and second:
                found.append(EncodedPair.of(msgspec.structs.replace(first, id=chosen.id), second))
                places.append(number)
        named = {f"{number}/{side}": one.id for number, sides in enumerate(both) for side, one in enumerate(sides)}
        too_long, refused = (_once(named, left) for left in (corpus.too_long, corpus.refused))
        if not found:
            first_left = (*refused, *too_long)[0]
            raise UserError(
                f"{self._model}: none of {counted(len(both), 'pair')} can be trained on: an answer cannot be rendered "
                f"or is longer than the cutoff; the first is {first_left}"
            )
        chosen_rows = tuple(pair.row for pair in found)
        return found, Corpus(chosen_rows, tuple(places), too_long, refused, corpus.notes, corpus.longest)

    def _encoded(self, rendered: Sequence[Rendered]) -> Iterator[Encoded]:
        """The token ids of texts."""
        if rendered:
            prompts = self._ids([one.prompt for one in rendered])
            wholes = self._ids([one.prompt + one.answer for one in rendered])
            yield from map(self._joined, rendered, prompts, wholes)

    def _joined(self, one: Rendered, prompt: list[int], whole: list[int]) -> Encoded:
        """Prompt and answer; if tokens would merge across the seam, each encoded by itself, as in inference."""
        ids = whole if whole[: len(prompt)] == prompt else prompt + self._ids([one.answer])[0]
        if one.kept:
            self._note(
                f"the chat template drops {one.kept!r} from finished turns; it is kept so that training matches "
                "inference"
            )
        return Encoded(one.id, ids_of(self._ended(ids, len(prompt))), len(prompt))

    def _ended(self, ids: list[int], start: int) -> list[int]:
        """The row up to the token with which the assistant ends: what a template writes behind it nobody generates."""
        last = len(ids)
        while (
            last > start and ids[last - 1] not in self._special and not self._tokenizer.decode([ids[last - 1]]).strip()
        ):
            last -= 1
        if last > start and ids[last - 1] in self._special:
            return ids[:last]
        if self._tokenizer.eos_token_id is None:
            self._note(
                "neither the chat template nor the tokenizer has an end-of-turn token; answers are trained without one"
            )
            return ids
        self._note(f"the chat template does not end assistant turns; appending {self._tokenizer.eos_token}")
        return [*ids, self._tokenizer.eos_token_id]

    def _ids(self, texts: list[str]) -> list[list[int]]:
        ids: list[list[int]] = self._tokenizer(texts, add_special_tokens=False)["input_ids"]
        return ids

    def _note(self, text: str) -> None:
        self._notes[text] = None


def _once(named: Mapping[str, str], left: Iterable[LeftOut]) -> tuple[LeftOut, ...]:
    """What is left out, each pair once, under its own id, which several pairs may share."""
    by_pair = {one.id.partition("/")[0]: LeftOut(named[one.id], one.reason, one.line) for one in left}
    return tuple(by_pair.values())


def _marks(tokenizer: Any) -> re.Pattern[str] | None:
    """What marks turns and ends for a model, to be looked for in texts."""
    texts = {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
    texts.update(tokenizer.all_special_tokens)
    return re.compile("|".join(re.escape(text) for text in sorted(texts) if text.strip())) if texts else None


def special_tokens(tokenizer: Any) -> frozenset[int]:
    """The tokens that no text has in it, and one of which may therefore end an answer."""
    added = (number for number, token in tokenizer.added_tokens_decoder.items() if token.special)
    return frozenset((*tokenizer.all_special_ids, *added))


def _all_refused(refused: Sequence[LeftOut]) -> str:
    if not refused:
        return "there are no rows to train on"
    return f"its chat template cannot render any of {counted(len(refused), 'row')}; the first is {refused[0]}"


def shown(row: Encoded, tokenizer: Any, most: int = 4000) -> str:
    """A row decoded, its trained part between marks."""
    before = tokenizer.decode(row.ids[: row.start])
    trained = tokenizer.decode(row.ids[row.start :])
    cut = before if len(before) <= most else f"{before[: most // 2]}\n[...]\n{before[-most // 2 :]}"
    return f"{cut}[[[TRAINED {trained} TRAINED]]]"
