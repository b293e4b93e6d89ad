"""Supervised fine-tuning: the answers' tokens are learnt, given the prompts'."""

from typing import Any

import transformers

from apigen.train.batches import IGNORED, Collator, Rows, sequences
from apigen.train.probes import logits_of_answers, require_apart
from apigen.train.steps import Task, Watcher, arguments, on_one_device, writing
from apigen.train.tokens import Encoded


class _Trainer(transformers.Trainer):  # type: ignore[misc]
    """Transformers' trainer with the loss of evaluations per token, as the training loss is.

    Its own is the mean over batches of their means, in which a token counts more the fewer its batch has.
    """

    _nats: float
    _tokens: int

    def prediction_step(self, model: Any, inputs: Any, *args: Any, **given: Any) -> Any:
        """Evaluate one batch, and add up what its answers' tokens take."""
        found = super().prediction_step(model, inputs, *args, **given)
        tokens = int((inputs["labels"][:, 1:] != IGNORED).sum())
        self._nats += float(found[0]) * tokens
        self._tokens += tokens
        return found

    def evaluation_loop(self, *args: Any, metric_key_prefix: str = "eval", **given: Any) -> Any:
        """Evaluate all batches."""
        self._nats, self._tokens = 0.0, 0
        output = super().evaluation_loop(*args, metric_key_prefix=metric_key_prefix, **given)
        output.metrics[f"{metric_key_prefix}_loss"] = self._nats / self._tokens
        return output

    def _save_checkpoint(self, *args: Any, **given: Any) -> None:
        with writing():
            super()._save_checkpoint(*args, **given)


def trainer(model: Any, task: Task[Encoded], watcher: Watcher) -> Any:
    """A trainer that is ready to go.

    Raises:
        UserError: rows shall be packed, and this model would let them see each other.
    """
    made = _Trainer(
        model=model,
        args=on_one_device(transformers.TrainingArguments(**arguments(task))),
        train_dataset=sequences(task.rows, task.recipe),
        eval_dataset=Rows(task.held_out) if task.held_out else None,
        data_collator=Collator(task.pad, task.recipe.packing),
        callbacks=[watcher],
    )
    # Tried only now that the trainer has moved the model to where it is trained: kernels differ between devices.
    if task.recipe.packing:
        require_apart(made.model, bf16=made.args.bf16)
    else:
        only = logits_of_answers(made.model, bf16=made.args.bf16)
        made.data_collator = Collator(task.pad, packing=False, answers_only=only)
    return made
