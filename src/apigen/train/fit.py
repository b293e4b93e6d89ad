"""Training itself: from a plan to a trained model and its curve."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import torch
import transformers
from transformers.trainer_callback import PrinterCallback

from apigen.errors import JobFellShort, in_one_line
from apigen.train import checkpoints, supervised
from apigen.train.job import Job, Watch
from apigen.train.loading import load_model
from apigen.train.prepared import Prepared
from apigen.train.scratch import scratch_model, size_of
from apigen.train.steps import CannotSave, Diverged, Learnt, Point, Task, Watcher, points
from apigen.train.tokens import Encoded, EncodedPair, special_tokens
from apigen.train.trial import adapted, refusals


class Fitted(msgspec.Struct, frozen=True):
    """A trained model, and how it went."""

    model: Any
    points: tuple[Point, ...]
    steps: int
    """Done in all, those before a resumption included."""
    interrupted: bool
    trained_parameters: int
    ends: frozenset[int]
    """Special tokens with which answers end; a word or bracket that ends one may stand in the midst of another."""
    saved_as: Any
    """The dtype in which weights are saved: that in which they came."""

    def save(self, folder: Path, tokenizer: Any, adapter: Path | None) -> None:
        """Write the model so that transformers loads it, an adapter merged into it and by itself as well."""
        model = self.model
        if adapter is not None:
            # TRL adds a copy of the adapter, by which it knows how the model answered before.
            model.save_pretrained(adapter, selected_adapters=["default"])
            model = model.merge_and_unload()
        model.config.use_cache = True
        _end_with(model, tokenizer, self.ends)
        model.to(self.saved_as).save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def _end_with(model: Any, tokenizer: Any, ends: frozenset[int]) -> None:
    """Let generation stop at what answers end with; a base model knows only the end of a text."""
    known = model.generation_config.eos_token_id
    before = set(known) if isinstance(known, list) else {known} - {None}
    every = sorted(before | ends)
    model.generation_config.eos_token_id = every[0] if len(every) == 1 else every or None
    model.generation_config.pad_token_id = tokenizer.pad_token_id


def fit(
    prepared: Prepared, job: Job, watch: Watch, stopped: Callable[[], bool], saved: Callable[[int], None]
) -> Fitted:
    """Train to the end, or until asked to stop.

    Args:
        prepared: the plan and the rows.
        job: what was asked for.
        watch: called after each step.
        stopped: asked after each step whether to end.
        saved: called with the step of each checkpoint.

    Raises:
        JobFellShort: it ran out of disk space or memory, or the loss became NaN.
        UserError: the model cannot be loaded or trained in this way.
    """
    transformers.set_seed(job.recipe.seed)
    folder = job.out / checkpoints.FOLDER
    checkpoints.clear_torn(folder)
    resumed = checkpoints.latest(folder) if job.resume else None
    watcher = Watcher(watch, stopped, saved)
    with _failures(job), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # what will be renamed is no news to who trains
        with refusals():
            model = _model(prepared, job)
            trainer = _trainer(model, prepared, job, watcher)
            trainer.create_optimizer_and_scheduler(prepared.plan.steps)  # else refused in the midst of training
        trainer.remove_callback(PrinterCallback)
        with _damage(resumed, watcher):
            if resumed and checkpoints.step(resumed) >= prepared.plan.steps:
                # Nothing is left but to save; transformers would do one more step.
                trainer._load_from_checkpoint(str(resumed))  # adapters are loaded by it as well
                trainer.state = transformers.TrainerState.load_from_json(str(resumed / "trainer_state.json"))
            else:
                trainer.train(resume_from_checkpoint=str(resumed) if resumed else None)
    return Fitted(
        model=trainer.model,
        points=tuple(points(trainer.state.log_history)),
        steps=trainer.state.global_step,
        interrupted=watcher.interrupted,
        trained_parameters=sum(each.numel() for each in model.parameters() if each.requires_grad),
        ends=frozenset(row.ends_with for row in prepared.rows) & special_tokens(prepared.tokenizer),
        saved_as=prepared.dtype,
    )


def _trainer(model: Any, prepared: Prepared, job: Job, watcher: Watcher) -> Any:
    if job.method == "dpo":
        from apigen.train import preferring  # noqa: PLC0415 - TRL takes seconds to import

        return preferring.trainer(model, prepared.tokenizer, _task(prepared, job, EncodedPair), watcher)
    return supervised.trainer(model, _task(prepared, job, Encoded), watcher)


def _task(prepared: Prepared, job: Job, kind: type[Learnt]) -> Task[Learnt]:
    return Task(
        rows=[row for row in prepared.rows if isinstance(row, kind)],
        held_out=[row for row in prepared.held_out if isinstance(row, kind)],
        recipe=job.recipe,
        plan=prepared.plan,
        out=job.out / checkpoints.FOLDER,
        pad=prepared.tokenizer.pad_token_id,
    )


def _model(prepared: Prepared, job: Job) -> Any:
    recipe = job.recipe
    if job.scratch:
        model = scratch_model(prepared.tokenizer, size_of(job.scratch), recipe.cutoff)
    else:
        model = load_model(job.model, recipe)
        if len(prepared.tokenizer) > model.get_input_embeddings().num_embeddings:
            model.resize_token_embeddings(len(prepared.tokenizer))
    model.config.use_cache = False
    if recipe.gradient_checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    if not recipe.lora.use:
        return model
    if recipe.gradient_checkpointing:
        model.enable_input_require_grads()
    return adapted(model, recipe)


@contextmanager
def _damage(checkpoint: Path | None, watcher: Watcher) -> Iterator[None]:
    """Turn whatever reading a damaged checkpoint raises into one line; once a step has begun it was read."""
    try:
        yield
    except Exception as error:
        if checkpoint is None or watcher.began or _of_memory(error):
            raise
        raise JobFellShort(
            f"{checkpoint}: damaged checkpoint ({in_one_line(error, 200)}); remove it, and --resume continues from the "
            "one before it, or starts over"
        ) from error


@contextmanager
def _failures(job: Job) -> Iterator[None]:
    """Turn what can happen to a training into one line that says what is kept."""
    try:
        yield
    except Diverged as error:
        raise JobFellShort(f"{error}; {_diverged(job)}") from error
    except CannotSave as error:
        raise JobFellShort(f"{job.out}: cannot write a checkpoint: {error}; {_kept(job)}") from error
    except (OSError, RuntimeError, MemoryError) as error:
        if _of_memory(error):
            raise JobFellShort(
                f"out of memory ({in_one_line(error, 160)}); lower --batch and raise --accumulation, or add "
                f"--gradient-checkpointing or --lora; {_kept(job)}"
            ) from error
        if isinstance(error, OSError):
            raise JobFellShort(f"training failed ({in_one_line(error, 200)}); {_kept(job)}") from error
        raise


def _of_memory(error: Exception) -> bool:
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error)


def _last(job: Job) -> Path | None:
    """The last whole checkpoint, once torn ones are removed."""
    folder = job.out / checkpoints.FOLDER
    checkpoints.clear_torn(folder)
    return checkpoints.latest(folder)


def _kept(job: Job) -> str:
    last = _last(job)
    if last is None:
        return "there is no checkpoint yet, so --resume starts over"
    return f"--resume continues from step {checkpoints.step(last):,}"


def _diverged(job: Job) -> str:
    """What is kept of a training that a resumption would only repeat."""
    last = _last(job)
    kept = f"the last good checkpoint, {last}, is kept" if last else "there is no good checkpoint, so nothing is kept"
    return f"{kept}; train again with a lower --learning-rate and another --out"
