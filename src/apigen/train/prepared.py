"""Everything that a training needs, made ready without training: what a dry run shows."""

from collections.abc import Sequence
from typing import Any

import msgspec
import torch
import transformers

from apigen.dataset.duplicates import fingerprint
from apigen.errors import UserError
from apigen.train import memory
from apigen.train.batches import keeps_some_logits, sequences
from apigen.train.dialogue import dialogue
from apigen.train.examples import Example, Examples, LeftOut, PairExample
from apigen.train.job import Job
from apigen.train.loading import empty_model, load_config, load_tokenizer, precision
from apigen.train.memory import Memory, Shape
from apigen.train.plan import (
    Lengths,
    Plan,
    held_out,
    lengths,
    lost_to_cutoff,
    lost_to_template,
    make_plan,
    repeated_rows,
    warnings,
)
from apigen.train.probes import require_packable
from apigen.train.recipe import Recipe
from apigen.train.scratch import scratch_model, scratch_tokenizer, size_of
from apigen.train.tokens import Corpus, Encoded, EncodedPair, Encoder, shown
from apigen.train.trial import adapter_parameters, require_usable

_Learnt = tuple[Encoded | EncodedPair, Example | PairExample]


class Prepared(msgspec.Struct, frozen=True):
    """The plan of a training, and its rows in tokens."""

    examples: Examples
    tokenizer: Any
    rows: tuple[Encoded | EncodedPair, ...]
    held_out: tuple[Encoded | EncodedPair, ...]
    refused: tuple[LeftOut, ...]
    """Rows that cannot be read or rendered."""
    too_long: tuple[LeftOut, ...]
    """Rows that are longer than the cutoff."""
    longest: int
    """Tokens of the longest row, those beyond the cutoff included."""
    plan: Plan
    lengths: Lengths
    shape: Shape
    dtype: Any
    """In which the model's weights came, and are saved again."""
    memory: dict[str, Memory]
    """``all weights`` and ``adapter``, whichever the recipe chooses."""
    notes: tuple[str, ...]
    shown: str
    """One row decoded, its trained part between marks."""

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Every row that is not learnt, from reading to the cutoff."""
        return (*self.refused, *self.too_long)

    def figures(self) -> dict[str, Any]:
        """The plan as a dry run prints it with ``--json``."""
        memory = {name: {**msgspec.to_builtins(each), "total": each.total} for name, each in self.memory.items()}
        return {
            "rows": {
                "trained": len(self.rows),
                "held_out": len(self.held_out),
                "left_out": msgspec.to_builtins(self.left_out),
                "too_long": len(self.too_long),
                "without_calls": self.examples.without_calls,
            },
            "tokens": msgspec.to_builtins(self.lengths),
            "plan": msgspec.to_builtins(self.plan),
            "parameters": {"all": self.shape.parameters, "adapter": self.shape.adapter},
            "memory": memory,
            "notes": list(self.notes),
            "shown": self.shown,
        }


def prepare(examples: Examples, job: Job) -> Prepared:
    """Read the tokenizer, encode the rows, and plan the steps.

    Raises:
        UserError: the model cannot be loaded, the recipe cannot be used with it, or no row can be trained on.
    """
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    recipe = job.recipe
    tokenizer = _tokenizer(examples, job)
    learnt, corpus = _encoded(examples, job, Encoder(tokenizer, job.begins_with, recipe.cutoff))
    trained, apart = _split(learnt, recipe)
    rows = tuple(row for row, _ in trained)
    planned = make_plan(len(rows) if job.method == "dpo" else len(sequences(_measured(rows), recipe)), recipe)
    empty = _without_weights(tokenizer, job)
    if recipe.packing and not job.scratch:
        require_packable(empty.config)
    shape = memory.shape_of(empty, adapter_parameters(recipe, empty))
    require_usable(recipe, planned)
    return Prepared(
        examples=examples,
        tokenizer=tokenizer,
        rows=rows,
        held_out=tuple(row for row, _ in apart),
        refused=(*examples.left_out, *corpus.refused),
        too_long=corpus.too_long,
        longest=corpus.longest,
        plan=planned,
        lengths=lengths([len(row.ids) for row in _measured(rows)], (row.trained for row in _measured(rows))),
        shape=shape,
        dtype=_dtype(empty.config.dtype),
        memory=_memory(rows, empty, shape, job),
        notes=(
            *corpus.notes,
            *lost_to_template(corpus.refused, len(examples.kept), job.form),
            *lost_to_cutoff(len(corpus.too_long), len(examples.kept), corpus.longest, recipe),
            *warnings(planned, recipe),
            *repeated_rows(examples.repeated),
        ),
        shown=shown(_to_show(trained), tokenizer),
    )


def _encoded(examples: Examples, job: Job, encoder: Encoder) -> tuple[list[_Learnt], Corpus]:
    """The rows in tokens, each with its example, and what became of the others."""
    rows: Sequence[Encoded | EncodedPair]
    if job.method == "dpo":
        pairs = [one for one in examples.kept if isinstance(one, PairExample)]
        rows, corpus = encoder.pairs(
            (dialogue(pair.example(chosen=True), job.form), dialogue(pair.example(chosen=False), job.form))
            for pair in pairs
        )
        return [(row, pairs[place]) for row, place in zip(rows, corpus.places, strict=True)], corpus
    single = [one for one in examples.kept if isinstance(one, Example)]
    corpus = encoder.corpus(dialogue(one, job.form) for one in single)
    return [(row, single[place]) for row, place in zip(corpus.rows, corpus.places, strict=True)], corpus


def _measured(rows: Sequence[Encoded | EncodedPair]) -> list[Encoded]:
    """The rows; of pairs their chosen answers."""
    return [row.row if isinstance(row, EncodedPair) else row for row in rows]


def _memory(rows: Sequence[Encoded | EncodedPair], empty: Any, shape: Shape, job: Job) -> dict[str, Memory]:
    """What training takes, with all weights and, where one can be made, with an adapter."""
    recipe, pairs = job.recipe, job.method == "dpo"
    alone = not pairs and not recipe.packing and keeps_some_logits(empty)
    answer = max(row.trained for row in _measured(rows)) if alone else None
    longest = max(row.longest for row in rows)
    return {
        name: memory.estimate(shape, recipe, precision(recipe), longest, answer=answer, lora=lora, pairs=pairs)
        for name, lora in (("all weights", False), ("adapter", True))
        if not lora or shape.adapter is not None
    }


def _tokenizer(examples: Examples, job: Job) -> Any:
    if job.scratch:
        return scratch_tokenizer(
            [one for one in examples.kept if isinstance(one, Example)], size_of(job.scratch), job.form
        )
    return load_tokenizer(job.model, job.form, job.chat_template)


def _without_weights(tokenizer: Any, job: Job) -> Any:
    if job.scratch:
        with torch.device("meta"):
            return scratch_model(tokenizer, size_of(job.scratch), job.recipe.cutoff)
    config = load_config(job.model)
    limit = getattr(config.get_text_config(), "max_position_embeddings", None)
    if limit is not None and job.recipe.cutoff > limit:
        raise UserError(
            f"{job.model}: reads at most {limit:,} tokens; the cutoff is {job.recipe.cutoff:,}; use --cutoff {limit}"
        )
    return empty_model(job.model, config)


def _to_show(trained: Sequence[_Learnt]) -> Encoded:
    """The first row with a call, since that is where templates differ."""
    calling = (row for row, one in trained if isinstance(one, PairExample) or one.calls)
    first = next(calling, trained[0][0])
    return first.row if isinstance(first, EncodedPair) else first


def _dtype(told: Any) -> Any:
    found = getattr(torch, told, None) if isinstance(told, str) else told
    return found if isinstance(found, torch.dtype) else torch.float32


def _split(learnt: Sequence[_Learnt], recipe: Recipe) -> tuple[list[_Learnt], list[_Learnt]]:
    """The rows that are trained, and those whose queries are held out."""
    apart = held_out((one.messages[-1].content for _, one in learnt), recipe)
    sides: tuple[list[_Learnt], list[_Learnt]] = ([], [])
    for row, one in learnt:
        sides[fingerprint(one.messages[-1].content) in apart].append((row, one))
    return sides
